"""Sound in few levels: the μ-law, which makes small steps where a sound is soft.

The compander of telephony (ITU-T G.711) as a formula, without that standard's straight pieces.
"""

from __future__ import annotations

import io
import wave as wav

import numpy as np
from numpy.typing import ArrayLike

MU = 255.0


def compress(x: ArrayLike, mu: float = MU) -> np.ndarray:
    """sign(x) ln(1 + μ|x|) / ln(1 + μ), for x from -1 to 1."""
    x = np.asarray(x, dtype=float)
    return np.asarray(np.sign(x) * np.log1p(mu * np.abs(x)) / np.log1p(mu))


def expand(y: ArrayLike, mu: float = MU) -> np.ndarray:
    """The inverse of `compress`."""
    y = np.asarray(y, dtype=float)
    return np.asarray(np.sign(y) * np.expm1(np.abs(y) * np.log1p(mu)) / mu)


def levels_of(x: ArrayLike, levels: int = 256, mu: float = MU) -> np.ndarray:
    """The level 0 … V - 1 of each number from -1 to 1: V equal steps of what `compress` gives.

    Args:
        x: numbers; what is beyond -1 or 1 gets the first or the last level.
        levels: V.
        mu: 0 makes equal steps of x itself.

    Raises:
        ValueError: fewer than two levels, or a number that is not finite.
    """
    x = np.asarray(x, dtype=float)
    if levels < 2 or not np.isfinite(x).all():
        raise ValueError(f"levels_of got levels={levels}: give two or more, and finite numbers.")
    y = compress(x, mu) if mu else x
    return np.clip(np.floor((y + 1) / 2 * levels), 0, levels - 1).astype(np.int64)


def sound_of(level: ArrayLike, levels: int = 256, mu: float = MU) -> np.ndarray:
    """The number in the middle of each level's step, as `compress` sees it."""
    y = (np.asarray(level) + 0.5) / levels * 2 - 1
    return expand(y, mu) if mu else y


def wav_bytes(x: ArrayLike, rate: int) -> bytes:
    """A sound of numbers from -1 to 1 as a WAV file of 16 bits, which every browser plays."""
    samples = np.clip(np.rint(np.asarray(x, dtype=float) * 32767), -32768, 32767).astype("<i2")
    file = io.BytesIO()
    with wav.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())
    return file.getvalue()
