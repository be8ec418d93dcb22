"""The bank: nothing is asked twice, by either arm or by a later run, and nobody is given another's words."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cotfaith.engine.bank import Bank


@dataclass
class Echo:
    """Replies what it is asked, in capitals; to "stop" it has no whole reply."""

    identity: str = "echo"
    asked: list[str] = field(default_factory=list)

    def reply(self, messages: Sequence[str]) -> list[str | None]:
        self.asked += messages
        return [None if message == "stop" else message.upper() for message in messages]


def test_a_message_is_asked_once_and_answered_each_time(tmp_path: Path) -> None:
    bank, echo = Bank(tmp_path), Echo()
    first, second = bank.ask(["a", "b\nc", "a"], echo), bank.ask(["b\nc", "d"], echo)
    assert (first, second) == ({"a": "A", "b\nc": "B\nC"}, {"b\nc": "B\nC", "d": "D"})
    assert echo.asked == ["a", "b\nc", "d"]


def test_a_later_run_asks_nothing_again_not_even_what_was_cut_off(tmp_path: Path) -> None:
    Bank(tmp_path).ask(["a", "stop"], Echo())
    Bank(tmp_path).ask(["b"], Echo())
    later = Echo()
    assert Bank(tmp_path).ask(["stop", "b", "a"], later) == {"stop": None, "b": "B", "a": "A"}
    assert later.asked == []


def test_what_was_said_before_a_failure_is_kept(tmp_path: Path) -> None:
    class Failing(Echo):
        def reply(self, messages: Sequence[str]) -> list[str | None]:
            if self.asked:
                raise RuntimeError("gone")
            return super().reply(messages)

    messages = [str(place) for place in range(300)]
    with pytest.raises(RuntimeError, match="gone"):
        Bank(tmp_path).ask(messages, Failing())
    later = Echo()
    Bank(tmp_path).ask(messages, later)
    assert later.asked == messages[256:]


def test_another_replier_is_asked_for_itself(tmp_path: Path) -> None:
    Bank(tmp_path).ask(["a"], Echo())
    other = Echo("another model")
    Bank(tmp_path).ask(["a"], other)
    assert other.asked == ["a"]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_line_that_a_killed_process_left_unfinished_costs_that_line_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Bank(tmp_path).ask(["a"], Echo())
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text() + '{"message": "b", "rep')
    with caplog.at_level(logging.WARNING):
        Bank(tmp_path).ask(["c"], Echo())
    later = Echo()
    Bank(tmp_path).ask(["a", "b", "c"], later)
    assert later.asked == ["b"]
    assert "passed over 1 unfinished lines" in caplog.text
