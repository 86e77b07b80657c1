"""What a judge finds: one thing looked at, whether it is right, and what to say if not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Plain = Any  # NumPy arrays, Python scalars, strings, and lists, tuples and dicts of them


@dataclass(frozen=True)
class Finding:
    """One thing that a judge looked at.

    Args:
        name: what was looked at.
        ok: whether it is right.
        given, expected: both as text, for a learner to compare.
        look: where to look, or which typical mistake it is.
    """

    name: str
    ok: bool
    given: str = ""
    expected: str = ""
    look: str = ""


def close(
    name: str,
    given: Plain,
    expected: Plain,
    *,
    look: str = "",
    rtol: float = 1e-6,
    atol: float = 1e-9,
) -> Finding:
    """Compare numbers: type, shape, finiteness, then value.

    Args:
        name: what is compared.
        given: the learner's number or array.
        expected: the right one.
        look: what to say where the values differ.
        rtol, atol: as in `numpy.allclose`.
    """
    right = np.asarray(expected, dtype=float)
    try:
        mine = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        return Finding(name, False, f"{describe(given)}", f"numbers of shape {right.shape}", look)
    if mine.shape != right.shape:
        hint = "The two axes are swapped: transpose." if mine.shape == right.shape[::-1] else ""
        return Finding(name, False, _shaped(mine), _shaped(right), hint or look)
    bad = np.argwhere(~np.isfinite(mine) & np.isfinite(right))
    if bad.size:
        place = f" (first at {_index(bad[0])})" if mine.ndim else ""
        return Finding(name, False, f"NaN or infinity{place}", describe(right), look)
    if np.allclose(mine, right, rtol=rtol, atol=atol, equal_nan=True):
        return Finding(name, True)
    if mine.ndim == 0:
        return Finding(name, False, _number(mine), _number(right), look)
    first = tuple(np.argwhere(~np.isclose(mine, right, rtol=rtol, atol=atol, equal_nan=True))[0])
    place = f" at {_index(np.array(first))}"
    return Finding(name, False, _number(mine[first]) + place, _number(right[first]) + place, look)


def holds(
    name: str,
    condition: bool | np.bool_,
    *,
    given: Plain = "",
    expected: Plain = "",
    look: str = "",
) -> Finding:
    """Something that is so or not."""
    return Finding(name, bool(condition), describe(given), describe(expected), look)


def describe(value: Plain) -> str:
    """A value in few words: short ones as they are, arrays by shape and first numbers."""
    if isinstance(value, str):
        return value
    if isinstance(value, np.ndarray) and value.size > 8:
        head = ", ".join(_number(x) for x in value.ravel()[:4])
        return f"array of shape {value.shape}: {head}, …"
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=5, separator=", ")
    if isinstance(value, float | np.floating):
        return _number(np.asarray(value))
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}…"


def _number(value: Any) -> str:
    return f"{float(value):.6g}"


def _shaped(array: np.ndarray) -> str:
    return f"shape {array.shape}" if array.ndim else f"a single number, {_number(array)}"


def _index(position: np.ndarray) -> str:
    inside = ", ".join(str(int(i)) for i in position)
    return f"[{inside}]"
