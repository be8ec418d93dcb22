"""The words of the stories: names, settings with what can be gained and lost in them, and sentences that do not matter."""

from __future__ import annotations

from dataclasses import dataclass

NAMES = {
    "she": [
        "Maya", "Nora", "Ana", "Lucy", "Emma", "Ruth", "Ines", "Clara", "Alice", "Zoe", "Mina", "Rosa", "Julia", "Hanna", "Olga", "Priya", "Amina",
        "Grace", "Ella", "Vera",
    ],
    "he": [
        "Tom", "Leo", "Ben", "Sam", "Omar", "Paul", "Ivan", "Hugo", "Max", "Liam", "Noah", "Karl", "Jack", "Erik", "Ravi", "Amir", "Luca", "Finn",
        "Otto", "David",
    ],
}  # fmt: skip
HELD_OUT_NAMES = {"she": ["Ingrid", "Greta", "Leila", "Wanda", "Paula"], "he": ["Marco", "Stefan", "Tariq", "Jonas", "Felix"]}
"""Names that the embedded model never saw in pre-training."""


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
NOTED = 0.15  # share of stories that end with one of these

LINKS = (
    "{clause}, so {sum}.",
    "{clause}: {sum}.",
    "{clause}, which gives {sum}.",
    "{clause}, so {sum} {things}.",
    "Then {clause}, so {sum}.",
    "{clause}. That makes {sum}.",
    "Since {clause}, we get {sum}.",
)
