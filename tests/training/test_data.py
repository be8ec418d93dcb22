from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from lightning.pytorch import Trainer

from cotfaith.text.encoding import Encoder
from cotfaith.training.collation import IGNORE, collate, pack
from cotfaith.training.data import SFTDataModule
from cotfaith.training.targets import Row, Target
from cotfaith.types import Example, Split

LONG = Example("long", "2 + 3 is what? " * 40, "5", ("2 + 3 = 5.\n",))
SHORT = Example("short", "2 + 3?", "5", ("2 + 3 = 5.\n",))
BARE = Example("bare", "Which?", "B", None, ("no", "yes"))


class Fixed:
    name = "fixed"

    def __init__(self, *examples: Example) -> None:
        self.examples = examples

    def load(self, split: Split) -> Sequence[Example]:
        return self.examples

    def provenance(self) -> dict[str, object]:
        return {}


def module(encoder: Encoder, *examples: Example, max_length: int = 1024, learn: str = "chain_and_answer") -> SFTDataModule:
    target = Target(learn=learn)  # type: ignore[arg-type]
    sizes: dict[str, Any] = {"batching": "padded", "batch_size": 2, "tokens_per_batch": 512, "eval_batch_size": 2}
    return SFTDataModule(Fixed(*examples), encoder, target, max_length=max_length, seed=0, **sizes)


def test_the_target_is_supervised_to_its_end_token_and_nothing_else_is(encoder: Encoder) -> None:
    row = Target(learn="chain_and_answer").row(SHORT, encoder)
    labels = collate([row])["labels"][0].tolist()
    assert labels == [IGNORE] * len(row.prompt) + list(row.target)
    assert encoder.decode(row.target) == "2 + 3 = 5.\nThe answer is 5."
    assert row.target[-1] == encoder.tokenizer.eos_token_id


def test_padding_is_ignored_and_the_end_token_is_not_even_where_both_have_one_id() -> None:
    # pad id 0 stands for the end token here: masking by id would take the end away with the padding
    batch = collate([Row((1, 2), (3, 0)), Row((1,), (0,))])
    assert batch["labels"].tolist() == [[IGNORE, IGNORE, 3, 0], [IGNORE, 0, IGNORE, IGNORE]]
    assert batch["input_ids"].tolist() == [[1, 2, 3, 0], [1, 0, 0, 0]]


def test_packed_rows_stand_behind_one_another_at_positions_of_their_own() -> None:
    batch = pack([Row((1, 2), (3, 0)), Row((4,), (0,))])
    assert batch["input_ids"].tolist() == [[1, 2, 3, 0, 4, 0]]
    assert batch["labels"].tolist() == [[IGNORE, IGNORE, 3, 0, IGNORE, 0]]
    assert batch["position_ids"].tolist() == [[0, 1, 2, 3, 0, 1]]


def test_the_boundary_of_training_is_the_one_of_generation(encoder: Encoder) -> None:
    row = Target(learn="chain_and_answer").row(SHORT, encoder)
    assert list(row.prompt) == encoder.prompt(SHORT, "cot")
    assert list(row.target)[: len(encoder.elicit(SHORT.chain))] == encoder.elicit(SHORT.chain)


def test_an_answer_is_learned_under_the_prompt_that_asks_for_it_alone(encoder: Encoder) -> None:
    row = Target(learn="answer_only").row(SHORT, encoder)
    assert list(row.prompt) == encoder.prompt(SHORT, "direct")
    assert encoder.decode(row.target) == "The answer is 5."


def test_an_example_without_a_chain_is_learned_under_the_direct_prompt_and_counted(encoder: Encoder, caplog: pytest.LogCaptureFixture) -> None:
    # under the other prompt it would teach to write no chain where one is asked for
    rows = module(encoder, SHORT, BARE).rows
    assert list(rows[1].prompt) == encoder.prompt(BARE, "direct")
    assert encoder.decode(rows[1].target) == "The answer is yes."
    assert "1 of 2 training examples have no gold chain" in caplog.text


def test_a_chain_of_no_steps_among_others_stays_under_the_chain_of_thought_prompt(encoder: Encoder) -> None:
    empty = dataclasses.replace(SHORT, uid="empty", chain=())
    assert list(module(encoder, SHORT, empty).rows[1].prompt) == encoder.prompt(empty, "cot")


def test_an_example_too_long_is_dropped_and_counted_never_cut(encoder: Encoder, caplog: pytest.LogCaptureFixture) -> None:
    rows = module(encoder, LONG, SHORT, max_length=150).rows
    assert [encoder.decode(row.target) for row in rows] == ["2 + 3 = 5.\nThe answer is 5."]
    assert "dropped 1 of 2 training examples" in caplog.text


def test_a_length_that_no_example_fits_is_refused(encoder: Encoder) -> None:
    with pytest.raises(ValueError, match="data.max_length=60 is too short: no example fits, the shortest has"):
        module(encoder, LONG, max_length=60).rows  # noqa: B018


def test_an_empty_split_is_refused_by_name(encoder: Encoder) -> None:
    with pytest.raises(ValueError, match="dataset 'fixed': expected examples in split 'test', found none"):
        module(encoder).examples("test")


def test_the_tokens_of_prompts_and_targets_are_counted_before_training(encoder: Encoder) -> None:
    data = module(encoder, SHORT)
    row = data.rows[0]
    assert data.tokens["train_prompt"].longest == len(row.prompt)
    assert data.tokens["train_target"].longest == len(row.target)


def test_prompts_that_leave_too_little_of_the_context_are_counted(encoder: Encoder, caplog: pytest.LogCaptureFixture) -> None:
    data = module(encoder, SHORT, LONG)
    room = len(encoder.prompt(SHORT, "cot")) + 32
    data.measure_prompts(room, 32)
    assert f"1 of 2 test prompts leave less than engine.max_new_tokens=32 of the model's context of {room} tokens" in caplog.text


@pytest.mark.parametrize("context", [None, 10_000])
def test_a_context_that_is_unknown_or_long_enough_warns_of_nothing(encoder: Encoder, caplog: pytest.LogCaptureFixture, context: int | None) -> None:
    module(encoder, SHORT).measure_prompts(context, 32)
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_a_checkpoint_of_before_processes_were_counted_is_refused_in_words(encoder: Encoder) -> None:
    data = module(encoder)
    data.trainer = Trainer(accelerator="cpu", logger=False)
    with pytest.raises(ValueError, match="ckpt_path: expected a checkpoint that says by how many processes"):
        data.load_state_dict({"epoch": 0, "batch": 2})
