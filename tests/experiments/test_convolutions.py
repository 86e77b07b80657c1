"""Experiments of chapter 14: how their nets are told, matched and judged."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from seqcourse.data.vowels import VOWELS, vowels
from seqcourse.experiments import chorales, orders, speaking, spelling_ch14
from seqcourse.models.language_model import LanguageModel
from seqcourse.models.piano_roll import PianoRollModel
from seqcourse.models.tcn import TCN

torch.set_num_threads(1)


def size(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def test_what_is_compared_has_about_as_many_numbers() -> None:
    played = [size(PianoRollModel(chorales.layer(kind))) for kind in chorales.KINDS]
    shapes = [size(orders.MeanClassifier(kind)) for kind in orders.KINDS]
    spoken = [size(speaking.net(setting["net"])) for setting in speaking.settings()]
    for sizes in (played, shapes, spoken):
        assert max(sizes) / min(sizes) < 1.08, sizes


def test_the_variants_see_what_they_are_called() -> None:
    fields = [speaking.net(setting["net"]).receptive_field for setting in speaking.settings()]
    assert fields == [256, 256, 256, 256, 31, 9]
    assert not speaking.net("no condition").condition_channels
    assert not speaking.net("no skips").skips


def test_crops_and_their_conditions_belong_together(monkeypatch: pytest.MonkeyPatch) -> None:
    made = vowels(2, 1200, np.random.default_rng(0))
    monkeypatch.setattr(speaking, "training", lambda: speaking.prepared(made))
    monkeypatch.setattr(speaking, "CROP", 100)
    whole, told = speaking.prepared(made)
    sound, condition = speaking.draw(np.random.default_rng(1))
    assert sound.shape == (8, 100) and condition.shape == (8, len(VOWELS), 100)
    windows, kinds = whole.unfold(1, 100, 1), told.argmax(1).unfold(1, 100, 1)
    for crop, kind in zip(sound, condition.argmax(1), strict=True):
        row, at = (windows == crop).all(-1).nonzero()[0].tolist()
        assert torch.equal(kinds[row, at], kind)


def test_real_vowels_are_recognised() -> None:
    rng = np.random.default_rng(7)
    right = [
        speaking.nearest(vowels(10, speaking.A_VOWEL, rng, [v]).wave).count(i)
        for i, v in enumerate(VOWELS)
    ]
    assert sum(right) >= 40


def test_gradient_shares_add_up_and_end_at_the_field(monkeypatch: pytest.MonkeyPatch) -> None:
    made = vowels(2, 1200, np.random.default_rng(0))
    monkeypatch.setattr(speaking, "held", lambda: speaking.prepared(made))
    torch.manual_seed(0)
    model = speaking.net("no dilation")
    shares = speaking.gradient_shares(model)
    assert len(shares) == 9 and sum(shares) == pytest.approx(1, abs=1e-3) and shares[0] > 0
    heard = speaking.heard(model)
    assert len(heard) == speaking.CROP - 1 and np.isfinite(heard).all()


def test_letters_shares_add_up() -> None:
    torch.manual_seed(0)
    model = LanguageModel(27, TCN(6, 8), 6)
    words = ["abcdefghijklm", "nopqrstuvwxyzab", "short"]
    shares = spelling_ch14.gradient_shares(model, words)
    assert len(shares) == spelling_ch14.PLACE and sum(shares) == pytest.approx(1, abs=1e-3)
