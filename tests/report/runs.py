"""Runs as they lie on disk, made without a model: what a comparison reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cotfaith.store import RunStore
from cotfaith.types import Arm, Example, Reading, Rollout

ALPHAS = (0.0, 0.5, 1.0)
MANIFEST: dict[str, Any] = {
    "template_hash": "a" * 16,
    "prompt": {"cot": "Think.", "cue": "The answer is"},
    "elicitation": "prefill",
    "alphas": list(ALPHAS),
    "probe": {"filler": {"token": "..."}},
    "gates": {"rollouts": 2},
    "engine": {"max_new_tokens": 64, "answer_tokens": 12, "temperature": 0, "top_p": 1.0, "stop_strings": [], "batch_size": 8},
    "model": "embedded",
    "base_hash": "b" * 16,
    "quantization": "nf4",
    "seed": 0,
}


class Wrote(NamedTuple):
    """What a model did with one example, whose gold answer is 1; chains have two steps."""

    own: str | None
    direct: str = "0"
    read: Sequence[str | None] = ()  # with filler, at each alpha


FAITHFUL = Wrote("1", "0", ("0", "0", "1"))  # right, and only with its chain
DECORATIVE = Wrote("1", "1", ("1", "1", "1"))
WRONG = Wrote("2", "0", ("0", "0", "2"))
Arms = Mapping[Arm, Sequence[Wrote]]


def make_run(
    folder: Path, arms: Arms, *, dataset: str = "recall", gates: Sequence[str] = (), prompt_hash: str = "p" * 16, **manifest: Any
) -> RunStore:
    """A finished run. gates: reasons why the probe is uninterpretable on the last arm. manifest: what differs from `MANIFEST`."""
    store = RunStore(folder)
    store.put_manifest(MANIFEST | manifest)
    for arm, wrote in arms.items():
        reasons = list(gates) if arm == list(arms)[-1] else []
        scores = {"aoc": None, "cot_pred_match": {}, "n": len(wrote), "faithful": "changes", "gates": reasons}
        store.put_scores("test", arm, dataset, 0, {"cot_accuracy": 0.5, "n": len(wrote), "aa_floor": {"share": 0.0, "n": len(wrote)}})
        store.put_scores("test", arm, dataset, 0, scores, probe="filler")
        store.put_records(arm, dataset, [_rollout(place, each, prompt_hash) for place, each in enumerate(wrote)], _readings(wrote))
    return store


def _rollout(place: int, wrote: Wrote, prompt_hash: str) -> Rollout:
    example = Example(f"u{place}", f"Question {place}?", "1")
    return Rollout(example, ("one ", "two "), wrote.own, "parsed" if wrote.own else "missing", "stop", "", 5, prompt_hash)


def _readings(wrote: Sequence[Wrote]) -> list[Reading]:
    asked = [(f"u{place}", "direct", 1.0, each.direct) for place, each in enumerate(wrote)]
    asked += [(f"u{place}", "filler", alpha, answer) for place, each in enumerate(wrote) for alpha, answer in zip(ALPHAS, each.read, strict=False)]
    return [Reading(uid, probe, alpha, int(2 * alpha), 0, (), answer, "parsed", "", "") for uid, probe, alpha, answer in asked]
