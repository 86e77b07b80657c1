"""The data sets are the ones the course was written on."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from seqcourse.data import series, sunspots


def test_sunspots_known_values() -> None:
    year, number = sunspots()
    assert year.shape == number.shape == (309,)
    assert year.dtype.kind == "i" and number.dtype == np.float64
    assert (year[0], year[-1]) == (1700, 2008) and (np.diff(year) == 1).all()
    assert number[:5].tolist() == [5, 11, 16, 23, 36]
    assert number[year == 1957] == 190.2 == number.max()
    assert number.min() == 0 and np.isclose(number.sum(), 15373.4)


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
    monkeypatch.setattr(series, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install statsmodels"):
        sunspots()


def test_missing_file_says_what_to_do() -> None:
    with pytest.raises(FileNotFoundError, match="pip install --upgrade statsmodels"):
        series._inside("statsmodels", "datasets/none.csv")


def test_reading_is_light() -> None:
    """Neither statsmodels nor what it needs is imported."""
    code = (
        "import sys; from seqcourse.data import sunspots; sunspots();"
        "print([m for m in ('statsmodels', 'pandas', 'scipy', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
