"""A layer of WaveNet: a gated causal convolution, with a residual and a skip connection.

Source: van den Oord et al. (2016), WaveNet: a generative model for raw audio, equations 2 and 3.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from seqcourse.nn.causal_conv import CausalConv1d


def gated_unit(a: Tensor) -> Tensor:
    """tanh(a_f) * sigmoid(a_g): what is said, and how much of it.

    Args:
        a: (B, 2 C, …), the rows of f, then those of g.

    Returns:
        (B, C, …).
    """
    a_f, a_g = a.chunk(2, 1)  # (B, C, …) each
    return torch.tanh(a_f) * torch.sigmoid(a_g)


class WaveNetBlock(nn.Module):
    """z = tanh(W_f * x + V_f c) sigmoid(W_g * x + V_g c); on goes x + W_r z, out goes W_s z.

    Args:
        channels: C, of what goes in and on.
        skip_channels: S, of what goes out to the skip connections' sum.
        kernel_size, dilation: of the causal convolution.
        condition_channels: K, numbers that condition it; 0: nothing does.
        gated: with the unit above; without, z = relu(W_f * x + V_f c).
        device, dtype: of the parameters.

    Raises:
        TypeError, ValueError: counts that are none, see `CausalConv1d`; a negative
            condition_channels.
    """

    def __init__(
        self,
        channels: int,
        skip_channels: int,
        kernel_size: int = 2,
        *,
        dilation: int = 1,
        condition_channels: int = 0,
        gated: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if condition_channels < 0:
            raise ValueError(
                f"WaveNetBlock got condition_channels={condition_channels}: give 0 for none."
            )
        self.channels, self.condition_channels, self.gated = channels, condition_channels, gated
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        inner = channels * (2 if gated else 1)
        self.dilated = CausalConv1d(channels, inner, kernel_size, dilation=dilation, **made)
        self.condition = (
            nn.Linear(condition_channels, inner, bias=False, **made) if condition_channels else None
        )
        self.residual = nn.Conv1d(channels, channels, 1, **made)
        self.skip = nn.Conv1d(channels, skip_channels, 1, **made)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """What goes on to the next block, (B, C, T), and out to the skip connections, (B, S, T).

        Args:
            x: (B, C, T).
            condition: (B, K), the same at all places, or (B, K, T).

        Raises:
            ValueError: a condition where none is used, or none where one is.
            RuntimeError: shapes or dtypes that do not fit.
        """
        return self._mixed(x, self.dilated(x), condition)

    def extend(
        self, x: Tensor, cache: Tensor | None = None, condition: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """`forward` for the next places: what goes on, what goes out, and the convolution's cache.

        Args:
            x: (B, C, T).
            cache: see `CausalConv1d.step`.
            condition: (B, K), or (B, K, T) of these places.

        Raises:
            ValueError, RuntimeError: as `forward`.
        """
        a, cache = self.dilated.extend(x, cache)
        return (*self._mixed(x, a, condition), cache)

    def step(
        self, x_t: Tensor, cache: Tensor | None = None, condition: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """`extend` for one place: x_t (B, C), a condition (B, K); (B, C), (B, S) and the cache."""
        on, out, cache = self.extend(x_t[..., None], cache, condition)
        return on[..., 0], out[..., 0], cache

    def _mixed(self, x: Tensor, a: Tensor, condition: Tensor | None) -> tuple[Tensor, Tensor]:
        if (condition is None) != (self.condition is None):
            given = "no condition came" if condition is None else "a condition came"
            raise ValueError(
                f"WaveNetBlock was made with condition_channels={self.condition_channels}, and "
                f"{given}: give one if and only if it is above 0."
            )
        if condition is not None and self.condition is not None:
            condition = condition[..., None] if condition.dim() == 2 else condition
            a = a + self.condition(condition.mT).mT  # (B, 2 C, T)
        z = gated_unit(a) if self.gated else torch.relu(a)  # (B, C, T)
        return x + self.residual(z), self.skip(z)
