"""Chat templates: what is written around a question and its answer, for templates of the shapes that models ship with."""

from __future__ import annotations

from typing import Any

import pytest
from transformers import PreTrainedTokenizerBase

from cotfaith.models.base import BaseModel
from cotfaith.text.chat import Chat
from cotfaith.text.encoding import Encoder
from cotfaith.text.prompts import Prompts
from cotfaith.types import Example

TOKENS = ["<|im_start|>", "<|im_end|>", "<start_of_turn>", "<end_of_turn>", "<|head|>", "<|eot|>", "<|user|>", "<|assistant|>", "<|end|>", "<bos>"]
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# A system message is an error, the assistant is called model, contents are trimmed.
REFUSES_SYSTEM = (
    "<bos>{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for m in messages %}"
    "<start_of_turn>{{ 'model' if m['role'] == 'assistant' else m['role'] }}\n{{ m['content'] | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
HEADERS = (
    "{% for m in messages %}{% if loop.first %}<bos>{% endif %}<|head|>{{ m['role'] }}\n\n{{ m['content'] | trim }}<|eot|>{% endfor %}"
    "{% if add_generation_prompt %}<|head|>assistant\n\n{% endif %}"
)
# The end of the text stands behind the end of the turn, and the end of the turn is no stop token of the tokenizer.
ENDS_TWICE = (
    "{% for m in messages %}<|{{ m['role'] }}|>\n{{ m['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% else %}{{ eos_token }}{% endif %}"
)
# An empty thought stands before what the assistant said, in the prompt only where thinking is switched off.
THINKS = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['role'] == 'assistant' %}<think>\n\n</think>\n\n{% endif %}{{ m['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
# An empty thought stands before what the assistant said, and the prompt never has one.
THINKS_AFTERWARDS = THINKS.replace("enable_thinking is false", "never is defined")
ALWAYS_THINKS = CHATML.replace("assistant\n{% endif %}", "assistant\n<think>\n{% endif %}")
# The assistant's words stand behind a space, which the prompt does not have.
SPACED = (
    "<bos>{% for m in messages %}{% if m['role'] == 'user' %}<|user|>{{ m['content'] }}<|assistant|>"
    "{% else %} {{ m['content'] }}<|end|>{% endif %}{% endfor %}"
)
DATED = CHATML.replace("{% for", "<|im_start|>system\nToday is {{ date_string }}<|im_end|>\n{% for", 1)
EVERY = {
    "chatml": CHATML,
    "refuses_system": REFUSES_SYSTEM,
    "headers": HEADERS,
    "ends_twice": ENDS_TWICE,
    "thinks": THINKS,
    "thinks_afterwards": THINKS_AFTERWARDS,
    "spaced": SPACED,
    "none": None,
}
EXAMPLE = Example("a", "2 + 2?", "4", chain=("2 + 2 = 4\n",))


@pytest.fixture(scope="module")
def plain() -> PreTrainedTokenizerBase:
    """The embedded tokenizer with the special tokens of all these templates."""
    tokenizer = BaseModel(path="embedded").tokenizer()
    tokenizer.add_special_tokens({"additional_special_tokens": TOKENS})
    return tokenizer


def encoder(tokenizer: PreTrainedTokenizerBase, template: str | None, **options: Any) -> Encoder:
    tokenizer.chat_template = template
    prompts = Prompts(cot="Reason. So: ...", direct="So: ...", cue="So:", choice="letter", **options)
    return Encoder(tokenizer, prompts, {tokenizer.eos_token_id})


@pytest.mark.parametrize("template", EVERY.values(), ids=EVERY)
def test_what_is_learned_is_the_chain_the_answer_and_one_end_token(plain: PreTrainedTokenizerBase, template: str | None) -> None:
    made = encoder(plain, template)
    target = made.target(EXAMPLE, EXAMPLE.chain)
    assert plain.decode(target[:-1]).lstrip() == "2 + 2 = 4\nSo: 4."
    assert target[-1] in made.stop_ids
    assert target[-1] in plain.all_special_ids


@pytest.mark.parametrize("template", EVERY.values(), ids=EVERY)
def test_prompt_and_target_are_what_the_template_writes(plain: PreTrainedTokenizerBase, template: str | None) -> None:
    made = encoder(plain, template)
    whole = made.chat._render(made.chat._turns("2 + 2?\nReason. So: ...", "2 + 2 = 4\nSo: 4."))
    assert whole.startswith(plain.decode(made.prompt(EXAMPLE, "cot") + made.target(EXAMPLE, EXAMPLE.chain)))


@pytest.mark.parametrize(
    ("name", "end"), [("chatml", "<|im_end|>"), ("refuses_system", "<end_of_turn>"), ("headers", "<|eot|>"), ("ends_twice", "<|end|>")]
)
def test_the_turn_ends_with_the_templates_own_token(plain: PreTrainedTokenizerBase, name: str, end: str) -> None:
    assert plain.decode(encoder(plain, EVERY[name]).end_of_turn) == end


@pytest.mark.parametrize("name", ["headers", "refuses_system"])
def test_a_template_with_a_bos_writes_one(plain: PreTrainedTokenizerBase, name: str) -> None:
    prompt = encoder(plain, EVERY[name]).prompt(EXAMPLE, "cot")
    assert [token for token in prompt if token == plain.convert_tokens_to_ids("<bos>")] == prompt[:1]


@pytest.mark.parametrize("template", EVERY.values(), ids=EVERY)
def test_a_system_message_is_said_whatever_the_template(plain: PreTrainedTokenizerBase, template: str | None) -> None:
    text = plain.decode(encoder(plain, template, system="Be brief.").prompt(EXAMPLE, "cot"))
    assert text.count("Be brief.") == 1
    assert text.index("Be brief.") < text.index("2 + 2?")


def test_a_model_that_can_think_is_prompted_with_an_empty_thought(plain: PreTrainedTokenizerBase) -> None:
    for template in (THINKS, THINKS_AFTERWARDS):
        assert plain.decode(encoder(plain, template).prompt(EXAMPLE, "cot")).endswith("assistant\n<think>\n\n</think>\n\n")


@pytest.mark.parametrize("template", [THINKS, ALWAYS_THINKS], ids=["opened_by_us", "opened_by_the_template"])
def test_in_thinking_the_prompt_opens_the_thought_and_the_answer_stands_behind_it(plain: PreTrainedTokenizerBase, template: str) -> None:
    made = encoder(plain, template, thinking=True)
    assert plain.decode(made.prompt(EXAMPLE, "cot")).endswith("assistant\n<think>\n")
    assert plain.decode(made.target(EXAMPLE, EXAMPLE.chain)) == "2 + 2 = 4\n</think>\n\nSo: 4.<|im_end|>"
    assert plain.decode(made.elicit(())) == "\n</think>\n\nSo:"


def test_a_space_before_the_words_is_the_models_to_write(plain: PreTrainedTokenizerBase) -> None:
    made = encoder(plain, SPACED)
    assert plain.decode(made.prompt(EXAMPLE, "cot")).endswith("<|assistant|>")
    assert plain.decode(made.target(EXAMPLE, EXAMPLE.chain)).startswith(" 2 + 2")
    assert plain.decode(made.elicit(())) == " So:"


@pytest.mark.parametrize("name", ["chatml", "refuses_system", "headers", "ends_twice"])
def test_the_prompt_is_the_templates_own_token_for_token(plain: PreTrainedTokenizerBase, name: str) -> None:
    made = encoder(plain, EVERY[name])
    turns = [{"role": "user", "content": "2 + 2?\nReason. So: ..."}]
    assert made.prompt(EXAMPLE, "cot") == plain.apply_chat_template(turns, add_generation_prompt=True, return_dict=False)


def test_thinking_without_a_template_that_knows_it_is_refused(plain: PreTrainedTokenizerBase) -> None:
    with pytest.raises(ValueError, match=r"prompt\.thinking=true, but the template knows no <think>"):
        encoder(plain, CHATML, thinking=True)


def test_a_template_that_always_thinks_is_refused_without_thinking(plain: PreTrainedTokenizerBase) -> None:
    with pytest.raises(ValueError, match=r"cannot serve: the template opens a thought; expected prompt\.thinking=true"):
        encoder(plain, ALWAYS_THINKS)


def test_a_template_that_closes_every_thought_is_refused_in_thinking(plain: PreTrainedTokenizerBase) -> None:
    closes = CHATML.replace("assistant\n{% endif %}", "assistant\n<think>\n\n</think>\n\n{% endif %}")
    with pytest.raises(ValueError, match=r"prompt\.thinking=true, but the template closes the thought itself"):
        encoder(plain, closes, thinking=True)


def test_a_template_that_says_the_date_says_the_same_one_every_day(plain: PreTrainedTokenizerBase) -> None:
    assert "Today is 26 Jul 2024" in plain.decode(encoder(plain, DATED).prompt(EXAMPLE, "cot"))


def test_a_template_with_no_special_token_behind_the_answer_is_refused(plain: PreTrainedTokenizerBase) -> None:
    with pytest.raises(ValueError, match="none of the stop tokens"):
        encoder(plain, "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}")


def test_a_base_model_without_a_template_gets_a_plain_one(plain: PreTrainedTokenizerBase) -> None:
    made = encoder(plain, None)
    assert plain.decode(made.prompt(EXAMPLE, "cot")).endswith("2 + 2?\nReason. So: ...\n\n")
    assert made.end_of_turn == (plain.eos_token_id,)


def test_a_tokenizer_with_neither_template_nor_end_token_is_refused(plain: PreTrainedTokenizerBase) -> None:
    class Bare:
        name_or_path, chat_template, eos_token_id = "bare", None, None

    with pytest.raises(ValueError, match="'bare' has neither a chat template nor an end token"):
        Chat(Bare())  # type: ignore[arg-type]  # nothing else of it is asked
