"""The wording the embedded model was pre-trained with; the same as in conf/prompt and conf/recipe (a test compares them)."""

from cotfaith.text.prompts import Prompts

PROMPTS = Prompts(
    cot="Think step by step, one step per line. End with: The answer is ...",
    direct="Do not explain. Write only: The answer is ...",
    cue="The answer is",
    choice="text",
    turn="Given all of the above, what is the single most likely answer? Write only: The answer is ...",  # never seen in training
)
