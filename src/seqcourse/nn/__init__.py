"""Layers under torch.nn's contract: the same names, arguments, shapes and parameters.

Each layer's equation stands alone in a step function, such as `rnn_step`.
"""

from typing import TYPE_CHECKING

from seqcourse.lazy import lazy

if TYPE_CHECKING:
    from seqcourse.nn.recurrent import RNNBase
    from seqcourse.nn.rnn import RNN, RNNCell
    from seqcourse.nn.rnn_step import rnn_step

lazy(
    __name__,
    recurrent="RNNBase",
    rnn="RNN RNNCell",
    rnn_step="rnn_step",
)
