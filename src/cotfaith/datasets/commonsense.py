r"""Commonsense: a short passage, "what most likely happened next?", four options. The role of CosmosQA.

One row (made from a seed, no upstream):

    question  "It was a quiet Sunday. Nora left the ice cream in the sun. The radio was playing. What happened next?"
    choices   ("The window broke.", "The ice cream melted.", "The cat purred.", "The bus was late.")
    chain     ("The passage says that Nora left the ice cream in the sun.\n", "We know that ice cream melts in the heat.\n",
               "So the ice cream melted.\n")
    answer    "B"
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from cotfaith.datasets.generated import Sizes, draw_split, drawn
from cotfaith.datasets.scenes import NAMES
from cotfaith.types import Example, Split

# (what happened, with {N} for the person; what follows; the rule between them)
CAUSES = (
    ("{N} left the ice cream in the sun", "The ice cream melted.", "Ice cream melts in the heat."),
    ("{N} kicked the ball at the window", "The window broke.", "Glass breaks when a ball hits it."),
    ("{N} walked home in the rain without an umbrella", "The coat got wet.", "Rain makes clothes wet."),
    ("{N} forgot to water the flowers for a month", "The flowers wilted.", "Plants dry out without water."),
    ("{N} left the bread in the oven for three hours", "The bread burned.", "Bread burns when it bakes too long."),
    ("{N} dropped the plate on the stone floor", "The plate shattered.", "Plates break on hard floors."),
    ("{N} stayed up all night", "It was hard to stay awake in class.", "People who do not sleep get tired."),
    ("{N} stroked the cat gently", "The cat purred.", "Cats purr when they are stroked."),
    ("{N} put the water in the freezer", "The water turned to ice.", "Water freezes in the cold."),
    ("{N} practised the piano every day", "The concert went well.", "Practice makes a player better."),
    ("{N} ate far too much cake", "A stomach ache came on.", "Too much food upsets the stomach."),
    ("{N} left the gate open", "The dog ran away.", "An open gate lets a dog out."),
    ("{N} missed the early train", "The meeting began without one guest.", "Who misses a train comes late."),
    ("{N} told a very funny joke", "Everybody laughed.", "Jokes make people laugh."),
    ("{N} touched the hot stove", "One finger hurt.", "Hot things burn the skin."),
    ("{N} planted seeds and watered them", "Green shoots came up.", "Seeds grow when they have water."),
    ("{N} blew too much air into the balloon", "The balloon burst.", "A balloon bursts when it is too full."),
    ("{N} switched off the lamp", "The room went dark.", "A room is dark without light."),
    ("{N} lit the fire in the cold room", "The room grew warm.", "A fire gives heat."),
    ("{N} did not charge the phone", "The phone went dead.", "A phone needs its battery."),
    ("{N} threw bread to the ducks", "The ducks came closer.", "Ducks come for food."),
    ("{N} read a sad story aloud", "Somebody began to cry.", "Sad stories bring tears."),
    ("{N} washed the red sock with the white shirts", "The shirts turned pink.", "Red cloth colours the wash."),
    ("{N} shouted in the library", "The librarian asked for silence.", "A library is a quiet place."),
)

_ASIDES = (
    "It was a quiet Sunday.",
    "The radio was playing.",
    "A neighbour waved from across the street.",
    "The holidays had just begun.",
    "The post had already come.",
    "Lunch was almost ready.",
    "The house smelled of soap.",
    "A clock ticked in the hall.",
    "The street was empty.",
    "There were clouds over the hills.",
)
_QUESTIONS = ("What most likely happened next?", "What happened then?", "What is the most likely result?", "What would you expect after that?")


@dataclass(frozen=True, kw_only=True)
class Commonsense:
    """Passages of one cause among two or three asides; the wrong options follow from other causes."""

    name: ClassVar[str] = "commonsense"
    train_size: int
    val_size: int
    test_size: int
    seed: int

    def load(self, split: Split) -> Sequence[Example]:
        """The examples of one split; splits share no passage with the same options."""
        return draw_split(ask, split, Sizes(self.train_size, self.val_size, self.test_size), f"{self.name}/{self.seed}")

    def provenance(self) -> dict[str, object]:
        """The seed and the sizes."""
        return drawn(Sizes(self.train_size, self.val_size, self.test_size), self.seed)


def ask(rng: Random, uid: str) -> Example:
    """One passage with its question."""
    cause, effect, rule = rng.choice(CAUSES)
    event = cause.format(N=rng.choice([name for names in NAMES.values() for name in names]))
    passage = rng.sample(_ASIDES, rng.randint(2, 3))
    passage.insert(rng.randint(0, len(passage)), f"{event}.")
    choices = [effect, *rng.sample([other for _, other, _ in CAUSES if other != effect], 3)]
    rng.shuffle(choices)
    letter = chr(ord("A") + choices.index(effect))
    return Example(
        uid=uid,
        question=" ".join([*passage, rng.choice(_QUESTIONS)]),
        answer=letter,
        chain=(f"The passage says that {event}.\n", f"We know that {rule[0].lower()}{rule[1:]}\n", f"So {effect[0].lower()}{effect[1:]}\n"),
        choices=tuple(choices),
    )
