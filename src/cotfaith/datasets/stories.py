"""Word problems in the manner of a school book: a count, a row of gains and losses, a question.

The generator behind the `arithmetic` and `shortcut` datasets and the embedded model's pre-training. It knows nothing of
splits or seeds: a story is a function of the random generator it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from cotfaith.types import Chain

NAMES = {
    "she": [
        "Maya",
        "Nora",
        "Ana",
        "Lucy",
        "Emma",
        "Ruth",
        "Ines",
        "Clara",
        "Alice",
        "Zoe",
        "Mina",
        "Rosa",
        "Julia",
        "Hanna",
        "Olga",
        "Priya",
        "Amina",
        "Grace",
        "Ella",
        "Vera",
    ],
    "he": [
        "Tom",
        "Leo",
        "Ben",
        "Sam",
        "Omar",
        "Paul",
        "Ivan",
        "Hugo",
        "Max",
        "Liam",
        "Noah",
        "Karl",
        "Jack",
        "Erik",
        "Ravi",
        "Amir",
        "Luca",
        "Finn",
        "Otto",
        "David",
    ],
}
HELD_OUT_NAMES = {"she": ["Sofia", "Greta", "Leila", "Wanda", "Paula"], "he": ["Marco", "Stefan", "Tariq", "Jonas", "Felix"]}
"""Names that the embedded model never saw in pre-training."""

LARGEST = 99  # every count, on the way and at the end, lies in [0, LARGEST]
_SIZES = range(2, 31)  # of a gain or loss; each at most once in a story
MOST_STEPS = len(_SIZES)


@dataclass(frozen=True, slots=True)
class Scene:
    """One setting. In every text: {N} the person, {p} the pronoun, {k} the number, {t} the things, {M} somebody else."""

    things: tuple[str, ...]
    openings: tuple[str, ...]
    gains: tuple[tuple[str, str], ...]  # (sentence of the question, clause of the chain)
    losses: tuple[tuple[str, str], ...]
    closings: tuple[str, ...]


SCENES = (
    Scene(
        things=("marbles", "stamps", "stickers", "shells", "coins", "cards", "beads"),
        openings=("{N} has {k} {t}.", "{N} starts the week with {k} {t}.", "There are {k} {t} in {N}'s box.", "{N} keeps {k} {t} in a jar."),
        gains=(
            ("{p} finds {k} more in a drawer.", "{p} finds {k} more"),
            ("{M} gives {N} {k} {t}.", "{p} gets {k} from {M}"),
            ("{N} buys {k} {t} at the market.", "{p} buys {k}"),
            ("{p} wins {k} {t} in a game.", "{p} wins {k}"),
            ("For a birthday, {N} receives another {k}.", "{p} receives {k}"),
        ),
        losses=(
            ("{N} gives {k} {t} to {M}.", "{p} gives {k} to {M}"),
            ("{p} loses {k} on the way to school.", "{p} loses {k}"),
            ("{p} trades {k} of them for a pencil.", "{p} trades away {k}"),
            ("{N} sells {k} {t}.", "{p} sells {k}"),
            ("{k} {t} go missing.", "{k} are missing"),
        ),
        closings=("How many {t} does {N} have now?", "How many {t} are left?", "How many {t} does {N} have in the end?"),
    ),
    Scene(
        things=("apples", "pears", "plums", "cookies", "rolls", "muffins", "eggs"),
        openings=(
            "A basket holds {k} {t}.",
            "{N} has {k} {t} in the kitchen.",
            "There are {k} {t} on {N}'s table.",
            "{N} fills a bowl with {k} {t}.",
        ),
        gains=(
            ("{N} brings {k} more {t} from the shop.", "{p} brings {k} more"),
            ("{M} adds {k} {t}.", "{M} adds {k}"),
            ("A neighbour leaves {k} {t} at the door.", "a neighbour leaves {k}"),
            ("{p} puts in another {k}.", "{p} puts in {k}"),
        ),
        losses=(
            ("The children eat {k} of them.", "the children eat {k}"),
            ("{N} uses {k} {t} for a cake.", "{p} uses {k}"),
            ("{k} {t} go bad.", "{k} go bad"),
            ("{M} takes {k} {t} home.", "{M} takes {k}"),
            ("{p} packs {k} {t} for lunch.", "{p} packs {k}"),
        ),
        closings=("How many {t} are there now?", "How many {t} remain?", "How many {t} are left at the end?"),
    ),
    Scene(
        things=("passengers", "people", "children", "visitors"),
        openings=(
            "A bus leaves the depot with {k} {t}.",
            "{N} drives a bus with {k} {t}.",
            "A train starts with {k} {t}.",
            "{k} {t} are on board when {N} sets off.",
        ),
        gains=(
            ("At the next stop {k} {t} get on.", "{k} get on"),
            ("{k} more climb in at the station.", "{k} climb in"),
            ("At the school {k} {t} board.", "{k} board"),
            ("Near the park another {k} join.", "{k} join"),
        ),
        losses=(
            ("At the bridge {k} {t} get off.", "{k} get off"),
            ("{k} {t} leave at the town hall.", "{k} leave"),
            ("At the museum {k} of them step out.", "{k} step out"),
            ("By the river {k} walk away.", "{k} walk away"),
        ),
        closings=("How many {t} are on board now?", "How many {t} are still on board?", "How many {t} reach the last stop?"),
    ),
    Scene(
        things=("dollars", "euros", "pounds", "crowns"),
        openings=("{N} has {k} {t} in the bank.", "{N} begins the month with {k} {t}.", "There are {k} {t} in {N}'s purse.", "{N} saved {k} {t}."),
        gains=(
            ("{p} earns {k} {t} for mowing a lawn.", "{p} earns {k}"),
            ("{M} pays back {k} {t}.", "{M} pays back {k}"),
            ("{N} finds {k} {t} in a coat.", "{p} finds {k}"),
            ("Grandmother sends {N} {k} {t}.", "grandmother sends {k}"),
        ),
        losses=(
            ("{N} spends {k} {t} on a book.", "{p} spends {k}"),
            ("A ticket costs {N} {k} {t}.", "the ticket costs {k}"),
            ("{p} lends {M} {k} {t}.", "{p} lends {k}"),
            ("{N} pays {k} {t} for lunch.", "{p} pays {k}"),
        ),
        closings=("How many {t} does {N} have left?", "How much money does {N} have now, in {t}?", "How many {t} remain?"),
    ),
    Scene(
        things=("points",),
        openings=("{N} opens the game with {k} {t}.", "After the first round {N} has {k} {t}.", "{N}'s team leads with {k} {t}."),
        gains=(
            ("{p} scores {k} more.", "{p} scores {k}"),
            ("A bonus card is worth {k} {t}.", "the bonus adds {k}"),
            ("{N} earns {k} {t} in the next round.", "{p} earns {k}"),
            ("The judge awards {k} {t}.", "the judge awards {k}"),
        ),
        losses=(
            ("A foul costs {k} {t}.", "the foul costs {k}"),
            ("{p} loses {k} in a risky move.", "{p} loses {k}"),
            ("The judge takes away {k} {t}.", "the judge takes away {k}"),
            ("{N} drops {k} {t}.", "{p} drops {k}"),
        ),
        closings=("How many {t} does {N} have now?", "What is the final score?", "How many {t} are there in the end?"),
    ),
    Scene(
        things=("litres", "buckets", "cups"),
        openings=("A tank holds {k} {t} of water.", "{N} fills a barrel with {k} {t} of water.", "The pool in {N}'s garden has {k} {t} in it."),
        gains=(
            ("Rain adds {k} {t}.", "rain adds {k}"),
            ("{N} pours in {k} more.", "{p} pours in {k}"),
            ("A hose brings {k} {t}.", "the hose brings {k}"),
            ("In the morning {M} tops it up with {k}.", "{M} tops it up with {k}"),
        ),
        losses=(
            ("{k} {t} leak out.", "{k} leak out"),
            ("{N} uses {k} {t} on the roses.", "{p} uses {k}"),
            ("The goats drink {k} {t}.", "the goats drink {k}"),
            ("{M} carries away {k}.", "{M} carries away {k}"),
        ),
        closings=("How many {t} are in it now?", "How many {t} of water are left?", "How many {t} does it hold in the end?"),
    ),
)

DISTRACTORS = (
    "{M} is {k} years old.",
    "The clock on the wall says {k} past nine.",
    "They live at number {k}.",
    "It is {k} degrees outside.",
    "{M} reads {k} pages of a book.",
    "The road is {k} miles long.",
    "A sign says {k}, but it is an old sign.",
    "{M}'s dog weighs {k} kilos.",
)

NOTES = ("This is exercise {k}.", "(Page {k}.)", "The next problem is number {k}.", "(Chapter {k})")
_NOTED = 0.15  # share of stories that end with one of these

LINKS = (
    "{clause}, so {sum}.",
    "{clause}: {sum}.",
    "{clause}, which gives {sum}.",
    "{clause}, so {sum} {things}.",
    "Then {clause}, so {sum}.",
    "{clause}. That makes {sum}.",
    "Since {clause}, we get {sum}.",
)


@dataclass(frozen=True, slots=True)
class Story:
    """A finished word problem; the chain has one step per gain or loss."""

    question: str
    chain: Chain
    answer: str
    name: str


def tell(rng: Random, steps: int, *, names: dict[str, list[str]] = NAMES, distractors: int | None = None) -> Story:
    """Make up a story with `steps` gains and losses.

    distractors: sentences with a number that does not matter, at random places; None draws 0 to 2.
    """
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
    _distract(rng, sentences, words, start, changes, distractors)
    sentences.append(_fill(rng.choice(scene.closings), words, 0))
    if rng.random() < _NOTED:
        sentences.append(rng.choice(NOTES).format(k=rng.randint(1, 99)))
    return Story(" ".join(sentences), tuple(chain), str(total), words["N"])


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


def _distract(rng: Random, sentences: list[str], words: dict[str, str], start: int, changes: list[int], count: int | None) -> None:
    used = {start, *map(abs, changes)}
    free = [k for k in range(3, 90) if k not in used]
    for text in rng.sample(DISTRACTORS, rng.choice((0, 0, 1, 2)) if count is None else count):
        sentences.insert(rng.randint(1, len(sentences)), _fill(text, words, rng.choice(free)))


def _fill(text: str, words: dict[str, str], k: int) -> str:
    return _capital(text.format(**words, k=k)) if text.endswith((".", "?")) else text.format(**words, k=k)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
