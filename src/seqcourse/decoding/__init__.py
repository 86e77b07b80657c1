"""From a model's probabilities to its answers: what is taken, drawn or searched.

A model that writes symbol by symbol is given as a step function, see `decoding.model`; one that was
trained with CTC by its log-probabilities (T, B, V). Put it into eval mode first.
"""

from typing import TYPE_CHECKING

from seqcourse.lazy import lazy

if TYPE_CHECKING:
    from seqcourse.decoding.beam import beam_search, beam_step
    from seqcourse.decoding.ctc import collapse, ctc_best_path, ctc_prefix_beam, prefix_step
    from seqcourse.decoding.model import Hypothesis
    from seqcourse.decoding.one_path import greedy, sample
    from seqcourse.decoding.penalties import coverage_penalty, length_penalty

lazy(
    __name__,
    beam="beam_search beam_step",
    ctc="collapse ctc_best_path ctc_prefix_beam prefix_step",
    model="Hypothesis",
    one_path="greedy sample",
    penalties="coverage_penalty length_penalty",
)
