"""The driver of every recurrent layer: layers, directions, packing, dropout, projections.

A layer is its step function; all that torch's options add is here, once. A layer says how many
gates it has, what its state is made of, what its step is, and, if it has one, its fast path.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from seqcourse.gradients.steps import BatchSizes, reversed_rows
from seqcourse.nn import checks
from seqcourse.nn.fallback import plain_loop_needed
from seqcourse.nn.unroll import Parts, State, Step, unroll


class Weights(NamedTuple):
    """One layer's parameters in one direction; G is the number of gates.

    Attributes:
        ih: (G H, I).
        hh: (G H, H_out).
        bias_ih, bias_hh: (G H,) or None.
        hr: (H_out, H) the projection, or None.
    """

    ih: Tensor
    hh: Tensor
    bias_ih: Tensor | None
    bias_hh: Tensor | None
    hr: Tensor | None


class RNNBase(nn.Module):
    """What RNN, LSTM and GRU have in common.

    A subclass may set or override: `gates`, `state_sizes`, `standard_step`, `share_bias`,
    `by_hand`.

    `step`, given, takes the place of the layer's own: `step(a, state, weight_hh)` is called for
    each step with the input's share a, (B, G H), and the state, (B, H), and returns the new state;
    a state of several parts goes in and out as a tuple, the output first. What a layer's own step
    is given besides, such as a GRU's bias_hn, comes last. Give a function, such as the step that
    you kept in `my_nn.py`, or a module if it has parameters of its own: those are then trained with
    the layer's, and shared by all its layers and directions.
    """

    gates: ClassVar[int] = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
        *,
        step: Step | None = None,
    ) -> None:
        super().__init__()
        checks.options(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            step,
        )
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self.step = step
        for name, shape in self._shapes().items():
            parameter = nn.Parameter(torch.empty(shape, device=device, dtype=dtype))
            self.register_parameter(name, parameter)
        self.reset_parameters()

    # What a layer says about itself

    @property
    def state_sizes(self) -> tuple[int, ...]:
        """The width of each part of the state; the first part is the output."""
        return (self.proj_size or self.hidden_size,)

    def standard_step(self) -> Step:
        """The layer's own step."""
        raise NotImplementedError

    def share_bias(self, bias_ih: Tensor, bias_hh: Tensor) -> tuple[Tensor, Parts]:
        """What of the biases joins the input's share, and what the step must be given besides."""
        return bias_ih + bias_hh, ()

    def by_hand(
        self, x: Tensor, state: Parts, weights: Weights, batch_sizes: BatchSizes
    ) -> tuple[Tensor, Parts] | None:
        """One layer in one direction by the gradient of `seqcourse.gradients`; None: it has none.

        It must give what the plain loop of the standard step gives, the output at every step and
        the last state, and the same gradients.
        """
        return None

    # Parameters

    @property
    def num_directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def all_weights(self) -> list[list[nn.Parameter]]:
        """The parameters, a list for each layer and direction, as torch's."""
        return [
            [getattr(self, name) for name in self._names(layer, direction)]
            for layer in range(self.num_layers)
            for direction in range(self.num_directions)
        ]

    def reset_parameters(self) -> None:
        """Uniform in ±1/sqrt(H): from one seed, the numbers that torch draws."""
        bound = 1 / math.sqrt(self.hidden_size)
        for name in self._shapes():
            nn.init.uniform_(getattr(self, name), -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing to do here: only cuDNN, which this layer does not use, wants flat weights."""

    def _names(self, layer: int, direction: int) -> list[str]:
        kinds = ["weight_ih", "weight_hh"]
        kinds += ["bias_ih", "bias_hh"] if self.bias else []
        kinds += ["weight_hr"] if self.proj_size else []
        return [f"{kind}_l{layer}{'_reverse' if direction else ''}" for kind in kinds]

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """Each parameter's shape, in torch's order."""
        rows, output = self.gates * self.hidden_size, self.state_sizes[0]
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in range(self.num_layers):
            width = self.input_size if layer == 0 else output * self.num_directions
            kinds: dict[str, tuple[int, ...]] = {
                "weight_ih": (rows, width),
                "weight_hh": (rows, output),
                "weight_hr": (output, self.hidden_size),
            }
            for direction in range(self.num_directions):
                for name in self._names(layer, direction):
                    shapes[name] = kinds.get(name.split("_l")[0], (rows,))
        return shapes

    def _weights(self, layer: int, direction: int) -> Weights:
        suffix = f"_l{layer}{'_reverse' if direction else ''}"
        kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
        return Weights(*(getattr(self, kind + suffix, None) for kind in kinds))  # type: ignore[arg-type]

    # Running

    def forward(self, input: Tensor | PackedSequence, hx: State | None = None) -> tuple[Any, State]:
        """Run over whole sequences.

        Args:
            input: (T, B, I); (B, T, I) if `batch_first`; (T, I) for one sequence; or packed.
            hx: the state to begin with, zeros by default: (layers × directions, B, H), without B
                for one sequence; a tuple of such if the state has several parts.

        Returns:
            output (T, B, directions × H), laid out as `input`: the last layer's state at each
            step; and the state after the last step, of the shape of `hx`.

        Raises:
            ValueError: the input has neither 2 nor 3 dimensions, or another dtype than the weights.
            RuntimeError: sizes that do not fit, or a sequence without a step.
        """
        output: Tensor | PackedSequence
        given = checks.state(type(self).__name__, hx, several=len(self.state_sizes) > 1)
        if isinstance(input, PackedSequence):
            output, end = self._forward_packed(input, given)
        else:
            output, end = self._forward_tensor(input, given)
        return output, end if len(end) > 1 else end[0]

    def _forward_tensor(self, input: Tensor, given: Parts | None) -> tuple[Tensor, Parts]:
        """Steps first and a batch inside, whatever is outside."""
        name = type(self).__name__
        checks.dimensions(name, input, given)
        single = input.dim() == 2
        if single:
            x = input[:, None]
            given = given and tuple(part[:, None] for part in given)
        else:
            x = input.transpose(0, 1) if self.batch_first else input
        checks.sequence(name, x, self.input_size, self._dtype, packed=False)
        output, end = self._layers(x, self._begin(given, x, x.shape[1]), None)
        if single:
            return output[:, 0], tuple(part[:, 0] for part in end)
        return output.transpose(0, 1) if self.batch_first else output, end

    def _forward_packed(
        self, input: PackedSequence, given: Parts | None
    ) -> tuple[PackedSequence, Parts]:
        """The longest sequence first inside; outside, the state in the order of the batch."""
        x, batch_sizes = input.data, input.batch_sizes.tolist()
        checks.sequence(type(self).__name__, x, self.input_size, self._dtype, packed=True)
        begin = self._begin(given, x, batch_sizes[0])
        if input.sorted_indices is not None:
            begin = tuple(part.index_select(1, input.sorted_indices) for part in begin)
        output, end = self._layers(x, begin, batch_sizes)
        if input.unsorted_indices is not None:
            end = tuple(part.index_select(1, input.unsorted_indices) for part in end)
        return PackedSequence(output, *input[1:]), end

    def _begin(self, given: Parts | None, x: Tensor, sequences: int) -> Parts:
        """The state before the first step: what was given, or zeros."""
        count = self.num_layers * self.num_directions
        shapes = [(count, sequences, width) for width in self.state_sizes]
        checks.state_shapes(type(self).__name__, given, shapes, x)
        return given or tuple(x.new_zeros(shape) for shape in shapes)

    @property
    def _dtype(self) -> torch.dtype:
        return self._weights(0, 0).ih.dtype

    def _layers(self, x: Tensor, begin: Parts, batch_sizes: BatchSizes) -> tuple[Tensor, Parts]:
        """Layer upon layer, each direction by itself: x (T, B, I) or packed (N, I)."""
        ends: list[Parts] = []
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = F.dropout(x, self.dropout, self.training)
            outputs = []
            for direction in range(self.num_directions):
                state = tuple(part[len(ends)] for part in begin)
                read = _backwards(x, batch_sizes) if direction else x
                output, end = self._run(read, state, self._weights(layer, direction), batch_sizes)
                outputs.append(_backwards(output, batch_sizes) if direction else output)
                ends.append(end)
            x = torch.cat(outputs, -1) if self.bidirectional else outputs[0]
        return x, tuple(torch.stack(parts) for parts in zip(*ends, strict=True))

    def _run(
        self, x: Tensor, state: Parts, weights: Weights, batch_sizes: BatchSizes
    ) -> tuple[Tensor, Parts]:
        """One layer in one direction: the output at every step, and the last state."""
        if self.step is None and not plain_loop_needed():
            found = self.by_hand(x, state, weights, batch_sizes)
            if found is not None:
                return found
        bias: Tensor | None = None
        extras: Parts = ()
        if weights.bias_ih is not None and weights.bias_hh is not None:
            bias, extras = self.share_bias(weights.bias_ih, weights.bias_hh)
        a = F.linear(x, weights.ih, bias)  # (T, B, G H): the input's share, all steps at once
        step = self.standard_step() if self.step is None else self.step
        return unroll(step, a, state, weights.hh, extras, weights.hr, batch_sizes)

    def extra_repr(self) -> str:
        shown = [f"{self.input_size}, {self.hidden_size}"]
        shown += [f"proj_size={self.proj_size}"] if self.proj_size else []
        shown += [f"num_layers={self.num_layers}"] if self.num_layers != 1 else []
        shown += [f"bias={self.bias}"] if not self.bias else []
        shown += [f"batch_first={self.batch_first}"] if self.batch_first else []
        shown += [f"dropout={self.dropout}"] if self.dropout else []
        shown += [f"bidirectional={self.bidirectional}"] if self.bidirectional else []
        return ", ".join(shown)


def _backwards(x: Tensor, batch_sizes: Sequence[int] | None) -> Tensor:
    """Each sequence from its own last step to its first."""
    return x.flip(0) if batch_sizes is None else x[reversed_rows(batch_sizes).to(x.device)]
