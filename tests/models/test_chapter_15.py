"""Chapter 15: the page's own attention and walk, against the package and PyTorch."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from seqcourse.models.cards import SelfAttention
from seqcourse.nn import MultiheadAttention
from seqcourse.nn.functional import scaled_dot_product_attention

torch.set_num_threads(1)
CHAPTER = Path(__file__).parents[2] / "chapters" / "15_self_attention.md"
TEXT = CHAPTER.read_text("utf-8")
F64 = torch.float64


def _defined(*names: str) -> Any:
    """Functions of the chapter's live cells; the last one named."""
    namespace: dict[str, Any] = {"math": math, "torch": torch, "nn": nn}
    fences = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", TEXT, re.S)
    for name in names:
        found = [fence for fence in fences if f"def {name}(" in fence and "    ...\n" not in fence]
        source = re.search(rf"^def {name}\(.*?(?=^\S|\Z)", found[0], re.S | re.M)
        assert source
        exec(source[0], namespace)
    return namespace[names[-1]]


attend = _defined("attend")
walk = _defined("attend", "walk")


def weights_of(layer: Any) -> tuple[torch.Tensor, ...]:
    return (
        layer.in_proj_weight,
        layer.in_proj_bias,
        layer.out_proj.weight,
        layer.out_proj.bias,
    )


@pytest.mark.parametrize("causal", [False, True])
def test_attend_is_the_packages(causal: bool) -> None:
    torch.manual_seed(0)
    q, k, v = (torch.randn(2, 3, *size, dtype=F64) for size in ((5, 4), (5, 4), (5, 7)))
    hide = torch.ones(5, 5, dtype=torch.bool).triu(1) if causal else None
    found, weights = attend(q, k, v, hide)
    torch.testing.assert_close(found, scaled_dot_product_attention(q, k, v, is_causal=causal))
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 5, dtype=F64))


@pytest.mark.parametrize("heads", [1, 2, 3, 6, 12])
@pytest.mark.parametrize("causal", [False, True])
def test_the_walk_is_the_packages_and_torchs(heads: int, causal: bool) -> None:
    torch.manual_seed(0)
    torchs = nn.MultiheadAttention(12, heads, batch_first=True, dtype=F64)
    nn.init.normal_(torchs.in_proj_bias)
    nn.init.normal_(torchs.out_proj.bias)
    x = torch.randn(2, 5, 12, dtype=F64, requires_grad=True)
    hide = torch.ones(5, 5, dtype=torch.bool).triu(1) if causal else None
    found, weights = walk(x, *weights_of(torchs), heads, hide)
    towards = torch.randn_like(found)
    (slope,) = torch.autograd.grad(found, x, towards, retain_graph=True)
    ours = MultiheadAttention(12, heads, batch_first=True, dtype=F64)
    for layer in (torchs, ours):
        layer.load_state_dict(torchs.state_dict())
        wanted, theirs = layer(x, x, x, attn_mask=hide, average_attn_weights=False)
        torch.testing.assert_close(found, wanted)
        torch.testing.assert_close(weights, theirs)
        torch.testing.assert_close(slope, torch.autograd.grad(wanted, x, towards)[0])


def test_the_walk_is_the_layer_that_the_experiments_train() -> None:
    torch.manual_seed(0)
    layer, x = SelfAttention(16, 4), torch.randn(3, 6, 16)
    found, weights = walk(x, *weights_of(layer), 4)
    wanted, theirs = layer(x)
    torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(weights, theirs)


def test_the_future_changes_nothing_behind_a_causal_mask() -> None:
    torch.manual_seed(0)
    layer, x = SelfAttention(16, 4), torch.randn(1, 8, 16)
    hide = torch.ones(8, 8, dtype=torch.bool).triu(1)
    before, _ = walk(x, *weights_of(layer), 4, hide)
    x[:, 5:] = 7.0
    after, _ = walk(x, *weights_of(layer), 4, hide)
    assert torch.equal(before[:, :5], after[:, :5])
    assert not torch.allclose(before[:, 5:], after[:, 5:])
