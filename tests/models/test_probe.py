"""What a probe can read and what it cannot."""

from __future__ import annotations

import numpy as np
import pytest

from seqcourse.models.probe import readable, redeal


def test_what_is_there_is_read_and_what_is_not_is_guessed() -> None:
    rng = np.random.default_rng(0)
    words = rng.choice(5, 4000, p=[0.4, 0.3, 0.1, 0.1, 0.1])
    there = np.eye(5)[words] @ rng.normal(size=(5, 8))
    right, commonest = readable(there, words)
    assert right == 1 and abs(commonest - 0.4) < 0.05
    right, commonest = readable(rng.normal(size=(4000, 8)), words)
    assert abs(right - commonest) < 0.05


def test_redealt_places_keep_their_words_and_lose_their_ties() -> None:
    rng = np.random.default_rng(0)
    sentences = np.repeat([[1, 11], [2, 12]], 50, 0)
    dealt = redeal(sentences, 4000, rng)
    assert dealt.shape == (4000, 2)
    assert set(dealt[:, 0]) == {1, 2} and set(dealt[:, 1]) == {11, 12}
    assert abs(np.corrcoef(dealt.T)[0, 1]) < 0.05


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match=r"redeal got shape \(3,\)"):
        redeal(np.zeros(3), 5, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"words of shape \(9,\)"):
        readable(np.zeros((8, 2)), np.zeros(9))
