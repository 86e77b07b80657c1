"""Copying: what is shown, what is asked, and how nets are misled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seqcourse.experiments import copying
from seqcourse.models.placed_gpt import PlacedGPT


class ByPlace(nn.Module):
    """Says what stands as far back as the sign is from the end of the first half."""

    def forward(self, tokens: Tensor) -> tuple[Tensor, None]:
        length = tokens.shape[1] // 2
        back = torch.roll(tokens, length, 1)
        return nn.functional.one_hot(back, copying.LETTERS + 2).double(), None


class ByLetter(nn.Module):
    """Says what followed the first sight of the letter that was just read."""

    def forward(self, tokens: Tensor) -> tuple[Tensor, None]:
        said = torch.zeros_like(tokens)
        for row, line in enumerate(tokens.tolist()):
            for t, symbol in enumerate(line):
                said[row, t] = line[(line.index(symbol) + 1) % len(line)]
        return nn.functional.one_hot(said, copying.LETTERS + 2).double(), None


def test_a_sequence_is_said_twice() -> None:
    tokens = copying.sequences(5, 4, np.random.default_rng(0))
    assert tokens.shape == (5, 10)
    assert (tokens[:, 0] == copying.START).all() and (tokens[:, 5] == copying.SIGN).all()
    assert torch.equal(tokens[:, 1:5], tokens[:, 6:])


def test_who_copies_by_place_is_right_and_cannot_be_misled() -> None:
    assert copying.copied(ByPlace(), 9).all()
    assert copying.copied(ByPlace(), 9).shape == (copying.HELD, 9)
    assert copying.misled(ByPlace()) == 1.0
    assert copying.misled(ByLetter()) < 0.3


@pytest.mark.parametrize("how", ["from 0", "shifted", "with gaps"])
def test_places_stay_within_reach(how: str) -> None:
    rng, seen = np.random.default_rng(0), set()
    for _ in range(300):
        tokens, at = copying.batches(how)(rng)
        assert len(tokens) == copying.BATCH and 4 <= tokens.shape[1] <= 2 * copying.LONGEST + 2
        if at is None:
            assert how == "from 0"
            continue
        assert len(at) == tokens.shape[1] - 1 and 0 <= at[0] and at[-1] < copying.REACH
        gaps = set(at.diff().tolist())
        assert len(gaps) == 1 and gaps <= ({1} if how == "shifted" else {1, 2, 3})
        seen |= set(at.tolist())
    assert how == "from 0" or seen == set(range(copying.REACH))


@pytest.mark.parametrize("setting", copying.settings(), ids=str)
def test_every_net_can_be_tested_at_every_length(setting: dict[str, Any]) -> None:
    torch.manual_seed(0)
    model = copying.network(setting["positions"])
    numbers = sum(weight.numel() for weight in model.parameters())
    assert abs(numbers - 101_640) < 100 or (setting["positions"] == "learned" and numbers < 110_000)
    batch = copying.batches(setting["places"])(np.random.default_rng(0))
    assert abs(copying.loss(model, batch).item() - np.log(12)) < 1.5
    assert copying.copied(model, max(copying.TESTED)).mean() < 0.5
    assert isinstance(model, PlacedGPT) == (setting["positions"] != "lstm")
