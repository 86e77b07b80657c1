"""Chapter 12: the page's own recursions, against the package, PyTorch and all paths."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import groupby, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from seqcourse.decoding import ctc_best_path
from seqcourse.experiments import reading
from seqcourse.gradients import ctc_lattice

CHAPTER = Path(__file__).parents[2] / "chapters" / "12_ctc.md"
TEXT = CHAPTER.read_text("utf-8")
LABELS = [(1, 2), (1, 1, 2), (2,), (2, 1, 2, 2), (), (3, 3), (3, 1, 3)]


def _defined(*names: str) -> Any:
    """Functions of the chapter's live cells; the last one named."""
    namespace: dict[str, Any] = {"np": np, "groupby": groupby}
    fences = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", TEXT, re.S)
    for name in names:
        found = [fence for fence in fences if f"def {name}(" in fence and "    ...\n" not in fence]
        source = re.search(rf"^def {name}\(.*?(?=^\S|\Z)", found[-1], re.S | re.M)
        assert source
        exec(source[0], namespace)
    return namespace[names[-1]]


FORWARDS = ("places_of", "forwards")
collapse = _defined("collapse")
forwards = _defined(*FORWARDS)
backwards = _defined(*FORWARDS, "backwards")
shares = _defined(*FORWARDS, "backwards", "shares")


def _probabilities(steps: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(4), steps)


def _lattice(p: np.ndarray, label: tuple[int, ...]) -> Any:
    return ctc_lattice(torch.log(torch.tensor(p)), torch.tensor(label, dtype=torch.long))


@pytest.mark.parametrize("label", LABELS)
def test_forwards_is_the_packages_lattice(label: tuple[int, ...]) -> None:
    p = _probabilities(9)
    alpha = _lattice(p, label).log_alpha.exp().numpy()
    np.testing.assert_allclose(forwards(p, label), alpha, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("label", LABELS)
def test_backwards_cuts_every_step_alike(label: tuple[int, ...]) -> None:
    p = _probabilities(9, 1)
    places = [k for symbol in label for k in (0, symbol)] + [0]
    sums = (forwards(p, label) * backwards(p, label) / p[:, places]).sum(1)
    np.testing.assert_allclose(np.log(sums), -_lattice(p, label).loss.item(), rtol=1e-12)


@pytest.mark.parametrize("label", LABELS)
def test_probability_minus_share_is_torchs_gradient(label: tuple[int, ...]) -> None:
    logits = torch.log(torch.tensor(_probabilities(9, 2)))[:, None].requires_grad_()
    loss = F.ctc_loss(
        logits.log_softmax(-1),
        torch.tensor([label], dtype=torch.long),
        torch.tensor([9]),
        torch.tensor([len(label)]),
        reduction="sum",
    )
    (slope,) = torch.autograd.grad(loss, logits)
    p = logits.softmax(-1)[:, 0].detach().numpy()
    np.testing.assert_allclose(p - shares(p, label), slope[:, 0].numpy(), atol=1e-12)


def test_collapse_is_the_packages() -> None:
    for path in product(range(3), repeat=6):
        logs = torch.log(torch.eye(3)[list(path)] + 1e-6)[:, None]
        assert collapse(path) == ctc_best_path(logs, torch.tensor([6]))[0].tokens
        assert collapse(path) == reading.collapse(list(path))


def test_the_last_row_adds_up_all_paths() -> None:
    p = _probabilities(5, 3)
    sums: dict[tuple[int, ...], float] = defaultdict(float)
    for path in product(range(4), repeat=5):
        sums[collapse(path)] += float(p[np.arange(5), path].prod())
    for label, total in sums.items():
        assert forwards(p, label)[-1, -2:].sum() == pytest.approx(total, rel=1e-12)
