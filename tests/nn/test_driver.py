"""The driver carries what later layers need: gates, a state in parts, a bias inside the step, a
projection. Here torch's LSTM and GRU are written as steps, and held against torch's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence

from seqcourse.nn import RNNBase

from .recurrent import assert_same

torch.set_num_threads(1)
Two = tuple[Tensor, Tensor]


class LSTM(RNNBase):
    gates = 4

    @property
    def state_sizes(self) -> tuple[int, ...]:
        return (self.proj_size or self.hidden_size, self.hidden_size)

    def standard_step(self) -> Any:
        def step(a: Tensor, state: Two, weight_hh: Tensor) -> Two:
            h, c = state
            i, f, g, o = (a + h @ weight_hh.T).chunk(4, -1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            return o.sigmoid() * c.tanh(), c

        return step


class GRU(RNNBase):
    gates = 3

    def share_bias(self, bias_ih: Tensor, bias_hh: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        return bias_ih, (bias_hh,)

    def standard_step(self) -> Any:
        def step(a: Tensor, h: Tensor, weight_hh: Tensor, bias_hh: Tensor | None = None) -> Tensor:
            reset, update, new = a.chunk(3, -1)
            past = torch.nn.functional.linear(h, weight_hh, bias_hh)
            past_reset, past_update, past_new = past.chunk(3, -1)
            z = (update + past_update).sigmoid()
            n = (new + (reset + past_reset).sigmoid() * past_new).tanh()
            return (1 - z) * n + z * h

        return step


@pytest.mark.parametrize("ours", [LSTM, GRU])
@given(data=st.data())
@settings(deadline=None, max_examples=100)
def test_against_torch(ours: type[RNNBase], data: st.DataObject) -> None:
    options: dict[str, Any] = {
        "num_layers": data.draw(st.integers(1, 3)),
        "bias": data.draw(st.booleans()),
        "batch_first": data.draw(st.booleans()),
        "bidirectional": data.draw(st.booleans()),
    }
    if ours is LSTM:
        options["proj_size"] = data.draw(st.integers(0, 2))
    torch.manual_seed(data.draw(st.integers(0, 999)))
    theirs = getattr(torch.nn, ours.__name__)(3, 4, **options).double()
    layer = ours(3, 4, **options).double()
    assert repr(layer) == repr(theirs)
    layer.load_state_dict(theirs.state_dict())
    lengths = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    x: Any = torch.randn(max(lengths), len(lengths), 3, dtype=torch.float64, requires_grad=True)
    leaf = x
    if options["batch_first"]:
        x = x.transpose(0, 1)
    if data.draw(st.booleans()):
        x = pack_padded_sequence(x, torch.tensor(lengths), options["batch_first"], False)
    state: Any = None
    if data.draw(st.booleans()):
        count = options["num_layers"] * layer.num_directions
        parts = [
            torch.randn(count, len(lengths), width, dtype=torch.float64, requires_grad=True)
            for width in layer.state_sizes
        ]
        state = tuple(parts) if len(parts) > 1 else parts[0]
    results = []
    for twin in (layer, theirs):
        output, end = twin(x, state)
        ends = (end,) if isinstance(end, Tensor) else end
        output = output if isinstance(output, Tensor) else output.data
        given_state = () if state is None else state if isinstance(state, tuple) else (state,)
        loss = output.sin().sum() + sum((part * (part + 1)).sum() for part in ends)
        gradients = torch.autograd.grad(
            loss, [leaf, *given_state, *twin.parameters()], retain_graph=True
        )
        results.append((output, *ends, *gradients))
    for a, b in zip(*results, strict=True):
        assert_same(a, b, ours.__name__)


def test_a_state_of_two_parts_is_checked_by_parts() -> None:
    layer = LSTM(3, 4, proj_size=2)
    x, h, c = torch.randn(5, 2, 3), torch.zeros(1, 2, 2), torch.zeros(1, 2, 4)
    layer(x, (h, c))
    with pytest.raises(RuntimeError, match=r"Expected hx\[1\] of size \(1, 2, 4\)"):
        layer(x, (h, h))
    with pytest.raises(RuntimeError, match="hx has 2 parts, but 1 came"):
        layer(x, (h,))
    with pytest.raises(AttributeError, match="a tuple of tensors"):
        layer(x, "state")
