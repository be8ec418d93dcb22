"""How the answer behind a chain is asked for: `prefill`, in the assistant's own turn, or `turn`, in a new one. Token ids.

Prefill continues the assistant's words with the answer cue. In the other the turn that holds the chain is over and a user turn asks for
the single most likely answer; the reply is begun with the cue, so that both are read alike. Source of the second: Lanham et al. 2023,
arXiv:2307.13702, in our own words. The direct prompt has its question in its first turn and needs no second.
"""

from __future__ import annotations

from dataclasses import dataclass

from cotfaith.text.encoding import Encoder
from cotfaith.types import Chain, Example, Style


@dataclass(frozen=True)
class Elicitor:
    """The ids of a reading: `prompt`, then what stands `behind` it, up to where the answer is read."""

    encoder: Encoder

    def prompt(self, example: Example, style: Style) -> list[int]:
        """The conversation up to the chain."""
        if not self._asks(style):
            return self.encoder.prompt(example, style)
        prompts = self.encoder.prompts
        before, _ = self.encoder.chat.around(prompts.message(example, style), prompts.turn)
        return self.encoder.continuation(before)

    def behind(self, chain: Chain, style: Style) -> list[int]:
        """The chain, and the question for the answer where there is one, to the end of the cue."""
        if not self._asks(style):
            return self.encoder.elicit(chain)
        chat, prompts = self.encoder.chat, self.encoder.prompts
        said = chat.opening + "".join(chain).rstrip()  # the end of a turn leaves no white space before it
        _, asked = chat.around("?", prompts.turn)
        return [*self.encoder.continuation(said), *self.encoder.continuation(asked), *self.encoder.elicit(())]

    def _asks(self, style: Style) -> bool:
        return self.encoder.prompts.elicitation == "turn" and style == "cot"
