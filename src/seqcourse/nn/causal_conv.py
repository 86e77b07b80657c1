"""A convolution in time that sees no future, in the style of torch.nn.Conv1d."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ConvStep = Callable[[Tensor, Tensor, Tensor | float, int], Tensor]


class CausalConv1d(nn.Module):
    """y_t = b + sum over i of W_i x_{t - i d}, i = 0 … k - 1: `causal_conv_step` is the equation.

    torch.nn.Conv1d's names, shapes (B, C, T), first weights and state_dict, with (k - 1) d zeros
    before the first place and none behind the last: weights of a Conv1d give its outputs there.
    Computed by torch's convolution, unless `step` is given.

    Args:
        in_channels: C, numbers at each place.
        out_channels: O.
        kernel_size: k, places that each output looks at.
        dilation: d, from one of them to the next.
        groups: parts of the channels that do not mix.
        bias: with b.
        device, dtype: of the parameters.
        step: in place of torch's convolution: (x (B, C, T), weight (O, C, k), bias (O, 1) or 0.0,
            dilation) -> (B, O, T). One that you kept is `CausalConv1d(…, step=my_nn.causal_conv)`.

    Raises:
        TypeError: a count is no whole number, or the step cannot be called.
        ValueError: a count below 1, or groups that do not divide the channels.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
        step: ConvStep | None = None,
    ) -> None:
        super().__init__()
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.dilation, self.groups = kernel_size, dilation, groups
        _require_counts(
            in_channels=in_channels,
            out_channels=out_channels,
            kernel_size=kernel_size,
            dilation=dilation,
            groups=groups,
        )
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"CausalConv1d: groups={groups} must divide in_channels={in_channels} and "
                f"out_channels={out_channels}: give 1, or a divisor of both."
            )
        if step is not None and not callable(step):
            raise TypeError(
                f"CausalConv1d: step is a function (x, weight, bias, dilation) -> y, but "
                f"{type(step).__name__} came: give its name without calling it."
            )
        self.own_step = step
        shape = (out_channels, in_channels // groups, kernel_size)
        self.weight = nn.Parameter(torch.empty(shape, device=device, dtype=dtype))
        self.bias: nn.Parameter | None = None
        if bias:
            self.bias = nn.Parameter(torch.empty(out_channels, device=device, dtype=dtype))
        self.reset_parameters()

    @property
    def memory(self) -> int:
        """How many places before the present it looks back at: (k - 1) d."""
        return (self.kernel_size - 1) * self.dilation

    def reset_parameters(self) -> None:
        """As torch's: uniform, within 1 / sqrt(C k / groups)."""
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.weight[0].numel())
            nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """(B, O, T) from (B, C, T); or (O, T) from (C, T).

        Raises:
            RuntimeError: another number of dimensions or of channels, or another dtype.
        """
        self._require(input, dims=(2, 3), name="the input", shape="(B, C, T) or (C, T)")
        if input.dim() == 2:
            return self.forward(input[None])[0]
        return self._of(F.pad(input, (self.memory, 0)))[..., -input.shape[-1] :]

    def step(self, x_t: Tensor, cache: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """One place alone: what `forward` gives there, from what the cache holds of the past.

        Args:
            x_t: (B, C).
            cache: (B, C, (k - 1) d), the inputs before, the latest last; None: nothing was before.

        Returns:
            (B, O), and the cache for the next place; the one given stays as it was.

        Raises:
            RuntimeError: shapes or dtypes that do not fit.
        """
        self._require(x_t, dims=(2,), name="x_t", shape="(B, C)", channels=-1)
        y, cache = self.extend(x_t[..., None], cache)
        return y[..., 0], cache

    def extend(self, input: Tensor, cache: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The next places, one or more: (B, O, T) from (B, C, T), and the cache behind them.

        `step` for several places at once; see there.

        Raises:
            RuntimeError: shapes or dtypes that do not fit.
        """
        self._require(input, dims=(3,), name="the input", shape="(B, C, T)")
        wanted = (len(input), self.in_channels, self.memory)
        if cache is None:
            cache = input.new_zeros(wanted)
        if cache.shape != wanted or cache.dtype != input.dtype:
            raise RuntimeError(
                f"CausalConv1d: the cache is {cache.dtype} of shape {tuple(cache.shape)}, and "
                f"{input.dtype} of shape {wanted} is wanted: give back what the last call returned."
            )
        seen = torch.cat([cache, input], -1)  # (B, C, (k - 1) d + T)
        y = self._of(seen)[..., -input.shape[-1] :]
        return y, seen[..., seen.shape[-1] - self.memory :]

    def _of(self, seen: Tensor) -> Tensor:
        """Outputs whose whole past is in `seen`: the last ones of what is returned."""
        if self.own_step is None:
            return F.conv1d(
                seen, self.weight, self.bias, dilation=self.dilation, groups=self.groups
            )
        parts = []
        bias = 0.0 if self.bias is None else self.bias[:, None]
        rows = self.out_channels // self.groups
        for g, x in enumerate(seen.chunk(self.groups, 1)):
            own = slice(g * rows, (g + 1) * rows)
            some = bias if isinstance(bias, float) else bias[own]
            parts.append(self.own_step(x, self.weight[own], some, self.dilation))
        return torch.cat(parts, 1)

    def _require(
        self, x: Tensor, *, dims: tuple[int, ...], name: str, shape: str, channels: int = -2
    ) -> None:
        if x.dim() not in dims or x.shape[channels] != self.in_channels or not x.shape[-1]:
            raise RuntimeError(
                f"CausalConv1d: {name} has shape {tuple(x.shape)}: give {shape} with "
                f"C = {self.in_channels} and at least one place."
            )
        if x.dtype != self.weight.dtype:
            raise RuntimeError(
                f"CausalConv1d: {name} is {x.dtype} and the weights are {self.weight.dtype}: "
                f"convert it, .to({self.weight.dtype})."
            )

    def extra_repr(self) -> str:
        """What stands in the brackets when the layer is printed."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        for name, usual in (("dilation", 1), ("groups", 1)):
            value = getattr(self, name)
            text += "" if value == usual else f", {name}={value}"
        return text + ("" if self.bias is not None else ", bias=False")


def _require_counts(**counts: Any) -> None:
    for name, value in counts.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"CausalConv1d: {name} is a count, but {value!r} came: give 1, 2, ….")
        if value < 1:
            raise ValueError(f"CausalConv1d: {name} is a count, but {value} came: give 1 or more.")


def receptive_field(kernel_size: int, dilations: Iterable[int]) -> int:
    """1 + (k - 1) Σ d: how many places, its own included, the last output can depend on."""
    return 1 + (kernel_size - 1) * sum(dilations)
