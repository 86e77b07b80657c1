"""Chapter 8: what a learner builds there is the package's own, and its live cells are right."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from seqcourse.experiments import counting
from seqcourse.lesson.exercises.ch08 import Anbn, Count, Reset
from seqcourse.nn import GRU, LSTM, gru_step

TEXT = (Path(__file__).parents[2] / "chapters" / "08_gru.md").read_text("utf-8")


def _defined(name: str) -> Callable[..., Any]:
    """A function of the chapter: from a live cell, or else from a solution."""
    fences = re.findall(r"```(?:\{code-cell\} ipython3|python)\n(.*?)```", TEXT, re.S)
    found = [f for f in fences if f"def {name}(" in f and "    ...\n" not in f]
    source = re.search(rf"^def {name}\(.*?(?=^\S|\Z)", found[-1], re.S | re.M)
    assert source
    namespace: dict[str, Any] = {"np": np, "torch": torch, "counting": counting, "GRU": GRU}
    exec(source[0], namespace)
    function: Callable[..., Any] = namespace[name]
    return function


def test_the_learners_step_is_ours_and_torchs() -> None:
    mine = _defined("gru_step")
    g = torch.Generator().manual_seed(0)
    a, h, W, b = (
        torch.randn(*shape, generator=g, dtype=torch.float64)
        for shape in ((3, 15), (3, 5), (15, 5), (5,))
    )
    torch.testing.assert_close(mine(a, h, W, b), gru_step(a, h, W, b))
    theirs = nn.GRU(4, 5, dtype=torch.float64)
    ours = GRU(4, 5, dtype=torch.float64, step=mine)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(7, 2, 4, generator=g, dtype=torch.float64)
    torch.testing.assert_close(ours(x)[0], theirs(x)[0])


def test_the_live_cell_reads_weights_as_torch_does() -> None:
    torch.manual_seed(0)
    theirs = nn.GRU(4, 5, dtype=torch.float64)
    x = torch.randn(7, 2, 4, dtype=torch.float64)
    torch.testing.assert_close(_defined("read_as")(theirs, x), theirs(x)[0])


@pytest.mark.parametrize(("D", "H"), [(1, 9), (2, 32), (40, 11)])
def test_the_width_of_the_solution(D: int, H: int) -> None:
    width = _defined("gru_width")(D, H)

    def weights(layer: nn.Module) -> int:
        return sum(w.numel() for w in layer.parameters())

    most = weights(nn.LSTM(D, H))
    assert weights(nn.GRU(D, width)) <= most < weights(nn.GRU(D, width + 1))


@pytest.mark.parametrize(("kind", "pebble"), [(LSTM, 1.0), (GRU, 1e-6)])
def test_what_is_set_by_hand_counts(kind: type[nn.Module], pebble: float) -> None:
    net = _defined("by_hand")(kind, pebble)
    x, y, real = counting.strings([1, 2, 300])
    assert bool((((net(x.double()) > 0) == (y > 0)) | ~real).all())


def _as_matrices(W: np.ndarray, b: np.ndarray, r: np.ndarray) -> bool:
    R = np.diag(r)
    return np.array_equal(R @ W, W @ R) and np.array_equal(r * b, b)


def _by_the_root(D: int, H: int) -> int:
    p, q = D + 2, 4 / 3 * H * (D + H + 2)
    return int((p * p / 4 + q) ** 0.5 - p / 2 + 1e-9)


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [(Reset, _as_matrices), (Anbn, [1, 0, 1, 0, 1]), (Count, _by_the_root)],
)
def test_right_answers_of_another_form_are_right(exercise: Any, answer: Any) -> None:
    inputs = exercise.draw(np.random.default_rng(0), {})
    assert all(found.ok for found in exercise.judge(inputs, exercise.call(answer, inputs), {}))
