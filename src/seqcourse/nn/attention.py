"""Attention layers: dot-product, general and additive. They differ in their scores alone.

All are batch first; `key_padding_mask` is True where a key is padding, as in
torch.nn.MultiheadAttention (and the reverse of scaled_dot_product_attention's `attn_mask`).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from seqcourse.nn.attention_checks import layer_input
from seqcourse.nn.attention_scores import (
    additive_score,
    attention_weights,
    dot_score,
    general_score,
)


class Attention(nn.Module):
    """What all three share: mask, softmax, and reading the values."""

    sizes: tuple[int, int] | None = None  # of queries and keys; None: any, but equal

    def score(self, query: Tensor, key: Tensor) -> Tensor:
        """(B, L, Dq), (B, S, Dk) -> (B, L, S): how well each key answers each query."""
        raise NotImplementedError

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Each query reads a weighted mean of the values.

        Args:
            query: (B, L, Dq).
            key: (B, S, Dk).
            value: (B, S, Dv).
            key_padding_mask: (B, S), True where a key is padding and gets no weight.

        Returns:
            (B, L, Dv) what is read, and (B, L, S) the weights. Where all keys are padding both
            are 0.

        Raises:
            TypeError: no tensor; a mask that is not of booleans.
            ValueError: shapes that do not fit.
        """
        name = type(self).__name__
        mask = layer_input(name, query, key, value, key_padding_mask, self.sizes)
        weights = attention_weights(self.score(query, key), mask)  # (B, L, S)
        return weights @ value, weights


class DotProductAttention(Attention):
    """q·k times `scale`, by default 1 / sqrt(D): Vaswani et al. (2017).

    Args:
        scale: 1.0 gives Luong's 'dot'; None 1 / sqrt(D), with D the width of queries and keys.
    """

    def __init__(self, scale: float | None = None) -> None:
        super().__init__()
        self.scale = scale

    def score(self, query: Tensor, key: Tensor) -> Tensor:
        return dot_score(query, key, self.scale)

    def extra_repr(self) -> str:
        return "" if self.scale is None else f"scale={self.scale}"


class GeneralAttention(Attention):
    """(W q + b)·k, by default without b: 'general' of Luong, Pham & Manning (2015).

    Its parameters are those of nn.Linear(query_size, key_size): `weight`, (key_size, query_size),
    and `bias`, (key_size,); they begin as there.
    """

    bias: Tensor | None

    def __init__(self, query_size: int, key_size: int, bias: bool = False) -> None:
        super().__init__()
        _counts(query_size=query_size, key_size=key_size)
        self.sizes = query_size, key_size
        self.weight = nn.Parameter(torch.empty(key_size, query_size))
        self.register_parameter("bias", nn.Parameter(torch.empty(key_size)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        for parameter in self.parameters():
            _uniform(parameter, self.weight.shape[1])

    def score(self, query: Tensor, key: Tensor) -> Tensor:
        return general_score(query, key, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"{self.weight.shape[1]}, {self.weight.shape[0]}, bias={self.bias is not None}"


class AdditiveAttention(Attention):
    """v·tanh(W_q q + W_k k): Bahdanau, Cho & Bengio (2015).

    Its parameters are `weight_q`, (hidden_size, query_size), `weight_k`, (hidden_size, key_size),
    and `v`, (hidden_size,); they begin as those of an nn.Linear.
    """

    def __init__(self, query_size: int, key_size: int, hidden_size: int) -> None:
        super().__init__()
        _counts(query_size=query_size, key_size=key_size, hidden_size=hidden_size)
        self.sizes = query_size, key_size
        self.weight_q = nn.Parameter(torch.empty(hidden_size, query_size))
        self.weight_k = nn.Parameter(torch.empty(hidden_size, key_size))
        self.v = nn.Parameter(torch.empty(hidden_size))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        for parameter in self.parameters():
            _uniform(parameter, parameter.shape[-1])

    def score(self, query: Tensor, key: Tensor) -> Tensor:
        return additive_score(query, key, self.weight_q, self.weight_k, self.v)

    def extra_repr(self) -> str:
        hidden_size, query_size = self.weight_q.shape
        return f"{query_size}, {self.weight_k.shape[1]}, {hidden_size}"


def _uniform(parameter: Tensor, inputs: int) -> None:
    bound = 1 / math.sqrt(inputs)
    nn.init.uniform_(parameter, -bound, bound)


def _counts(**sizes: int) -> None:
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int):
            raise TypeError(f"{name} is a count, but {size!r} came: give 1, 2, ….")
        if size <= 0:
            raise ValueError(f"{name} is a count, but {size} came: give 1 or more.")
