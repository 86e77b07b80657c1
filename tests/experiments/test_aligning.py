"""Number words cut up: which letters make which words, and what attention is held against."""

from __future__ import annotations

import pytest
import torch

from seqcourse.data.pairs import Pairs, pair_batch
from seqcourse.experiments import aligning


def test_the_pieces_of_every_number_are_its_words() -> None:
    pytest.importorskip("num2words")
    from seqcourse.data.numbers import number_pairs

    for part in number_pairs("de", "en")[:3]:
        coded = aligning.coded(part)
        for number, text, words in zip(part.number, part.source, coded.target, strict=True):
            if number:
                cut = aligning.pieces(number)
                english = [cut.english[place] for place in aligning.order(cut)]
                assert "".join(cut.german) == text
                assert [aligning.WORDS[word - 1] for word in words] == english


def test_own_letters_of_five_and_thirty() -> None:
    pytest.importorskip("num2words")
    own = aligning.own_letters(35)
    letters = "fünfunddreißig"
    read = ["".join(c for c, mine in zip(letters, row, strict=True) if mine) for row in own]
    assert read == ["dreißig", "fünf"]


def test_a_number_that_comes_twice_keeps_its_places_apart() -> None:
    pytest.importorskip("num2words")
    own = aligning.own_letters(6606)  # sechstausendsechshundertsechs
    assert own.sum(0).max() == 1
    assert own.sum(1).tolist() == [5, 7, 5, 7, 5]


@pytest.mark.parametrize("number", [0, 10_000])
def test_other_numbers_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match=r"from 1 to 9,999"):
        aligning.pieces(number)


def test_reading_is_teacher_forcing_and_hidden_places_get_nothing() -> None:
    torch.manual_seed(0)
    model = aligning.model_of({"attention": "general", "timing": "luong"}).eval()
    batch = pair_batch(Pairs(((1, 2, 3, 4), (4, 3, 2, 1)), ((1, 2), (3, 1))))
    given = aligning.reading(model, batch)
    arrays = (batch.source, batch.target_in, batch.lengths)
    with torch.no_grad():
        wanted = model(*map(torch.from_numpy, arrays))
    torch.testing.assert_close(given.logits, wanted)
    hide = torch.zeros_like(given.weights, dtype=torch.bool)
    hide[:, :, 1] = True
    without = aligning.reading(model, batch, hide).weights
    assert not without[:, :, 1].any()
    kept = given.weights.masked_fill(hide, 0)
    torch.testing.assert_close(without, kept / kept.sum(-1, keepdim=True))
