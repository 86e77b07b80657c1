"""Where a symbol stands: added (sinusoids, a table), turned (rotary), or in the scores (ALiBi).

Places count from 0, as in the papers. Shapes: B sequences, T places, width d, n heads of width d_k;
L queries, S keys.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

BASE = 10_000.0  # of the angles, in Vaswani et al. (2017) and Su et al. (2021)


def rates(width: int, base: float = BASE) -> Tensor:
    """(d / 2,) angles by which pair i of columns goes on at each place: base^(-2 i / d)."""
    if width < 2 or width % 2:
        raise ValueError(f"columns turn in pairs, but width={width} came: give an even width.")
    return base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)


def sinusoids(
    length: int,
    width: int,
    *,
    offset: int = 0,
    base: float = BASE,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """(T, d): sines in even columns, cosines in odd ones; Vaswani et al. (2017), section 3.5.

    Row t is that of place `offset` + t.
    """
    places = torch.arange(offset, offset + length, dtype=torch.float64)
    angles = places[:, None] * rates(width, base)  # (T, d / 2)
    table = torch.stack((angles.sin(), angles.cos()), -1).flatten(-2)  # (T, d)
    return table.to(dtype or torch.get_default_dtype())


def rotate(x: Tensor, places: Tensor, base: float = BASE) -> Tensor:
    """(…, T, d_k) -> (…, T, d_k): columns 2 i and 2 i + 1 turn by place · base^(-2 i / d_k).

    Su et al. (2021). For queries and keys, never for values: then a score depends on
    the distance of their places alone.

    Args:
        places: (T,), or any shape that broadcasts to x without its last dimension.
    """
    if places.dim() == 0 or places.shape[-1] != x.shape[-2]:
        raise ValueError(
            f"rotate got x {tuple(x.shape)} and places {tuple(places.shape)}: x is (…, T, d_k), "
            "and each of its T rows wants one place."
        )
    rate = rates(x.shape[-1], base).to(x.device)
    angles = places.to(torch.float64)[..., None] * rate  # (…, T, d_k / 2)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


def alibi_slopes(heads: int) -> list[float]:
    """What each head takes off a score for each step of distance; Press et al. (2022), section 3.

    2^(-8/n), 2^(-16/n), …, 2^-8 for n heads, a power of two. For others, as the authors' code has
    it: those of the next smaller power, then every second one of twice that power.
    """
    if isinstance(heads, bool) or not isinstance(heads, int) or heads < 1:
        raise ValueError(f"heads is a count, but {heads!r} came: give 1, 2, ….")
    power = 1 << heads.bit_length() - 1
    whole = [2 ** (-8 * i / power) for i in range(1, power + 1)]
    between = [2 ** (-4 * i / power) for i in range(1, 2 * power + 1, 2)]
    return whole + between[: heads - power]


def alibi(
    heads: int,
    queries: int,
    keys: int,
    *,
    causal: bool = True,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """(n, L, S) to be added to scores: minus slope times distance, and -inf for keys yet to come.

    The last query stands at the last key: with more keys than queries, as when they are kept from
    earlier steps, these are the last rows of the whole.

    Args:
        causal: False for what reads both ways: no -inf, and the distance without its sign.
    """
    if not 0 <= queries <= keys:
        raise ValueError(
            f"alibi got {queries} queries and {keys} keys: each query stands at one of the keys."
        )
    own = torch.arange(keys - queries, keys)[:, None]  # (L, 1)
    distance = own - torch.arange(keys)  # (L, S)
    slopes = torch.tensor(alibi_slopes(heads), dtype=dtype or torch.get_default_dtype())
    bias = -slopes[:, None, None] * distance.abs()
    return bias.masked_fill(distance < 0, -math.inf) if causal else bias


class SinusoidalPosition(nn.Module):
    """Adds `sinusoids` to x (B, T, d). It has no parameters, and no longest length."""

    def __init__(self, width: int, base: float = BASE) -> None:
        super().__init__()
        rates(width)  # refuses what is odd
        self.width, self.base = width, base

    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        """(B, T, d) -> (B, T, d); x begins at place `offset`."""
        _width(self, x)
        table = sinusoids(x.shape[-2], self.width, offset=offset, base=self.base, dtype=x.dtype)
        return x + table.to(x.device)

    def extra_repr(self) -> str:
        return f"{self.width}"


class LearnedPosition(nn.Module):
    """Adds a row of a table to x (B, T, d) at each place: as in GPT-2, and BERT.

    `weight`, (length, d), begins as GPT-2's: normal, with deviation 0.02.
    """

    def __init__(self, length: int, width: int) -> None:
        super().__init__()
        self.length, self.width = length, width
        self.weight = nn.Parameter(torch.empty(length, width))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        """(B, T, d) -> (B, T, d); x begins at place `offset`.

        Raises:
            IndexError: x goes on past the table's end.
        """
        _width(self, x)
        end = offset + x.shape[-2]
        if offset < 0 or end > self.length:
            raise IndexError(
                f"LearnedPosition has rows for places 0 to {self.length - 1}, but {offset} to "
                f"{end - 1} came: make the table longer, and train the new rows."
            )
        return x + self.weight[offset:end]

    def extra_repr(self) -> str:
        return f"{self.length}, {self.width}"


def _width(layer: SinusoidalPosition | LearnedPosition, x: Tensor) -> None:
    if x.dim() < 2 or x.shape[-1] != layer.width:
        raise ValueError(
            f"{type(layer).__name__} adds {layer.width} numbers to each place, but x of shape "
            f"{tuple(x.shape)} came: give (B, T, {layer.width})."
        )
