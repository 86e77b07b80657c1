"""A temporal convolutional network: residual blocks of causal convolutions, dilated ever wider.

Source: Bai, Kolter & Koltun (2018), An empirical evaluation of generic convolutional and recurrent
networks for sequence modeling, section 3. Their blocks normalise weights and drop whole channels;
ours drop single numbers, and leave the weights as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from seqcourse.nn.causal_conv import CausalConv1d, receptive_field

Caches = tuple[Tensor, ...]


class TCNBlock(nn.Module):
    """relu(x + F(x)), where F is twice a causal convolution, relu and dropout.

    Args:
        in_channels: C. Where it is not out_channels, a weight for each pair carries x over.
        out_channels: O.
        kernel_size, dilation: of both convolutions.
        dropout: in training.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        dilation: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.first = CausalConv1d(in_channels, out_channels, kernel_size, dilation=dilation)
        self.second = CausalConv1d(out_channels, out_channels, kernel_size, dilation=dilation)
        self.carry = (
            nn.Conv1d(in_channels, out_channels, 1) if in_channels != out_channels else None
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, O, T) from (B, C, T)."""
        inner = self.dropout(torch.relu(self.first(x)))
        return self._with(x, self.dropout(torch.relu(self.second(inner))))

    def extend(self, x: Tensor, caches: Caches | None = None) -> tuple[Tensor, Caches]:
        """`forward` for the next places, and the caches of both convolutions behind them."""
        first, second = caches or (None, None)
        inner, first = self.first.extend(x, first)
        inner, second = self.second.extend(self.dropout(torch.relu(inner)), second)
        return self._with(x, self.dropout(torch.relu(inner))), (first, second)

    def _with(self, x: Tensor, inner: Tensor) -> Tensor:
        carried = x if self.carry is None else self.carry(x)
        return torch.relu(carried + inner)


class TCN(nn.Module):
    """Blocks one above the other, to be used wherever a recurrent layer is.

    Its state is its caches: what every convolution has seen last.

    Args:
        input_size: I, numbers at each place.
        hidden_size: H, channels of every block, and of what comes out.
        dilations: one a block.
        kernel_size: k of every convolution.
        dropout: in training, behind each convolution.
        batch_first: must be True; (B, T, …) in and out, as in a recurrent layer that has it so.

    Raises:
        ValueError: there is no block, or batch_first=False.
    """

    batch_first = True
    bidirectional = False

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        dilations: Sequence[int] = (1, 2, 4),
        kernel_size: int = 3,
        dropout: float = 0.0,
        batch_first: bool = True,
    ) -> None:
        super().__init__()
        if not len(dilations) or not batch_first:
            raise ValueError(
                f"TCN got dilations={list(dilations)} and batch_first={batch_first}: give a "
                "dilation for each block, one at least; its batch always comes first."
            )
        self.input_size, self.hidden_size = input_size, hidden_size
        self.dilations, self.kernel_size = tuple(dilations), kernel_size
        sizes = [input_size, *[hidden_size] * (len(dilations) - 1)]
        self.blocks = nn.ModuleList(
            TCNBlock(size, hidden_size, kernel_size, dilation=d, dropout=dropout)
            for size, d in zip(sizes, dilations, strict=True)
        )

    @property
    def receptive_field(self) -> int:
        """How many places, its own included, an output can depend on."""
        return receptive_field(self.kernel_size, [d for d in self.dilations for _ in range(2)])

    def forward(self, input: Tensor, state: Any = None) -> tuple[Tensor, Caches]:
        """States and caches, as a recurrent layer's.

        Args:
            input: (B, T, I).
            state: the caches returned for the places before, two a block, (B, channels,
                (k - 1) d) each; None: nothing was before.

        Returns:
            (B, T, H), and the caches behind the last place.

        Raises:
            ValueError: another number of caches.
            RuntimeError: shapes or dtypes that do not fit.
        """
        if state is not None and len(state) != 2 * len(self.blocks):
            raise ValueError(
                f"TCN has {2 * len(self.blocks)} caches, and {len(state)} came: give back what "
                "the last call returned."
            )
        x = input.transpose(1, 2)  # (B, I, T)
        found: list[Tensor] = []
        for place, block in enumerate(self.blocks):
            own = None if state is None else (state[2 * place], state[2 * place + 1])
            x, caches = cast(TCNBlock, block).extend(x, own)
            found += caches
        return x.transpose(1, 2), tuple(found)
