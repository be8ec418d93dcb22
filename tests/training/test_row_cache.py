from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cotfaith.text.encoding import Encoder
from cotfaith.training.row_cache import RowCache
from cotfaith.training.targets import Row, Target
from cotfaith.types import Example

EXAMPLES = [Example("a", "2 + 3?", "5", ("2 + 3 = 5.\n",)), Example("b", "Which?", "B", None, ("no", "yes"))]
TARGET = Target(learn="chain_and_answer")
ROWS = [Row((1, 2, 128000), (3,)), Row((4,), (5, 6)), Row((7,), ())]


def never() -> list[Row]:
    pytest.fail("tokenised again")


def test_rows_are_made_once_and_come_back_as_they_were(encoder: Encoder, tmp_path: Path) -> None:
    assert RowCache(tmp_path).rows(EXAMPLES, encoder, TARGET, lambda: ROWS) == ROWS
    assert RowCache(tmp_path).rows(EXAMPLES, encoder, TARGET, never) == ROWS  # another run
    assert [path.suffix for path in tmp_path.iterdir()] == [".safetensors"]


@pytest.mark.parametrize(
    "change",
    [
        lambda encoder: (EXAMPLES[:1], encoder, TARGET),
        lambda encoder: ([replace(EXAMPLES[0], question="2 + 4?"), EXAMPLES[1]], encoder, TARGET),
        lambda encoder: (EXAMPLES, replace(encoder, prompts=replace(encoder.prompts, cot="Think. " + encoder.prompts.cot)), TARGET),
        lambda encoder: (EXAMPLES, replace(encoder, stop_ids={*encoder.stop_ids, 3}), TARGET),
        lambda encoder: (EXAMPLES, encoder, Target(learn="answer_only")),
        lambda encoder: ([EXAMPLES[0], replace(EXAMPLES[1], chain=())], encoder, TARGET),  # another prompt than without a chain
    ],
)
def test_whatever_ids_depend_on_makes_other_rows(
    encoder: Encoder, tmp_path: Path, change: Callable[[Encoder], tuple[list[Example], Encoder, Target]]
) -> None:
    cache = RowCache(tmp_path)
    cache.rows(EXAMPLES, encoder, TARGET, lambda: ROWS)
    assert cache.rows(*change(encoder), lambda: ROWS[:1]) == ROWS[:1]


def test_a_template_or_a_vocabulary_of_its_own_makes_other_rows(encoder: Encoder, tmp_path: Path) -> None:
    cache = RowCache(tmp_path)
    cache.rows(EXAMPLES, encoder, TARGET, lambda: ROWS)
    for change in ("template", "vocabulary"):
        tokenizer = encoder.tokenizer.__class__.from_pretrained(encoder.tokenizer.name_or_path)  # type: ignore[attr-defined]
        if change == "template":
            tokenizer.chat_template = str(encoder.tokenizer.chat_template).replace("{{", " {{", 1)
        else:
            tokenizer.add_tokens(["apples"])
        assert cache.rows(EXAMPLES, replace(encoder, tokenizer=tokenizer), TARGET, lambda: ROWS[:1]) == ROWS[:1]


@pytest.mark.parametrize("harm", [lambda body: body[:-3], lambda body: body[:-1] + bytes([body[-1] ^ 1]), lambda _: b"", lambda _: b"\0" * 64])
def test_a_broken_file_is_made_again(encoder: Encoder, tmp_path: Path, caplog: pytest.LogCaptureFixture, harm: Callable[[bytes], bytes]) -> None:
    cache = RowCache(tmp_path)
    cache.rows(EXAMPLES, encoder, TARGET, lambda: ROWS)
    (path,) = tmp_path.iterdir()
    path.write_bytes(harm(path.read_bytes()))
    assert cache.rows(EXAMPLES, encoder, TARGET, lambda: ROWS) == ROWS
    assert f"{path} cannot be read" in caplog.text
    assert cache.rows(EXAMPLES, encoder, TARGET, never) == ROWS


def test_runs_side_by_side_leave_one_whole_file(encoder: Encoder, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: RowCache(tmp_path).rows(EXAMPLES, encoder, TARGET, lambda: ROWS), range(8)))
    assert found == [ROWS] * 8
    assert len(list(tmp_path.iterdir())) == 1


class InPython:
    """A tokenizer without a backend that could be hashed."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer

    def __getattr__(self, name: str) -> Any:
        if name == "backend_tokenizer":
            raise AttributeError(name)
        return getattr(self.tokenizer, name)


def test_ids_of_a_tokenizer_that_cannot_be_hashed_are_not_kept(encoder: Encoder, tmp_path: Path) -> None:
    slow = replace(encoder, tokenizer=InPython(encoder.tokenizer))
    assert RowCache(tmp_path / "rows").rows(EXAMPLES, slow, TARGET, lambda: ROWS) == ROWS
    assert not (tmp_path / "rows").exists()


def test_a_folder_that_cannot_be_written_ends_no_run(encoder: Encoder, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "rows").write_text("a file stands in the way")
    assert RowCache(tmp_path / "rows").rows(EXAMPLES, encoder, TARGET, lambda: ROWS) == ROWS
    assert f"{tmp_path / 'rows'}: rows could not be kept" in caplog.text
