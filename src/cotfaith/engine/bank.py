"""Replies kept on disk by content: asked for once, the same for both arms and for every later run.

    BANK/IDENTITY.jsonl    one file for each identity of a replier (16 hexadecimal digits); its first line says which it is,
                           each further line holds a message and its reply (null: cut off by the limit)

Several processes may add to a file at once: a line is written whole, and one that a killed process left unfinished stands for itself.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cotfaith.types import Replier

log = logging.getLogger(__name__)

_AT_ONCE = 256  # messages; where a replier fails, what it has said before is kept


@dataclass
class Bank:
    """All replies known so far, by the identity of who gave them."""

    folder: Path
    _replies: dict[str, dict[str, str | None]] = field(default_factory=dict)  # identity -> message -> reply

    def ask(self, messages: Sequence[str], replier: Replier) -> dict[str, str | None]:
        """The reply to each message: from the bank, or asked for now, many at once, and kept."""
        known = self._known(replier.identity)
        missing = [message for message in dict.fromkeys(messages) if message not in known]
        for start in range(0, len(missing), _AT_ONCE):
            portion = missing[start : start + _AT_ONCE]
            given = dict(zip(portion, replier.reply(portion), strict=True))
            self._keep(replier.identity, given)
            known |= given
        return {message: known[message] for message in messages}

    def _known(self, identity: str) -> dict[str, str | None]:
        if identity not in self._replies:
            path = self._path(identity)
            lines = path.read_text().split("\n") if path.exists() else []
            entries = [_parsed(line) for line in lines if line]
            if None in entries:
                log.warning("%s: passed over %d unfinished lines of a process that was killed", path, entries.count(None))
            self._replies[identity] = {str(entry["message"]): entry["reply"] for entry in entries if entry and "message" in entry}
        return self._replies[identity]

    def _keep(self, identity: str, given: dict[str, str | None]) -> None:
        path = self._path(identity)
        self.folder.mkdir(parents=True, exist_ok=True)
        head = "" if path.exists() else json.dumps({"identity": identity})
        lines = [json.dumps({"message": message, "reply": reply}) for message, reply in given.items()]
        with path.open("ab", buffering=0) as file:
            file.write("\n".join([head, *lines, ""]).encode())  # without a head a line break: an unfinished line ends there

    def _path(self, identity: str) -> Path:
        return self.folder / f"{hashlib.sha256(identity.encode()).hexdigest()[:16]}.jsonl"


def _parsed(line: str) -> dict[str, str | None] | None:
    try:
        entry: dict[str, str | None] = json.loads(line)
    except json.JSONDecodeError:
        return None
    return entry
