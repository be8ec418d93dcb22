"""Word problems in the manner of a school book: a count, a row of gains and losses, a question.

The generator behind the `arithmetic` and `shortcut` datasets and the embedded model's pre-training. It knows nothing of
splits or seeds: a story is a function of the random generator it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from cotfaith.datasets.scenes import DISTRACTORS, LINKS, NAMES, NOTED, NOTES, SCENES, Scene
from cotfaith.types import Chain

LARGEST = 99  # every count, on the way and at the end, lies in [0, LARGEST]
_SIZES = range(2, 31)  # of a gain or loss; each at most once in a story
MOST_STEPS = len(_SIZES)


@dataclass(frozen=True, slots=True)
class Story:
    """A finished word problem; the chain has one step per gain or loss."""

    question: str
    chain: Chain
    answer: str


def check_steps(least: int, most: int) -> None:
    """Refuse lengths that no story has.

    Raises:
        ValueError: not 1 <= least <= most <= MOST_STEPS.
    """
    if not 1 <= least <= most <= MOST_STEPS:
        raise ValueError(f"dataset: expected 1 <= min_steps <= max_steps <= {MOST_STEPS}, got {least} and {most}")


def tell(rng: Random, steps: int, *, names: dict[str, list[str]] = NAMES) -> Story:
    """Make up a story with `steps` gains and losses, and up to two sentences whose numbers do not matter."""
    scene = rng.choice(SCENES)
    words = _cast(rng, scene, names)
    start, changes = _plan(rng, steps)
    sentences, chain, total = [_fill(rng.choice(scene.openings), words, start)], [], start
    link = rng.choice(LINKS)  # a writer keeps to one manner
    told: list[tuple[str, str]] = []
    for change in changes:
        events = scene.gains if change > 0 else scene.losses
        sentence, clause = rng.choice([event for event in events if event not in told[-2:]])
        told.append((sentence, clause))
        sentences.append(_fill(sentence, words, abs(change)))
        sum_ = f"{total} {'+' if change > 0 else '-'} {abs(change)} = {total + change}"
        clause = _fill(clause, words, abs(change))
        chain.append(_capital(link.format(clause=clause, sum=sum_, things=words["t"])) + "\n")
        total += change
    _distract(rng, sentences, words, start, changes)
    sentences.append(_fill(rng.choice(scene.closings), words, 0))
    if rng.random() < NOTED:
        sentences.append(rng.choice(NOTES).format(k=rng.randint(1, 99)))
    return Story(" ".join(sentences), tuple(chain), str(total))


def _cast(rng: Random, scene: Scene, names: dict[str, list[str]]) -> dict[str, str]:
    pronoun = rng.choice(sorted(names))
    name = rng.choice(names[pronoun])
    other = rng.choice([n for group in names.values() for n in group if n != name])
    return {"N": name, "M": other, "p": pronoun, "t": rng.choice(scene.things)}


def _plan(rng: Random, steps: int) -> tuple[int, list[int]]:
    """A start and signed changes of different sizes, so that each can be told from the others by its number."""
    total = start = rng.randint(8, 60)
    sizes: set[int] = set()
    changes = []
    for _ in range(steps):
        options = [c for size in _SIZES if size not in sizes for c in (size, -size) if 0 <= total + c <= LARGEST]
        gain = [c for c in options if c > 0]
        loss = [c for c in options if c < 0]
        change = rng.choice(rng.choice([group for group in (gain, loss) if group]))
        sizes.add(abs(change))
        changes.append(change)
        total += change
    return start, changes


def _distract(rng: Random, sentences: list[str], words: dict[str, str], start: int, changes: list[int]) -> None:
    used = {start, *map(abs, changes)}
    free = [k for k in range(3, 90) if k not in used]
    for text in rng.sample(DISTRACTORS, rng.choice((0, 0, 1, 2))):
        sentences.insert(rng.randint(1, len(sentences)), _fill(text, words, rng.choice(free)))


def _fill(text: str, words: dict[str, str], k: int) -> str:
    return _capital(text.format(**words, k=k)) if text.endswith((".", "?")) else text.format(**words, k=k)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
