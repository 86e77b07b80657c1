"""Random recurrent layers, and their gradients by autograd, which hand-made ones are held to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from hypothesis import strategies as st
from torch import Tensor

torch.set_num_threads(1)
SLOPES = {"tanh": torch.tanh, "relu": torch.relu}


class Layer(NamedTuple):
    """A layer's tensors, leaves of a graph."""

    input: Tensor
    h_0: Tensor
    weight_ih: Tensor
    weight_hh: Tensor
    bias: Tensor

    def detached(self) -> Layer:
        return Layer(*(x.detach() for x in self))


@st.composite
def shapes(draw: Any, most_steps: int = 7) -> tuple[int, int, int, int]:
    """T, B, I, H."""
    sizes = [draw(st.integers(1, most)) for most in (most_steps, 3, 3, 4)]
    return sizes[0], sizes[1], sizes[2], sizes[3]


def make(
    shape: tuple[int, int, int, int], seed: int = 0, batch_sizes: Sequence[int] | None = None
) -> Layer:
    steps, sequences, inputs, hidden = shape
    generator = torch.Generator().manual_seed(seed)

    def draw(*size: int) -> Tensor:
        values = torch.randn(*size, generator=generator, dtype=torch.float64)
        return values.requires_grad_()

    x = draw(steps, sequences, inputs) if batch_sizes is None else draw(sum(batch_sizes), inputs)
    return Layer(
        x, draw(sequences, hidden), draw(hidden, inputs), draw(hidden, hidden), draw(hidden)
    )


def states(layer: Layer, nonlinearity: str, batch_sizes: Sequence[int] | None = None) -> Tensor:
    """The equation, for autograd to follow: (T, B, H), or packed (N, H)."""
    x, h, weight_ih, weight_hh, bias = layer
    found = []
    for x_t in x if batch_sizes is None else torch.split(x, list(batch_sizes)):
        h = SLOPES[nonlinearity](x_t @ weight_ih.T + h[: len(x_t)] @ weight_hh.T + bias)
        found.append(h)
    return torch.stack(found) if batch_sizes is None else torch.cat(found)


def close(ours: Tensor, autograds: Tensor, what: str = "") -> None:
    assert ours.shape == autograds.shape, what
    torch.testing.assert_close(
        ours, autograds, rtol=1e-10, atol=1e-10, msg=lambda message: f"{what}: {message}"
    )
