"""Made vowels, the μ-law, and chorales as rolls."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from seqcourse.data.mu_law import compress, expand, levels_of, sound_of, wav_bytes
from seqcourse.data.music import chorales
from seqcourse.data.rolls import KEYS, LOWEST, chorale_rolls, melody, roll, roll_batch
from seqcourse.data.vowels import FORMANTS, RATE, VOWELS, vowels


def test_expand_undoes_compress() -> None:
    x = np.linspace(-1, 1, 401)
    np.testing.assert_allclose(expand(compress(x)), x, atol=1e-12)
    np.testing.assert_allclose(compress([-1.0, 0.0, 1.0]), [-1, 0, 1])
    assert (np.diff(compress(x)) > 0).all()
    assert compress(0.01) > 10 * 0.01  # what is soft is made larger


@pytest.mark.parametrize("mu", [0, 255])
def test_levels_and_back(mu: float) -> None:
    every = np.arange(256)
    np.testing.assert_array_equal(levels_of(sound_of(every, mu=mu), mu=mu), every)
    assert levels_of([-1.0, 1.0, -7.0, 7.0], mu=mu).tolist() == [0, 255, 0, 255]
    x = np.random.default_rng(0).uniform(-1, 1, 5000)
    off = np.abs(sound_of(levels_of(x, mu=mu), mu=mu) - x)
    slope = np.log1p(255) * (1 / 255 + np.abs(x)) if mu else 1
    assert (off <= 1.03 * slope / 256).all()  # half a step, by the slope


def test_what_has_no_level_is_refused() -> None:
    with pytest.raises(ValueError, match="levels=1"):
        levels_of([0.0], levels=1)
    with pytest.raises(ValueError, match="finite"):
        levels_of([np.nan])


def test_a_wav_holds_the_sound() -> None:
    x = np.sin(np.arange(800) / 7)
    with wave.open(io.BytesIO(wav_bytes(x, 8000))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        found = np.frombuffer(file.readframes(800), "<i2") / 32767
    np.testing.assert_allclose(found, x, atol=1e-4)


def test_vowels_follow_the_seed_and_the_order_asked() -> None:
    one, same, other = (vowels(3, 1000, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert np.array_equal(one.wave, same.wave) and not np.array_equal(one.wave, other.wave)
    assert one.wave.shape == one.vowel.shape == (3, 1000) and np.abs(one.wave).max() <= 1
    asked = vowels(1, 900, np.random.default_rng(0), ["u", "a", "u"]).vowel[0]
    assert asked[[0, 299, 300, 599, 600, 899]].tolist() == [4, 4, 0, 0, 4, 4]
    with pytest.raises(ValueError, match="give some"):
        vowels(1, 10, np.random.default_rng(0), ["y"])
    with pytest.raises(ValueError, match="count=0"):
        vowels(0, 10, np.random.default_rng(0))


@pytest.mark.parametrize("name", VOWELS)
def test_a_vowel_resounds_at_its_formants(name: str) -> None:
    sound = vowels(30, 2000, np.random.default_rng(3), [name]).wave
    power = (np.abs(np.fft.rfft(sound * np.hanning(2000))) ** 2).mean(0)
    hertz = np.fft.rfftfreq(2000, 1 / RATE)
    first, second, third = FORMANTS[VOWELS.index(name)]

    def near(formant: float) -> float:
        return float(power[np.abs(hertz - formant) < 0.12 * formant].mean())

    between = (hertz > 1.25 * first) & (hertz < 0.85 * second)
    assert near(first) > 3 * near(third)
    if between.any():
        assert near(first) > 3 * power[between].mean()


def test_a_roll_shows_what_sounds() -> None:
    pytest.importorskip("music21", reason="chorales need it")
    piece = chorales(1)[0]
    frames = roll(piece)
    assert frames.shape == (-(-piece.pitch.shape[1] // 4), KEYS) and set(np.unique(frames)) == {
        0,
        1,
    }
    for t, frame in enumerate(frames):
        pitches = piece.pitch[:, 4 * t]
        assert set(np.flatnonzero(frame) + LOWEST) == set(pitches[np.isfinite(pitches)].astype(int))


def test_no_melody_is_in_two_parts() -> None:
    pytest.importorskip("music21", reason="chorales need it")
    parts = chorale_rolls()
    assert sum(map(len, parts)) == len(chorales())
    assert all(len(part) > 30 for part in parts) and len(parts.train) > 200
    whole = {melody(piece): set() for piece in chorales()}  # type: ignore[var-annotated]
    known = {frames.tobytes(): n for n, part in enumerate(parts) for frames in part}
    for piece in chorales():
        whole[melody(piece)].add(known[roll(piece).tobytes()])
    assert all(len(found) == 1 for found in whole.values())


def test_rolls_side_by_side() -> None:
    batch = roll_batch([np.ones((2, KEYS), np.float32), np.ones((4, KEYS), np.float32)])
    assert batch.frames.shape == (2, 4, KEYS) and batch.real.sum(1).tolist() == [2, 4]
    assert not batch.frames[0, 2:].any()
    with pytest.raises(ValueError, match="no roll"):
        roll_batch([])
