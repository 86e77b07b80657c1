"""Real data from well-kept packages, without a network, and the windows cut from it."""

from seqcourse.data.series import YearlySeries, sunspots
from seqcourse.data.windows import lagged

__all__ = ["YearlySeries", "lagged", "sunspots"]
