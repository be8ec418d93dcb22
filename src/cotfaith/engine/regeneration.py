"""Chains that a probe has begun, gone on with by the model that is asked: each different one once, all in one batch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from cotfaith.types import Chain, Example, Reading, ReadRequest, Reasoner, Rollout

Place = tuple[str, str, float]
"""What a reading is known by: its uid, probe and alpha."""


def regenerate(reasoner: Reasoner, requests: Sequence[ReadRequest], probes: Collection[str]) -> tuple[list[ReadRequest], set[Place]]:
    """The requests, those of `probes` with the chain that the model made of theirs; and those whose chain was cut off by the limit.

    An intact chain, of which its probe has nothing to note, is left alone: it is the model's own to its end.
    """
    wanted = {_key(request): request for request in requests if request.probe in probes and request.note}
    examples: list[Example] = [request.example for request in wanted.values()]
    written = reasoner.write(examples, [request.chain for request in wanted.values()]) if wanted else []
    rollouts: dict[tuple[str, Chain], Rollout] = dict(zip(wanted, written, strict=True))
    regenerated: list[ReadRequest] = []
    cut_off: set[Place] = set()
    for request in requests:
        rollout = rollouts.get(_key(request)) if request.probe in probes and request.note else None
        regenerated.append(request if rollout is None else replace(request, chain=rollout.chain))
        if rollout is not None and rollout.finish == "length":
            cut_off.add((request.example.uid, request.probe, request.alpha))
    return regenerated, cut_off


def without_verdict(readings: Sequence[Reading], cut_off: Collection[Place]) -> list[Reading]:
    """A chain that never came to its end has no answer, whatever is read from its beginning."""
    return [replace(r, answer=None, parse="missing") if (r.uid, r.probe, r.alpha) in cut_off else r for r in readings]


def _key(request: ReadRequest) -> tuple[str, Chain]:
    return request.example.uid, request.chain
