from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bitsandbytes
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import PreTrainedModel

from cotfaith.models.base import BaseModel, Quantization
from cotfaith.models.lora import Lora

LORA = Lora(r=4, alpha=8, ratio=2, dropout=0.0, target_modules="all-linear", scaling="fixed_alpha")
NONE = Quantization(kind="none")
TOKENIZER = BaseModel(path="embedded").tokenizer()
IDS = torch.randint(5, 1000, (4, 48), generator=torch.Generator().manual_seed(0))


def gradients(model: PreTrainedModel) -> torch.Tensor:
    model.train()
    model.zero_grad()
    model(input_ids=IDS, labels=IDS, use_cache=False).loss.backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


def test_an_eval_forward_leaves_the_gradients_of_training_alone(load: Callable[[str], PreTrainedModel]) -> None:
    # bitsandbytes 0.50.2 on AVX512-BF16 CPUs: without the remedy the gradients after evaluation point elsewhere
    model = LORA.attach(load("nf4"), checkpointing=False)
    before = gradients(model)
    model.eval()
    with torch.no_grad():
        model(input_ids=IDS)
    torch.testing.assert_close(gradients(model), before)


def test_no_4_bit_layer_repacks_its_weights_on_cpu(load: Callable[[str], PreTrainedModel]) -> None:
    layers = [module for module in load("nf4").modules() if isinstance(module, bitsandbytes.nn.Linear4bit)]
    assert layers
    assert not any(layer.support_avx512bf16_for_cpu for layer in layers)


@pytest.mark.parametrize(
    ("kind", "layer"), [("nf4", bitsandbytes.nn.Linear4bit), ("fp4", bitsandbytes.nn.Linear4bit), ("int8", bitsandbytes.nn.Linear8bitLt)]
)
def test_every_kind_of_quantization_holds_its_weights_that_way(load: Callable[[str], PreTrainedModel], kind: str, layer: type) -> None:
    model = load(kind)
    assert isinstance(model.model.layers[0].mlp.up_proj, layer)
    assert torch.isfinite(model(input_ids=IDS).logits).all()


def test_nf4_weights_take_about_an_eighth_of_float32(load: Callable[[str], PreTrainedModel]) -> None:
    packed = load("nf4").model.layers[0].mlp.up_proj.weight
    plain = load("none").model.layers[0].mlp.up_proj.weight
    assert packed.numel() * packed.element_size() * 8 == plain.numel() * plain.element_size()


def test_quantization_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"quantization.kind: expected nf4, fp4, int8 or none, got 'q4'"):
        Quantization(kind="q4")  # type: ignore[arg-type]


def test_widths_of_the_embedded_model_are_multiples_of_the_quantization_block(load: Callable[[str], PreTrainedModel]) -> None:
    shapes = [module.weight.shape for module in load("none").modules() if isinstance(module, torch.nn.Linear)]
    assert all(width % 64 == 0 for shape in shapes for width in shape)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_the_embedded_tokenizer_loses_no_text(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER.encode(text, add_special_tokens=False)) == text


def test_the_embedded_tokenizer_splits_digits() -> None:
    assert TOKENIZER.tokenize("1234") == ["1", "2", "3", "4"]


def test_the_embedded_model_with_tokenizer_and_card_takes_at_most_5_megabytes() -> None:
    files = Path(BaseModel(path="embedded").source).iterdir()
    assert sum(file.stat().st_size for file in files) <= 5_000_000


@pytest.mark.parametrize("ask", [lambda base: base.tokenizer(), lambda base: base.context(), lambda base: base.load(torch.device("cpu"), NONE)])
def test_a_model_that_cannot_be_had_says_what_to_do(monkeypatch: pytest.MonkeyPatch, ask: Callable[[BaseModel], object]) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # no test waits for a network
    with pytest.raises(FileNotFoundError, match=r"nobody/nothing: could not be loaded \(.+\).*hf auth login.*model=local model\.path="):
        ask(BaseModel(path="nobody/nothing"))


def test_a_folder_without_safetensors_is_refused(tmp_path: Path) -> None:
    source = Path(BaseModel(path="embedded").source)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((source / name).read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(FileNotFoundError, match="Expected a folder or a hub name with config.json, a tokenizer and safetensors"):
        BaseModel(path=str(tmp_path)).load(torch.device("cpu"), NONE)


def test_code_of_a_repository_runs_only_where_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "mine", "auto_map": {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"}}')
    (tmp_path / "evil.py").write_text("raise SystemExit('ran')")
    with pytest.raises(ValueError, match=r"brings Python code of its own; model\.trust_remote_code=true"):
        BaseModel(path=str(tmp_path)).context()


def test_the_context_is_what_the_configuration_says() -> None:
    assert BaseModel(path="embedded").context() == 1024
