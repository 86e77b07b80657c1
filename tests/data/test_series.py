"""The data sets are the ones the course was written on."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from seqcourse.data import co2, nile, packages, sunspots


def test_sunspots_known_values() -> None:
    year, number = sunspots()
    assert year.shape == number.shape == (309,)
    assert year.dtype.kind == "i" and number.dtype == np.float64
    assert (year[0], year[-1]) == (1700, 2008) and (np.diff(year) == 1).all()
    assert number[:5].tolist() == [5, 11, 16, 23, 36]
    assert number[year == 1957] == 190.2 == number.max()
    assert number.min() == 0 and np.isclose(number.sum(), 15373.4)


def test_nile_known_values() -> None:
    year, number = nile()
    assert year.shape == number.shape == (100,) and (year[0], year[-1]) == (1871, 1970)
    assert number[:3].tolist() == [1120, 1160, 963]
    assert number[year > 1898].mean() < 0.8 * number[year <= 1898].mean()


def test_co2_known_values_and_gaps() -> None:
    date, number = co2()
    assert date.shape == number.shape == (2284,)
    assert (np.diff(date) == np.timedelta64(7, "D")).all()
    assert (str(date[0]), str(date[-1])) == ("1958-03-29", "2001-12-29")
    assert number[0] == 316.1 and np.nanmin(number) == 313 and np.nanmax(number) == 373.9
    missing = np.isnan(number)
    assert missing.sum() == 59
    starts, ends = np.flatnonzero(np.diff(missing, prepend=False, append=False)).reshape(-1, 2).T
    assert len(starts) == 22 and (ends - starts).max() == 18


def test_each_call_gives_new_arrays() -> None:
    sunspots().number[:] = -1
    assert sunspots().number[0] == 5


def test_between_includes_both_years() -> None:
    part = sunspots().between(1749, 1924)
    assert len(part.number) == 176 and part.year[0] == 1749 and part.number[0] == 80.9
    assert sunspots().between(1700, 2008).number.size == 309


@pytest.mark.parametrize("years", [(1699, 1800), (1800, 2009), (1900, 1800)])
def test_between_refuses_other_years(years: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="runs from 1700 to 2008"):
        sunspots().between(*years)


def test_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install statsmodels"):
        sunspots()


def test_missing_file_says_what_to_do() -> None:
    with pytest.raises(FileNotFoundError, match="pip install --upgrade statsmodels"):
        packages.inside("statsmodels", "datasets/none.csv")


def test_reading_is_light() -> None:
    """Neither statsmodels nor what it needs is imported."""
    code = (
        "import sys; from seqcourse.data import sunspots; sunspots();"
        "print([m for m in ('statsmodels', 'pandas', 'scipy', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
