"""The live cells of chapter 5 are the package's code in other words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from seqcourse.gradients import bptt, cross_entropy_backward, linear_backward
from seqcourse.models.language_model import LanguageModel
from seqcourse.models.truncated import read_in_pieces
from seqcourse.nn import RNN

CHAPTER = Path(__file__).parents[2] / "chapters" / "05_backpropagation_through_time.md"


@pytest.fixture(scope="module")
def live() -> dict[str, Any]:
    """What the cells that define `backward` and `read_in_pieces` leave behind."""
    cells = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", CHAPTER.read_text("utf-8"), re.S)
    namespace: dict[str, Any] = {"torch": torch, "F": F}
    for name in ("backward", "read_in_pieces"):
        cell = next(cell for cell in cells if f"def {name}(" in cell)
        lines = [line for line in cell.split("\n") if line.strip()]
        assert len(lines) <= 26, "a live cell is to be the chapter's central lines"
        exec(cell, namespace)
    return namespace


@pytest.mark.parametrize(("steps", "symbols", "hidden"), [(1, 2, 1), (6, 3, 4), (9, 5, 2)])
def test_the_same_gradients(live: dict[str, Any], steps: int, symbols: int, hidden: int) -> None:
    torch.manual_seed(steps)
    sizes = {"W_ih": (hidden, symbols), "W_hh": (hidden, hidden), "W_ho": (symbols, hidden)}
    w = {n: torch.randn(s).double() for n, s in (sizes | {"b": (hidden,), "c": (symbols,)}).items()}
    x, y = torch.randn(steps, symbols).double(), torch.randint(symbols, (steps,))
    h, logits = live["forward"](x, w)
    out = linear_backward(cross_entropy_backward(logits, y), h, w["W_ho"])
    h_0 = torch.zeros(1, hidden).double()
    inner = bptt(out.input[:, None], h[:, None], x[:, None], h_0, w["W_ih"], w["W_hh"])
    found = live["backward"](x, y, w)
    expected = {"W_ih": inner.weight_ih, "W_hh": inner.weight_hh, "b": inner.bias}
    expected |= {"W_ho": out.weight, "c": out.bias}
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("carry", [True, False])
@pytest.mark.parametrize("k", [1, 4, 9, 20])
def test_the_same_reading(live: dict[str, Any], k: int, carry: bool) -> None:
    torch.manual_seed(0)
    model = LanguageModel(3, RNN(3, 4, batch_first=True)).double()
    tokens = torch.randint(3, (2, 9))
    found = live["read_in_pieces"](model, tokens, k, carry)
    theirs = read_in_pieces(model, tokens, k, carry)
    assert torch.equal(found, theirs)
    weights = list(model.parameters())
    one, other = (torch.autograd.grad(out.square().sum(), weights) for out in (found, theirs))
    for mine, right in zip(one, other, strict=True):
        torch.testing.assert_close(mine, right)


def test_it_reads_a_bare_layer(live: dict[str, Any]) -> None:
    layer, x = nn.RNN(2, 3, batch_first=True), torch.randn(1, 7, 2)
    torch.testing.assert_close(live["read_in_pieces"](layer, x, 3), layer(x)[0])
