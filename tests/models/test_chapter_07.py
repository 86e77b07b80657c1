"""Chapter 7: what a learner builds there is the package's own, and its live cells are right."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqcourse.gradients import lstm_forward, lstm_jacobians
from seqcourse.nn import LSTM, lstm_step

CHAPTER = Path(__file__).parents[2] / "chapters" / "07_lstm.md"
TEXT = CHAPTER.read_text("utf-8")


def _defined(*names: str) -> list[Any]:
    """Functions of the chapter: each from a live cell, or else from a solution."""
    fences = re.findall(r"```(?:\{code-cell\} ipython3|python)\n(.*?)```", TEXT, re.S)
    namespace: dict[str, Any] = {"np": np, "torch": torch, "math": math}
    for name in names:
        found = [f for f in fences if f"def {name}(" in f and "    ...\n" not in f]
        source = re.search(rf"^def {name}\(.*?(?=^\S|\Z)", found[-1], re.S | re.M)
        assert source
        exec(source[0], namespace)
    return [namespace[name] for name in names]


def _layer(seed: int, size: int = 5) -> tuple[LSTM, torch.Tensor]:
    torch.manual_seed(seed)
    layer = LSTM(3, size, dtype=torch.float64).requires_grad_(False)
    return layer, torch.randn(7, 2, 3, dtype=torch.float64)


@pytest.mark.parametrize("size", [1, 4])
def test_the_learners_step_is_ours(size: int) -> None:
    a, h, c, w = (
        torch.randn(shape, dtype=torch.float64)
        for shape in ((3, 4 * size), (3, size), (3, size), (4 * size, size))
    )
    for mine, ours in zip(
        _defined("lstm_step")[0](a, (h, c), w), lstm_step(a, (h, c), w), strict=True
    ):
        torch.testing.assert_close(mine, ours)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_notes_form_gives_the_layers_states_and_gates(seed: int) -> None:
    layer, x = _layer(seed)
    *_, run = _defined("gates", "cell", "parts", "run")
    h, c, four = run(layer, x)
    zeros = x.new_zeros(2, layer.hidden_size)
    bias = layer.bias_ih_l0 + layer.bias_hh_l0
    states = lstm_forward(x, zeros, zeros, layer.weight_ih_l0, layer.weight_hh_l0, bias)
    torch.testing.assert_close(h, states.h)
    torch.testing.assert_close(c, states.c)
    torch.testing.assert_close(torch.cat(four.unbind(1), -1), states.gates)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_jacobians_are_the_packages(seed: int) -> None:
    layer, x = _layer(seed)
    *_, jacobians = _defined("gates", "cell", "parts", "run", "jacobians")
    zeros = x.new_zeros(2, layer.hidden_size)
    bias = layer.bias_ih_l0 + layer.bias_hh_l0
    states = lstm_forward(x, zeros, zeros, layer.weight_ih_l0, layer.weight_hh_l0, bias)
    mine, f = jacobians(layer, x)
    torch.testing.assert_close(mine, lstm_jacobians(states, zeros, zeros, layer.weight_hh_l0))
    torch.testing.assert_close(f, states.f)


def test_the_solved_note_gives_the_layers_states() -> None:
    layer, x = _layer(2)
    both = torch.cat([layer.weight_hh_l0, layer.weight_ih_l0], 1)
    W = dict(zip("ifCo", both.split(5), strict=True))
    b = dict(zip("ifCo", (layer.bias_ih_l0 + layer.bias_hh_l0).split(5), strict=True))
    states = _defined("states")[0](
        x[:, 0].numpy(), *({k: v.numpy() for k, v in part.items()} for part in (W, b))
    )
    np.testing.assert_allclose(states, layer(x)[0][:, 0].numpy())


@pytest.mark.parametrize("k", [0.5, 1, 2, 69, 400])
def test_a_bias_has_its_half_life(k: float) -> None:
    f = 1 / (1 + math.exp(-_defined("bias_of")[0](k)))
    assert f**k == pytest.approx(0.5)


def test_the_counts_are_those_in_print() -> None:
    count = _defined("weights_1997")[0]
    assert [count(2, 2, 2, 1), count(8, 2, 2, 4), count(8, 3, 2, 8)] == [93, 156, 308]
