"""Values as JSON holds them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

_ATOM = r"(?:-?\d[\d.eE+-]*|null)"
_ROW = re.compile(rf"\[\s+({_ATOM}(?:,\s+{_ATOM})*)\s+\]")


def plain(value: Any) -> Any:
    """A value as JSON holds it: arrays, tensors and tuples as lists; what is not finite as None.

    Raises:
        ValueError: it is none that JSON can hold.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, int | float):
        return value if math.isfinite(value) else None
    if isinstance(value, torch.Tensor):
        return plain(value.detach().cpu().tolist())
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        if wrong := [key for key in value if not isinstance(key, str)]:
            raise ValueError(f"the key {wrong[0]!r} is no text, and JSON would change it: use one.")
        return {key: plain(item) for key, item in value.items()}
    raise ValueError(
        f"JSON cannot hold {value!r:.80} of type {type(value).__name__}: give numbers, texts, and "
        "lists and dicts of them."
    )


def to_text(value: Any) -> str:
    """JSON with one line a value; rows of numbers stand on one line."""
    text = json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False)
    return _ROW.sub(lambda row: "[" + " ".join(row[1].split()) + "]", text) + "\n"


def read(path: Path) -> dict[str, Any] | None:
    """What a file holds, None if there is none or it is damaged."""
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
