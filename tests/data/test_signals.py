"""Signals: shapes, facts, nothing from a network, and the reader's own seeds left alone."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest

from seqcourse.data import mnist1d, prices, signals


def test_mnist1d_is_the_one_of_its_authors() -> None:
    train_x, train_y, test_x, test_y = mnist1d()
    assert train_x.shape == (4000, 40) and test_x.shape == (1000, 40)
    assert train_y.shape == (4000,) and test_y.shape == (1000,)
    assert train_x.dtype == np.float64 and train_y.dtype.kind == "i"
    every = np.concatenate([train_x, test_x])
    assert abs(every.mean()) < 1e-12 and np.isclose(every.std(), 1)
    assert np.bincount(np.concatenate([train_y, test_y])).tolist() == [500] * 10
    assert train_y[:10].tolist() == [2, 6, 4, 5, 6, 6, 6, 0, 3, 1]
    np.testing.assert_allclose(train_x[0, :3], [-0.33200567, -0.47191037, -0.77869708], atol=1e-7)


def test_mnist1d_is_new_at_each_call_and_leaves_seeds_alone() -> None:
    random.seed(5)
    np.random.seed(5)
    wanted = random.random(), np.random.rand()
    random.seed(5)
    np.random.seed(5)
    signals._mnist1d.__wrapped__()
    assert (random.random(), np.random.rand()) == wanted
    mnist1d().train_x[:] = 0
    assert mnist1d().train_x.any()


def test_mnist1d_is_the_same_in_another_process_without_a_network(
    elsewhere: Callable[[str], str],
) -> None:
    code = (
        "from seqcourse.data import mnist1d; import numpy as np; d = mnist1d();"
        "print(repr(float(np.abs(d.train_x).sum())), d.test_y[:5].tolist())"
    )
    total, labels = elsewhere(code).split(maxsplit=1)
    assert float(total) == np.abs(mnist1d().train_x).sum()
    assert labels == str(mnist1d().test_y[:5].tolist())


@pytest.mark.parametrize(
    ("symbol", "days", "first", "last"),
    [
        ("AAPL", 3270, "2000-03-01", 56.1374),
        ("IBM", 3270, "2000-03-01", 175.2712),
        ("MSFT", 3270, "2000-03-01", 24.6843),
        ("GOOG", 2148, "2004-08-19", 404.3432),
        ("FB", 196, "2012-05-18", 27.78),
    ],
)
def test_prices(symbol: str, days: int, first: str, last: float) -> None:
    date, close = prices(symbol)
    assert date.shape == close.shape == (days,)
    assert str(date[0]) == first and str(date[-1]) == "2013-03-01"
    assert (np.diff(date) > np.timedelta64(0, "D")).all()
    assert close.min() > 0 and np.isclose(close[-1], last, atol=1e-4)


def test_a_split_of_a_stock_is_no_fall_of_its_price() -> None:
    """Apple gave two shares for one on 28 February 2005: half the price, no loss."""
    date, close = prices("AAPL")
    day = int(np.flatnonzero(date == np.datetime64("2005-02-28"))[0])
    assert 0.9 < close[day] / close[day - 1] < 1.1


def test_prices_are_new_at_each_call() -> None:
    prices("IBM").close[:] = 0
    assert prices("IBM").close.all()


@pytest.mark.parametrize("symbol", ["aapl", "GOOGL", "", None])
def test_an_unknown_symbol_names_the_known_ones(symbol: str) -> None:
    with pytest.raises(ValueError, match="AAPL, FB, GOOG, IBM, MSFT"):
        prices(symbol)


def test_missing_packages_say_what_to_install(without: Callable[[str], None]) -> None:
    without("mnist1d")
    with pytest.raises(ModuleNotFoundError, match="pip install mnist1d"):
        signals._mnist1d.__wrapped__()
    without("bokeh_sampledata")
    with pytest.raises(ModuleNotFoundError, match="pip install bokeh-sampledata"):
        signals._prices.__wrapped__()


def test_reading_is_light(elsewhere: Callable[[str], str]) -> None:
    """Of the packages that ship data none is imported, nor pandas."""
    code = (
        "import sys; from seqcourse.data import prices; prices('IBM');"
        "print([m for m in ('bokeh_sampledata', 'pandas', 'torch', 'scipy') if m in sys.modules])"
    )
    assert elsewhere(code) == "[]"
