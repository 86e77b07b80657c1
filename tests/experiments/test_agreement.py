"""The small language, and what a model with attention may see."""

from __future__ import annotations

import numpy as np
import torch

from seqcourse.experiments import agreement
from seqcourse.nn import LSTM


def _said(words: torch.Tensor) -> str:
    return " ".join(agreement.WORDS[word] for word in words)


def test_a_sentence_agrees_clause_by_clause() -> None:
    words = agreement.sentences(np.array([[0, 1, 0]]), np.array([[0, 1, 2]]))
    text = ". the chef who knows the guests who know the waiter was ."
    # 'knows' agrees with the noun before 'who'
    assert _said(torch.from_numpy(words)[0]) == text


def test_asked_has_only_nouns_of_the_other_number_and_twins() -> None:
    words, plural = agreement.asked(3)
    half = agreement.SENTENCES
    assert words.shape == (2 * half, 4 * 3 + 3) and plural.sum() == half
    is_plural = words[:, 2::4] >= agreement.FIRST + len(agreement.NOUNS)
    assert (is_plural[:, 0] == plural.bool()).all()
    assert (is_plural[:, 1:] == ~plural.bool()[:, None]).all()
    assert (is_plural[:half] == ~is_plural[half:]).all()


def test_a_state_finds_nothing_of_what_comes_later() -> None:
    torch.manual_seed(0)
    model = agreement.Model(LSTM, attends=True)
    words, _ = agreement.asked(2)
    other = words.clone()
    other[:, 6:] = 1
    with torch.no_grad():
        assert torch.equal(model(words)[:, :6], model(other)[:, :6])
        weights = model.read(words).weights
    assert not weights.triu().any()
    torch.testing.assert_close(weights[:, 1:].sum(-1), torch.ones_like(weights[:, 1:, 0]))
