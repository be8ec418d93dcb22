"""Plain replies of any OpenAI-compatible chat endpoint, over HTTP: the paraphraser `api`.

Requests run side by side; one that fails for a reason that passes (429, 5xx, no connection, no reply in time) is tried again after a
pause that doubles. Others end the run with what the endpoint said.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

log = logging.getLogger(__name__)

_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_HINTS = {
    401: "expected a valid API key in the environment variable {key_variable}",
    403: "the key in {key_variable} has no access",
    404: "expected base_url with the version in it (.../v1) and a model that the endpoint serves",
}
_LONGEST_PAUSE = 60.0  # seconds
_SHOWN = 300  # characters of what an endpoint says


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A model behind ``base_url/chat/completions``, asked at temperature 0.

    base_url: with the version, e.g. ``http://localhost:8000/v1``. key_variable: the environment variable that holds the API key; unset for
    an endpoint that takes none. max_tokens: of a reply. concurrency: requests at once. timeout, pause: seconds, for a request and before the
    second try. tries: of one request.

    Raises:
        ValueError: a count or time is not positive, or the URL is no http(s) one.
        RuntimeError: the endpoint refuses, or does not reply within `tries`.
    """

    base_url: str
    model: str
    key_variable: str
    max_tokens: int
    concurrency: int
    timeout: float
    tries: int
    pause: float

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("http://", "https://")):
            raise ValueError(f"paraphraser.replier.base_url: expected http://... or https://..., got {self.base_url!r}")
        for name in ("max_tokens", "concurrency", "timeout", "tries", "pause"):
            if getattr(self, name) <= 0:
                raise ValueError(f"paraphraser.replier.{name}: expected a positive number, got {getattr(self, name)}")

    @property
    def identity(self) -> str:
        """The endpoint, the model and the limit of a reply."""
        where = hashlib.sha256(self.base_url.rstrip("/").encode()).hexdigest()[:16]
        return f"api/{where}/{self.model}/{self.max_tokens}"

    def reply(self, messages: Sequence[str]) -> list[str | None]:
        """One reply per message, in order; None where it was cut off by the limit."""
        with ThreadPoolExecutor(self.concurrency) as pool:
            return list(pool.map(self._ask, messages))

    def _ask(self, message: str) -> str | None:
        pause = self.pause
        for attempt in range(1, self.tries + 1):
            try:
                return _said(self._post(message))
            except HTTPError as error:
                reason = self._explained(error)
                if error.code not in _PASSING:
                    raise RuntimeError(f"{self._url} {reason}") from error
                wait = max(pause, _asked_to_wait(error))
            except (URLError, TimeoutError, ConnectionError, HTTPException) as error:
                reason, wait = f"did not reply: {error}", pause
            if attempt < self.tries:
                log.warning("%s %s; trying again in %.1f s (%d of %d)", self._url, reason, wait, attempt, self.tries)
                time.sleep(min(wait, _LONGEST_PAUSE))
                pause *= 2
        raise RuntimeError(f"{self._url} gave no reply in {self.tries} tries: it {reason}")

    @property
    def _url(self) -> str:
        return f"{self.base_url.rstrip('/')}/chat/completions"

    def _post(self, message: str) -> Any:
        content = {"model": self.model, "messages": [{"role": "user", "content": message}], "temperature": 0, "max_tokens": self.max_tokens}
        key = os.environ.get(self.key_variable)
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        with urlopen(Request(self._url, json.dumps(content).encode(), headers), timeout=self.timeout) as response:
            return json.load(response)

    def _explained(self, error: HTTPError) -> str:
        said = error.read().decode(errors="replace")[:_SHOWN].strip()
        hint = _HINTS.get(error.code, "").format(key_variable=self.key_variable)
        return f"answered {error.code} {error.reason}{f' ({hint})' if hint else ''}{f': {said}' if said else ''}"


def _asked_to_wait(error: HTTPError) -> float:
    """Seconds, where the endpoint names them."""
    named = error.headers.get("Retry-After", "")
    return float(named) if named.isdigit() else 0.0


def _said(response: Any) -> str | None:
    """The reply in a response; None where it was cut off.

    Raises:
        RuntimeError: there is none: whatever this is, it is not an OpenAI-compatible endpoint.
    """
    try:
        choice = response["choices"][0]
        text, finish = choice["message"]["content"], choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise RuntimeError(f"expected choices[0].message.content in the response of an endpoint, got {str(response)[:_SHOWN]}") from error
    return str(text or "").rpartition("</think>")[2].strip() if finish != "length" else None
