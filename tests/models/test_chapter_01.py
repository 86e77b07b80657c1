"""The live cell of chapter 1 is the package's code in other words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqcourse.data import padding
from seqcourse.data.words import spellings
from seqcourse.experiments.shuffled import ORDERS, reordered
from seqcourse.models.classifiers import KINDS, accuracy, train

CHAPTER = Path(__file__).parents[2] / "chapters" / "01_sequence_data.md"


@pytest.fixture(scope="module")
def live() -> dict[str, Any]:
    """What the cell that defines `pad` leaves behind."""
    cells = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", CHAPTER.read_text("utf-8"), re.S)
    cell = next(cell for cell in cells if "def pad(" in cell)
    lines = [line for line in cell.split("\n") if line.strip()]
    assert len(lines) <= 20, "the live cell is to be the chapter's central lines"
    namespace = {"np": np, "PAD": padding.PAD, "UNKNOWN": padding.UNKNOWN}
    exec(cell, namespace)
    return namespace


def test_the_same_numbers_rows_and_mask(live: dict[str, Any]) -> None:
    train_words, dev, _ = spellings()
    numbers = live["vocabulary"](train_words[::50])
    package = padding.Vocabulary(train_words[::50])
    words = [*dev[:40], "naïve", "z"]
    rows = [live["encode"](word, numbers) for word in words]
    assert rows == [package.encode(word) for word in words]
    values, mask = live["pad"](rows)
    theirs = padding.pad(rows)
    np.testing.assert_array_equal(values, theirs.values)
    np.testing.assert_array_equal(mask, theirs.mask)


@pytest.mark.parametrize("kind", list(KINDS))
def test_classifiers_learn_and_repeat(kind: str) -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 200)
    x = rng.normal(size=(200, 40)) + label[:, None]
    scores = [accuracy(train(kind, x, label, seed=1, steps=120), x, label) for _ in range(2)]
    assert scores[0] == scores[1] > 0.8


def test_reordered_keeps_every_number() -> None:
    x = np.random.default_rng(0).normal(size=(5, 8))
    same, one, own = (reordered(x, order, np.random.default_rng(1)) for order in ORDERS)
    np.testing.assert_array_equal(same, x)
    for y in (one, own):
        np.testing.assert_array_equal(np.sort(y), np.sort(x))
    rule = [int(np.flatnonzero(x[0] == value)[0]) for value in one[0]]
    np.testing.assert_array_equal(one, x[:, rule])
    assert not np.array_equal(own, own[:, :1] * 0 + x[:, rule])
    with pytest.raises(ValueError, match="as it is"):
        reordered(x, "backwards", np.random.default_rng(0))
