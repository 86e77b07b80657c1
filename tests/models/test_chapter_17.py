"""Chapter 17: the page's own Transformer and norm, against the package and PyTorch."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from seqcourse.models import own_transformer
from seqcourse.models.gpt import GPT
from seqcourse.nn import Transformer

CHAPTER = Path(__file__).parents[2] / "chapters" / "17_transformer.md"
TEXT = CHAPTER.read_text("utf-8")


def _defined(name: str) -> Any:
    """A function or class of the chapter's live cells."""
    namespace: dict[str, Any] = {"torch": torch, "nn": nn, "math": math}
    fences = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", TEXT, re.S)
    found = [
        f for f in fences if re.search(rf"^(def|class) {name}\(", f, re.M) and "...\n" not in f
    ]
    source = re.search(rf"^(def|class) {name}\(.*?(?=^\S|\Z)", found[-1], re.S | re.M)
    assert source
    exec(source[0], namespace)
    return namespace[name]


norm_backward = _defined("norm_backward")
OwnTransformer = _defined("OwnTransformer")


@pytest.mark.parametrize("norm_first", [False, True])
def test_the_pages_transformer_is_the_packages(norm_first: bool) -> None:
    torch.manual_seed(0)
    package = own_transformer.OwnTransformer(own_transformer.OURS, 8, 2, 2, 12, norm_first)
    page = OwnTransformer(own_transformer.OURS, 8, 2, 2, 12, norm_first)
    page.load_state_dict(package.state_dict())
    source, target = torch.randn(2, 5, 8), torch.randn(2, 3, 8)
    padding = torch.tensor([[False] * 5, [False, False, True, True, True]])
    assert torch.equal(page(source, target, padding), package(source, target, padding))


@pytest.mark.parametrize("norm_first", [False, True])
def test_the_pages_transformer_is_torchs(norm_first: bool) -> None:
    gaps = own_transformer.against_torch(own_transformer.OURS, norm_first, OwnTransformer)
    assert gaps.values < 1e-12 and gaps.gradients < 1e-10
    assert gaps.leak == gaps.positions == 0


@pytest.mark.parametrize("shape", [(3, 7), (2, 4, 5), (6,)])
def test_the_norms_gradient_by_hand_is_autograds(shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()
    slope = torch.randn(shape, generator=generator, dtype=torch.float64)
    (right,) = torch.autograd.grad(nn.functional.layer_norm(x, shape[-1:]), x, slope)
    torch.testing.assert_close(norm_backward(x.detach(), slope), right, rtol=0, atol=1e-12)


def test_published_sizes_are_counted() -> None:
    with torch.device("meta"):
        base = Transformer()
        gpt2 = GPT(50_257, 768, 12, 12, length=1024, tied=True)
    inner = sum(
        p.numel() for side in (base.encoder, base.decoder) for p in side.layers.parameters()
    )
    assert inner + 37_000 * 512 == 63_082_496
    assert sum(p.numel() for p in gpt2.parameters()) == 124_439_808
