"""Weights in eight bits: the bound holds, and nothing else changes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from seqcourse.models.quantised import LEVELS, quantise, rounded, stored_bytes


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 6),
    columns=st.integers(1, 7),
    seed=st.integers(0, 10**6),
    size=st.floats(-8, 8),
)
def test_no_product_moves_further_than_the_bound(
    rows: int, columns: int, seed: int, size: float
) -> None:
    rng = torch.Generator().manual_seed(seed)
    weight = torch.randn(rows, columns, generator=rng, dtype=torch.float64) * 10**size
    x = torch.randn(columns, generator=rng, dtype=torch.float64) * 10**-size
    found = quantise(weight)
    moved = (weight @ x - found.widened() @ x).abs()
    assert (moved <= found.error_bound(x) * (1 + 1e-9)).all()
    assert ((weight - found.widened()).abs() <= found.scale / 2 * (1 + 1e-9)).all()
    assert (found.values.abs().amax(1) == LEVELS).all()  # all levels are used
    again = quantise(found.widened())
    assert torch.equal(again.values, found.values)


def test_the_bound_is_reached() -> None:
    """Weights that lie in the middle between two steps, and inputs that all push one way."""
    weight = torch.tensor([[127.0, 0.5 + 1e-9, 2.5 - 1e-9]], dtype=torch.float64)
    found = quantise(weight)
    x = torch.tensor([0.0, -1.0, 1.0], dtype=torch.float64)
    moved = (weight @ x - found.widened() @ x).abs()
    assert moved.item() == pytest.approx(found.error_bound(x).item(), rel=1e-6)


def test_a_row_has_its_own_scale_and_zeros_stay() -> None:
    weight = torch.tensor([[100.0, -50.0], [0.001, 0.0005], [0.0, 0.0]])
    found = quantise(weight)
    assert found.values.tolist() == [[127, -64], [127, 64], [0, 0]]
    assert found.scale[2] == 0 and not found.widened()[2].any()
    assert torch.allclose(found.widened(), weight, rtol=1e-2)
    assert found.bytes() == 6 + 3 * 4


def test_a_rounded_network() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(20, 30), nn.Tanh(), nn.Linear(30, 5))
    before = [weight.detach().clone() for weight in model.parameters()]
    small = rounded(model)
    for old, kept, new in zip(before, model.parameters(), small.parameters(), strict=True):
        assert torch.equal(old, kept)  # the network that came is as it was
        assert torch.equal(new, quantise(old).widened() if old.dim() == 2 else old)
    assert not torch.equal(model[0].weight, small[0].weight)  # type: ignore[index, arg-type]
    numbers = 20 * 30 + 30 + 30 * 5 + 5
    assert stored_bytes(model) == 4 * numbers
    assert stored_bytes(model, eight_bits=True) == 600 + 150 + 4 * (30 + 5) + 4 * (30 + 5)


def test_what_is_refused() -> None:
    for wrong in (
        torch.zeros(3),
        torch.zeros(2, 2, dtype=torch.int),
        torch.full((1, 1), torch.nan),
    ):
        with pytest.raises(ValueError, match="give a matrix"):
            quantise(wrong)
