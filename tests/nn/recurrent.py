"""Recurrent layers, ours and torch's, over random shapes and options; every layer's tests use it.

A layer enters here once: its name in both libraries, and the options that only it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

import seqcourse.nn

torch.set_num_threads(1)
TOLERANCE = 1e-10

OWN_OPTIONS: dict[str, Any] = {
    "RNN": {"nonlinearity": st.sampled_from(["tanh", "relu"])},
    "LSTM": {"proj_size": st.integers(0, 2)},
    "GRU": {},
}
PARTS = {"RNN": 1, "LSTM": 2, "GRU": 1}  # of the state
CELLS = ["RNNCell", "LSTMCell", "GRUCell"]


@dataclass(frozen=True)
class Case:
    """A layer's options, and what is put in: "batch", "single", "packed" or "sorted" (packed)."""

    layer: str
    input_size: int
    hidden_size: int
    options: dict[str, Any]
    form: str
    lengths: tuple[int, ...]
    given: bool  # a state to begin with
    seed: int

    def twins(self) -> tuple[Any, Any]:
        """Our layer and torch's, in float64, with torch's weights."""
        torch.manual_seed(self.seed)
        make = (self.input_size, self.hidden_size)
        theirs = getattr(torch.nn, self.layer)(*make, **self.options).double()
        ours = getattr(seqcourse.nn, self.layer)(*make, **self.options).double()
        ours.load_state_dict(theirs.state_dict())
        return ours, theirs

    @property
    def batch_first(self) -> bool:
        return bool(self.options["batch_first"])

    def leaves(self) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Fresh leaves, always the same: the input, before any packing, and the state's parts."""
        generator = torch.Generator().manual_seed(self.seed)
        steps, sequences = max(self.lengths), len(self.lengths)
        shape: tuple[int, ...] = (steps, sequences)
        if self.form == "single":
            shape = shape[:1]
        elif self.batch_first:
            shape = shape[::-1]
        count = self.options["num_layers"] * (1 + self.options["bidirectional"])
        middle = () if self.form == "single" else (sequences,)

        def draw(*size: int) -> Tensor:
            values = torch.randn(*size, generator=generator, dtype=torch.float64)
            return values.requires_grad_()

        x = draw(*shape, self.input_size)
        if not self.given:
            return x, ()
        widths = [self.hidden_size] * PARTS[self.layer]
        widths[0] = self.options.get("proj_size") or widths[0]
        return x, tuple(draw(count, *middle, width) for width in widths)

    def run(self, layer: Any, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The output's numbers, and the state's parts."""
        put: Any = x
        if self.form in ("packed", "sorted"):
            lengths = torch.tensor(self.lengths)
            put = pack_padded_sequence(x, lengths, self.batch_first, self.form == "sorted")
        hx: Any = None if not state else state[0] if len(state) == 1 else state
        output, end = layer(put, hx)
        if isinstance(put, PackedSequence):
            assert isinstance(output, PackedSequence)
            assert torch.equal(output.batch_sizes, put.batch_sizes)
            output = output.data
        return (output, *parts(end))


@st.composite
def cases(draw: Any, layer: str, forms: tuple[str, ...] = (), **fixed: Any) -> Case:
    """Random cases; what is `fixed` keeps its value."""
    options = {
        "num_layers": draw(st.integers(1, 3)),
        "bias": draw(st.booleans()),
        "batch_first": draw(st.booleans()),
        "bidirectional": draw(st.booleans()),
        **{name: draw(values) for name, values in OWN_OPTIONS[layer].items()},
        **fixed,
    }
    form = draw(st.sampled_from(forms or ("batch", "single", "packed", "sorted")))
    sequences = 1 if form == "single" else draw(st.integers(1, 4))
    if form in ("packed", "sorted"):
        lengths = [draw(st.integers(1, 6)) for _ in range(sequences)]
    else:
        lengths = [draw(st.integers(1, 6))] * sequences
    if form == "sorted":
        lengths.sort(reverse=True)
    return Case(
        layer,
        draw(st.integers(1, 4)),
        draw(st.integers(1 + options.get("proj_size", 0), 5)),
        options,
        form,
        tuple(lengths),
        draw(st.booleans()),
        draw(st.integers(0, 10**6)),
    )


def gradients(layer: Any, case: Case, create_graph: bool = False) -> dict[str, Tensor]:
    """What a loss that touches every output sends into the input, the state and each parameter."""
    x, state = case.leaves()
    results = case.run(layer, x, state)
    loss = sum((i + 1) * (part * weights(part)).sum() for i, part in enumerate(results))
    assert isinstance(loss, Tensor)
    names = ["input", *(f"state {i}" for i in range(len(state)))]
    names += [name for name, _ in layer.named_parameters()]
    leaves = [x, *state, *layer.parameters()]
    found = torch.autograd.grad(loss, leaves, create_graph=create_graph)
    return dict(zip(names, found, strict=True))


def weights(like: Tensor) -> Tensor:
    """Fixed numbers of that shape, no two neighbours the same."""
    return torch.cos(torch.arange(like.numel(), dtype=like.dtype)).reshape(like.shape)


def assert_same(ours: Tensor, theirs: Tensor, what: str) -> None:
    assert ours.shape == theirs.shape, (what, ours.shape, theirs.shape)
    assert ours.dtype == theirs.dtype, (what, ours.dtype, theirs.dtype)
    torch.testing.assert_close(
        ours, theirs, rtol=TOLERANCE, atol=TOLERANCE, msg=lambda m: f"{what}: {m}"
    )


def parts(state: Any) -> tuple[Tensor, ...]:
    """A state as a tuple of its parts."""
    return (state,) if isinstance(state, Tensor) else tuple(state)


def pairs(a: tuple[Tensor, ...], b: tuple[Tensor, ...]) -> Iterator[tuple[str, Tensor, Tensor]]:
    names = ["output", *(f"last state {i}" for i in range(len(a) - 1))]
    yield from zip(names, a, b, strict=True)
