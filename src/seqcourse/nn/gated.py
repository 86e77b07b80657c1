"""What LSTM and GRU share above the driver: the fast path takes the input's product with it."""

from __future__ import annotations

from torch import Tensor

from seqcourse.gradients.steps import BatchSizes
from seqcourse.nn.fallback import plain_loop_needed
from seqcourse.nn.recurrent import RNNBase, Weights
from seqcourse.nn.unroll import Parts


class GatedBase(RNNBase):
    """A layer with a gradient by hand for all of itself: input, weights, biases and projection."""

    def by_hand(
        self, x: Tensor, state: Parts, weights: Weights, batch_sizes: BatchSizes
    ) -> tuple[Tensor, Parts]:
        """One layer in one direction: the output at every step, and the last state.

        It must be the plain loop of the standard step, with the same gradients.
        """
        raise NotImplementedError

    def _run(
        self, x: Tensor, state: Parts, weights: Weights, batch_sizes: BatchSizes
    ) -> tuple[Tensor, Parts]:
        if self.step is not None or plain_loop_needed():
            return super()._run(x, state, weights, batch_sizes)
        return self.by_hand(x, state, weights, batch_sizes)
