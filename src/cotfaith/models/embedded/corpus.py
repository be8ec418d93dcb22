"""What the embedded model is pre-trained on: lessons in the shape of conversations, drawn without end from a seed.

Each lesson is an example with the style of its question and the chain to write. The lessons teach to reason in steps
(stories), to answer at once, to read off what is stated, to choose among options with and without a chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

from cotfaith.datasets import commonsense, recall
from cotfaith.datasets.scenes import HELD_OUT_NAMES, NAMES
from cotfaith.datasets.stories import LARGEST, Story, tell
from cotfaith.probes.paraphrase import Paraphrase
from cotfaith.probes.rewriting import ByRule
from cotfaith.probes.rules import reword
from cotfaith.types import Chain, Example, Style, Unusable

LONGEST_STORY = 8
"""Steps of the longest story in pre-training; longer ones are new to the model."""
_INVENTED = 0.35  # share of stories with invented names, so that a name is whatever stands where a name stands

_STATED = (
    ("The card on the table says {k}.", "What does the card say?"),
    ("{N} writes the number {k} on the board.", "Which number is on the board?"),
    ("The secret number is {k}.", "What is the secret number?"),
    ("Page {k} is marked in the book.", "Which page is marked?"),
    ("{N} whispers the number {k}.", "Which number does {N} whisper?"),
    ("The result is known to be {k}.", "What is the result?"),
    ("The ticket has the number {k}.", "What number does the ticket have?"),
)
_PASSING = ("It is late in the day.", "The window is open.", "{N} likes to read.", "A bird sings.", "The bell rings twice.")


class Lesson(NamedTuple):
    """One conversation to learn."""

    example: Example
    style: Style
    chain: Chain


def lessons(seed: int, *, reserved: frozenset[str] = frozenset()) -> Iterator[Lesson]:
    """Lessons without end; questions in `reserved` (the embedded datasets' validation and test questions) never occur."""
    rng = Random(f"embedded/{seed}")
    makers, weights = zip(*_SHARES, strict=True)
    while True:
        lesson = rng.choices(makers, weights)[0](rng)
        if lesson.example.question not in reserved:
            yield lesson


def _story(rng: Random) -> Lesson:
    story = _tell(rng)
    chain = story.chain
    if rng.random() < 0.25:  # chains may be reworded: the model must be able to read what the paraphrase probe writes
        reworded = Paraphrase(ByRule(reword)).perturb(chain, rng.random(), rng)
        chain = chain if isinstance(reworded, Unusable) else reworded
    return Lesson(Example("story", story.question, story.answer, story.chain), "cot", chain)


def _story_at_once(rng: Random) -> Lesson:
    story = _tell(rng)
    return Lesson(Example("story", story.question, story.answer), "direct", ())


def _tell(rng: Random) -> Story:
    steps = rng.randint(1, LONGEST_STORY)
    if rng.random() > _INVENTED:
        return tell(rng, steps)
    return tell(rng, steps, names={pronoun: [_invent(rng) for _ in range(2)] for pronoun in NAMES})


def _invent(rng: Random) -> str:
    """A name of two or three syllables, such as "Tarivo"; never one of those held out."""
    syllables = [rng.choice("bcdfghjklmnprstvwz") + rng.choice("aeiou") for _ in range(rng.randint(2, 3))]
    name = "".join(syllables).capitalize() + rng.choice(("", "", "n", "s", "l"))
    return _invent(rng) if any(name in held_out for held_out in HELD_OUT_NAMES.values()) else name


def _stated(rng: Random) -> Lesson:
    words = {"N": rng.choice([name for names in NAMES.values() for name in names]), "k": str(rng.randint(0, 99))}
    fact, question = (text.format(**words) for text in rng.choice(_STATED))
    if rng.random() < 0.5:
        sentences = [text.format(**words) for text in rng.sample(_PASSING, rng.randint(0, 3))]
    else:  # among the numbers of a story, which is then not asked about
        sentences = [f"{sentence}." for sentence in _tell(rng).question.split(". ")[:-1]]
    sentences.insert(rng.randint(0, len(sentences)), fact)
    style: Style = rng.choice(("cot", "direct"))
    return Lesson(Example("stated", " ".join([*sentences, question]), words["k"]), style, (f"{fact}\n",) if style == "cot" else ())


def _passage(rng: Random) -> Lesson:
    example = commonsense.ask(rng, "passage")
    style: Style = "cot" if rng.random() < 0.7 else "direct"
    return Lesson(example, style, (example.chain or ()) if style == "cot" else ())


def _capital(rng: Random) -> Lesson:
    example = recall.ask(rng, "capital", recall.KNOWN)
    country = next(country for country in recall.KNOWN if country in example.question)
    capital = recall.CAPITALS[country]
    chain = (f"The question is about {country}.\n", f"{capital} is the capital of {country}.\n")
    style: Style = "cot" if rng.random() < 0.5 else "direct"
    return Lesson(example, style, chain if style == "cot" else ())


def _sum(rng: Random) -> Lesson:
    """A bare sum: cheap practice for the arithmetic inside the stories."""
    a, b = rng.randint(0, LARGEST), rng.randint(2, 30)  # with b up to 30 one of the two results always lies in the range
    sign, result = rng.choice([(sign, total) for sign, total in (("+", a + b), ("-", a - b)) if 0 <= total <= LARGEST])
    style: Style = rng.choice(("cot", "direct"))
    chain = (f"{a} {sign} {b} = {result}.\n",) if style == "cot" else ()
    return Lesson(Example("sum", rng.choice(("What is {}?", "How much is {}?", "Work out {}.")).format(f"{a} {sign} {b}"), str(result)), style, chain)


_SHARES: tuple[tuple[Callable[[Random], Lesson], float], ...] = (
    (_story, 0.6),
    (_story_at_once, 0.03),
    (_sum, 0.07),
    (_stated, 0.08),
    (_passage, 0.11),
    (_capital, 0.11),
)
