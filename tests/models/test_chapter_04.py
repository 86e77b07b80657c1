"""The live cell of chapter 4 is the package's layer in other words."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from seqcourse.nn import RNN

CHAPTER = Path(__file__).parents[2] / "chapters" / "04_recurrent_networks.md"


@pytest.fixture(scope="module")
def live() -> dict[str, Any]:
    """What the cell that defines `my_step` leaves behind."""
    cells = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", CHAPTER.read_text("utf-8"), re.S)
    cell = next(cell for cell in cells if "def my_step(" in cell)
    names = [node.name for node in ast.parse(cell).body if isinstance(node, ast.FunctionDef)]
    assert names == ["my_step", "run"]
    lines = [line for line in cell.split("\n") if line.strip()]
    assert len(lines) <= 20, "the live cell is to be the chapter's central lines"
    namespace: dict[str, Any] = {"torch": torch}
    exec(cell, namespace)
    return namespace


@pytest.mark.parametrize(("B", "T", "D", "H"), [(1, 1, 1, 1), (3, 7, 2, 5)])
def test_the_same_states_and_gradients(
    live: dict[str, Any], B: int, T: int, D: int, H: int
) -> None:
    torch.manual_seed(0)
    layer = RNN(D, H, batch_first=True)
    stepped = RNN(D, H, batch_first=True, step=live["my_step"])
    stepped.load_state_dict(layer.state_dict())
    x = torch.randn(B, T, D)
    w_ih, w_hh, b_ih, b_hh = layer.parameters()
    states = live["run"](x, w_ih, w_hh, b_ih + b_hh)
    for other in layer, stepped:
        torch.testing.assert_close(states, other(x)[0])
    mine = torch.autograd.grad(states.square().sum(), w_hh)[0]
    theirs = torch.autograd.grad(layer(x)[0].square().sum(), w_hh)[0]
    torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
