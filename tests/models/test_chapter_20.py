"""Chapter 20: the page's own lines, against the package's."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from seqcourse.experiments import drawing
from seqcourse.models.text_to_image import TextToImage
from seqcourse.nn import vector_quantise

CHAPTER = Path(__file__).parents[2] / "chapters" / "20_words_to_pictures.md"
TEXT = CHAPTER.read_text("utf-8")
CELLS = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", TEXT, re.S)
SOLUTIONS = re.findall(r"\{solution\} (wp-[\w-]+)\n.*?```python\n(.*?)```", TEXT, re.S)


def _defined(name: str) -> Any:
    """A function of the chapter's live cells."""
    names: dict[str, Any] = {"torch": torch, "F": F}
    cell = next(c for c in CELLS if re.search(rf"^def {name}\b", c, re.M) and "    ...\n" not in c)
    exec(cell, names)
    return names[name]


def _solution(slug: str, name: str) -> Any:
    names: dict[str, Any] = {"np": np, "math": math}
    exec(dict(SOLUTIONS)[slug], names)
    return names[name]


def test_quantise_is_the_packages_in_value_and_gradient() -> None:
    quantise = _defined("quantise")
    torch.manual_seed(0)
    zeta = torch.randn(3, 7, 4, dtype=torch.float64)
    codebook = torch.randn(6, 4, dtype=torch.float64)
    found = []
    for step in (quantise, vector_quantise):
        a, b = zeta.clone().requires_grad_(), codebook.clone().requires_grad_()
        vectors, codes, loss = step(a, b, 0.4)
        (vectors.square().sum() + loss).backward()
        found.append((vectors.detach(), codes, loss.detach(), a.grad, b.grad))
    for mine, theirs in zip(*found, strict=True):
        torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize("strength", [0.0, 1.0, 2.5])
def test_draw_is_the_packages(strength: float) -> None:
    draw = _defined("draw")
    torch.manual_seed(0)
    model = TextToImage(("a", "red", "ring"), 3, 6, 5, width=12, heads=2, layers=2).eval()
    words = model.read(["a red ring", "a a a"])
    drawn = []
    for way in (draw, TextToImage.draw):
        torch.manual_seed(1)
        drawn.append(way(model, words, strength))
    assert torch.equal(*drawn)


def test_gradients_by_hand_are_autograds() -> None:
    by_hand = _solution("wp-straight", "straight_through")
    torch.manual_seed(0)
    zeta, codebook = (torch.randn(n, 3, dtype=torch.float64) for n in (8, 5))
    up = torch.randn_like(zeta)
    zeta.requires_grad_(), codebook.requires_grad_()
    vectors, _, loss = vector_quantise(zeta, codebook, 0.7)
    ((vectors * up).sum() + zeta.numel() * loss).backward()
    found = by_hand(zeta.detach().numpy(), codebook.detach().numpy(), up.numpy(), 0.7)
    for mine, theirs in zip(found, (zeta.grad, codebook.grad), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-12)


def test_best_of_is_the_experiments() -> None:
    best_of = _solution("wp-best", "best_of")
    torch.manual_seed(0)
    scores, right = torch.randn(16, 9), torch.rand(16, 9) < 0.5
    for many in drawing.MANY:
        theirs = drawing.best_of(scores, right, many)
        assert best_of(scores.numpy(), right.numpy(), many) == pytest.approx(theirs, abs=1e-4)


@pytest.mark.parametrize(("a", "b", "N"), [(0.3, 0.1, 5), (0.6, 0.3, 2), (0.2, 0.0, 3)])
def test_a_judge_in_his_own_cause_by_trial(a: float, b: float, N: int) -> None:
    said, true = _solution("wp-inflated", "inflated")(a, b, N)
    rng = np.random.default_rng(0)
    right = rng.random((100_000, N)) < a
    passed = right | (rng.random(right.shape) < b)
    first = passed.argmax(1)[:, None]  # of those that pass, all alike
    assert passed.any(1).mean() == pytest.approx(said, abs=0.01)
    assert np.take_along_axis(right, first, 1).mean() == pytest.approx(true, abs=0.01)


def test_192_and_42() -> None:
    fewer = _solution("wp-192", "fewer")
    assert fewer(256, 32, 8192)[0] == 192
    assert fewer(128, 32, 512)[1] == pytest.approx(42.67, abs=0.01)
