"""What a judge finds: one thing looked at, whether it is right, and what to say if not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Plain = Any  # NumPy arrays, Python scalars, strings, and lists, tuples and dicts of them

NOTHING = "nothing (None)"
NO_RETURN = "Does every path of your function end in `return`?"


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
    right = np.asarray(expected)
    right = right.astype(complex if np.iscomplexobj(right) else float)
    mine, why = _numbers(given, right)
    if mine is None:
        wanted = f"numbers of shape {right.shape}" if right.ndim else "a number"
        return Finding(name, False, NOTHING if given is None else describe(given), wanted, why)
    if mine.shape != right.shape:
        hint = _shape_hint(mine, right, rtol, atol)
        return Finding(name, False, _shaped(mine), _shaped(right), hint or look)
    with np.errstate(invalid="ignore"):
        same = np.isclose(mine, right, rtol=rtol, atol=atol, equal_nan=True)
    if same.all():
        return Finding(name, True)
    lost = ~np.isfinite(mine) & np.isfinite(right)
    first = tuple(int(i) for i in np.argwhere(lost if lost.any() else ~same)[0])
    place = f" at {list(first)}" if first else ""
    one, other = _told_apart(mine[first], right[first])
    if mine.size > 1:
        count = int(lost.sum() if lost.any() else (~same).sum())
        one += (
            f"{place}; {count} of {mine.size} values {'are no numbers' if lost.any() else 'differ'}"
        )
    hint = "" if lost.any() else _value_hint(mine, right, rtol, atol)
    if "sign" in hint and "sign" in look.lower():
        hint = ""
    return Finding(name, False, one, other + place, " ".join(filter(None, (hint, look))))


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
        return _shortened(value)
    if isinstance(value, np.ndarray) and value.size > 8:
        first = value.ravel()[:4]
        head = ", ".join(map(str, first.round(5) if first.dtype.kind in "iufc" else first))
        return f"array of shape {value.shape}: {head}, …"
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=5, separator=", ")
    if isinstance(value, float | complex):
        return _number(value)
    return _shortened(repr(value))


def _numbers(given: Plain, right: np.ndarray) -> tuple[np.ndarray | None, str]:
    """The given value as numbers of the wanted type, or None and why it is none."""
    if given is None:
        return None, NO_RETURN
    if isinstance(given, str):
        if given == "<an object of type function>":  # so `plain` names what it cannot keep
            return None, "That is a function: call it, and give what it returns."
        if given.startswith("<an object of type"):
            return None, "Return the number itself, or an array."
        return None, "That is text. Return the number itself: no quotes, no formatting."
    try:
        mine = np.asarray(given)
    except ValueError:
        return None, "Its rows have different lengths, so it is no array."
    if mine.dtype.kind not in "iufc":
        if mine.dtype.kind == "b":
            return None, "That says whether something is true. Return the number itself."
        return None, "Not all that is in it are numbers."
    if mine.dtype.kind == "c" and not np.iscomplexobj(right):
        if np.abs(mine.imag).max(initial=0) > 1e-9:
            return None, "These are complex numbers; the answer is real."
        mine = mine.real
    return mine.astype(right.dtype), ""


def _shape_hint(mine: np.ndarray, right: np.ndarray, rtol: float, atol: float) -> str:
    """What is likely wrong with the shape; empty where nothing is likely."""

    def same(array: np.ndarray) -> bool:
        return bool(np.allclose(array, right, rtol=rtol, atol=atol, equal_nan=True))

    if mine.ndim == right.ndim == 2 and mine.shape == right.shape[::-1]:
        values = "The values are right, but the" if same(mine.T) else "The"
        return f"{values} two axes are swapped: transpose."
    if mine.size == right.size:
        values = "The values are right, the shape is not" if same(mine.reshape(right.shape)) else ""
        if mine.ndim > right.ndim:
            return f"{values or 'Too many axes'}: drop the axes of length 1."
        return f"{values}: reshape." if values else ""
    if mine.ndim == right.ndim:
        gaps = [m - r for m, r in zip(mine.shape, right.shape, strict=True)]
        if sum(map(abs, gaps)) == 1:
            axis = next(i for i, gap in enumerate(gaps) if gap)
            more = "many" if gaps[axis] > 0 else "few"
            where = f" along axis {axis}" if mine.ndim > 1 else ""
            return f"One too {more}{where}: where do your indices begin and end?"
    if mine.ndim and not right.ndim:
        return "One number is asked for. Is a sum or a mean missing?"
    return ""


def _value_hint(mine: np.ndarray, right: np.ndarray, rtol: float, atol: float) -> str:
    """Which simple slip explains all of the differences; empty where none does."""

    def same(one: np.ndarray, other: np.ndarray) -> bool:
        return bool(np.allclose(one, other, rtol=rtol, atol=atol))

    if same(mine, -right):
        return "The sign is flipped."
    if mine.ndim == 0 or mine.shape[0] < 3:
        return ""
    if same(mine[1:], right[:-1]) and not same(right[1:], right[:-1]):
        return "Your values come one place too late."
    if same(mine[:-1], right[1:]) and not same(right[1:], right[:-1]):
        return "Your values come one place too early."
    if same(mine[::-1], right):
        return "The order is reversed."
    if mine.ndim == 2 and mine.shape[0] == mine.shape[1] and same(mine.T, right):
        return "It is the transpose of what is asked for."
    largest = np.unravel_index(np.abs(right).argmax(), right.shape)
    factor = mine[largest] / right[largest] if right[largest] else 0.0
    if factor and same(mine, factor * right):
        return f"All your values are {_number(factor)} times the right ones."
    return ""


def _told_apart(one: Any, other: Any) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to see the difference."""
    for digits in (6, 9, 12, 17):
        texts = _number(one, digits), _number(other, digits)
        if texts[0] != texts[1]:
            break
    return texts


def _number(value: Any, digits: int = 6) -> str:
    if np.iscomplexobj(value):
        return f"{complex(value):.{digits}g}"
    if np.isnan(value):
        return "NaN"
    return f"{float(value):.{digits}g}".replace("inf", "infinity")


def _shaped(array: np.ndarray) -> str:
    if array.ndim:
        return f"shape {array.shape}"
    return f"a single number, {_number(array)}"


def _shortened(text: str) -> str:
    return text if len(text) <= 160 else f"{text[:157]}…"
