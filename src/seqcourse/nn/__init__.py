"""Layers under torch.nn's contract: the same names, arguments, shapes and parameters.

Each layer's equation stands alone in a step function, such as `rnn_step`.
"""

from typing import TYPE_CHECKING

from seqcourse.lazy import lazy

if TYPE_CHECKING:
    from seqcourse.nn.gru import GRU, GRUCell
    from seqcourse.nn.gru_step import gru_step
    from seqcourse.nn.lstm import LSTM, LSTMCell
    from seqcourse.nn.lstm_step import lstm_step
    from seqcourse.nn.recurrent import RNNBase
    from seqcourse.nn.rnn import RNN, RNNCell
    from seqcourse.nn.rnn_step import rnn_step

lazy(
    __name__,
    gru="GRU GRUCell",
    gru_step="gru_step",
    lstm="LSTM LSTMCell",
    lstm_step="lstm_step",
    recurrent="RNNBase",
    rnn="RNN RNNCell",
    rnn_step="rnn_step",
)
