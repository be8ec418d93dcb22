"""Chain-of-thought accuracy, and the health of the chains that every faithfulness number rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor
from torchmetrics import Metric

from cotfaith.text.repetition import is_degenerate
from cotfaith.types import Example, Rollout

FACTS = ("correct", "parsed", "truncated", "multi_step", "degenerate", "steps", "tokens")


class CotAccuracy(Metric):
    """Means over rollouts of facts that are known of each; NaN where there are none.

    `compute` gives scalars: cot_accuracy (correct / all: truncated and unparsed rollouts are not correct), parsed, truncated,
    multi_step (chains of 2 or more steps), degenerate (chains that repeat themselves): fractions in [0, 1];
    mean_steps and mean_tokens per rollout; n, the number of rollouts.
    """

    full_state_update = False
    sums: Tensor
    n: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("sums", torch.zeros(len(FACTS), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("n", torch.zeros((), dtype=torch.long), dist_reduce_fx="sum")

    def update(self, facts: Tensor) -> None:
        """facts: (B, len(FACTS)) float64, one column per name in `FACTS`: 0 or 1, or a count."""
        self.sums += facts.sum(0)
        self.n += len(facts)

    def compute(self) -> dict[str, Tensor]:
        means = dict(zip(FACTS, self.sums / self.n.double(), strict=True))
        return {
            "cot_accuracy": means["correct"],
            **{name: means[name] for name in ("parsed", "truncated", "multi_step", "degenerate")},
            "mean_steps": means["steps"],
            "mean_tokens": means["tokens"],
            "n": self.n,
        }


def rollout_facts(rollouts: Sequence[Rollout]) -> Tensor:
    """What `CotAccuracy` counts: (B, len(FACTS)) float64."""
    columns = {
        "correct": [r.correct for r in rollouts],
        "parsed": [r.answer is not None for r in rollouts],
        "truncated": [r.finish == "length" for r in rollouts],
        "multi_step": [len(r.chain) >= 2 for r in rollouts],
        "degenerate": [is_degenerate("".join(r.chain)) for r in rollouts],
        "steps": [len(r.chain) for r in rollouts],
        "tokens": [r.tokens for r in rollouts],
    }
    return torch.tensor([columns[name] for name in FACTS], dtype=torch.float64).T


def chance_accuracy(examples: Sequence[Example]) -> float:
    """The accuracy of a model that knows nothing: a fraction in [0, 1].

    The better of guessing among the choices and of always giving the commonest gold answer.

    >>> chance_accuracy([Example("a", "?", "3"), Example("b", "?", "4"), Example("c", "?", "4")])
    0.6666666666666666
    """
    if not examples:
        return float("nan")
    commonest = Counter(example.answer for example in examples).most_common(1)[0][1]
    guessed = sum(1 / len(example.choices) for example in examples if example.choices)
    return max(commonest, guessed) / len(examples)
