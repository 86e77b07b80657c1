"""The live cell of chapter 3 is the package's code in other words."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqcourse.data import spellings
from seqcourse.data.words import ALPHABET
from seqcourse.models import ngram

CHAPTER = Path(__file__).parents[2] / "chapters" / "03_markov_models.md"
TRAIN, DEV, _ = spellings()


@pytest.fixture(scope="module")
def live() -> dict[str, Any]:
    """What the cell that defines `spell` leaves behind."""
    cells = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", CHAPTER.read_text("utf-8"), re.S)
    cell = next(cell for cell in cells if "def spell(" in cell)
    names = [node.name for node in ast.parse(cell).body if isinstance(node, ast.FunctionDef)]
    assert names == ["count", "shorten", "spell"]
    lines = [line for line in cell.split("\n") if line.strip()]
    assert len(lines) <= 24, "the live cell is to be the chapter's central lines"
    namespace = {"np": np, "ALPHABET": ALPHABET, "defaultdict": defaultdict}
    exec(cell, namespace)
    return namespace


@pytest.mark.parametrize(("order", "discount"), [(0, 0.5), (1, 1.0), (2, 0.75), (5, 0.9)])
def test_the_same_probabilities(live: dict[str, Any], order: int, discount: float) -> None:
    words = TRAIN[::50]
    tables = [live["count"](words, order)]
    for _ in range(order):
        tables.insert(0, live["shorten"](tables[0]))
    context = np.unique(ngram.windows(DEV[:60], order).context, axis=0)
    letters = ["".join(ALPHABET[i] for i in h) for h in context]
    mine = [live["spell"](tables, h, discount) for h in letters]
    theirs = ngram.kneser_ney(words, order, discount).distribution(context)
    np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-15)
