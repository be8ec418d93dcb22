"""What a training step costs: real tokens a second, how many of them are learned, how much is padding, how busy the device is."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from cotfaith.models.build import footprint
from cotfaith.models.peak import peak_bytes
from cotfaith.store import RunStore
from cotfaith.training.data import SFTDataModule
from cotfaith.training.module import SFTModule

# Dense products of 16 bits a second, by the makers' data sheets, without sparsity; by the whole name: boards of one chip differ by a third.
_PEAK_FLOPS = {
    "NVIDIA H200": 989e12,
    "NVIDIA H100 80GB HBM3": 989e12,
    "NVIDIA H100 PCIe": 756e12,
    "NVIDIA A100-SXM4-40GB": 312e12,
    "NVIDIA A100-SXM4-80GB": 312e12,
    "NVIDIA A100-PCIE-40GB": 312e12,
    "NVIDIA A100 80GB PCIe": 312e12,
    "NVIDIA L40S": 362e12,
    "NVIDIA L4": 121e12,
    "NVIDIA GeForce RTX 4090": 165e12,
}


RATES = ("tokens_per_second", "supervised", "padding", "peak_bytes", "mfu")
"""What is logged of the last steps, behind ``train/``; mfu where the device's peak is known."""


@dataclass(slots=True)
class _Sums:
    """Of one process, since some moment."""

    seconds: float = 0.0
    tokens: int = 0  # real ones
    learned: int = 0
    computed: int = 0  # with padding


class Throughput(Callback):
    """Logs the rates of the last steps, and keeps those of the whole training. Validation is not counted; rates are of one process."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self.window = _Sums()
        self.whole = _Sums()
        self.started = 0.0

    def state_dict(self) -> dict[str, float]:
        """What a run that is gone on with has spent already."""
        return asdict(self.whole)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.whole = _Sums(**state_dict)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        self.started = time.perf_counter()

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int) -> None:
        logs = (batch_idx + 1) % trainer.log_every_n_steps == 0  # type: ignore[attr-defined]  # set by the logger connector
        if logs and pl_module.device.type == "cuda":
            torch.cuda.synchronize(pl_module.device)  # the clock must not stop before the device does
        batches = _data(trainer).batches
        places = batches.share(batch_idx)
        lengths = [batches.lengths[place] for place in places]
        for sums in (self.window, self.whole):
            sums.seconds += time.perf_counter() - self.started
            sums.tokens += sum(lengths)
            sums.learned += sum(batches.tokens[place] for place in places)
            sums.computed += batches.batching.computed(lengths)
        if logs:
            assert isinstance(pl_module, SFTModule)
            for name, value in _rates(self.window, pl_module, str(trainer.precision)).items():
                pl_module.log(f"train/{name}", value)
            self.window = _Sums()

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.is_global_zero and self.whole.tokens:
            assert isinstance(pl_module, SFTModule)
            training = _rates(self.whole, pl_module, str(trainer.precision)) | {"seconds": self.whole.seconds}
            self.store.put_scores("test", "tuned", _data(trainer).dataset.name, trainer.global_step, {"training": training})


def _rates(sums: _Sums, module: SFTModule, precision: str) -> dict[str, float]:
    """tokens_per_second, real ones; supervised and padding shares in [0, 1]; peak_bytes of memory since the run began, but for paged moments; mfu, a
    share of the device's peak, where that is known.
    """
    assert module.model is not None
    rates = {
        "tokens_per_second": sums.tokens / sums.seconds,
        "supervised": sums.learned / sums.tokens,
        "padding": 1 - sums.tokens / sums.computed,
        "peak_bytes": float(peak_bytes(module.device)),
    }
    peak = _peak_flops(module.device, precision)
    if peak is not None:
        cost = footprint(module.model)
        # Per token two for each weight on the way forward and two back to the activations, and two more for each weight that is trained.
        rates["mfu"] = (4 * cost.parameters + 2 * cost.trainable) * rates["tokens_per_second"] / peak
    return rates


def _peak_flops(device: torch.device, precision: str) -> float | None:
    """None where it is not known: of a device that is not listed, of a precision that does not compute in 16 bits."""
    if device.type != "cuda" or not precision.startswith(("bf16", "16")):
        return None
    return _PEAK_FLOPS.get(torch.cuda.get_device_name(device))


def _data(trainer: Trainer) -> SFTDataModule:
    data = trainer.datamodule  # type: ignore[attr-defined]  # set by trainer.fit
    assert isinstance(data, SFTDataModule)
    return data
