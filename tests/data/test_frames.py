"""Spectrogram frames: tones are found where they are, in dB, at the right time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcourse.data import frames, spoken

RATE = 16_000


def tone(frequency: float, seconds: float = 0.5, loud: float = 0.5) -> np.ndarray:
    return loud * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


@given(st.floats(200, 7000))
def test_a_tone_is_loudest_in_its_band(frequency: float) -> None:
    loudness, _, middle = frames(tone(frequency), RATE)
    loudest = int(loudness.mean(0).argmax())
    edges = np.concatenate([[0.0], middle, [RATE / 2]])
    assert edges[loudest] - 40 <= frequency <= edges[loudest + 2] + 40  # a bin is 40 Hz wide


def test_twice_as_loud_is_six_decibels() -> None:
    soft, loud = (frames(tone(1000, loud=level), RATE).loudness.max() for level in (0.1, 0.2))
    assert loud - soft == pytest.approx(20 * np.log10(2), abs=0.01)
    whole = (tone(1000) * np.iinfo(np.int16).max).astype(np.int16)
    assert np.allclose(
        frames(whole, RATE).loudness.max(), frames(tone(1000), RATE).loudness.max(), atol=0.01
    )


def test_a_click_is_where_it_was() -> None:
    wave = np.zeros(RATE)
    wave[8000:8016] = 1.0
    loudness, time, _ = frames(wave, RATE)
    assert time[loudness.mean(1).argmax()] == pytest.approx(0.5, abs=0.013)
    assert loudness[:40].max() == pytest.approx(-100)


def test_shapes() -> None:
    loudness, time, middle = frames(tone(440), RATE, window=0.03, hop=0.015, bands=10)
    count = 1 + (8000 - 480) // 240
    assert loudness.shape == (count, 10) and time.shape == (count,) and middle.shape == (10,)
    assert time[0] == pytest.approx(0.015) and np.allclose(np.diff(time), 0.015)
    assert frames(tone(440, 0.01), RATE).loudness.shape == (1, 24)  # shorter than a window
    word = spoken(["seven"])
    assert frames(word.wave[0], word.rate).loudness.shape[1] == 24


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"wave": []}, r"shape \(0,\)"),
        ({"wave": np.zeros((2, 9))}, r"shape \(2, 9\)"),
        ({"window": 0.0}, "window=0.0"),
        ({"hop": 0.0}, "hop=0.0"),
        ({"bands": 0}, "bands=0"),
        ({"bands": 400}, "400 bands are too many"),
    ],
)
def test_what_cannot_be(change: dict[str, Any], message: str) -> None:
    options: dict[str, Any] = {"wave": tone(440), "rate": RATE} | change
    with pytest.raises(ValueError, match=message):
        frames(**options)
