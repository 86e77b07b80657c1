"""Vocabularies, padding and masks, against PyTorch's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqcourse.data.padding import PAD, UNKNOWN, Vocabulary, masked_mean, pad


def test_a_vocabulary_of_characters_or_words() -> None:
    letters = Vocabulary(["cab", "ad"])
    assert letters.symbols == ("a", "b", "c", "d") and len(letters) == 6
    assert letters.encode("dab!") == [5, 2, 3, UNKNOWN]
    assert letters.decode([5, 2, 3, UNKNOWN, PAD, PAD]) == ["d", "a", "b", "?"]
    words = Vocabulary([["to", "be"], ["or", "not"]])
    assert words.decode(words.encode(["not", "to"])) == ["not", "to"]
    with pytest.raises(ValueError, match="from 0 to 5"):
        letters.decode([6])


@pytest.mark.parametrize("shape", [(), (3,), (2, 2)])
def test_pad_as_torch_does(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    rows = [rng.normal(size=(length, *shape)) for length in (4, 1, 6)]
    values, mask = pad(rows, fill=-7)
    right = torch.nn.utils.rnn.pad_sequence(
        [torch.tensor(row) for row in rows], batch_first=True, padding_value=-7
    )
    np.testing.assert_array_equal(values, right.numpy())
    assert mask.sum(1).tolist() == [4, 1, 6]
    right_means = np.stack([row.mean(0) for row in rows])
    np.testing.assert_allclose(masked_mean(values, mask), right_means, rtol=1e-12)


def test_whole_numbers_stay_whole() -> None:
    assert pad([[1, 2], [3]]).values.tolist() == [[1, 2], [3, 0]]
    assert pad([[1, 2], [3]]).values.dtype.kind == "i"


def test_what_stands_in_the_padding_does_not_matter() -> None:
    values, mask = pad([[1.0, 2.0], [3.0]])
    values[~mask] = np.nan
    assert masked_mean(values, mask).tolist() == [1.5, 3.0]


def test_impossible_input_is_refused() -> None:
    with pytest.raises(ValueError, match="no sequences"):
        pad([])
    with pytest.raises(ValueError, match="the same but for its length"):
        pad([[[1, 2]], [3]])
    with pytest.raises(ValueError, match="the same but for its length"):
        pad([1.0, 2.0])  # type: ignore[list-item]
    with pytest.raises(ValueError, match=r"\(B, T\)"):
        masked_mean([[1.0, 2.0]], [[True]])
    with pytest.raises(ValueError, match="Sequence 1 has no real value"):
        masked_mean([[1.0], [2.0]], [[True], [False]])
