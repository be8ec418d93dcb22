"""Python that loads what a run left, as a model card shows it. It needs nothing of this package but the embedded base, where that is the base.

What it writes to the first test question is what the run has on record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cotfaith.report.document import verbatim

_EMBEDDED = 'str(importlib.resources.files("cotfaith.models.embedded") / "weights")'
_QUANTIZED = """\
quantization = BitsAndBytesConfig(
    load_in_4bit=True, bnb_4bit_quant_type="{kind}", bnb_4bit_use_double_quant={double}, bnb_4bit_compute_dtype=torch.{dtype}
)"""
_WRITE = """\
prompt = {prompt!r}  # the chat template is in it
ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt").to(model.device)
ids.pop("token_type_ids", None)
greedy = {{"do_sample": False, "repetition_penalty": 1.0, "max_new_tokens": {limit}, "eos_token_id": {stops}}}
written = model.generate(**ids, **greedy)[0, ids["input_ids"].shape[1] :]
text = tokenizer.decode(written, skip_special_tokens=True)"""


def adapter_code(manifest: Mapping[str, Any]) -> str:
    """The model that was measured: the base quantised as then, the adapter beside it, unmerged. The adapter lies in the current folder."""
    base, kind = manifest["base"], manifest["quantization"]
    embedded = manifest["model"] == "embedded"
    origin = "".join(f", {name}={base[name]!r}" for name in ("revision", "trust_remote_code") if base[name])
    packing = {"none": "", "int8": "quantization = BitsAndBytesConfig(load_in_8bit=True)"}
    settings = packing.get(kind, _QUANTIZED.format(kind=kind, double=manifest["double_quantization"], dtype=base["dtype"]))
    lines = [
        "import importlib.resources\n" if embedded else "",
        "import torch",
        "from peft import PeftModel",
        f"from transformers import AutoModelForCausalLM, AutoTokenizer{', BitsAndBytesConfig' if settings else ''}\n",
        f"base = {_EMBEDDED if embedded else repr(manifest['model'])}",
        settings,
        f"tokenizer = AutoTokenizer.from_pretrained(base{origin})",
        "model = AutoModelForCausalLM.from_pretrained(",
        f'    base, dtype=torch.{base["dtype"]}, device_map="auto"{", quantization_config=quantization" if settings else ""}{origin}',
        ")",
        'model = PeftModel.from_pretrained(model, ".").eval()\n',
        _writing(manifest),
    ]
    return _python(lines)


def exported_code(manifest: Mapping[str, Any]) -> str:
    """The merged model, which lies in the current folder."""
    remote = ", trust_remote_code=True" if manifest["base"]["trust_remote_code"] else ""
    lines = [
        "from transformers import AutoModelForCausalLM, AutoTokenizer\n",
        f'tokenizer = AutoTokenizer.from_pretrained("."{remote})',
        f'model = AutoModelForCausalLM.from_pretrained(".", dtype="auto", device_map="auto"{remote})\n',
        _writing(manifest),
    ]
    return _python(lines)


def _writing(manifest: Mapping[str, Any]) -> str:
    return _WRITE.format(prompt=manifest["first_prompt"], limit=manifest["engine"]["max_new_tokens"], stops=manifest["stop_ids"])


def _python(lines: list[str]) -> str:
    return verbatim("\n".join(line for line in lines if line)).replace("```", "```python", 1)
