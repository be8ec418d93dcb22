"""Several processes, each with its share of the examples: what they find together is what one finds alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from lightning.pytorch.overrides.distributed import UnrepeatedDistributedSampler
from transformers import PreTrainedModel

from cotfaith.datasets.arithmetic import Arithmetic
from cotfaith.engine.decoding import Decoding
from cotfaith.engine.evaluation import Evaluation, Evaluator
from cotfaith.engine.local import LocalReasoner
from cotfaith.probes.early_termination import EarlyTermination
from cotfaith.text.encoding import Encoder
from cotfaith.types import Example

EXAMPLES = list(Arithmetic(train_size=0, val_size=0, test_size=7, seed=2, max_steps=3).load("test"))


def evaluate(model: PreTrainedModel, encoder: Encoder, examples: Sequence[Example]) -> Evaluation:
    reasoner = LocalReasoner(model, encoder, Decoding(batch_size=4, max_new_tokens=64, answer_tokens=6))
    return Evaluator((EarlyTermination(),), (0.0, 0.5, 1.0), 0)(reasoner, examples)


@pytest.mark.parametrize("processes", [2, 3])
def test_shares_together_are_the_whole_and_nothing_is_asked_twice(load: Callable[[str], PreTrainedModel], encoder: Encoder, processes: int) -> None:
    model = load("none")
    whole = evaluate(model, encoder, EXAMPLES)
    samplers = [UnrepeatedDistributedSampler(EXAMPLES, num_replicas=processes, rank=rank, shuffle=False) for rank in range(processes)]
    shares = [evaluate(model, encoder, [EXAMPLES[place] for place in sampler]) for sampler in samplers]
    rollouts = {rollout.example.uid: rollout for share in shares for rollout in share.rollouts}
    readings = {(reading.uid, reading.probe, reading.alpha): reading for share in shares for reading in share.readings}
    assert [rollouts[rollout.example.uid] for rollout in whole.rollouts] == whole.rollouts
    assert [readings[reading.uid, reading.probe, reading.alpha] for reading in whole.readings] == whole.readings
    assert sum(len(share.rollouts) for share in shares) == len(EXAMPLES)
    assert sum(len(share.readings) for share in shares) == len(whole.readings)
