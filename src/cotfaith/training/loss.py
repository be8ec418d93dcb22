"""The loss of the supervised positions alone, a few rows of logits at a time: a batch's logits are never held together.

With 128,000 tokens of vocabulary the logits of 8 x 1,024 positions take 4 GB in float32, most of them for positions that are not learned.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import torch
from peft import PeftModel
from torch import Tensor
from torch.autograd.function import FunctionCtx
from transformers import PreTrainedModel

from cotfaith.training.collation import IGNORE

log = logging.getLogger(__name__)

_ROWS = 256  # of logits at a time: enough for a full matrix product, 131 MB in float32 at 128,000 tokens
_TRIAL = 1e-2  # nats; rounding of half precision, far below what a missing scale or cap does


class SupervisedLoss:
    """Sums the negative log-likelihood of the tokens whose label is not `IGNORE`, in nats.

    The decoder's hidden states go through the output layer here, with the scale and the cap that the configuration names. On the first batch
    this is held to the model's own logits; a model that does more to them is asked for its logits instead, at the supervised positions.
    """

    def __init__(self, model: PreTrainedModel, *, compiled: bool = False) -> None:
        """compiled: run the decoder through torch.compile, for batches of any shape."""
        self.model = model
        self.bare: PreTrainedModel = model.get_base_model() if isinstance(model, PeftModel) else model
        self._decoder: Callable[..., Any] = torch.compile(self.bare.base_model, dynamic=True) if compiled else self.bare.base_model
        self._by_hidden: bool | None = None  # not tried yet

    def __call__(self, input_ids: Tensor, labels: Tensor, position_ids: Tensor | None = None) -> Tensor:
        """input_ids, labels: (B, T), padded on the right, where causal attention needs no mask. A scalar, float32.

        position_ids: (1, T) of packed rows, which begin again at 0 with every row; None counts from the left.
        """
        supervised = torch.zeros_like(labels, dtype=torch.bool)
        supervised[:, :-1] = labels[:, 1:] != IGNORE
        targets = labels[:, 1:][supervised[:, :-1]]  # (N,)
        if self._by_hidden is None:
            self._by_hidden = self._agrees(input_ids, supervised, position_ids)
        if not self._by_hidden:
            logits = self.model(input_ids=input_ids, position_ids=position_ids, use_cache=False, logits_to_keep=supervised).logits  # (N, V)
            return torch.nn.functional.cross_entropy(logits.float(), targets, reduction="sum")
        hidden = self._decoder(input_ids=input_ids, position_ids=position_ids, use_cache=False).last_hidden_state[supervised]  # (N, H)
        learned = [parameter for parameter in self.bare.get_output_embeddings().parameters() if parameter.requires_grad]
        loss: Tensor = _InPieces.apply(self._logits, targets, hidden, *learned)  # type: ignore[no-untyped-call]  # torch's own
        return loss

    def _logits(self, hidden: Tensor) -> Tensor:
        """(N, H) -> (N, V) float32."""
        config = self.bare.config.get_text_config(decoder=True)
        logits = self.bare.get_output_embeddings()(hidden).float()
        if getattr(config, "logit_scale", None) is not None:  # Cohere
            logits = logits * config.logit_scale
        if getattr(config, "logits_scaling", None) is not None:  # Granite
            logits = logits / config.logits_scaling
        cap = getattr(config, "final_logit_softcapping", None)  # Gemma
        capped: Tensor = torch.tanh(logits / cap) * cap if cap is not None else logits
        return capped

    def _agrees(self, input_ids: Tensor, supervised: Tensor, position_ids: Tensor | None) -> bool:
        """Whether a row's log-probabilities come out as the model's own."""
        kept = supervised[:1]
        row = {"input_ids": input_ids[:1], "position_ids": position_ids, "use_cache": False}
        training = self.model.training
        self.model.eval()  # no dropout between the two
        try:
            with torch.no_grad():
                own = self.model(**row, logits_to_keep=kept).logits.float().log_softmax(-1)
                ours = self._logits(self.bare.base_model(**row).last_hidden_state[kept]).log_softmax(-1)
        finally:
            self.model.train(training)
        agrees = own.shape == ours.shape and bool((own.exp() * (own - ours).abs()).sum(-1).max() < _TRIAL)
        if not agrees:
            log.warning("the output layer of this model does more than is known here: the loss takes its whole logits")
        return agrees


class _InPieces(torch.autograd.Function):
    """The summed loss over pieces of rows; gradients are taken piece by piece on the way forward, so that no logits are kept."""

    @staticmethod
    def forward(ctx: FunctionCtx, logits: Callable[[Tensor], Tensor], targets: Tensor, hidden: Tensor, *learned: Tensor) -> Tensor:
        total = hidden.new_zeros((), dtype=torch.float32)
        of_hidden = torch.empty_like(hidden)
        of_learned = [torch.zeros_like(parameter) for parameter in learned]
        for start in range(0, len(hidden), _ROWS):
            piece = slice(start, start + _ROWS)
            with torch.enable_grad():
                rows = hidden[piece].detach().requires_grad_()
                loss = torch.nn.functional.cross_entropy(logits(rows), targets[piece], reduction="sum")
                gradients = torch.autograd.grad(loss, (rows, *learned))
            total += loss.detach()
            of_hidden[piece] = gradients[0]
            for kept, gradient in zip(of_learned, gradients[1:], strict=True):
                kept += gradient
        ctx.save_for_backward(of_hidden, *of_learned)
        return total

    @staticmethod
    def backward(ctx: FunctionCtx, scale: Tensor) -> tuple[Tensor | None, ...]:
        of_hidden, *of_learned = ctx.saved_tensors  # type: ignore[attr-defined]
        return None, None, of_hidden * scale.to(of_hidden.dtype), *(gradient * scale.to(gradient.dtype) for gradient in of_learned)
