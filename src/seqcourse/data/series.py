"""Time series that ship inside a package."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seqcourse.data.packages import inside


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


class WeeklySeries(NamedTuple):
    """One number a week.

    Args:
        date: (T,) datetime64[D], Saturdays, without a gap.
        number: (T,) float64; NaN where nothing was measured.
    """

    date: np.ndarray
    number: np.ndarray


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
    path = inside("statsmodels", "datasets/sunspots/sunspots.csv")
    table = np.loadtxt(path, delimiter=",", skiprows=1)  # (309, 2)
    return YearlySeries(table[:, 0].astype(int), table[:, 1].copy())


def nile() -> YearlySeries:
    """The Nile's yearly flow at Aswan, 1871 to 1970, in 10⁸ cubic metres.

    It falls by about a quarter after 1898 and stays there: a series whose mean jumps.

    Source: Cobb, Biometrika 65 (1978), in the package statsmodels, `datasets/nile/nile.csv`, 1 kB.
    Licence: public domain. Read as a file: statsmodels itself is not imported.

    Returns:
        year (100,) int and number (100,) float64, new arrays at each call.

    Raises:
        ModuleNotFoundError: statsmodels is not installed.
        FileNotFoundError: the installed statsmodels has no such file.
    """
    path = inside("statsmodels", "datasets/nile/nile.csv")
    table = np.loadtxt(path, delimiter=",", skiprows=1)  # (100, 2)
    return YearlySeries(table[:, 0].astype(int), table[:, 1].copy())


def co2() -> WeeklySeries:
    """Carbon dioxide in the air over Mauna Loa, Hawaii, weekly from March 1958 to December 2001.

    In parts per million of volume: a slow rise, and a swing with the seasons. For 59 of the weeks
    nothing was measured: they are NaN, in 22 gaps of 1 to 18 weeks. Fill or cut them
    before you make windows.

    Source: Keeling and Whorf, Carbon Dioxide Information Analysis Center (2004), in the package
    statsmodels, `datasets/co2/co2.csv`, 34 kB. Licence: public domain. Read as a file: statsmodels
    itself is not imported.

    Returns:
        date (2284,) and number (2284,) float64, 59 of them NaN; new arrays at each call.

    Raises:
        ModuleNotFoundError: statsmodels is not installed.
        FileNotFoundError: the installed statsmodels has no such file.
    """
    path = inside("statsmodels", "datasets/co2/co2.csv")
    rows = [line.split(",") for line in path.read_text("utf-8").split()[1:]]
    date = np.array([f"{day[:4]}-{day[4:6]}-{day[6:]}" for day, _ in rows], dtype="datetime64[D]")
    return WeeklySeries(date, np.array([float(number or "nan") for _, number in rows]))
