"""The endpoint against a server of our own: replies in order, passing failures tried again, others told clearly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cotfaith.engine.endpoint import Endpoint


class Server(ThreadingHTTPServer):
    """An OpenAI-compatible server that repeats what it is asked; `script` holds what it does first: a status, or a body."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[int | dict[str, Any]] = []
        self.requests: list[tuple[str, str | None, dict[str, Any]]] = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.requests.append((self.path, self.headers["Authorization"], body))
            does = self.server.script.pop(0) if self.server.script else 200
            self.server.at_once += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.at_once)
        time.sleep(0.02)
        with self.server.lock:
            self.server.at_once -= 1
        said = {"choices": [{"message": {"content": f"so: {body['messages'][0]['content']}"}, "finish_reason": "stop"}]}
        self.send_response(does if isinstance(does, int) else 200)
        self.end_headers()
        self.wfile.write(json.dumps(does if isinstance(does, dict) else said if does == 200 else {"error": "no, not so"}).encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def endpoint(server: Server, **options: Any) -> Endpoint:
    defaults = {"model": "m", "key_variable": "TEST_KEY", "max_tokens": 9, "concurrency": 3, "timeout": 5, "tries": 3, "pause": 0.01}
    return Endpoint(base_url=f"http://127.0.0.1:{server.server_port}/v1/", **{**defaults, **options})


def test_replies_come_in_order_a_few_at_a_time(server: Server) -> None:
    messages = [str(place) for place in range(12)]
    assert endpoint(server).reply(messages) == [f"so: {message}" for message in messages]
    assert 1 < server.most_at_once <= 3


def test_a_request_names_the_model_the_key_and_greedy_decoding(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", "secret")
    endpoint(server).reply(["hello"])
    content = {"model": "m", "messages": [{"role": "user", "content": "hello"}], "temperature": 0, "max_tokens": 9}
    assert server.requests == [("/v1/chat/completions", "Bearer secret", content)]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_failure_that_passes_is_tried_again(server: Server, status: int) -> None:
    server.script = [status, status]
    assert endpoint(server).reply(["a"]) == ["so: a"]
    assert len(server.requests) == 3


def test_a_failure_that_does_not_pass_in_time_ends_with_what_was_said(server: Server) -> None:
    server.script = [503] * 3
    with pytest.raises(RuntimeError, match=r"/v1/chat/completions gave no reply in 3 tries: it answered 503 .*no, not so"):
        endpoint(server).reply(["a"])


@pytest.mark.parametrize(
    ("status", "hint"),
    [(401, "expected a valid API key in the environment variable TEST_KEY"), (404, "expected base_url with the version in it"), (400, "no, not so")],
)
def test_a_refusal_is_told_at_once_with_what_to_do(server: Server, status: int, hint: str) -> None:
    server.script = [status]
    with pytest.raises(RuntimeError, match=f"answered {status} .*{hint}"):
        endpoint(server).reply(["a"])
    assert len(server.requests) == 1


def test_a_reply_that_was_cut_off_is_none_and_a_thought_is_left_out(server: Server) -> None:
    cut = {"choices": [{"message": {"content": "half a"}, "finish_reason": "length"}]}
    thought = {"choices": [{"message": {"content": "<think>hm</think>\n\nyes"}, "finish_reason": "stop"}]}
    server.script = [cut, thought]
    assert endpoint(server, concurrency=1).reply(["a", "b"]) == [None, "yes"]


def test_something_else_behind_the_url_is_named(server: Server) -> None:
    server.script = [{"detail": "I am a teapot"}]
    with pytest.raises(RuntimeError, match=r"expected choices\[0\].message.content .* got \{'detail': 'I am a teapot'\}"):
        endpoint(server).reply(["a"])


def test_nobody_behind_the_url_is_told_after_all_tries(server: Server) -> None:
    nobody = endpoint(server, tries=2)
    server.shutdown()
    server.server_close()
    with pytest.raises(RuntimeError, match="gave no reply in 2 tries: it did not reply"):
        nobody.reply(["a"])


def test_the_identity_tells_endpoints_models_and_limits_apart_and_holds_no_key(server: Server) -> None:
    others = [endpoint(server), endpoint(server, model="n"), endpoint(server, max_tokens=8)]
    assert len({other.identity for other in others}) == 3
    assert endpoint(server, concurrency=1, timeout=1).identity == endpoint(server).identity


@pytest.mark.parametrize(("name", "value"), [("base_url", "localhost:8000"), ("tries", 0), ("timeout", -1)])
def test_a_bad_option_is_refused_by_name(name: str, value: object) -> None:
    good = {"base_url": "http://x/v1", "model": "m", "key_variable": "K", "max_tokens": 1, "concurrency": 1, "timeout": 1, "tries": 1, "pause": 1}
    with pytest.raises(ValueError, match=rf"paraphraser\.replier\.{name}: expected"):
        Endpoint(**{**good, name: value})  # type: ignore[arg-type]
