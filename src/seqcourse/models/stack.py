"""Recurrent layers one above the other, each reading the states of the one below."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn


class Stack(nn.Module):
    """Layers of one width, with or without residual connections.

    Without: the states of a layer are the input of the next, as torch's `num_layers` does it. With:
    a layer's input is added to its states before they are handed on.

    Args:
        make: (width, width, batch_first=True) -> one recurrent layer, such as `nn.LSTM`.
        width: of the input and of every state.
        depth: how many layers.
        residual: whether a layer's input is added to its states.
    """

    batch_first = True
    bidirectional = False

    def __init__(
        self, make: Callable[..., nn.Module], width: int, depth: int, residual: bool
    ) -> None:
        super().__init__()
        if width < 1 or depth < 1:
            raise ValueError(f"Stack got width={width} and depth={depth}: give at least 1 of each.")
        self.input_size = self.hidden_size = width
        self.residual = residual
        self.layers = nn.ModuleList(make(width, width, batch_first=True) for _ in range(depth))

    def forward(self, x: Tensor, state: list[Any] | None = None) -> tuple[Tensor, list[Any]]:
        """What the last layer hands on, (B, T, width), and the layers' last states.

        Args:
            x: (B, T, width).
            state: one entry a layer, such as the list returned for the steps before; None is zeros.
        """
        ends = []
        for layer, begin in zip(self.layers, state or [None] * len(self.layers), strict=True):
            states, end = layer(x, begin)
            x = x + states if self.residual else states
            ends.append(end)
        return x, ends
