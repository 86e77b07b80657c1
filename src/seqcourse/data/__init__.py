"""Real data from well-kept packages, without a network; tasks made from a seed; what cuts, splits
and pads them.

To import this imports none of those packages: each loader looks for its own when it is called, and
says what to install if it is missing.
"""

from typing import TYPE_CHECKING

from seqcourse.lazy import lazy

if TYPE_CHECKING:
    from seqcourse.data.audio import Spoken, spoken
    from seqcourse.data.captions import Captioned, captions
    from seqcourse.data.dates import DatePairs, DateSplit, date_pairs
    from seqcourse.data.frames import Frames, frames
    from seqcourse.data.images import Digits, Pictures, digits, pictures, small_digits
    from seqcourse.data.intents import (
        Intents,
        IntentSplit,
        Labelled,
        intents,
        split_intents,
        words_of,
    )
    from seqcourse.data.music import Chorale, chorales
    from seqcourse.data.numbers import NumberPairs, NumberSplit, number_pairs
    from seqcourse.data.padding import PAD, UNKNOWN, Padded, Vocabulary, masked_mean, pad
    from seqcourse.data.pairs import (
        PairBatch,
        Pairs,
        letters,
        pair_batch,
        pair_batches,
        phonemes,
        pronunciation_pairs,
        target_batch,
    )
    from seqcourse.data.pronunciations import Pronunciation, Pronunciations, pronunciations
    from seqcourse.data.series import WeeklySeries, YearlySeries, co2, nile, sunspots
    from seqcourse.data.signals import Mnist1D, Prices, ecg, mnist1d, prices
    from seqcourse.data.splits import (
        Leak,
        require_no_leak_in_time,
        require_no_shared_group,
        split_by_group,
        split_by_time,
    )
    from seqcourse.data.strips import StripBatch, Strips, strip_batch, strips
    from seqcourse.data.strokes import strokes
    from seqcourse.data.synthetic import Adding, Tokens, adding, copy_memory, echo
    from seqcourse.data.text import Dates, Names, dates, names, number_words
    from seqcourse.data.tour import Sample, tour
    from seqcourse.data.windows import lagged
    from seqcourse.data.wordpieces import Wordpieces, learn_merges, merge
    from seqcourse.data.words import (
        ALPHABET,
        END,
        IGNORE,
        Batch,
        Spellings,
        batch,
        decode,
        encode,
        part_of,
        spellings,
    )

lazy(
    __name__,
    audio="Spoken spoken",
    captions="Captioned captions",
    dates="DatePairs DateSplit date_pairs",
    frames="Frames frames",
    images="Digits Pictures digits pictures small_digits",
    intents="IntentSplit Intents Labelled intents split_intents words_of",
    music="Chorale chorales",
    numbers="NumberPairs NumberSplit number_pairs",
    padding="PAD UNKNOWN Padded Vocabulary masked_mean pad",
    pairs="PairBatch Pairs letters pair_batch pair_batches phonemes pronunciation_pairs "
    "target_batch",
    pronunciations="Pronunciation Pronunciations pronunciations",
    series="WeeklySeries YearlySeries co2 nile sunspots",
    signals="Mnist1D Prices ecg mnist1d prices",
    splits="Leak require_no_leak_in_time require_no_shared_group split_by_group split_by_time",
    strips="StripBatch Strips strip_batch strips",
    strokes="strokes",
    synthetic="Adding Tokens adding copy_memory echo",
    text="Dates Names dates names number_words",
    tour="Sample tour",
    windows="lagged",
    wordpieces="Wordpieces learn_merges merge",
    words="ALPHABET Batch END IGNORE Spellings batch decode encode part_of spellings",
)
