"""What encoder and decoder layers are made of; names and order of the parts are torch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.nn.layer_norm import LayerNorm
from seqcourse.nn.multihead import MultiheadAttention
from seqcourse.nn.transformer_checks import activation_function, layer_options

Activation = str | Callable[[Tensor], Tensor]


class TransformerLayer(nn.Module):
    """Attentions, then a feed-forward network; a norm and a dropout for each of them.

    Args:
        d_model: d, the width.
        nhead: n, the number of heads, a divisor of d.
        dim_feedforward: the width between the two matrices of the network.
        dropout: the share made 0 in training: of attention's weights, of what is between the two
            matrices, and of what each part adds.
        activation: between the two matrices: "relu", "gelu" or a function of a tensor.
        layer_norm_eps: see `LayerNorm`.
        batch_first: (B, T, d) in and out instead of (T, B, d).
        norm_first: pre-norm instead of post-norm.
        bias: with biases, those of the norms too.
        device, dtype: of the parameters.

    Raises:
        TypeError, ValueError, AssertionError, RuntimeError: as torch's.
    """

    attentions: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        layer_options(name, d_model, nhead, dim_feedforward, dropout)
        made: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        for part in self.attentions:
            attention = MultiheadAttention(
                d_model, nhead, dropout=dropout, batch_first=batch_first, **made
            )
            self.add_module(part, attention)
        self.linear1 = nn.Linear(d_model, dim_feedforward, **made)
        self.dropout = nn.Dropout(dropout)
        self.linear2 = nn.Linear(dim_feedforward, d_model, **made)
        self.norm_first = norm_first
        self._parts = range(1, len(self.attentions) + 2)
        for i in self._parts:
            self.add_module(f"norm{i}", LayerNorm(d_model, eps=layer_norm_eps, **made))
        for i in self._parts:
            self.add_module(f"dropout{i}", nn.Dropout(dropout))
        self.activation = activation_function(name, activation)

    @property
    def norms(self) -> tuple[LayerNorm, ...]:
        """norm1, norm2, …"""
        return tuple(getattr(self, f"norm{i}") for i in self._parts)

    def feed(self, x: Tensor) -> Tensor:
        """(…, d) -> (…, d), each position alone; with the last dropout."""
        hidden = self.dropout(self.activation(self.linear1(x)))  # (…, dim_feedforward)
        fed: Tensor = getattr(self, f"dropout{self._parts[-1]}")(self.linear2(hidden))
        return fed
