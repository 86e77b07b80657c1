"""Real data from well-kept packages, without a network, and the windows cut from it.

To import this imports none of those packages: each loader looks for its own when it is called, and
says what to install if it is missing.
"""

from seqcourse.data.audio import Spoken, spoken
from seqcourse.data.frames import Frames, frames
from seqcourse.data.images import Digits, Pictures, digits, pictures, small_digits
from seqcourse.data.intents import Intents, IntentSplit, intents, split_intents, words_of
from seqcourse.data.music import Chorale, chorales
from seqcourse.data.pronunciations import Pronunciation, Pronunciations, pronunciations
from seqcourse.data.series import WeeklySeries, YearlySeries, co2, nile, sunspots
from seqcourse.data.signals import Mnist1D, Prices, ecg, mnist1d, prices
from seqcourse.data.strokes import strokes
from seqcourse.data.synthetic import Adding, Tokens, adding, copy_memory, echo
from seqcourse.data.text import Dates, Names, dates, names, number_words
from seqcourse.data.tour import Sample, tour
from seqcourse.data.windows import lagged
from seqcourse.data.words import Spellings, spellings

__all__ = [
    "Adding",
    "Chorale",
    "Dates",
    "Digits",
    "Frames",
    "IntentSplit",
    "Intents",
    "Mnist1D",
    "Names",
    "Pictures",
    "Prices",
    "Pronunciation",
    "Pronunciations",
    "Sample",
    "Spellings",
    "Spoken",
    "Tokens",
    "WeeklySeries",
    "YearlySeries",
    "adding",
    "chorales",
    "co2",
    "copy_memory",
    "dates",
    "digits",
    "ecg",
    "echo",
    "frames",
    "intents",
    "lagged",
    "mnist1d",
    "names",
    "nile",
    "number_words",
    "pictures",
    "prices",
    "pronunciations",
    "small_digits",
    "spellings",
    "split_intents",
    "spoken",
    "strokes",
    "sunspots",
    "tour",
    "words_of",
]
