"""Windows: a series cut into pairs of a past and what came next."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def lagged(x: ArrayLike, p: int) -> tuple[np.ndarray, np.ndarray]:
    """Each value beside the `p` values before it, the latest first.

    Row i predicts x[i + p]:  past[i, j] = x[i + p - 1 - j],  now[i] = x[i + p].

    Args:
        x: (T,) numbers in the order of time, none missing.
        p: how far back to look, at least 1.

    Returns:
        past (T - p, p) and now (T - p,), new arrays.

    Raises:
        TypeError: `p` is no whole number.
        ValueError: `x` is not one series, holds NaN or infinity, or is too short; `p` < 1.
    """
    if isinstance(p, bool) or not isinstance(p, int | np.integer):
        raise TypeError(f"lagged got p={p!r}; p counts lags: give a whole number such as 2.")
    if p < 1:
        raise ValueError(f"lagged got p={p}; a window needs at least one past value: p ≥ 1.")
    series = np.asarray(x, dtype=float)
    if series.ndim != 1:
        raise ValueError(
            f"lagged got an array of shape {series.shape}; give one series, of shape (T,)."
        )
    if len(series) <= p:
        raise ValueError(
            f"lagged got {len(series)} values and p={p}; it takes at least {p + 1}: "
            "give a longer series or a smaller p."
        )
    missing = np.flatnonzero(~np.isfinite(series))
    if missing.size:
        raise ValueError(
            f"lagged got NaN or infinity at {missing.size} place(s), first at index {missing[0]}; "
            "a window needs every year: fill the gap or cut the series there."
        )
    past = np.column_stack([series[p - 1 - j : len(series) - 1 - j] for j in range(p)])
    return past, series[p:].copy()
