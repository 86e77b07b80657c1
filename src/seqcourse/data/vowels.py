"""Vowels made from a seed: puffs of air, and three resonances that each of them rings.

A puff is short; what is heard of it is how the mouth resounds, each resonance (a *formant*) a tone
that dies away. How often puffs come is the pitch, how high the formants lie the vowel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

RATE = 8000  # samples a second
VOWELS = ("a", "e", "i", "o", "u")

# Hz, near what is measured of men's voices; chosen, not measured, as are widths and loudness.
FORMANTS = np.array(
    [[730, 1090, 2440], [480, 1850, 2500], [270, 2290, 3010], [500, 900, 2400], [300, 750, 2240]],
    dtype=float,
)
WIDTHS = np.array([80.0, 110.0, 160.0])  # Hz: how fast each dies away
LOUDNESS = np.array([1.0, 0.5, 0.25])
RING = 240  # samples that a puff is followed
PITCH = (90.0, 180.0)  # puffs a second, at the lowest and the highest voice
NOISE = 0.01  # of breath, in parts of full scale, at full loudness


class Vowels(NamedTuple):
    """Sounds, and which vowel is heard at each sample.

    Args:
        wave: (N, T) float32, from -1 to 1, `RATE` samples a second.
        vowel: (N, T) int64, an index of `VOWELS`.
    """

    wave: np.ndarray
    vowel: np.ndarray


def vowels(
    count: int, length: int, rng: np.random.Generator, said: Sequence[str] | None = None
) -> Vowels:
    """Voices that say vowels, one after the other; each voice with its own pitch and mouth.

    Every vowel lasts 0.1 to 0.25 seconds and glides into the next within 0.03. A voice's pitch
    wanders; loudness goes from a quarter of full scale to all of it, another for each voice.

    Source: made here from a seed, nothing recorded. The model is the source and filter of speech
    science, with its filters side by side.

    Args:
        count: N, how many voices.
        length: T, samples of each.
        rng: whence all that is random comes.
        said: vowels that every voice says in this order, in equal parts; without it, drawn by lot.

    Raises:
        ValueError: a count below 1, or what is no vowel.
    """
    if count < 1 or length < 1:
        raise ValueError(f"vowels got count={count}, length={length}: give at least 1 of each.")
    if said is not None and (not len(said) or not set(said) <= set(VOWELS)):
        raise ValueError(f"vowels got said={said!r}: give some of {', '.join(VOWELS)}.")
    waves, heard = [], []
    for _ in range(count):
        vowel = _order(length, rng, said)
        waves.append(_voice(vowel, rng))
        heard.append(vowel)
    return Vowels(np.stack(waves), np.stack(heard))


def _order(length: int, rng: np.random.Generator, said: Sequence[str] | None) -> np.ndarray:
    """Which vowel each sample belongs to, (T,)."""
    if said is not None:
        numbers = [VOWELS.index(name) for name in said]
        return np.array([numbers[t * len(said) // length] for t in range(length)], dtype=np.int64)
    found: list[np.ndarray] = []
    last = -1
    while sum(map(len, found)) < length:
        last = int(rng.choice([v for v in range(len(VOWELS)) if v != last]))
        found.append(np.full(int(RATE * rng.uniform(0.1, 0.25)), last))
    return np.concatenate(found)[:length].astype(np.int64)


def _voice(vowel: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One voice: the sum of what all its puffs ring, (T,) float32."""
    length = len(vowel)
    mouth = rng.uniform(0.9, 1.15)  # a smaller mouth resounds higher
    pitch = np.exp(rng.uniform(*np.log(PITCH)))
    loudness = np.exp(rng.uniform(np.log(0.25), np.log(1.0)))
    window = int(0.03 * RATE)
    padded = np.pad(FORMANTS[vowel], ((window // 2, window - 1 - window // 2), (0, 0)), mode="edge")
    sums = np.cumsum(np.vstack([np.zeros(3), padded]), axis=0)
    formants = mouth * (sums[window:] - sums[:-window]) / window  # (T, 3), gliding
    wave = np.zeros(length + RING + 1)
    after = np.arange(RING) / RATE
    decay = np.exp(-np.pi * WIDTHS[:, None] * after)  # (3, RING)
    drift, place = rng.uniform(0, 2 * np.pi), rng.uniform(0, RATE / pitch)
    while place < length:
        t = int(place)
        tones = np.sin(2 * np.pi * formants[t][:, None] * (after + (t + 1 - place) / RATE))
        wave[t + 1 : t + 1 + RING] += rng.uniform(0.9, 1.1) * LOUDNESS @ (decay * tones)
        now = pitch * (1 + 0.06 * np.sin(drift + 2 * np.pi * 2.5 * t / RATE))
        place += RATE / now * (1 + 0.01 * rng.normal())
    wave = wave[:length]
    wave *= 0.8 / max(float(np.abs(wave).max()), 1e-9)
    wave += NOISE * rng.normal(size=length)
    return np.asarray(np.clip(loudness * wave, -1, 1), dtype=np.float32)
