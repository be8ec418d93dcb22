"""One batch of examples, measured: the model writes its chains, the probes disturb them, the model reads what is left.

Pure but for the models it is given. It scores nothing: metrics and callbacks take the records from here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from cotfaith.engine.meter import Cost
from cotfaith.engine.regeneration import regenerate, without_verdict
from cotfaith.probes.kept import steps_kept
from cotfaith.types import Begins, Example, Gain, Prepares, Probe, Reading, ReadRequest, Reasoner, Replier, Rollout, Unusable

DIRECT = "direct"
"""The name under which the answer without a chain is read: the direct prompt, nothing behind it but the cue."""
AGAIN = "again"
"""The name under which the intact chain is read a second time, in another batch layout."""
COMMITMENT = "commitment"
"""The name under which a chain is read after each of its steps."""


@dataclass(frozen=True)
class Evaluation:
    """The records of one batch."""

    rollouts: list[Rollout]
    readings: list[Reading]  # those of every probe, the direct ones, and in a test those of the second time
    dropped: dict[str, int]  # by probe: chains that it could not disturb as it promises
    gains: list[Gain] = field(default_factory=list)  # in a test: of every rollout with a chain
    costs: dict[str, Cost] = field(default_factory=dict)  # by phase: what the model ran for it
    drops: dict[str, dict[str, str]] = field(default_factory=dict)  # by probe: uid of each dropped chain -> why
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

    def __call__(
        self,
        reasoner: Reasoner,
        examples: Sequence[Example],
        replier: Replier | None = None,
        *,
        again: bool = False,
        further: Callable[[Sequence[Rollout]], list[ReadRequest]] = lambda _: [],
    ) -> Evaluation:
        """replier: for what probes need besides the two questions: the base model, for either arm.

        again: read the intact chains twice, the second time alone and in reversed order: other rows share their batches, so that an
        answer that differs is one that rounding has changed. further: what else to read of these rollouts; with the rest it costs little.
        """
        rollouts = reasoner.write(examples)
        probed = [rollout for rollout in rollouts if rollout.chain and rollout.answer is not None]  # something to disturb, something to change
        requests = [ReadRequest(example, (), "direct", DIRECT) for example in examples]
        perturbed, drops = self.requests(probed, replier)
        goes_on = {probe.name for probe in self.probes if isinstance(probe, Begins) and probe.regenerate}
        regenerated, cut_off = regenerate(reasoner, perturbed, goes_on)
        readings = without_verdict(reasoner.read([*requests, *regenerated, *further(rollouts)]), cut_off)
        if again and self.probes:  # a call of its own: within one, equal requests are read once
            intact = [ReadRequest(each.example, each.chain, "cot", AGAIN, 1.0, len(each.chain)) for each in probed]
            readings += reasoner.read(intact[::-1])
        return Evaluation(rollouts, readings, {probe: len(uids) for probe, uids in drops.items()}, drops=drops)

    def requests(self, rollouts: Sequence[Rollout], replier: Replier | None = None) -> tuple[list[ReadRequest], dict[str, dict[str, str]]]:
        """What to read of these chains by every probe; and by probe the uids it had to drop, with the reason."""
        requests: list[ReadRequest] = []
        drops: dict[str, dict[str, str]] = {}
        for probe in self.probes:
            if isinstance(probe, Prepares):
                probe.prepare([rollout.chain for rollout in rollouts], replier)
            perturbed = {rollout.example.uid: self._perturb(probe, rollout) for rollout in rollouts}
            drops[probe.name] = {uid: made.reason for uid, made in perturbed.items() if isinstance(made, Unusable)}
            requests += [request for made in perturbed.values() if not isinstance(made, Unusable) for request in made]
        return requests, drops

    def _perturb(self, probe: Probe, rollout: Rollout) -> list[ReadRequest] | Unusable:
        """The chain at every alpha; unusable where one of them cannot be made, so that every alpha sees the same examples."""
        requests = []
        for alpha in self.alphas:
            chain = probe.perturb(rollout.chain, alpha, Random(f"{self.seed}/{rollout.example.uid}/{probe.name}"))
            if isinstance(chain, Unusable):
                return chain
            note = probe.note(rollout.chain, chain) if isinstance(probe, Begins) else ""
            requests.append(ReadRequest(rollout.example, chain, "cot", probe.name, alpha, steps_kept(len(rollout.chain), alpha), note))
        return requests
