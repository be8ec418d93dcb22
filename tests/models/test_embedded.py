from __future__ import annotations

from itertools import islice
from random import Random

import torch
from transformers import LlamaForCausalLM

from cotfaith.datasets.scenes import HELD_OUT_NAMES
from cotfaith.models.embedded.corpus import LONGEST_STORY, Lesson, lessons
from cotfaith.models.embedded.pretrain import ThroughNF4, batches, config, reserved_questions
from cotfaith.models.embedded.tokenizer import train_tokenizer
from cotfaith.text.encoding import Encoder
from cotfaith.text.generations import read_answer
from cotfaith.training.collation import IGNORE


def drawn(count: int, **settings: frozenset[str]) -> list[Lesson]:
    return list(islice(lessons(3, **settings), count))


def test_lessons_of_one_seed_are_the_same_every_time() -> None:
    assert drawn(50) == drawn(50)


def test_reserved_questions_never_occur() -> None:
    taken = frozenset(lesson.example.question for lesson in drawn(20))
    assert not taken & {lesson.example.question for lesson in drawn(500, reserved=taken)}


def test_questions_of_the_embedded_datasets_are_reserved() -> None:
    assert len(reserved_questions()) > 2500  # 1,000 each of two kinds of stories, and as many passages, of which some share their words


def test_held_out_names_occur_in_no_lesson() -> None:
    names = {name for group in HELD_OUT_NAMES.values() for name in group}
    text = " ".join(lesson.example.question + "".join(lesson.chain) for lesson in drawn(3000))
    assert not names & set(text.replace("'s", " ").replace(".", " ").split())


def test_no_story_is_longer_than_the_card_says() -> None:
    late = islice(lessons(3), 100_000, 101_000)
    assert max(len(lesson.chain) for lesson in late) == LONGEST_STORY


def test_what_is_to_be_written_reads_back_as_the_gold_answer(encoder: Encoder) -> None:
    for lesson in drawn(200):
        written = encoder.decode(encoder.target(lesson.example, lesson.chain))
        parts = read_answer(written, encoder.prompts.cue, lesson.example.choices)
        assert parts.verdict.answer == lesson.example.answer
        assert parts.chain == "".join(lesson.chain)


def test_batches_supervise_the_reply_and_nothing_else(encoder: Encoder) -> None:
    batch = next(batches(lessons(3), encoder, 512, Random(0)))
    ids, labels = batch["input_ids"], batch["labels"]
    supervised = labels != IGNORE
    assert torch.equal(labels[supervised], ids[supervised])
    assert not supervised[:, 0].any()
    assert (ids[supervised] == encoder.tokenizer.eos_token_id).sum() == len(ids)


def test_weights_lie_on_the_nf4_grid_inside_and_are_the_masters_outside() -> None:
    model = LlamaForCausalLM(config())
    weight = model.model.layers[0].mlp.up_proj.weight
    before = weight.detach().clone()
    with ThroughNF4(model):
        blocks = weight.detach().reshape(-1, 64)
        assert max(len(block.unique()) for block in blocks) <= 16
    assert torch.equal(weight, before)


def test_a_tokenizer_trained_on_little_text_still_loses_none() -> None:
    tokenizer = train_tokenizer(["2 apples and 3 pears"], 64)
    text = "Ünïcode 漢字 🙂\t\r\n  12.5%"
    assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False)) == text
