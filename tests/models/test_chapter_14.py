"""Chapter 14: the page's own convolution, block and cached place, against the package's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from seqcourse.nn import CausalConv1d, WaveNetBlock, causal_conv_step

torch.set_num_threads(1)
CHAPTER = Path(__file__).parents[2] / "chapters" / "14_causal_convolution.md"
TEXT = CHAPTER.read_text("utf-8")


def _defined(*names: str) -> Any:
    """Functions of the chapter's live cells; the last one named."""
    namespace: dict[str, Any] = {"torch": torch, "F": F}
    fences = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", TEXT, re.S)
    for name in names:
        found = [fence for fence in fences if f"def {name}(" in fence and "    ...\n" not in fence]
        source = re.search(rf"^def {name}\(.*?(?=^\S|\Z)", found[-1], re.S | re.M)
        assert source
        exec(source[0], namespace)
    return namespace[names[-1]]


causal_conv = _defined("causal_conv")
block = _defined("causal_conv", "block")
conv_place = _defined("causal_conv", "conv_place")


def sound(channels: int, places: int) -> Tensor:
    return torch.randn(2, channels, places, generator=torch.Generator().manual_seed(1)).double()


@pytest.mark.parametrize(("k", "d"), [(1, 1), (2, 1), (2, 8), (3, 4), (5, 2)])
def test_the_convolution_is_the_packages(k: int, d: int) -> None:
    torch.manual_seed(0)
    layer, x = CausalConv1d(3, 4, k, dilation=d, dtype=torch.float64), sound(3, 20)
    assert layer.bias is not None
    bias = layer.bias[:, None]
    page = causal_conv(x, layer.weight, bias, d)
    assert torch.equal(page, causal_conv_step(x, layer.weight, bias, d))
    torch.testing.assert_close(page, layer(x), rtol=1e-10, atol=1e-12)
    own = CausalConv1d(3, 4, k, dilation=d, dtype=torch.float64, step=causal_conv)
    own.load_state_dict(layer.state_dict())
    torch.testing.assert_close(own(x), layer(x), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("k", "d"), [(1, 1), (2, 1), (2, 8), (3, 4)])
def test_place_by_place_is_the_packages_step(k: int, d: int) -> None:
    torch.manual_seed(0)
    layer, x = CausalConv1d(3, 4, k, dilation=d, dtype=torch.float64), sound(3, 20)
    assert layer.bias is not None
    cache, theirs = torch.zeros(2, 3, layer.memory).double(), None
    for t in range(20):
        y_t, cache = conv_place(x[..., t : t + 1], cache, layer.weight, layer.bias[:, None], d)
        wanted, theirs = layer.step(x[..., t], theirs)
        torch.testing.assert_close(y_t[..., 0], wanted, rtol=1e-10, atol=1e-12)
        assert torch.equal(cache, theirs)


def test_the_block_is_the_packages() -> None:
    torch.manual_seed(0)
    theirs = WaveNetBlock(6, 5, 2, dilation=3, condition_channels=4, dtype=torch.float64)
    assert theirs.dilated.bias is not None and theirs.condition is not None
    lone = []
    for module in (theirs.residual, theirs.skip):
        assert module.bias is not None
        lone.append((module.weight[..., 0], module.bias[:, None]))
    conv = theirs.dilated.weight, theirs.dilated.bias[:, None]
    x, e = sound(6, 15), sound(4, 15)
    ours = block(x, e, conv, theirs.condition.weight, *lone, 3)
    for mine, wanted in zip(ours, theirs(x, e), strict=True):
        torch.testing.assert_close(mine, wanted, rtol=1e-10, atol=1e-12)
