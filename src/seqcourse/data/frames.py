"""Sound as a sequence: a row of loudnesses, band by band, every hundredth of a second."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

QUIET = 1e-10  # added to each power, relative to full scale: silence is -100 dB


class Frames(NamedTuple):
    """The frames of one sound.

    Args:
        loudness: (T, F) float32, in dB relative to full scale, at least -100.
        time: (T,) seconds from the sound's beginning to the middle of each frame.
        frequency: (F,) Hz, the middle of each band.
    """

    loudness: np.ndarray
    time: np.ndarray
    frequency: np.ndarray


def frames(
    wave: ArrayLike, rate: int, *, window: float = 0.025, hop: float = 0.01, bands: int = 24
) -> Frames:
    """Cut a sound into overlapping frames and measure each band's power: a spectrogram.

    The bands are triangles that overlap by half, equally wide on the mel scale, 2595 log10(1 +
    f/700), from 0 to rate / 2: narrow where the ear tells tones apart, wide above. What is left of
    the last hop is dropped; a sound shorter than a window gives one frame, filled up with silence.

    Args:
        wave: (n,) samples, integers of their type's full scale or floats between -1 and 1.
        rate: samples a second.
        window: seconds in a frame.
        hop: seconds from one frame to the next.
        bands: F; too many for a short window leave some without a frequency, which is refused.

    Raises:
        ValueError: no sample, more than one channel, or a window, hop, rate or number of bands
            that cannot be.
    """
    x = np.asarray(wave)
    if x.ndim != 1 or not len(x):
        raise ValueError(f"frames got a wave of shape {x.shape}: give (n,) samples, n at least 1.")
    size, step = round(window * rate), round(hop * rate)
    if size < 2 or step < 1 or bands < 1:
        raise ValueError(
            f"frames got window={window}, hop={hop} and bands={bands} at {rate} samples a second: "
            "give a window of 2 samples or more, a hop of 1 or more, and 1 band or more."
        )
    scale = np.iinfo(x.dtype).max if np.issubdtype(x.dtype, np.integer) else 1.0
    x = np.pad(x / scale, (0, max(0, size - len(x))))
    cut = np.lib.stride_tricks.sliding_window_view(x, size)[::step]  # (T, size)
    taper = np.hanning(size)
    power = np.abs(np.fft.rfft(cut * taper)) ** 2 / np.sum(taper) ** 2  # (T, size // 2 + 1)
    filters, middle = _mel_bands(size, rate, bands)
    loudness = 10 * np.log10(power @ filters.T + QUIET)  # (T, F)
    time = (np.arange(len(cut)) * step + size / 2) / rate
    return Frames(loudness.astype(np.float32), time, middle)


def _mel_bands(size: int, rate: int, bands: int) -> tuple[np.ndarray, np.ndarray]:
    """Triangles (F, size // 2 + 1) over a frame's frequencies, and their middles (F,) in Hz."""
    top = 2595 * np.log10(1 + rate / 2 / 700)
    edge = 700 * (10 ** (np.linspace(0, top, bands + 2) / 2595) - 1)  # (F + 2,) Hz
    frequency = np.fft.rfftfreq(size, 1 / rate)
    rising = (frequency - edge[:-2, None]) / (edge[1:-1] - edge[:-2])[:, None]
    falling = (edge[2:, None] - frequency) / (edge[2:] - edge[1:-1])[:, None]
    filters = np.clip(np.minimum(rising, falling), 0, None)
    if not filters.any(1).all():
        raise ValueError(
            f"frames: {bands} bands are too many for frames of {size} samples, some hear nothing: "
            "take fewer bands or a longer window."
        )
    return filters, edge[1:-1]
