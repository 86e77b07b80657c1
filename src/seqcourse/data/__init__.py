"""Real data from well-kept packages, without a network, and the windows cut from it."""

from seqcourse.data.series import WeeklySeries, YearlySeries, co2, nile, sunspots
from seqcourse.data.signals import Mnist1D, Prices, mnist1d, prices
from seqcourse.data.tour import Sample, tour
from seqcourse.data.windows import lagged
from seqcourse.data.words import Spellings, spellings

__all__ = [
    "Mnist1D",
    "Prices",
    "Sample",
    "Spellings",
    "WeeklySeries",
    "YearlySeries",
    "co2",
    "lagged",
    "mnist1d",
    "nile",
    "prices",
    "sunspots",
    "spellings",
    "tour",
]
