"""Places hidden from attention: which, and what a net that cannot read makes of it."""

from __future__ import annotations

import pytest
import torch

from seqcourse.experiments import aligning, hiding


def test_what_is_hidden() -> None:
    own = torch.tensor([[1, 1, 0, 0, 0, 0], [0, 0, 0, 1, 1, 1], [1, 1, 1, 1, 0, 0]]).bool()
    weights = torch.tensor([[0.1, 0.2, 0.0, 0.7, 0.0, 0.0]]).expand(3, -1)
    for seed in range(20):
        hidden = hiding.hidings(weights, own, torch.Generator().manual_seed(seed))
        assert hidden["peak"].nonzero()[:, 1].tolist() == [3, 3, 3]
        assert (hidden["own"] == own).all()
        assert (hidden["all but own"] == ~own).all()
        assert not (hidden["others"] & own).any()
        assert hidden["others"].sum(-1).tolist() == [2, 3, 2]  # no more than there are


@pytest.fixture
def model() -> aligning.EncoderDecoder:
    pytest.importorskip("num2words")
    torch.manual_seed(0)
    return aligning.model_of({"attention": "dot", "timing": "luong"}).eval()


def test_a_net_that_reads_nothing_needs_nothing(model: aligning.EncoderDecoder) -> None:
    decoder = model.decoder
    with torch.no_grad():
        decoder.combine.weight[:, : aligning.HIDDEN] = 0  # what is read
        decoder.out.bias[aligning.WORDS.index("one") + 1] = 100
    found = hiding.worth(model, [1, 21, 101])
    assert found["needs"] == 0
    assert 0 < found["weight"] < 1


def test_the_numbers_of_each_size_are_all_there(model: aligning.EncoderDecoder) -> None:
    found = hiding.by_digits(model)
    _, _, test = aligning.data()
    assert sum(row["test"] for row in found) == len(test.source)
    assert sum(row["wrong"] for row in found) == aligning.wrong(model, test).sum()
