"""Layers under torch.nn's contract: the same names, arguments, shapes and parameters.

Each layer's equation stands alone in a step function, such as `rnn_step`.
"""

from typing import TYPE_CHECKING

from seqcourse.lazy import lazy

if TYPE_CHECKING:
    from seqcourse.nn import functional
    from seqcourse.nn.attention import (
        AdditiveAttention,
        Attention,
        DotProductAttention,
        GeneralAttention,
    )
    from seqcourse.nn.attention_scores import (
        additive_score,
        attention_weights,
        dot_score,
        general_score,
    )
    from seqcourse.nn.blockwise import blockwise_attention, blockwise_step
    from seqcourse.nn.causal_conv import CausalConv1d, receptive_field
    from seqcourse.nn.causal_conv_step import causal_conv_step
    from seqcourse.nn.ctc import CTCLoss
    from seqcourse.nn.ctc_step import ctc_step
    from seqcourse.nn.footprint import most_bytes
    from seqcourse.nn.gru import GRU, GRUCell
    from seqcourse.nn.gru_step import gru_step
    from seqcourse.nn.heads import join_heads, project_heads, split_heads
    from seqcourse.nn.layer_norm import LayerNorm
    from seqcourse.nn.layer_norm_step import layer_norm
    from seqcourse.nn.linear_attention import (
        LinearAttention,
        linear_attention,
        linear_attention_product,
        linear_attention_step,
    )
    from seqcourse.nn.lstm import LSTM, LSTMCell
    from seqcourse.nn.lstm_step import lstm_step
    from seqcourse.nn.multihead import MultiheadAttention
    from seqcourse.nn.multihead_step import multihead
    from seqcourse.nn.positions import (
        LearnedPosition,
        SinusoidalPosition,
        alibi,
        alibi_slopes,
        rotate,
        sinusoids,
    )
    from seqcourse.nn.recurrent import RNNBase
    from seqcourse.nn.rnn import RNN, RNNCell
    from seqcourse.nn.rnn_step import rnn_step
    from seqcourse.nn.scan import MinGRU, scan, scan_loop, scan_step
    from seqcourse.nn.transformer import Transformer
    from seqcourse.nn.transformer_decoder import TransformerDecoder, TransformerDecoderLayer
    from seqcourse.nn.transformer_encoder import TransformerEncoder, TransformerEncoderLayer
    from seqcourse.nn.transformer_step import decoder_step, encoder_step
    from seqcourse.nn.vector_quantiser import VectorQuantiser, vector_quantise
    from seqcourse.nn.wavenet_block import WaveNetBlock, gated_unit

lazy(
    __name__,
    "functional",
    attention="AdditiveAttention Attention DotProductAttention GeneralAttention",
    attention_scores="additive_score attention_weights dot_score general_score",
    blockwise="blockwise_attention blockwise_step",
    causal_conv="CausalConv1d receptive_field",
    causal_conv_step="causal_conv_step",
    ctc="CTCLoss",
    ctc_step="ctc_step",
    footprint="most_bytes",
    gru="GRU GRUCell",
    gru_step="gru_step",
    heads="join_heads project_heads split_heads",
    layer_norm="LayerNorm",
    layer_norm_step="layer_norm",
    linear_attention=(
        "LinearAttention linear_attention linear_attention_product linear_attention_step"
    ),
    lstm="LSTM LSTMCell",
    lstm_step="lstm_step",
    multihead="MultiheadAttention",
    multihead_step="multihead",
    positions="LearnedPosition SinusoidalPosition alibi alibi_slopes rotate sinusoids",
    recurrent="RNNBase",
    rnn="RNN RNNCell",
    rnn_step="rnn_step",
    scan="MinGRU scan scan_loop scan_step",
    transformer="Transformer",
    transformer_decoder="TransformerDecoder TransformerDecoderLayer",
    transformer_encoder="TransformerEncoder TransformerEncoderLayer",
    transformer_step="decoder_step encoder_step",
    vector_quantiser="VectorQuantiser vector_quantise",
    wavenet_block="WaveNetBlock gated_unit",
)
