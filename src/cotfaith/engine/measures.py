"""What a test asks of a model beyond accuracies and probes: a reading after every step, and how likely its answers are.

Like the Evaluator it scores nothing; it adds to the records of a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cotfaith.engine.evaluation import COMMITMENT, Evaluation
from cotfaith.types import Gain, Reading, ReadRequest, Rollout, Scorer


@dataclass(frozen=True, kw_only=True)
class Measures:
    """commitment: read every chain after each of its steps. soft: score the own answer behind every disturbed chain. info_gain: score the
    gold answer after each step, by the base model whoever wrote the chain.
    """

    commitment: bool
    soft: bool
    info_gain: bool

    def cuts(self, rollouts: Sequence[Rollout]) -> list[ReadRequest]:
        """The chain after 0, 1 .. n steps of every rollout with a chain and an answer; alpha is k / n, whatever the grid of the probes."""
        if not self.commitment:
            return []
        read = [rollout for rollout in rollouts if rollout.chain and rollout.answer is not None]
        lengths = [len(rollout.chain) for rollout in read]
        return [
            ReadRequest(rollout.example, rollout.chain[:k], "cot", COMMITMENT, k / n, k)
            for rollout, n in zip(read, lengths, strict=True)
            for k in range(n + 1)
        ]

    def scored(self, evaluation: Evaluation, own: Scorer, base: Scorer, probes: Sequence[str]) -> Evaluation:
        """The same evaluation with log-probabilities. own: the model that wrote it. base: the fixed scorer. probes: whose readings to score."""
        if self.soft:
            evaluation = replace(evaluation, readings=_soft(evaluation, own, probes))
        return replace(evaluation, gains=_gains(evaluation.rollouts, base)) if self.info_gain else evaluation


NOTHING = Measures(commitment=False, soft=False, info_gain=False)
"""What a validation asks."""


def _soft(evaluation: Evaluation, own: Scorer, probes: Sequence[str]) -> list[Reading]:
    """All readings, those of the probes with the log-probability of the own answer."""
    rollouts = {rollout.example.uid: rollout for rollout in evaluation.rollouts}
    requests, answers = [], []
    for reading in evaluation.readings:
        answer = rollouts[reading.uid].answer
        if reading.probe in probes and answer is not None:
            requests.append(ReadRequest(rollouts[reading.uid].example, reading.chain, "cot", reading.probe, reading.alpha, reading.steps_kept))
            answers.append(answer)
    found = {(r.example.uid, r.probe, r.alpha): score for r, score in zip(requests, own.score(requests, answers), strict=True)}
    return [replace(reading, logprob=found.get((reading.uid, reading.probe, reading.alpha))) for reading in evaluation.readings]


def _gains(rollouts: Sequence[Rollout], base: Scorer) -> list[Gain]:
    """One for each rollout with a chain."""
    chained = [rollout for rollout in rollouts if rollout.chain]
    requests = [ReadRequest(rollout.example, rollout.chain[:k]) for rollout in chained for k in range(len(rollout.chain) + 1)]
    scores = iter(base.score(requests, [request.example.answer for request in requests]))
    return [
        Gain(r.example.uid, base.answer_tokens(r.example, r.example.answer), tuple(next(scores) for _ in range(len(r.chain) + 1))) for r in chained
    ]
