"""The live cell of chapter 2 is the package's code in other words."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqcourse.data import lagged, sunspots
from seqcourse.models import ar

CHAPTER = Path(__file__).parents[2] / "chapters" / "02_autoregression.md"
SPOTS = sunspots().number


@pytest.fixture(scope="module")
def live() -> dict[str, Any]:
    """What the cell that defines `least_squares` leaves behind."""
    cells = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", CHAPTER.read_text("utf-8"), re.S)
    cell = next(cell for cell in cells if "def least_squares" in cell)
    lines = [line for line in cell.split("\n") if line.strip()]
    assert 5 <= len(lines) <= 20, "the live cell is to be the chapter's 5 to 20 central lines"
    names = [node.name for node in ast.parse(cell).body if isinstance(node, ast.FunctionDef)]
    assert names == ["least_squares", "forecast"]
    namespace: dict[str, Any] = {"np": np, "ar": ar, "lagged": lagged}
    exec(cell, namespace)
    return namespace


@pytest.mark.parametrize("p", [1, 2, 9, 20])
def test_the_same_fit(live: dict[str, Any], p: int) -> None:
    mine, packaged = live["least_squares"](SPOTS, p), ar.least_squares(SPOTS, p)
    np.testing.assert_allclose(mine.phi, packaged.phi, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(
        [mine.const, mine.variance], [packaged.const, packaged.variance], rtol=1e-8
    )


@pytest.mark.parametrize("shape", [(309,), (3, 50), (2, 3, 12)])
def test_the_same_forecast(live: dict[str, Any], shape: tuple[int, ...]) -> None:
    history = np.resize(SPOTS, shape)
    model = ar.least_squares(SPOTS, 9)
    mine = live["forecast"](model, history, 25)
    np.testing.assert_allclose(mine, ar.forecast(model, history, 25), rtol=1e-12)
