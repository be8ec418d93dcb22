"""The peak of a device, which its use is a share of."""

from __future__ import annotations

import pytest
import torch

from cotfaith.callbacks.throughput import _peak_flops


@pytest.mark.parametrize(
    ("name", "precision", "flops"),
    [
        ("NVIDIA L4", "bf16-mixed", 121e12),
        ("NVIDIA L40", "bf16-mixed", None),  # not an L4
        ("NVIDIA H100 PCIe", "16-mixed", 756e12),  # not the 989e12 of an SXM board
        ("NVIDIA GeForce RTX 4090 Laptop GPU", "bf16-mixed", None),
        ("NVIDIA H200", "32-true", None),  # computes in 32 bits, at another peak
    ],
)
def test_a_peak_is_known_by_the_whole_name_and_for_16_bits_only(
    monkeypatch: pytest.MonkeyPatch, name: str, precision: str, flops: float | None
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: name)
    assert _peak_flops(torch.device("cuda"), precision) == flops
