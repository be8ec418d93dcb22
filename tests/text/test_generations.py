"""Generations: the last statement behind the marker, the chain before it, and nothing lost in between."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cotfaith.text.answers import Verdict
from cotfaith.text.generations import read_answer

CUE = "The answer is"
DRUGS = ("Oslo", "Aspirin", "Lima", "Riga")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        pytest.param("The answer is: 72 clips.", "72", id="cue and colon"),
        pytest.param("**Final Answer:** \\boxed{72}", "72", id="bold heading and box"),
        pytest.param("**Final Answer**\n\n\\[\n\\boxed{72}\n\\]", "72", id="box in display math"),
        pytest.param("## Step 1: Add\n40 + 32 = 72\nThe final answer is: $\\boxed{72}$", "72", id="Llama-3"),
        pytest.param("So\n$$\n\\begin{aligned}\nx &= 5 \\\\\ny &= \\boxed{72}\n\\end{aligned}\n$$", "72", id="box in an environment"),
        pytest.param("48 + 24 = 72\n#### 72", "72", id="GSM8K"),
        pytest.param("She sells 48/2 = <<48/2=24>>24.\nA: 24", "24", id="A with a colon"),
        pytest.param('```json\n{"reasoning": "48 + 24", "answer": "72", "confidence": 0.9}\n```', "72", id="JSON string"),
        pytest.param('{"answer": 72, "confidence": 0.9}', "72", id="JSON number"),
        pytest.param("<think>\n48 + 24\n</think>\n<answer>\n72\n</answer>", "72", id="answer tag"),
        pytest.param("2x = 10, so x = 5.", "5", id="solved equation"),
        pytest.param("### Final Answer\n72", "72", id="heading"),
        pytest.param("**Answer: $72**", "72", id="bold answer"),
        pytest.param("The answer to the question is 72.", "72", id="answer to the question"),
        pytest.param("Therefore, Natalia sold 48+24 = **72** clips altogether in April and May.", "72", id="bold result, no marker"),
        pytest.param("Thus, it took her 1.5 hours (90 minutes).", "1.5", id="restated in brackets"),
        pytest.param("She makes $9 * 2 = $18 every day.", "18", id="equation, no marker"),
        pytest.param("She has 5.\nIn total, she pays $18.\nShe is glad.", "18", id="last sentence with a number"),
        pytest.param("1. She has 5.\n2. She pays $18", "18", id="list number is no number"),
        pytest.param("Step 3: She pays 18 dollars", "18", id="step number is no number"),
        pytest.param("The probability is \\(\\frac{3}{4}\\).", "0.75", id="fraction in LaTeX"),
        pytest.param("So the sum is $x+1$. The answer is $x+1$.", "x + 1", id="formula"),
        pytest.param("Answer: She has 5 eggs.\nThen 5 + 2 = 7 in all.", "7", id="label of the whole reply"),
        pytest.param("Answer: 72\nExplanation: 48 + 24", "72", id="answer first"),
        pytest.param("The answer is 5. Wait.\nThe answer is 6.", "6", id="last cue"),
        pytest.param("#### 5\nThe answer is 6.", "6", id="cue before usual markers"),
        pytest.param("The answer is 5. I hope the answer is clear.", "5", id="marker that says nothing"),
        pytest.param("I think \\boxed{5}. No: \\boxed{6}.", "6", id="last box"),
    ],
)
def test_a_free_answer_is_read(text: str, answer: str) -> None:
    assert read_answer(text, CUE).verdict == Verdict(answer, "parsed")


@pytest.mark.parametrize(
    "text",
    [
        "So the final answer is (B) aspirin.",
        "Answer: (B)",
        "Answer: B) Aspirin. This drug thins the blood.",
        "Answer:\nB",
        "The correct answer is **B. Aspirin**",
        "**Correct answer: B**",
        '{"answer": "B"}',
        '{"answer": "Aspirin"}',
        "The correct option is b",
        "The best answer is B because it thins the blood.",
        "The answer is \\boxed{\\text{B}}",
        "The answer is not (A) but (B).",
        "A is wrong.\nTherefore, option B is correct.",
        "I think (B).",
        "#### B",
        "**B**",
        "Option B",
        "<answer>B</answer>",
        "B.",
        "aspirin.",
        "B) Aspirin\n\nExplanation: it thins the blood.",  # the answer first, and no marker
        "**B. Aspirin**\n\nThe patient bleeds.",
        "B\n\nThe patient has 3 signs.",
        "Therefore, B is correct.",
        "So B is the best answer.",
        "I would choose B.",
        "I'd go with **B. Aspirin**, because it thins the blood.",
        "the most appropriate choice is **B. Aspirin**, as it thins the blood",
        "The best choice among the options is B.",
        "The most likely drug is B.\n\nIt thins the blood.",
        '{"correct_answer": "B"}',
        '{"answer_choice": "B"}',
        '{"choice": "B"}',
        '{"selected_option": "B", "reason": "blood"}',
        "_B_",
        "The answer is not A, it's B.",
    ],
)
def test_a_choice_is_read(text: str) -> None:
    assert read_answer(text, CUE, DRUGS).verdict == Verdict("B", "parsed")


@pytest.mark.parametrize(
    ("text", "choices", "status"),
    [
        ("", (), "missing"),
        ("The answer is", (), "missing"),
        ("She is glad.", (), "missing"),
        ("It is 3:30 pm now.", (), "missing"),
        ("The answer is 5. No, the answer is not right.", (), "missing"),  # taken back
        ("A: 10+John's age", (), "missing"),
        ("<think>\nThe answer is 5.", (), "missing"),  # never came to an end
        ("<think>\nThe answer is 5.</think>\n", (), "missing"),
        ("The answer is either 3 or 4.", (), "ambiguous"),
        ("Thus $x = 5$ and $y = 3$.", (), "ambiguous"),
        ("Jeff now has a total of 86 glasses and 42 plates.", (), "ambiguous"),
        ("She has 5 parts. It cannot be determined.", (), "refused"),
        ("I cannot answer that.", DRUGS, "refused"),
        ("The answer is either (A) or (B).", DRUGS, "ambiguous"),
        ("The answer is (A) Aspirin.", DRUGS, "ambiguous"),  # the letter of one choice, the text of another
        ("The answer is none of the above.", DRUGS, "missing"),
        ("So the answer is (B). Then the answer is not listed.", DRUGS, "missing"),
        ("The answer is E.", DRUGS, "missing"),
        ("It is aspirin.", DRUGS, "missing"),
        ("So A is taller than B.", DRUGS, "missing"),
        ("A: Oslo\nB: Aspirin", DRUGS, "missing"),
        ("The answer is hepatitis B.", DRUGS, "missing"),
    ],
)
def test_what_states_no_single_answer_is_no_verdict(text: str, choices: tuple[str, ...], status: str) -> None:
    assert read_answer(text, CUE, choices).verdict == Verdict(None, status)  # type: ignore[arg-type]  # the status of a table


@pytest.mark.parametrize(
    ("text", "chain"),
    [
        ("2 + 2 = 4.\nThe answer is 4.", "2 + 2 = 4.\n"),
        ("2 + 2 = 4. So, the ANSWER is 4!", "2 + 2 = 4. "),
        ("2 + 2 = 4, so the answer is 4.", "2 + 2 = 4, "),
        ("The answer is 4.", ""),
        ("The answer is 3.\nNo: 2 + 2 = 4.\nThe answer is 4.", "The answer is 3.\nNo: 2 + 2 = 4.\n"),
        ("We add both \nThe answer is 5", "We add both \n"),  # a step of few words is no lead-in
        ("İİ has 345.\nThe answer is 345", "İİ has 345.\n"),  # "İ".lower() has two characters
        ("2 + 2 = 4.\n\n**Final Answer**\n\nThe final answer is $\\boxed{4}$", "2 + 2 = 4.\n\n"),
        ("2 + 2 = 4.\n#### 4", "2 + 2 = 4.\n"),
        ("She adds.\n\\[\n2 + 2 = \\boxed{4}\n\\]\n", "She adds.\n"),
        ("She has 2. She gets 2. So she has 2 + 2 = 4.", "She has 2. She gets 2. "),  # the concluding sentence is the statement
        ("She is glad.", "She is glad."),
        ("<think>\n2 + 2 = 4\n</think>\n\nThe answer is 4.", "2 + 2 = 4\n"),
        ("2 + 2 = 4\n</think>\n\nThe answer is 4.", "2 + 2 = 4\n"),  # the opening tag stood in the prompt
    ],
)
def test_the_chain_ends_where_the_statement_starts(text: str, chain: str) -> None:
    assert read_answer(text, CUE).chain == chain


def test_the_answer_stands_behind_the_thinking() -> None:
    assert read_answer("<think>The answer is 3. No.</think>It is \\boxed{4}.", CUE).verdict == Verdict("4", "parsed")


def test_a_text_cut_off_has_an_answer_only_behind_a_marker() -> None:
    assert read_answer("She has 2. She gets 2", CUE, finished=False)[1:] == ("She has 2. She gets 2", "", None, Verdict(None, "missing"))
    assert read_answer("2 + 2 = 4. The answer is 4", CUE, finished=False).verdict == Verdict("4", "parsed")


PIECES = (
    "The answer is ",
    "Answer: ",
    "\\boxed{",
    "}",
    "#### ",
    "<think>",
    "</think>",
    "4",
    "(B)",
    ".",
    " ",
    "\n",
    "=",
    "$",
    "**",
    "so ",
    "A: ",
    '"answer": ',
)
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join))


@pytest.mark.parametrize(
    "text",
    [
        "A patient came.",
        "A dose\n\nThe patient has it.",
        "I think so.",
        "I\n\nThe patient has it.",
        "A is taller than B.",
        "A. Oslo\nIt is cold.\nB. Aspirin\nIt is a drug.",  # goes through the options
        "A. Aspirin\n\nIt thins the blood.",  # the letter of one choice, the text of another
        "I would choose A drug that helps.",
        "The most likely cause is A. fumigatus.",
        "If B is correct, he dies.",
        "Vitamin B is the best.",
        "The best known is vitamin B of course.",
    ],
)
def test_prose_names_no_choice(text: str) -> None:
    assert read_answer(text, CUE, DRUGS).verdict.answer is None


def test_the_chain_of_a_reply_that_opens_with_its_answer_is_empty() -> None:
    text = "B. Aspirin\n\nIt thins the blood."
    assert read_answer(text, CUE, DRUGS)[:4] == ("", "", text, "B. Aspirin")


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.sampled_from([(), DRUGS]), st.booleans())
def test_the_parts_joined_are_the_text(text: str, choices: tuple[str, ...], finished: bool) -> None:
    parts = read_answer(text, CUE, choices, finished=finished)
    assert parts.opening + parts.chain + parts.ending == text
    assert (parts.verdict.status == "parsed") == (parts.verdict.answer is not None)
    assert parts.statement is None or parts.statement in text


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.text(alphabet=" \n\t", max_size=4), st.sampled_from([(), DRUGS]))
@example("THE ANSWER ISA:", "\n", DRUGS)  # "A:" announced what does not follow
def test_white_space_at_the_end_changes_no_verdict(text: str, blank: str, choices: tuple[str, ...]) -> None:
    assert read_answer(text + blank, CUE, choices).verdict == read_answer(text, CUE, choices).verdict


@settings(deadline=None, max_examples=200)
@given(st.text(), st.integers(0, 10**6))
def test_the_text_before_a_marker_line_stays_whole(before: str, number: int) -> None:
    parts = read_answer(f"{before}.\nThe answer is {number}.", CUE)
    assert (parts.chain, parts.statement) == (f"{before}.\n", f" {number}.")


@pytest.mark.parametrize(
    "unit", [".", "\n", "1,", "1 ", "\\boxed{", "\\(", "$", "**", "answer is ", "A: 1\n", "<think>", "\u2009", "(A", "\\begin{align}\n"]
)
@pytest.mark.parametrize("choices", [(), DRUGS])
def test_a_text_that_goes_round_in_circles_is_read_in_linear_time(unit: str, choices: tuple[str, ...]) -> None:
    # Quadratic work on 20,000 characters took minutes; the deadline of the whole suite is the limit.
    text = (unit * 20_000)[:20_000]
    assert read_answer(text, CUE, choices).verdict.status in ("missing", "ambiguous", "parsed")
