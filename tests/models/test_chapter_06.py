"""Chapter 6: what a learner builds there is the package's own, and its live cells are right."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression

from seqcourse.gradients import clip_grad_norm_, orthogonal_

CHAPTER = Path(__file__).parents[2] / "chapters" / "06_vanishing_gradients.md"
TEXT = CHAPTER.read_text("utf-8")


def _defined(name: str) -> Callable[..., Any]:
    """A function of the chapter: from a live cell, or else from a solution."""
    fences = re.findall(r"```(?:\{code-cell\} ipython3|python)\n(.*?)```", TEXT, re.S)
    found = [f for f in fences if f"def {name}(" in f and "    ...\n" not in f]
    source = re.search(rf"^def {name}\(.*?(?=^\S|\Z)", found[-1], re.S | re.M)
    assert source
    namespace: dict[str, Any] = {"np": np, "torch": torch}
    exec(source[0], namespace)
    function: Callable[..., Any] = namespace[name]
    return function


@pytest.mark.parametrize("length", [0.3, 1.0, 40.0])
def test_the_learners_clip_is_torchs_and_ours(length: float) -> None:
    g = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    g *= length / g.norm()
    results = []
    for clip in (_defined("clip_norm"), clip_grad_norm_, torch.nn.utils.clip_grad_norm_):
        parameters = [torch.zeros(n, 3, dtype=torch.float64, requires_grad=True) for n in (2, 3)]
        for p, part in zip(parameters, g.split([2, 3]), strict=True):
            p.grad = part.clone()
        norm = clip([*parameters, torch.zeros(1, requires_grad=True)], 1.0)
        grads = [p.grad for p in parameters if p.grad is not None]
        results.append(torch.cat([norm.reshape(1), *(x.flatten() for x in grads)]))
    for other in results[1:]:
        torch.testing.assert_close(results[0], other, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("size", [1, 3, 16])
def test_the_learners_orthogonal_start_is_ours(size: int) -> None:
    mine = _defined("orthogonal_start")(size, torch.Generator().manual_seed(size))
    ours = orthogonal_(torch.empty(size, size), generator=torch.Generator().manual_seed(size))
    torch.testing.assert_close(mine, ours)


def test_both_probes_score_as_scikit_learn_does() -> None:
    rng = np.random.default_rng(0)
    h, x = rng.normal(size=(80, 5)), rng.normal(size=80)
    x += 2 * h[:, 0] + 3
    wanted = LinearRegression().fit(h[:60], x[:60]).score(h[60:], x[60:])
    live = _defined("probe")(torch.from_numpy(h), torch.from_numpy(x)[:, None])
    assert live == pytest.approx([wanted])
    assert _defined("readable")(h, x) == pytest.approx(wanted)


@pytest.mark.parametrize(("w", "b"), [(6.5, -2.6), (4.2, -2.1), (1.0, 0.3)])
def test_the_cliffs_gradient(w: float, b: float) -> None:
    cliff, small = _defined("cliff"), 1e-6
    _, dw, db = cliff(w, b)
    assert dw == pytest.approx((cliff(w + small, b)[0] - cliff(w - small, b)[0]) / 2e-6, rel=1e-4)
    assert db == pytest.approx((cliff(w, b + small)[0] - cliff(w, b - small)[0]) / 2e-6, rel=1e-4)
