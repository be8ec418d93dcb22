from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from transformers import PreTrainedModel

from cotfaith.datasets.arithmetic import Arithmetic
from cotfaith.engine.decoding import Decoding
from cotfaith.engine.local import LocalReasoner
from cotfaith.models.lora import Lora
from cotfaith.text.encoding import Encoder
from cotfaith.types import Arm, ReadRequest

EXAMPLES = list(Arithmetic(train_size=0, val_size=0, test_size=6, seed=5, max_steps=3).load("test"))


def reasoner(model: PreTrainedModel, encoder: Encoder, arm: Arm = "tuned", batch_size: int = 8) -> LocalReasoner:
    return LocalReasoner(model, encoder, Decoding(batch_size=batch_size, max_new_tokens=96, answer_tokens=8), arm=arm)


def test_chains_do_not_depend_on_the_batch(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    model = load("none")
    together = reasoner(model, encoder, batch_size=8).write(EXAMPLES)
    alone = reasoner(model, encoder, batch_size=1).write(EXAMPLES)
    assert together == alone


def test_a_rollout_holds_the_whole_generation_in_parts(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    rollout = reasoner(load("none"), encoder).write(EXAMPLES[:1])[0]
    assert rollout.finish == "stop"
    assert rollout.text == "".join(rollout.chain) + f"The answer is {rollout.answer}."


@pytest.mark.parametrize("steps", [1, 2])
def test_a_model_that_goes_on_with_its_own_first_steps_writes_its_own_chain(
    load: Callable[[str], PreTrainedModel], encoder: Encoder, steps: int
) -> None:
    model = reasoner(load("nf4"), encoder)
    own = model.write(EXAMPLES)
    again = model.write(EXAMPLES, [rollout.chain[:steps] for rollout in own])
    assert [(r.chain, r.answer, r.text, r.finish) for r in again] == [(r.chain, r.answer, r.text, r.finish) for r in own]
    assert [r.tokens for r in again] < [r.tokens for r in own]


def test_a_model_goes_on_with_what_it_is_given(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    begun = [("She finds 1, so 90 + 1 = 91. ",) for _ in EXAMPLES]
    again = reasoner(load("nf4"), encoder).write(EXAMPLES, begun)
    assert all(r.text.startswith("She finds 1, so 90 + 1 = 91.") for r in again)
    assert all(r.chain[0].strip() == "She finds 1, so 90 + 1 = 91." and "".join(r.chain) in r.text for r in again)


def test_a_generation_cut_off_by_the_limit_says_so(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    cut = LocalReasoner(load("none"), encoder, Decoding(batch_size=8, max_new_tokens=3, answer_tokens=8)).write(EXAMPLES[:1])[0]
    assert (cut.finish, cut.answer, cut.correct, cut.tokens) == ("length", None, False, 3)


def test_reading_the_models_own_chain_gives_its_own_answer(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    model = reasoner(load("nf4"), encoder)
    rollouts = model.write(EXAMPLES)
    readings = model.read([ReadRequest(r.example, r.chain) for r in rollouts])
    assert [reading.answer for reading in readings] == [rollout.answer for rollout in rollouts]


def test_equal_requests_are_read_once_and_answered_each(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    model = load("none")
    rows: list[int] = []
    model.register_forward_pre_hook(lambda module, args, kwargs: rows.append(len(kwargs["input_ids"])), with_kwargs=True)
    chain = EXAMPLES[0].chain
    readings = reasoner(model, encoder).read([ReadRequest(EXAMPLES[0], chain, "cot", probe, 1.0, len(chain)) for probe in ("a", "b", "c")])
    assert rows[0] == 1
    assert [reading.probe for reading in readings] == ["a", "b", "c"]
    assert len({reading.answer for reading in readings}) == 1


def test_readings_come_back_in_the_order_of_the_requests(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    requests = [ReadRequest(example, example.chain) for example in EXAMPLES]
    readings = reasoner(load("none"), encoder, batch_size=2).read(requests)
    assert [reading.uid for reading in readings] == [example.uid for example in EXAMPLES]


def test_tokens_kept_counts_the_intact_steps_only(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    chain = ("one two\n", "three\n")
    reading = reasoner(load("none"), encoder).read([ReadRequest(EXAMPLES[0], chain, "cot", "filler", 0.5, 1)])[0]
    assert reading.tokens_kept == len(encoder.continuation("one two\n"))


def test_the_base_arm_is_the_model_without_its_adapter(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    lora = Lora(r=4, alpha=64, ratio=2, dropout=0.0, target_modules="all-linear", scaling="fixed_alpha")
    expected = reasoner(load("none"), encoder).write(EXAMPLES)
    model = lora.attach(load("none"), checkpointing=False)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, generator=torch.Generator().manual_seed(0))
    assert reasoner(model, encoder, "base").write(EXAMPLES) == expected
    assert reasoner(model, encoder, "tuned").write(EXAMPLES) != expected


def test_asking_leaves_the_model_in_the_mode_it_was_in(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    model = load("none").train()
    reasoner(model, encoder).write(EXAMPLES[:1])
    assert model.training


@pytest.mark.parametrize("name", ["batch_size", "max_new_tokens", "answer_tokens"])
def test_settings_below_one_are_refused_by_name(name: str) -> None:
    settings = {"batch_size": 1, "max_new_tokens": 1, "answer_tokens": 1, name: 0}
    with pytest.raises(ValueError, match=f"engine.{name}: expected at least 1, got 0"):
        Decoding(**settings)


def test_a_chain_ended_by_a_stop_string_is_finished_and_read(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    decoding = Decoding(batch_size=8, max_new_tokens=96, answer_tokens=8, stop_strings=("The answer is",))
    rollout = LocalReasoner(load("none"), encoder, decoding).write(EXAMPLES[:1])[0]
    assert (rollout.finish, rollout.text.endswith("The answer is")) == ("stop", True)
