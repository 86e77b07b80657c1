"""Real data from well-kept packages, without a network, and the windows cut from it."""

from seqcourse.data.series import YearlySeries, sunspots
from seqcourse.data.windows import lagged
from seqcourse.data.words import Spellings, spellings

__all__ = ["Spellings", "YearlySeries", "lagged", "spellings", "sunspots"]
