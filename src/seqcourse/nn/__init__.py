"""Layers under torch.nn's contract: the same names, arguments, shapes and parameters.

Each layer's equation stands alone in a step function, such as `rnn_step`.
"""

from seqcourse.nn.recurrent import RNNBase
from seqcourse.nn.rnn import RNN, RNNCell
from seqcourse.nn.rnn_step import rnn_step

__all__ = ["RNN", "RNNBase", "RNNCell", "rnn_step"]
