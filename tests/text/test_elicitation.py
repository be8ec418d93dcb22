"""The answer asked for in a new user turn: what the template writes of three turns, with the reply begun by the cue."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from cotfaith.engine.decoding import Decoding
from cotfaith.engine.local import LocalReasoner
from cotfaith.models.base import BaseModel
from cotfaith.text.elicitation import Elicitor
from cotfaith.text.encoding import Encoder
from cotfaith.text.prompts import Prompts
from cotfaith.types import Example, ReadRequest
from tests.text.test_chat import CHATML, EVERY, TOKENS

EXAMPLE = Example("a", "2 + 2?", "4")
CHAIN = ("2 + 2 = 4\n",)
HIDES = CHATML.replace("{{ m['content'] }}", "{{ m['content'] if m['role'] == 'user' or loop.last else '' }}")
REFUSES = CHATML.replace("{% for", "{% if messages | length > 2 %}{{ raise_exception('One question only') }}{% endif %}{% for", 1)


@pytest.fixture(scope="module")
def plain() -> PreTrainedTokenizerBase:
    tokenizer = BaseModel(path="embedded").tokenizer()
    tokenizer.add_special_tokens({"additional_special_tokens": TOKENS})
    return tokenizer


def asking(tokenizer: PreTrainedTokenizerBase, template: str | None) -> Encoder:
    tokenizer.chat_template = template
    prompts = Prompts(cot="Reason. So: ...", direct="So: ...", cue="So:", choice="letter", elicitation="turn", turn="Which? So: ...")
    return Encoder(tokenizer, prompts, {tokenizer.eos_token_id})


@pytest.mark.parametrize("template", EVERY.values(), ids=EVERY)
def test_a_reading_is_what_the_template_writes_of_three_turns_and_the_cue(plain: PreTrainedTokenizerBase, template: str | None) -> None:
    encoder = asking(plain, template)
    turns = [("user", "2 + 2?\nReason. So: ..."), ("assistant", "2 + 2 = 4"), ("user", "Which? So: ...")]
    told = encoder.chat._render([{"role": role, "content": content} for role, content in turns], add_generation_prompt=True)
    read = plain.decode(Elicitor(encoder).prompt(EXAMPLE, "cot") + Elicitor(encoder).behind(CHAIN, "cot"))
    begun = read.removeprefix(told)
    assert read.startswith(told)
    assert begun.replace("<think>\n\n</think>\n\n", "").strip() == "So:"


def test_all_chains_of_an_example_share_the_ids_before_them(plain: PreTrainedTokenizerBase) -> None:
    elicitor = Elicitor(asking(plain, CHATML))
    cut, whole = elicitor.behind((), "cot"), elicitor.behind(CHAIN, "cot")
    assert whole[-len(cut) :] == cut


def test_a_direct_answer_is_asked_for_in_the_first_turn(plain: PreTrainedTokenizerBase) -> None:
    turn = asking(plain, CHATML)
    prefill = turn.eliciting("prefill")
    for encoder in (turn, prefill):
        assert Elicitor(encoder).prompt(EXAMPLE, "direct") == prefill.prompt(EXAMPLE, "direct")
        assert Elicitor(encoder).behind((), "direct") == prefill.elicit(())


@pytest.mark.parametrize("template", [HIDES, REFUSES], ids=["hides", "refuses"])
def test_a_template_that_cannot_hold_two_questions_is_refused_before_anything_is_asked(plain: PreTrainedTokenizerBase, template: str) -> None:
    with pytest.raises(ValueError, match=r"prompt\.elicitation=turn, but the template hides or refuses a reply before a second question"):
        asking(plain, template)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"elicitation": "guess"}, "prompt.elicitation: expected prefill or turn, got 'guess'"),
        ({"elicitation": "turn", "turn": "Which?"}, "prompt.turn must show the model the answer cue"),
        ({"elicitation": "turn", "turn": "So: ?", "thinking": True}, "templates drop thoughts of earlier turns"),
    ],
)
def test_a_prompt_that_cannot_ask_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Prompts(cot="So: ...", direct="So: ...", cue="So:", choice="letter", **options)  # type: ignore[arg-type]


def test_the_engine_reads_the_second_turn(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    decoding = Decoding(batch_size=8, max_new_tokens=8, answer_tokens=8)
    turn = LocalReasoner(load("none"), encoder.eliciting("turn"), decoding)
    reading = turn.read([ReadRequest(EXAMPLE, CHAIN)])[0]
    row = [*turn.elicitor.prompt(EXAMPLE, "cot"), *turn.elicitor.behind(CHAIN, "cot")]
    (written,) = turn.engine.write([tuple(row)], ["a"])
    assert reading.text == encoder.decode(written)
    assert reading.prompt_hash != LocalReasoner(load("none"), encoder, decoding).read([ReadRequest(EXAMPLE, CHAIN)])[0].prompt_hash
