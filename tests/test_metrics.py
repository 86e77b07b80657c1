"""The loss of spelling: equal to that of the package's own models, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from seqcourse.data.words import ALPHABET
from seqcourse.metrics import spelling_loss
from seqcourse.models import ngram

UNIFORM = np.full(27, 1 / 27)


def test_the_loss_is_that_of_the_n_gram_models() -> None:
    words = ["banana", "bandana", "ana"]
    model = ngram.add_alpha(words, 2, 1.0)
    asked: list[str] = []

    def p(context: str) -> Any:
        asked.append(context)
        tokens = [0, 0, *(ALPHABET.index(letter) for letter in context)][-2:]
        return torch.tensor(model.distribution(np.array([tokens]))[0], requires_grad=True)

    assert spelling_loss(p, ["ban", "bad", "ban"]) == pytest.approx(
        model.loss(["ban", "bad", "ban"])
    )
    assert len(asked) == len(set(asked)) == 5


def test_chance_pays_log_27() -> None:
    assert spelling_loss(lambda context: UNIFORM, ["a", "bc"]) == pytest.approx(math.log(27))


@pytest.mark.parametrize(
    ("p", "says"),
    [
        (None, r"after|follows '', the model gives nothing \(None\)"),
        ("abc", "gives a str: return an array of 27"),
        ([[1], [2, 3]], "gives a list"),
        (np.full(26, 1 / 26), r"shape \(26,\): return shape \(27,\)"),
        (UNIFORM[None], r"shape \(1, 27\)"),
        (UNIFORM * np.nan, "not finite"),
        (np.where(np.arange(27) == 3, np.inf, 0), "not finite"),
        (np.r_[-0.5, 1.5, np.zeros(25)], "a negative probability, -0.5"),
        (UNIFORM * 1.01, "whose sum is 1.01: it must be 1"),
        (np.eye(27)[1], "gives 'b' probability 0, and 'ab' needs it"),
        (np.eye(27)[2], "after '' the model gives 'a' probability 0"),
    ],
)
def test_what_is_no_distribution_is_refused(p: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        spelling_loss(lambda context: p, ["ab"])


def test_the_context_is_named_and_no_words_are_refused() -> None:
    with pytest.raises(ValueError, match="follows 'ab', the model gives nothing"):
        spelling_loss(lambda context: UNIFORM if context != "ab" else None, ["ab"])
    with pytest.raises(ValueError, match="the end probability 0"):
        spelling_loss(lambda c: np.r_[0, np.full(26, 1 / 26)], ["ab"])
    with pytest.raises(ValueError, match="no words"):
        spelling_loss(lambda context: UNIFORM, [])
