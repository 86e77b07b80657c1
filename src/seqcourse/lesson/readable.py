"""Numbers as a page sets them, from numbers as Python's formats write them."""

from __future__ import annotations

import re

_ZERO = re.compile(r"(?<![\w.])0(?:\.0+)?e[+-]\d+")
_POWER = re.compile(r"(?<=\d)e([+-])0*(\d+)(?!\w)")
_MINUS = re.compile(r"(?<![^\s(±^])-(?=\.?\d)")  # a sign, not a hyphen: nothing stands before it


def readable(text: str) -> str:
    """`text` with 0 for 0e+00, 3e-8 for 3e-08, 2e9 for 2e+09, and −1 for -1."""
    text = _POWER.sub(lambda m: f"e{m[1].strip('+')}{m[2]}", _ZERO.sub("0", text))
    return _MINUS.sub("\N{MINUS SIGN}", text)
