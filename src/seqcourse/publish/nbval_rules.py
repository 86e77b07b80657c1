"""A pytest plugin: how nbval compares a notebook's outputs when it runs it again.

What mathematics fixes is compared: text and integers exactly, floats to a relative 1e-3. What
training or a clock produces differs between machines: in cells tagged `trained` or `timed` the
words are compared, and numbers only as finite. There is no other exemption, and these are counted.
A cell that never ran fails.
"""

from __future__ import annotations

import math
import os
import re
from typing import Any

import pytest
from nbval.plugin import IPyNbCell, NbCellError

from seqcourse.publish.runner import ENVIRONMENT

# Outputs may differ where training or a clock made them; the two kinds there are.
LOOSE_TAGS = ("trained", "timed")
TOLERANCE = 1e-3
# The gap between two ways to one float32 number: processors add in different orders, so that it
# differs between them by about its own size.
ROUNDING = 1e-6
# A picture's coordinates are rounded to a tenth of a point: a last digit may tip either way.
ROUNDED = 0.11

# With the full stop behind it: '1.' is a number that NumPy prints, and the end of a sentence.
_NUMBER = re.compile(
    r"(?<![\w.#])[-+\u2212]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w])\.?|\bnan\b|\binf\b"
)
_SVG = re.compile(r"<svg\b.*?</svg>|data:image/svg\+xml,[^\"]*", re.DOTALL)
_PATH = re.compile(
    r"(?<=[MLQC])(?=[-\d.])|(?<=[\d.])(?=[MLQCz])"
)  # 'M12.5L13': the letters are no part of the numbers


class Tolerant(str):
    """Text that equals other text if the words agree and the numbers are close."""

    loose = False

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str):
            return NotImplemented
        mine, theirs = str(self), str(other)
        if not _agree(_SVG.sub("", mine), _SVG.sub("", theirs), self.loose):
            return False
        if self.loose:  # a picture of trained numbers: its alt text was compared
            return True
        pictures = (_SVG.findall(mine), _SVG.findall(theirs))
        return len(pictures[0]) == len(pictures[1]) and all(
            _agree(_PATH.sub(" ", one), _PATH.sub(" ", two), False, ROUNDED)
            for one, two in zip(*pictures, strict=True)
        )

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def _agree(one: str, other: str, loose: bool, within: float = ROUNDING) -> bool:
    if _NUMBER.sub("#", one) != _NUMBER.sub("#", other):
        return False
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    return all(_close(a, b, loose, within) for a, b in pairs)


def _close(one: str, other: str, loose: bool, within: float) -> bool:
    one, other = (text.removesuffix(".") for text in (one, other))
    a, b = (float(text.replace("\u2212", "-")) for text in (one, other))
    if loose:
        return math.isfinite(a) and math.isfinite(b)
    if one.lstrip("+-\u2212").isdigit() and other.lstrip("+-\u2212").isdigit() and within < 1e-3:
        return a == b
    close = math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=within)
    return close or (math.isnan(a) and math.isnan(b))


def _sanitize(cell: IPyNbCell, text: str) -> str:
    tolerant = Tolerant(text)
    tolerant.loose = bool(set(cell.cell.metadata.get("tags", ())) & set(LOOSE_TAGS))
    return tolerant


def _run(cell: IPyNbCell, original: Any = IPyNbCell.runtest) -> None:
    """Fail a cell that was never run: nbval would compare it with nothing, and pass."""
    if cell.cell.get("execution_count") is None and cell.cell.source.strip():
        raise NbCellError(cell.cell_num, "This cell never ran: call `make book`.", cell.cell.source)
    original(cell)


def pytest_configure(config: pytest.Config) -> None:
    """Put our comparison in nbval's place, and run the kernels as the book's runner does."""
    IPyNbCell.sanitize = _sanitize
    IPyNbCell.runtest = _run
    os.environ.update(ENVIRONMENT)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Count the cells whose numbers were not compared."""
    import nbformat

    paths = {
        item.split("::")[0] for key in ("passed", "failed") for item in _ids(terminalreporter, key)
    }
    cells = [
        cell
        for path in sorted(paths)
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
    ]
    tags = [tag for cell in cells for tag in cell.metadata.get("tags", ())]
    counts = ", ".join(f"{tags.count(tag)} {tag} cells" for tag in LOOSE_TAGS)
    terminalreporter.write_line(f"exemptions: {counts} of {len(cells)}")


def _ids(terminalreporter: Any, key: str) -> list[str]:
    return [
        report.nodeid for report in terminalreporter.stats.get(key, []) if ".ipynb" in report.nodeid
    ]
