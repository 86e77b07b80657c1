"""Plain values as JSON text: what crosses the wall between a student's process and the judge.

No pickle, which would run code on reading. Numbers keep every bit; a tuple stays a tuple, an array
its type, its shape and whether it may be written.
"""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import numpy as np

_KINDS = "biufcU"  # an array of objects is no plain value
_DEEPEST = 50


class NotPlain(ValueError):
    """Something that is no plain value, or too large."""


def dumps(value: Any, most: float = math.inf) -> str:
    """A plain value as text on one line.

    Args:
        value: what `seqcourse.lesson.check.plain` gives.
        most: how many bytes it may take.

    Raises:
        NotPlain: it is not plain, nested too deep, or too large.
    """
    return json.dumps(_packed(value, [most], 0))


def loads(text: str | bytes) -> Any:
    """The value that `dumps` wrote. Whoever wrote the text, nothing of it is run.

    Raises:
        NotPlain: `dumps` never wrote this.
    """
    try:
        return _unpacked(json.loads(text), 0)
    except NotPlain:
        raise
    except (ValueError, TypeError, KeyError, RecursionError, MemoryError) as error:
        raise NotPlain(f"{type(error).__name__} in what came out") from error


def _packed(value: Any, left: list[float], depth: int) -> Any:
    left[0] -= 4 + (value.nbytes * 4 / 3 if isinstance(value, np.ndarray) else 0)
    if isinstance(value, str | int) and type(value) is not bool:
        left[0] -= len(value) if isinstance(value, str) else value.bit_length() / 3
    if left[0] < 0:
        raise NotPlain("it is too large")
    if depth > _DEEPEST:
        raise NotPlain("it is nested too deep")
    kind = type(value)
    if value is None or kind in (bool, float):
        return value
    if kind is int:  # digits beyond 4,300 would be refused on reading
        return value if abs(value) < 10**300 else {"int": hex(value)}
    if kind is str:
        return value.encode(errors="backslashreplace").decode()
    if value is Ellipsis:
        return {"...": 0}
    if kind is complex:
        return {"complex": [value.real, value.imag]}
    if kind is list:
        return [_packed(item, left, depth + 1) for item in value]
    if kind is tuple:
        return {"tuple": [_packed(item, left, depth + 1) for item in value]}
    if kind is dict:
        items = [
            [_packed(key, left, depth), _packed(v, left, depth + 1)] for key, v in value.items()
        ]
        return {"dict": items}
    if kind is np.ndarray and value.dtype.kind in _KINDS:
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {"array": [value.dtype.str, list(value.shape), data, bool(value.flags.writeable)]}
    if isinstance(value, np.generic) and value.dtype.kind in _KINDS:
        return _packed(value.item(), left, depth)
    raise NotPlain(f"a {kind.__name__} is no plain value")


def _unpacked(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        raise NotPlain("it is nested too deep")
    if isinstance(value, list):
        return [_unpacked(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, held),) = value.items()
    if kind == "...":
        return ...
    if kind == "int":
        return int(str(held), 16)
    if kind == "complex":
        return complex(float(held[0]), float(held[1]))
    if kind == "tuple":
        return tuple(_unpacked(item, depth + 1) for item in list(held))
    if kind == "dict":
        return {str(key): _unpacked(item, depth + 1) for key, item in held}
    if kind == "array":
        return _array(*held)
    raise NotPlain(f"there is no kind {kind!r}")


def _array(kind: str, shape: list[int], data: str, writeable: bool) -> np.ndarray:
    dtype = np.dtype(str(kind))
    if dtype.kind not in _KINDS:
        raise NotPlain("an array of objects is no plain value")
    held = base64.b64decode(data, validate=True)
    sides = [int(side) for side in shape]
    if min(sides, default=0) < 0 or math.prod(sides) * dtype.itemsize != len(held):
        raise NotPlain("an array of another size than its shape")
    array = np.frombuffer(bytearray(held), dtype).reshape(sides)
    array.flags.writeable = bool(writeable)
    return array
