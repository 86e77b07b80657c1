"""Steps with a part taken away: each is the layer's own step where that part does nothing."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from seqcourse.models import gates
from seqcourse.nn import GRU, LSTM

D, H, T, B = 3, 4, 6, 2
HELD = {
    "no_input_gate": (LSTM, "i", 1),
    "no_forget_gate": (LSTM, "f", 1),
    "no_output_gate": (LSTM, "o", 1),
    "no_reset_gate": (GRU, "r", 1),
    "no_update_gate": (GRU, "z", 0),
}


def _pair(name: str) -> tuple[Any, Any]:
    """A layer with the step, and one with the gate held, of the same weights."""
    kind, gate, value = HELD[name]
    torch.manual_seed(0)
    by_step = kind(D, H, dtype=torch.float64, step=getattr(gates, name))
    by_bias = kind(D, H, dtype=torch.float64)
    by_bias.load_state_dict(by_step.state_dict())
    gates.hold_gate(by_bias, gate, value)
    return by_step, by_bias


@pytest.mark.parametrize("name", HELD)
def test_without_a_gate_is_with_the_gate_held(name: str) -> None:
    by_step, by_bias = _pair(name)
    x = torch.randn(T, B, D, dtype=torch.float64)
    torch.testing.assert_close(by_step(x)[0], by_bias(x)[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", HELD)
def test_a_held_gate_does_not_move(name: str) -> None:
    _, layer = _pair(name)
    layer = layer.float()
    kind, gate, _ = HELD[name]
    order = gates.ORDER[kind.__name__]
    before = {k: w.detach().clone() for k, w in layer.named_parameters()}
    adam = torch.optim.Adam(layer.parameters(), lr=0.1)
    for _ in range(3):
        adam.zero_grad()
        layer(torch.randn(T, B, D))[0].square().sum().backward()
        adam.step()
    for k, w in layer.named_parameters():
        at = order.index(gate)
        moved = (w - before[k]).abs().chunk(len(order))
        assert moved[at].max() < 1e-6, k
        assert moved[order.index("g" if kind is LSTM else "n")].max() > 1e-3, k


def test_coupled_is_the_lstm_whose_gates_sum_to_one() -> None:
    torch.manual_seed(0)
    coupled = LSTM(D, H, dtype=torch.float64, step=gates.coupled)
    full = LSTM(D, H, dtype=torch.float64)
    full.load_state_dict(coupled.state_dict())
    with torch.no_grad():
        for w in full.parameters():
            w[:H] = -w[H : 2 * H]  # i = sigma(-v) = 1 - f
    x = 5 * torch.randn(T, B, D, dtype=torch.float64)
    torch.testing.assert_close(coupled(x)[0], full(x)[0])
    assert coupled(x)[1][1].abs().max() <= 1


def test_the_cell_shown_as_it_is() -> None:
    torch.manual_seed(0)
    layer = LSTM(1, 1, dtype=torch.float64, step=gates.no_output_tanh)
    for gate in "ifo":
        gates.hold_gate(layer, gate, 1)
    with torch.no_grad():
        layer.weight_hh_l0.zero_()
        layer.weight_ih_l0[2] = 100
        layer.bias_ih_l0[2] = layer.bias_hh_l0[2] = 0
    out, _ = layer(torch.ones(T, 1, 1, dtype=torch.float64))
    assert out.flatten().tolist() == pytest.approx([1, 2, 3, 4, 5, 6])


def test_the_reset_before_the_product() -> None:
    """With resets all alike and no b_hn it is torch's; in general it is not."""
    torch.manual_seed(0)
    before = GRU(D, H, dtype=torch.float64, step=gates.reset_before)
    after = GRU(D, H, dtype=torch.float64)
    after.load_state_dict(before.state_dict())
    x = torch.randn(T, B, D, dtype=torch.float64)
    assert (before(x)[0] - after(x)[0]).abs().max() > 1e-3
    for layer in (before, after):
        gates.hold_gate(layer, "r", 1)
    torch.testing.assert_close(before(x)[0], after(x)[0])


@pytest.mark.parametrize(
    ("layer", "gate", "value"),
    [(LSTM(1, 1), "z", 1), (GRU(1, 1), "f", 1), (LSTM(1, 1), "g", 1), (GRU(1, 1), "z", 2)],
)
def test_there_is_no_such_gate(layer: Any, gate: str, value: int) -> None:
    with pytest.raises(ValueError, match="hold_gate got"):
        gates.hold_gate(layer, gate, value)
