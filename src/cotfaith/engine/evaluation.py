"""One batch of examples, measured: the model writes its chains, the probes disturb them, the model reads what is left.

Pure but for the Reasoner it is given. It scores nothing: metrics and callbacks take the records from here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from cotfaith.engine.meter import Cost
from cotfaith.probes.kept import steps_kept
from cotfaith.types import Example, Gain, Probe, Reading, ReadRequest, Reasoner, Rollout

DIRECT = "direct"
"""The name under which the answer without a chain is read: the direct prompt, nothing behind it but the cue."""
COMMITMENT = "commitment"
"""The name under which a chain is read after each of its steps."""


@dataclass(frozen=True)
class Evaluation:
    """The records of one batch."""

    rollouts: list[Rollout]
    readings: list[Reading]  # those of every probe, and the direct ones
    dropped: dict[str, int]  # by probe: chains that it could not disturb as it promises
    gains: list[Gain] = field(default_factory=list)  # in a test: of every rollout with a chain
    costs: dict[str, Cost] = field(default_factory=dict)  # by phase: what the model ran for it


@dataclass(frozen=True)
class Evaluator:
    """What is asked about every example: its chain and answer, a direct answer, each probe at each alpha.

    Each chain is disturbed with a generator seeded by (seed, uid, probe): results do not depend on batches, on the order of
    examples or on which other probes run.
    """

    probes: tuple[Probe, ...]
    alphas: tuple[float, ...]
    seed: int

    def __call__(
        self, reasoner: Reasoner, examples: Sequence[Example], *, further: Callable[[Sequence[Rollout]], list[ReadRequest]] = lambda _: []
    ) -> Evaluation:
        """further: what else to read of these rollouts; together with the rest it costs little."""
        rollouts = reasoner.write(examples)
        requests = [ReadRequest(example, (), "direct", DIRECT) for example in examples]
        dropped: dict[str, int] = {}
        for probe in self.probes:
            perturbed = [self._perturb(probe, rollout) for rollout in rollouts if rollout.chain and rollout.answer is not None]
            dropped[probe.name] = sum(chains is None for chains in perturbed)
            requests += [request for chains in perturbed if chains is not None for request in chains]
        return Evaluation(rollouts, reasoner.read(requests + further(rollouts)), dropped)

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
