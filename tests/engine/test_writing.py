from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
import torch
from transformers import PreTrainedModel

from cotfaith.engine.attention import evaluating
from cotfaith.engine.context import UNBOUNDED
from cotfaith.engine.decoding import Decoding
from cotfaith.engine.meter import Meter
from cotfaith.engine.tokens import TokenEngine
from cotfaith.engine.trees import Row
from cotfaith.engine.writing import ChainWriter
from tests.engine.tiny import EXACT, V, build, greedy

STOPS = (2, *range(50, 66))


def prompts(count: int, seed: int = 0) -> list[Row]:
    random = Random(seed)
    return [tuple(random.randrange(3, V) for _ in range(random.randrange(3, 30))) for _ in range(count)]


def write(model: PreTrainedModel, rows: list[Row], slots: int, **options: object) -> list[Row]:
    settings = {"stops": STOPS, "limit": 14, "context": UNBOUNDED, "meter": Meter(), **options}
    engine = ChainWriter(model, ends=lambda ids: False, abreast=lambda longest: 2, **settings)  # type: ignore[arg-type]
    pick = Decoding(batch_size=1, max_new_tokens=1, answer_tokens=1).pick([])
    with evaluating(model):
        return [tuple(ids) for ids in engine(rows, pick, slots)]


def sample(model: PreTrainedModel, rows: list[Row], uids: list[str], slots: int, **options: object) -> list[list[int]]:
    settings = {"temperature": 1.5, "sampling_seed": 3, "max_new_tokens": 12, **options}
    engine = TokenEngine(model, Decoding(batch_size=slots, answer_tokens=1, **settings), stops=STOPS, decode=str)  # type: ignore[arg-type]
    return engine.write(rows, uids)


@pytest.mark.parametrize("kind", EXACT)
def test_chains_in_slots_are_chains_written_one_by_one(kind: str) -> None:
    model, rows = build(kind), prompts(7)
    expected = [greedy(model, row, 14, STOPS) for row in rows]
    assert write(model, rows, slots=3) == expected
    assert len(set(map(len, expected))) > 1, "rows must end at different times for this test to mean anything"


@pytest.mark.parametrize("slots", [1, 2, 20])
def test_the_number_of_slots_changes_no_chain(slots: int) -> None:
    model, rows = build("llama"), prompts(9, seed=1)
    assert write(model, rows, slots) == [greedy(model, row, 14, STOPS) for row in rows]


def test_a_slot_is_refilled_before_the_longest_row_ends() -> None:
    model, rows, meter = build("llama"), prompts(24, seed=2), Meter()
    written = write(model, rows, 4, meter=meter, limit=40)
    batches = [max(map(len, written[start : start + 4])) for start in range(0, 24, 4)]
    assert meter.costs["write"].forwards < sum(batches)


def test_rows_go_on_beside_one_that_has_used_up_the_context() -> None:
    # With 9 slots one row may have ended while the others go on: it was stepped on to a position that GPT-2 has no embedding for.
    model, rows = build("gpt2"), [(5,) * 254, *prompts(8)]  # of 256 positions
    expected = [greedy(model, row, min(14, 256 + 1 - len(row)), ()) for row in rows]
    assert write(model, rows, slots=9, context=256, stops=()) == expected


def test_prompts_are_begun_in_portions() -> None:
    model, shapes = build("llama"), list[tuple[int, ...]]()
    model.register_forward_pre_hook(lambda module, args, kwargs: shapes.append(tuple(kwargs["input_ids"].shape)), with_kwargs=True)
    write(model, prompts(6), slots=6, limit=1)  # two side by side
    assert [rows for rows, _ in shapes] == [2, 2, 2]


def test_no_prompts_give_no_chains() -> None:
    assert write(build("llama"), [], 4) == []


def test_sampled_chains_do_not_depend_on_slots_or_order() -> None:
    model, rows, uids = build("llama"), prompts(6), list("abcdef")
    together = sample(model, rows, uids, slots=6)
    assert sample(model, rows, uids, slots=2) == together
    assert sample(model, rows[::-1], uids[::-1], slots=4)[::-1] == together


def test_another_sampling_seed_or_uid_gives_another_chain() -> None:
    model, rows = build("llama"), prompts(1)
    chain = sample(model, rows, ["a"], 1, max_new_tokens=30)
    assert sample(model, rows, ["a"], 1, max_new_tokens=30, sampling_seed=4) != chain
    assert sample(model, rows, ["b"], 1, max_new_tokens=30) != chain


def test_a_stop_string_ends_a_chain_behind_it() -> None:
    model, row = build("llama"), prompts(1, seed=8)[0]
    whole = greedy(model, row, 12, ())
    stop = f"<{whole[4]}>"
    decoding = Decoding(batch_size=2, max_new_tokens=12, answer_tokens=1, stop_strings=(stop,))
    engine = TokenEngine(model, decoding, stops=[], decode=lambda ids: "".join(f"<{i}>" for i in ids))
    assert engine.write([row], ["a"]) == [list(whole[: whole.index(whole[4]) + 1])]


def test_rows_that_are_written_again_for_want_of_memory_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = TokenEngine(build("llama"), Decoding(batch_size=4, max_new_tokens=9, answer_tokens=1), stops=STOPS, decode=str)
    seen, forward = list[tuple[int, int]](), ChainWriter._go_on
    engine.meter.watch = lambda phase, done, of: seen.append((done, of))

    def crowded(writer: ChainWriter, writers: Sequence[object], *rest: object) -> None:
        forward(writer, writers, *rest)  # type: ignore[arg-type]
        if len(writers) > 2:
            raise torch.OutOfMemoryError

    monkeypatch.setattr(ChainWriter, "_go_on", crowded)
    engine.write(prompts(4), list("abcd"))
    assert (seen.count((0, 4)), max(seen)) == (3, (4, 4))  # begun by the engine, in 4 slots and in 2
