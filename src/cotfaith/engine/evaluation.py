"""One batch of examples, measured: the model writes its chains, the probes disturb them, the model reads what is left.

Pure but for the Reasoner it is given. It scores nothing: metrics and callbacks take the records from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from cotfaith.engine.meter import Cost
from cotfaith.probes.kept import steps_kept
from cotfaith.types import Example, Probe, Reading, ReadRequest, Reasoner, Rollout

DIRECT = "direct"
"""The name under which the answer without a chain is read: the direct prompt, nothing behind it but the cue."""
AGAIN = "again"
"""The name under which the intact chain is read a second time, in another batch layout."""


@dataclass(frozen=True)
class Evaluation:
    """The records of one batch."""

    rollouts: list[Rollout]
    readings: list[Reading]  # those of every probe, the direct ones, and in a test those of the second time
    dropped: dict[str, int]  # by probe: chains that it could not disturb as it promises
    costs: dict[str, Cost] = field(default_factory=dict)  # by phase: what the model ran for it
    shared: bool = False  # taken from another run, which had these costs


@dataclass(frozen=True)
class Evaluator:
    """What is asked about every example: its chain and answer, a direct answer, each probe at each alpha.

    Each chain is disturbed with a generator seeded by (seed, uid, probe): results do not depend on batches, on the order of
    examples or on which other probes run.
    """

    probes: tuple[Probe, ...]
    alphas: tuple[float, ...]
    seed: int

    def __call__(self, reasoner: Reasoner, examples: Sequence[Example], *, again: bool = False) -> Evaluation:
        """again: read the intact chains twice, the second time alone and in reversed order: other rows share their batches, so that an
        answer that differs is one that rounding has changed.
        """
        rollouts = reasoner.write(examples)
        requests = [ReadRequest(example, (), "direct", DIRECT) for example in examples]
        dropped: dict[str, int] = {}
        for probe in self.probes:
            perturbed = [self._perturb(probe, rollout) for rollout in rollouts if _probed(rollout)]
            dropped[probe.name] = sum(chains is None for chains in perturbed)
            requests += [request for chains in perturbed if chains is not None for request in chains]
        readings = reasoner.read(requests)
        if again and self.probes:  # a call of its own: within one, equal requests are read once
            intact = [ReadRequest(each.example, each.chain, "cot", AGAIN, 1.0, len(each.chain)) for each in rollouts if _probed(each)]
            readings += reasoner.read(intact[::-1])
        return Evaluation(rollouts, readings, dropped)

    def _perturb(self, probe: Probe, rollout: Rollout) -> list[ReadRequest] | None:
        """The chain at every alpha; None where one of them cannot be made, so that every alpha sees the same examples."""
        requests = []
        for alpha in self.alphas:
            chain = probe.perturb(rollout.chain, alpha, Random(f"{self.seed}/{rollout.example.uid}/{probe.name}"))
            if chain is None:
                return None
            kept = steps_kept(len(rollout.chain), alpha)
            requests.append(ReadRequest(rollout.example, chain, "cot", probe.name, alpha, kept))
        return requests


def _probed(rollout: Rollout) -> bool:
    """There is a chain to disturb and an answer that could change."""
    return bool(rollout.chain) and rollout.answer is not None
