"""The base as paraphraser of both arms, and what becomes of the embedded model, which cannot reword."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import PreTrainedModel

from cotfaith.datasets.arithmetic import Arithmetic
from cotfaith.engine.decoding import Decoding
from cotfaith.engine.evaluation import Evaluator
from cotfaith.engine.local import LocalReasoner
from cotfaith.engine.replies import BaseReplies
from cotfaith.engine.rewriters import by_model
from cotfaith.models.lora import Lora
from cotfaith.probes.paraphrase import Paraphrase
from cotfaith.text.encoding import Encoder

EXAMPLES = list(Arithmetic(train_size=0, val_size=0, test_size=4, seed=5, max_steps=3).load("test"))
DECODING = Decoding(batch_size=8, max_new_tokens=96, answer_tokens=8)


def replies(model: PreTrainedModel, encoder: Encoder, weights: str = "w") -> BaseReplies:
    return BaseReplies(model, encoder, DECODING, lambda: weights)


def test_a_reply_is_what_the_model_writes_to_the_message_alone(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    message = encoder.prompts.message(EXAMPLES[0], "cot")  # a message it knows how to reply to
    rollout = LocalReasoner(load("none"), encoder, DECODING).write(EXAMPLES[:1])[0]
    assert replies(load("none"), encoder).reply([message]) == [rollout.text.strip()]


def test_the_adapter_is_switched_off(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    message = [encoder.prompts.message(EXAMPLES[0], "cot")]
    before = replies(load("none"), encoder).reply(message)
    lora = Lora(r=4, alpha=64, ratio=2, dropout=0.0, target_modules="all-linear", scaling="fixed_alpha")
    tuned = lora.attach(load("none"), checkpointing=False)
    for name, parameter in tuned.named_parameters():
        if "lora_B" in name:
            parameter.data.fill_(0.3)
    assert replies(tuned, encoder).reply(message) == before  # type: ignore[arg-type]  # a PeftModel
    assert LocalReasoner(tuned, encoder, DECODING).write(EXAMPLES[:1])[0].text != before[0]  # type: ignore[arg-type]


def test_the_identity_tells_weights_and_limits_apart(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    model = load("none")
    shorter = BaseReplies(model, encoder, Decoding(batch_size=8, max_new_tokens=9, answer_tokens=8), lambda: "w")
    assert len({replies(model, encoder).identity, replies(model, encoder, "v").identity, shorter.identity}) == 3
    assert (
        BaseReplies(model, encoder, Decoding(batch_size=1, max_new_tokens=96, answer_tokens=1), lambda: "w").identity
        == replies(model, encoder).identity
    )


@pytest.mark.parametrize("wording", ["Reword this step. Reply on one line.\n\n{step}"])
def test_the_embedded_model_cannot_reword_and_every_chain_is_dropped_with_a_reason(
    load: Callable[[str], PreTrainedModel], encoder: Encoder, tmp_path: Path, wording: str
) -> None:
    model = load("none")
    probe = Paraphrase(by_model(bank=str(tmp_path), reword=[wording], mistake=[wording]).paraphraser)
    evaluation = Evaluator((probe,), (0.0, 1.0), 0)(LocalReasoner(model, encoder, DECODING), EXAMPLES, replies(model, encoder))
    assert {reading.probe for reading in evaluation.readings} == {"direct"}
    assert evaluation.drops["paraphrase"].keys() == {example.uid for example in EXAMPLES}
    assert all(evaluation.drops["paraphrase"].values())
