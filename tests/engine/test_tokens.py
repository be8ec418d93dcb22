from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from peft import PromptTuningConfig, get_peft_model
from transformers import LlamaForCausalLM, PreTrainedModel

from cotfaith.engine.decoding import Decoding
from cotfaith.engine.tokens import TokenEngine
from tests.engine.test_exactness import Blind, broken
from tests.engine.tiny import NOT_PACKED, V, build, greedy, logprobs, question

STOPS = (2, *range(50, 60))


def engine(model: PreTrainedModel, stops: Sequence[int] = STOPS, **changes: Any) -> TokenEngine:
    settings = {"batch_size": 3, "max_new_tokens": 6, "answer_tokens": 4, **changes}
    return TokenEngine(model, Decoding(**settings), stops=stops, decode=str)


class BlindFarOut(LlamaForCausalLM):
    """Ignores the mask of long pasts: a trial on short rows does not find it."""

    def forward(self, input_ids: Any, attention_mask: Any = None, position_ids: Any = None, past_key_values: Any = None, logits_to_keep: Any = 0, **kwargs: Any) -> Any:  # fmt: skip # noqa: E501
        mask = None if attention_mask is None or attention_mask.shape[-1] > 160 else attention_mask
        return super().forward(input_ids, mask, position_ids, past_key_values, logits_to_keep=logits_to_keep, **kwargs)


@pytest.mark.parametrize("kind", sorted(NOT_PACKED.keys() - {"dynamic_rope"}))
def test_a_model_that_is_not_packed_reads_and_writes_the_plain_way_and_says_so_once(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    model, questions = build(kind), [question(0)[:5], question(1, prompt=30)[:3]]
    with caplog.at_level(logging.WARNING):
        asked = engine(model)
        answers = asked.read(questions, [10, 11])
        chains = asked.write(questions[0], list("abcde"))
    assert {row: answer.ids for row, answer in answers.items()} == {row: greedy(model, row, 4, STOPS) for row in answers}
    assert list(map(tuple, chains)) == [greedy(model, row, 6, STOPS) for row in questions[0]]
    assert sum("not packed because of" in record.message for record in caplog.records) == 1


def test_stretched_rotary_positions_do_not_depend_on_the_rows_before() -> None:
    rows = question(1, prompt=25)  # up to 43 tokens; the model stretches its positions beyond 32
    settings = {"max_new_tokens": 6, "do_sample": False, "eos_token_id": list(STOPS)}
    expected = [build("dynamic_rope").generate(torch.tensor([row]), **settings)[0, len(row) :].tolist() for row in rows]  # type: ignore[operator]
    assert engine(build("dynamic_rope"), batch_size=8).write(rows, list(map(str, rows))) == expected
    probabilities = engine(build("dynamic_rope")).read([rows], [10, 11])
    assert all(torch.allclose(probabilities[row].logprobs, logprobs(build("dynamic_rope"), row)[[10, 11]], atol=1e-5) for row in rows)


def test_plain_readings_come_with_the_log_probabilities_too() -> None:
    model, row = build("bloom"), question(0)[0]
    torch.testing.assert_close(engine(model).read([[row]], [10, 11])[row].logprobs, logprobs(model, row)[[10, 11]])


def test_a_model_that_packs_wrongly_is_asked_the_plain_way(caplog: pytest.LogCaptureFixture) -> None:
    model, rows = broken(Blind), question(0)
    answers = engine(model, batch_size=1).read([rows])
    assert {row: answer.ids for row, answer in answers.items()} == {row: greedy(model, row, 4, STOPS) for row in rows}
    assert "a trial" in caplog.text


def test_a_prompt_learning_adapter_is_asked_one_row_at_a_time() -> None:
    model = get_peft_model(build("llama"), PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=2))
    sizes: list[int] = []
    embedding = model.get_input_embeddings()
    embedding.register_forward_pre_hook(lambda module, args: sizes.append(len(args[0])))
    chains = engine(model).write(question(0)[:3], list("abc"))
    assert set(sizes) == {1}
    assert len(chains) == 3


def test_the_self_check_refuses_to_go_on_where_packed_reading_is_wrong() -> None:
    asked = engine(broken(BlindFarOut))
    with pytest.raises(RuntimeError, match="packed reading differs from plain reading by"):
        asked.read([question(0, prompt=140)])


def test_the_self_check_looks_once_and_can_be_left_out() -> None:
    asked = engine(broken(BlindFarOut))
    asked.read([question(0)])
    assert asked.read([question(0, prompt=140)])
    assert engine(broken(BlindFarOut), self_check=False).read([question(0, prompt=140)])


def test_the_self_check_takes_the_longest_of_the_questions() -> None:
    with pytest.raises(RuntimeError, match="packed reading differs"):
        engine(broken(BlindFarOut)).read([question(0), question(1, prompt=140), question(2)])


def test_the_self_check_looks_at_a_chain_too() -> None:
    prompts = [question(0)[0], question(0, prompt=160)[0]]
    with pytest.raises(RuntimeError, match="packed writing differs"):
        engine(broken(BlindFarOut), stops=()).write(prompts, ["a", "b"])
    assert engine(broken(BlindFarOut), stops=(), self_check=False).write(prompts, ["a", "b"])


def test_sampling_and_stop_strings_are_refused_where_rows_cannot_be_packed() -> None:
    with pytest.raises(ValueError, match="temperature and engine.stop_strings: expected 0 and none"):
        engine(build("bloom"), temperature=0.5)


def test_a_tiny_memory_changes_no_answer_and_no_chain() -> None:
    model, questions = build("llama"), [question(seed) for seed in range(3)]
    tight = engine(model, memory_gib=1e-6)
    rich = engine(model)
    found, expected = tight.read(questions, [3]), rich.read(questions, [3])
    assert {row: answer.ids for row, answer in found.items()} == {row: answer.ids for row, answer in expected.items()}
    assert tight.write(questions[0], list(map(str, questions[0]))) == rich.write(questions[0], list(map(str, questions[0])))
    assert tight.meter.costs["read"].forwards > rich.meter.costs["read"].forwards


def refusing(model: PreTrainedModel, tokens: Callable[[torch.Tensor], int], most: int) -> Any:
    """The device is full where a forward has more than `most`."""

    def refuse(module: torch.nn.Module, args: Any, kwargs: dict[str, Any]) -> None:
        if tokens(kwargs["input_ids"]) > most:
            raise torch.OutOfMemoryError("full")

    return model.register_forward_pre_hook(refuse, with_kwargs=True)


def test_running_out_of_memory_while_writing_takes_fewer_slots_and_changes_no_chain() -> None:
    model, rows = build("llama"), question(6)
    expected = engine(model, batch_size=8).write(rows, list(map(str, rows)))
    asked = engine(model, batch_size=8)
    with refusing(model, len, most=2):
        assert asked.write(rows, list(map(str, rows))) == expected
    alone = engine(model, batch_size=2)  # slots are refilled as before: two rows of many, not one after another of a few
    alone.write(rows, list(map(str, rows)))
    assert asked.meter.costs["write"].forwards <= alone.meter.costs["write"].forwards + 2  # the two that were refused


def test_running_out_of_memory_on_a_single_question_reads_its_tails_in_shorter_portions() -> None:
    model, rows = build("llama"), question(6)
    expected, asked = engine(model).read([rows]), engine(model, self_check=False)
    with refusing(model, lambda ids: ids.numel(), most=32):
        found = asked.read([rows])
    assert {row: answer.ids for row, answer in found.items()} == {row: answer.ids for row, answer in expected.items()}


def test_both_arms_run_by_one_budget() -> None:
    model = build("llama")
    base = engine(model)
    tuned = TokenEngine(model, base.decoding, stops=STOPS, decode=str, budget=base.budget)
    assert tuned.budget is base.budget


def test_plain_log_probabilities_are_metered_and_leave_the_other_logits_out() -> None:
    model, row = broken(Blind), question(0)[0]
    shapes: list[int] = []
    model.lm_head.register_forward_pre_hook(lambda module, args: shapes.append(args[0].shape[1]))
    asked, without = engine(model), engine(model)
    without.read([[row]])
    shapes.clear()
    asked.read([[row]], [10])
    assert set(shapes) == {1}
    assert asked.meter.costs["read"].tokens == without.meter.costs["read"].tokens + len(row)


@pytest.mark.parametrize("arrangement", ["packed", "plain"])
def test_a_model_whose_positions_end_stops_there(arrangement: str) -> None:
    model = build("gpt2")
    prompt = (5,) * 253  # positions 253, 254 and 255 are left, and the last token written needs none
    asked = engine(model, stops=(), batch_size=2, answer_tokens=6)
    if arrangement == "plain":
        asked.budget = None
    assert [len(ids) for ids in asked.write([prompt, (7,) * 9], ["a", "b"])] == [4, 6]
    assert [len(answer.ids) for answer in asked.read([[prompt, (7,) * 9]]).values()] == [4, 6]


def test_a_row_longer_than_the_positions_is_refused_before_anything_is_run() -> None:
    asked = engine(build("gpt2"))
    asked.meter.costs.clear()
    with pytest.raises(ValueError, match="example 'long': expected at most 256 tokens"):
        asked.write([(5,), (5,) * 257], ["short", "long"])
    with pytest.raises(ValueError, match="example 'long': expected at most 256 tokens"):
        asked.read([[(5,)], [(5,) * 257]], uids=["short", "long"])
    assert asked.meter.costs == {}


def test_log_probabilities_are_normalised_over_the_vocabulary() -> None:
    row = question(0)[0]
    answer = engine(build("llama")).read([[row]], list(range(V)))[row]
    assert float(answer.logprobs.exp().sum()) == pytest.approx(1)


def test_nothing_to_read_or_write_is_nothing_read_or_written() -> None:
    asked = engine(build("llama"))
    assert asked.read([]) == {}
    assert asked.read([[]]) == {}
    assert asked.write([], []) == []


@pytest.mark.parametrize("kind", ["llama", "bloom"])
def test_who_watches_is_told_how_many_rows_of_how_many_are_done(kind: str) -> None:
    told: list[tuple[str, int, int]] = []
    asked, questions = engine(build(kind)), [question(0)[:5], question(1)[:3]]
    asked.meter.watch = lambda *said: told.append(said)
    asked.write(questions[0], list("abcde"))
    asked.read(questions)
    for phase, of in (("write", 5), ("read", 8)):
        counts = [done for said, done, total in told if said == phase and total == of]
        assert (counts[0], counts[-1]) == (0, of)
        assert counts == sorted(counts)
