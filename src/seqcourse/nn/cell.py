"""The driver of LSTMCell and GRUCell: one step, and nothing around it."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.nn import checks
from seqcourse.nn.unroll import Parts, State, Step


class GatedCell(nn.Module):
    """What LSTMCell and GRUCell have in common.

    A subclass may set or override: `gates`, `parts` (of the state), `standard_step`, `share_bias`.
    """

    gates: ClassVar[int]
    parts: ClassVar[int] = 1
    bias_ih: Tensor | None
    bias_hh: Tensor | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        step: Step | None = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        self.step = step
        rows = self.gates * hidden_size
        make = partial(torch.empty, device=device, dtype=dtype)
        self.weight_ih = nn.Parameter(make(rows, input_size))
        self.weight_hh = nn.Parameter(make(rows, hidden_size))
        self.bias_ih = nn.Parameter(make(rows)) if bias else None
        self.bias_hh = nn.Parameter(make(rows)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Uniform in ±1/sqrt(H): from one seed, the numbers that torch draws."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for parameter in (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh):
            if parameter is not None:
                nn.init.uniform_(parameter, -bound, bound)

    def standard_step(self) -> Step:
        """The cell's own step."""
        raise NotImplementedError

    def share_bias(self, bias_ih: Tensor, bias_hh: Tensor) -> tuple[Tensor, Parts]:
        """What of the biases joins the input's share, and what the step must be given besides."""
        return bias_ih + bias_hh, ()

    def next(self, input: Tensor, hx: State | None) -> Parts:
        """The parts of the next state, laid out as the input."""
        given = self._given(input, hx)
        step = self.standard_step() if self.step is None else self.step
        x = input if input.dim() == 2 else input[None]  # (B, I)
        state = tuple(part.expand(len(x), -1) for part in given)  # parts (B, H)
        bias: Tensor | None = None
        extras: Parts = ()
        if self.bias_ih is not None and self.bias_hh is not None:
            bias, extras = self.share_bias(self.bias_ih, self.bias_hh)
        a = F.linear(x, self.weight_ih, bias)  # (B, G H)
        new = step(a, state if len(state) > 1 else state[0], self.weight_hh, *extras)
        new = (new,) if isinstance(new, Tensor) else new
        checks.step_result(new, state, None)
        return new if input.dim() == 2 else tuple(part[0] for part in new)

    def _given(self, input: Tensor, hx: State | None) -> Parts:
        """The state's parts, (B, H) or (H,): what came, or zeros."""
        name = type(self).__name__
        parts = checks.state(name, hx, several=self.parts > 1) or (None,) * self.parts
        if len(parts) != self.parts:
            raise RuntimeError(f"{name}: hx has {self.parts} parts, but {len(parts)} came.")
        for part in parts:
            checks.cell(name, input, part, self.weight_ih[: self.hidden_size])
        zeros = input.new_zeros(self.hidden_size)
        return tuple(zeros if part is None else part for part in parts)

    def extra_repr(self) -> str:
        shown = [f"{self.input_size}, {self.hidden_size}"]
        shown += [f"bias={self.bias}"] if not self.bias else []
        return ", ".join(shown)
