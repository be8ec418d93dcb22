"""Teacher-forced log-probabilities: packed as readings are, equal to plain forwards of one row."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from transformers import PreTrainedModel

from cotfaith.datasets.arithmetic import Arithmetic
from cotfaith.engine.decoding import Decoding
from cotfaith.engine.local import LocalReasoner
from cotfaith.engine.scoring import Saying, plain_score
from cotfaith.engine.tokens import TokenEngine
from cotfaith.text.encoding import Encoder
from cotfaith.types import ReadRequest
from tests.engine.tiny import EXACT, NOT_PACKED, build, logprobs, question

WORDS = ((20, 21, 22), (23,), (20, 24))
EXAMPLES = list(Arithmetic(train_size=0, val_size=0, test_size=3, seed=5, max_steps=3).load("test"))


def engine(model: PreTrainedModel, **changes: object) -> TokenEngine:
    settings: dict[str, object] = {"batch_size": 3, "max_new_tokens": 6, "answer_tokens": 4, **changes}
    return TokenEngine(model, Decoding(**settings), stops=(2,), decode=str)  # type: ignore[arg-type]


def questions() -> list[list[Saying]]:
    """Two questions; every row with the same words, one of them with all."""
    asked: list[list[Saying]] = [[(row, WORDS[0]) for row in question(seed, prompt=16 + 5 * seed)] for seed in range(2)]
    asked[0] += [(asked[0][3][0], words) for words in WORDS[1:]]
    return asked


def slow(model: PreTrainedModel, saying: Saying) -> float:
    """One forward for each token of the words."""
    row, words = saying
    return float(sum(logprobs(model, row + words[:place])[token] for place, token in enumerate(words)))


@pytest.mark.parametrize("kind", [*EXACT, *sorted(NOT_PACKED.keys() - {"dynamic_rope"})])
def test_a_score_is_the_sum_of_the_log_probabilities_of_single_forwards(kind: str) -> None:
    model, asked = build(kind), questions()
    found = engine(model).score(asked)
    assert found == pytest.approx({saying: slow(model, saying) for each in asked for saying in each}, abs=3e-4)


def test_stretched_rotary_positions_do_not_depend_on_the_sayings_before() -> None:
    # beyond 32 tokens this model's positions depend on the length of the whole row, which teacher forcing runs at once
    asked = engine(build("dynamic_rope"))
    short, long = sorted(questions()[1], key=lambda saying: len(saying[0]))[:: len(questions()[1]) - 1]
    with torch.inference_mode():
        expected = {saying: plain_score(build("dynamic_rope"), saying) for saying in (long, short)}
    assert asked.score([[long, short]]) == pytest.approx(expected, abs=1e-5)


def test_a_tiny_memory_changes_no_score() -> None:
    model, asked = build("llama"), questions()
    assert engine(model, memory_gib=1e-6).score(asked) == pytest.approx(engine(model).score(asked), abs=1e-4)


def test_the_words_are_run_behind_trees_and_not_behind_whole_rows() -> None:
    asked = engine(build("llama"))
    rows = [saying for saying in questions()[0] if saying[1] == WORDS[0]]
    asked.score([rows])
    assert asked.meter.costs["score"].tokens < 0.5 * sum(len(row) + len(words) - 1 for row, words in rows)


def test_nothing_to_score_is_nothing_scored() -> None:
    assert engine(build("llama")).score([]) == {}


def test_the_statement_scored_is_the_one_of_a_training_target(encoder: Encoder) -> None:
    example = EXAMPLES[0]
    chain = example.chain or ()
    answer = encoder.answer(example, example.answer)
    assert encoder.elicit(chain) + answer + list(encoder.end_of_turn) == encoder.target(example, chain)
    assert encoder.decode(answer) == f" {example.answer}."


@torch.inference_mode()
def test_a_reasoner_scores_answers_in_the_order_of_its_requests(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    model = load("none").eval()
    requests = [ReadRequest(example, (example.chain or ())[:kept]) for kept in (0, 1) for example in EXAMPLES]
    answers = [request.example.answer for request in requests]
    found = LocalReasoner(model, encoder, Decoding(batch_size=8, max_new_tokens=96, answer_tokens=8)).score(requests, answers)
    rows = [((*encoder.prompt(r.example, "cot"), *encoder.elicit(r.chain)), tuple(encoder.answer(r.example, r.example.answer))) for r in requests]
    assert found == pytest.approx([slow(model, saying) for saying in rows], abs=1e-4)


def test_the_own_answer_of_a_model_is_likelier_than_another(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    reasoner = LocalReasoner(load("nf4"), encoder, Decoding(batch_size=8, max_new_tokens=96, answer_tokens=8))
    rollout = reasoner.write(EXAMPLES[:1])[0]
    own, other = reasoner.score([ReadRequest(rollout.example, rollout.chain)] * 2, [str(rollout.answer), "987"])
    assert other < own < 0
