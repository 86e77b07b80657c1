"""Chapter 19: the page's own lines, against the package's model and torch."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from seqcourse.models import vit_rollout
from seqcourse.models.vit import ViT
from seqcourse.nn.patches import patchify as packaged
from seqcourse.nn.patches import unpatchify

CHAPTER = Path(__file__).parents[2] / "chapters" / "19_vision_transformer.md"
TEXT = CHAPTER.read_text("utf-8")
CELLS = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", TEXT, re.S)
SOLUTIONS = dict(re.findall(r"\{solution\} (vt-[\w-]+)\n.*?```python\n(.*?)```", TEXT, re.S))
torch.set_num_threads(1)


def _defined(*names: str) -> Any:
    """Functions of the chapter's live cells; the last one named."""
    namespace: dict[str, Any] = {"np": np, "torch": torch, "F": F}
    for name in names:
        found = [cell for cell in CELLS if f"def {name}(" in cell and "    ...\n" not in cell]
        source = re.search(rf"^def {name}\(.*?(?=^\S|\Z)", found[-1], re.S | re.M)
        assert source
        exec(source[0], namespace)
    return namespace[names[-1]]


def _solution(slug: str, name: str) -> Any:
    namespace: dict[str, Any] = {"np": np, "torch": torch, "F": F}
    exec(SOLUTIONS[slug], namespace)
    return namespace[name]


def _net() -> ViT:
    torch.manual_seed(0)
    return ViT(12, 3, 7, 16, 2, 3, channels=2).double()


@pytest.mark.parametrize(("shape", "patch"), [((2, 3, 8, 12), 4), ((1, 1, 6, 6), 2)])
def test_patchify_is_the_packages(shape: tuple[int, ...], patch: int) -> None:
    images = torch.randn(shape)
    assert torch.equal(_defined("patchify")(images, patch), packaged(images, patch))


def test_scores_are_the_packages_and_so_are_their_gradients() -> None:
    net, images = _net(), torch.randn(4, 2, 12, 12, dtype=torch.float64)
    mine = _defined("patchify", "scores")(net, images)
    torch.testing.assert_close(mine, net(images))
    weights = list(net.parameters())
    ours = torch.autograd.grad(mine.sin().sum(), weights)
    theirs = torch.autograd.grad(net(images).sin().sum(), weights)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b)


def test_rollout_is_the_packages() -> None:
    weights = _net().attention(torch.randn(2, 2, 12, 12, dtype=torch.float64))
    torch.testing.assert_close(_defined("rollout")(weights), vit_rollout.rollout(weights))


def test_the_solutions_are_the_package() -> None:
    net, images = _net(), torch.randn(4, 2, 12, 12, dtype=torch.float64)
    begin = _solution("vt-begin", "begin")
    kernel, bias = net.embedding.weight, net.embedding.bias
    torch.testing.assert_close(
        begin(images, kernel, bias, net.cls, net.position), net.begin(images)
    )
    image = np.arange(54.0).reshape(6, 9)
    rows = packaged(torch.from_numpy(image)[None, None], 3)
    assert (_solution("vt-paste", "paste")(rows[0].numpy(), 6, 9) == image).all()
    assert (unpatchify(rows, 3, (6, 9))[0, 0].numpy() == image).all()
    count = sum(p.numel() for p in net.parameters())
    assert _solution("vt-count", "vit_numbers")(12, 3, 2, 16, 3, 7) == count
