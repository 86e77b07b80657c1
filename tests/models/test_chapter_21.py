"""Chapter 21: the page's own lines, against the package's linear attention and scan."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from seqcourse.nn import linear_attention, scan

CHAPTER = Path(__file__).parents[2] / "chapters" / "21_choosing_and_scaling.md"
TEXT = CHAPTER.read_text("utf-8")
CELLS = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", TEXT, re.S)
SOLUTIONS = dict(re.findall(r"\{solution\} (cs-[\w-]+)\n.*?```python\n(.*?)```", TEXT, re.S))


def _defined(name: str) -> Any:
    """A function of the chapter's live cells."""
    names: dict[str, Any] = {"np": np, "torch": torch, "F": F}
    (cell,) = [c for c in CELLS if re.search(rf"^def {name}\b", c, re.M) and "    ...\n" not in c]
    source = re.search(rf"^def {name}\b.*?(?=^\S|\Z)", cell, re.S | re.M)
    assert source
    exec(source[0], names)
    return names[name]


def _solution(slug: str, name: str) -> Any:
    names: dict[str, Any] = {"np": np}
    exec(SOLUTIONS[slug], names)
    return names[name]


@pytest.mark.parametrize(("length", "block"), [(1, 1), (17, 4), (64, 64)])
def test_both_ways_are_the_packages(length: int, block: int) -> None:
    torch.manual_seed(length)
    q, k = torch.randn(2, length, 5, dtype=torch.float64)
    v = torch.randn(length, 3, dtype=torch.float64)
    package = linear_attention(q, k, v, block=block)[0]
    for way in _defined("both_ways")(q, k, v):
        torch.testing.assert_close(way, package)


@pytest.mark.parametrize("length", [1, 2, 7, 32])
def test_the_scan_of_the_solution_is_the_packages(length: int) -> None:
    rng = np.random.default_rng(length)
    f, u = rng.normal(size=(2, length, 3))
    ours = _solution("cs-scan", "scan_of")(f, u)
    np.testing.assert_allclose(ours, scan(torch.tensor(f), torch.tensor(u)).numpy())


def test_a_window_as_long_as_the_sequence_is_linear_attention() -> None:
    torch.manual_seed(0)
    q, k = torch.randn(2, 9, 4, dtype=torch.float64)
    v = torch.randn(9, 3, dtype=torch.float64)
    phi = [(F.elu(x) + 1).numpy() for x in (q, k)]
    ours = _solution("cs-window", "windowed")(*phi, v.numpy(), 9)
    np.testing.assert_allclose(ours, linear_attention(q, k, v)[0].numpy())
