"""Settings that are fine alone and wrong together: refused by name, before anything is loaded."""

from __future__ import annotations

from cotfaith.models.base import Kind


def check_combination(*, strategy: str, precision: str, kind: Kind) -> None:
    """Refuse what is known to spoil weights without a word.

    Raises:
        ValueError: a strategy that shards weights on quantized ones (accelerate #3983, bitsandbytes #1945); a precision that casts the
            weights that are trained down to 16 bits, where the steps of a small learning rate are lost.
    """
    if kind != "none" and ("fsdp" in strategy or "deepspeed" in strategy):
        raise ValueError(f"trainer.strategy={strategy} shards weights, which corrupts quantized ones (quantization={kind}); expected auto or ddp")
    if precision in ("bf16", "16"):  # Lightning's old names of the mixed ones
        return
    if precision.endswith("-true") and not precision.startswith(("32", "64")):
        raise ValueError(f"trainer.precision={precision} casts the weights that are trained to 16 bits; expected 32-true or bf16-mixed")
