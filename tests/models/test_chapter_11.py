"""Chapter 11: the page's own reading and decoder steps are the package's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from seqcourse.models.attention_decoder import AttentionDecoder, Timing
from seqcourse.nn import GRU, AdditiveAttention, DotProductAttention, GeneralAttention
from seqcourse.nn.functional import scaled_dot_product_attention

TEXT = (Path(__file__).parents[2] / "chapters" / "11_attention.md").read_text("utf-8")
V, E, H = 9, 5, 8
SCORES = {
    "dot": lambda: DotProductAttention(scale=1.0),
    "general": lambda: GeneralAttention(H, H),
    "additive": lambda: AdditiveAttention(H, H, H),
}


def _defined(*names: str) -> dict[str, Any]:
    """Functions of the chapter, from live cells or else from solutions."""
    namespace: dict[str, Any] = {"np": np, "torch": torch, "nn": nn}
    fences = re.findall(r"```(?:\{code-cell\} ipython3|python)\n(.*?)```", TEXT, re.S)
    for name in names:
        found = [f for f in fences if f"def {name}(" in f and "    ...\n" not in f]
        source = re.search(rf"^def {name}\(.*?(?=^\S|\Z)", found[-1], re.S | re.M)
        assert source
        exec(source[0], namespace)
    return namespace


@pytest.mark.parametrize("tau", [0.3, 1.0, 2.0])
def test_ask_is_scaled_dot_product_attention(tau: float) -> None:
    torch.manual_seed(0)
    q, keys, values = torch.randn(4), torch.randn(6, 4), torch.randn(6, 3)
    found, weights = _defined("ask")["ask"](q, keys, values, tau)
    wanted = scaled_dot_product_attention(q[None], keys, values, scale=1 / tau)[0]
    torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(weights.sum(), torch.ones(()))


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("timing", ["bahdanau", "luong"])
def test_each_timing_step_by_step_is_the_decoder(timing: Timing, score: str) -> None:
    torch.manual_seed(0)
    page = _defined("attend", "advance", "bahdanau_step", "luong_step", "logits")
    layer = GRU(E + (H if timing == "bahdanau" else 0), H, batch_first=True)
    decoder = AttentionDecoder(V, layer, E, H, SCORES[score](), timing)
    memory, s = torch.randn(3, 7, H), torch.randn(3, H)
    real = torch.arange(7) < torch.tensor([7, 4, 6])[:, None]
    target = torch.randint(0, V, (3, 6))
    state = {"layer": s[:, None], "memory": memory, "key_padding_mask": ~real}
    wanted, _, weights = decoder.attended(target, state)
    for t in range(target.shape[1]):
        s, m, a = page[f"{timing}_step"](decoder, target[:, t], s, memory, real)
        torch.testing.assert_close(a, weights[:, t])
        torch.testing.assert_close(page["logits"](decoder, s, m), wanted[:, t])


def test_the_own_attention_of_the_exercise_is_the_layer() -> None:
    torch.manual_seed(0)
    layer = AdditiveAttention(4, 3, 6)
    query, key, value = torch.randn(2, 5, 4), torch.randn(2, 7, 3), torch.randn(2, 7, 2)
    padding = torch.arange(7) >= torch.tensor([7, 3])[:, None]
    own = _defined("additive_attention")["additive_attention"]
    found = own(query, key, value, layer.weight_q, layer.weight_k, layer.v, padding)
    wanted = layer(query, key, value, key_padding_mask=padding)
    for mine, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(mine, theirs)
