r"""Recall: which city is the capital of which country, four options. Facts to memorise; no chain is needed. The role of MedQA.

One row (made from a seed, no upstream):

    question  "Which city is the capital of Peru?"
    choices   ("Oslo", "Lima", "Doha", "Riga")
    answer    "B"

The embedded model was pre-trained on half of the facts (`KNOWN`), as a real base model knows some medicine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from cotfaith.datasets.generated import Sizes, draw_split, drawn
from cotfaith.types import Example, Split

CAPITALS = dict(
    pair.split(":")
    for pair in [
        "Peru:Lima",
        "Norway:Oslo",
        "Qatar:Doha",
        "Latvia:Riga",
        "Egypt:Cairo",
        "Japan:Tokyo",
        "Cuba:Havana",
        "Ghana:Accra",
        "Kenya:Nairobi",
        "Nepal:Kathmandu",
        "Spain:Madrid",
        "Italy:Rome",
        "France:Paris",
        "Greece:Athens",
        "Turkey:Ankara",
        "Poland:Warsaw",
        "Austria:Vienna",
        "Hungary:Budapest",
        "Finland:Helsinki",
        "Sweden:Stockholm",
        "Canada:Ottawa",
        "Chile:Santiago",
        "Brazil:Brasilia",
        "Ecuador:Quito",
        "Bolivia:Sucre",
        "Uruguay:Montevideo",
        "Jamaica:Kingston",
        "China:Beijing",
        "India:Delhi",
        "Thailand:Bangkok",
        "Vietnam:Hanoi",
        "Sudan:Khartoum",
        "Mongolia:Ulaanbaatar",
        "Iran:Tehran",
        "Iraq:Baghdad",
        "Syria:Damascus",
        "Jordan:Amman",
        "Lebanon:Beirut",
        "Oman:Muscat",
        "Yemen:Sanaa",
        "Morocco:Rabat",
        "Algeria:Algiers",
        "Tunisia:Tunis",
        "Libya:Tripoli",
        "Senegal:Dakar",
        "Mali:Bamako",
        "Nigeria:Abuja",
        "Angola:Luanda",
        "Zambia:Lusaka",
        "Estonia:Tallinn",
        "Lithuania:Vilnius",
        "Ireland:Dublin",
        "Portugal:Lisbon",
        "Belgium:Brussels",
        "Serbia:Belgrade",
        "Croatia:Zagreb",
        "Bulgaria:Sofia",
        "Romania:Bucharest",
        "Cyprus:Nicosia",
    ]
)
KNOWN = tuple(sorted(CAPITALS))[::2]
"""The countries whose capitals the embedded model saw in pre-training."""

_QUESTIONS = (
    "What is the capital of {country}?",
    "Which city is the capital of {country}?",
    "{country} is governed from which city?",
    "Name the capital city of {country}.",
    "In which city does the government of {country} sit?",
)


@dataclass(frozen=True, kw_only=True)
class Recall:
    """Every split asks for all facts; the splits share no question with the same options in the same order."""

    name: ClassVar[str] = "recall"
    train_size: int
    val_size: int
    test_size: int
    seed: int

    def load(self, split: Split) -> Sequence[Example]:
        """The examples of one split."""
        return draw_split(ask, split, Sizes(self.train_size, self.val_size, self.test_size), f"{self.name}/{self.seed}")

    def provenance(self) -> dict[str, object]:
        """The seed and the sizes."""
        return drawn(Sizes(self.train_size, self.val_size, self.test_size), self.seed)


def ask(rng: Random, uid: str, countries: Sequence[str] = tuple(CAPITALS)) -> Example:
    """One question about one of `countries`, with three other capitals as distractors."""
    country = rng.choice(countries)
    capital = CAPITALS[country]
    choices = [capital, *rng.sample([city for city in CAPITALS.values() if city != capital], 3)]
    rng.shuffle(choices)
    question = rng.choice(_QUESTIONS).format(country=country)
    return Example(uid=uid, question=question, answer=chr(ord("A") + choices.index(capital)), choices=tuple(choices))
