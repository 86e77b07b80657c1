"""Clipping and initialisation against torch's."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from seqcourse.gradients import (
    clip_grad_norm_,
    clip_grad_value_,
    identity_,
    initialise_recurrent_,
    orthogonal_,
    rescale_,
    total_norm,
)
from seqcourse.nn import RNN

torch.set_num_threads(1)


def parameters(seed: int, scale: float = 1.0) -> list[nn.Parameter]:
    torch.manual_seed(seed)
    made = [nn.Parameter(torch.randn(shape).double()) for shape in [(3, 4), (5,), (), (2, 2)]]
    for parameter in made[:-1]:  # the last was in no loss
        parameter.grad = torch.randn_like(parameter) * scale
    return made


@given(
    seed=st.integers(0, 99),
    bound=st.floats(0, 10),
    scale=st.sampled_from([0.0, 1e-3, 1.0, 1e6]),
    norm=st.sampled_from([1.0, 2.0, 3.5, math.inf]),
)
def test_clipping_the_norm(seed: int, bound: float, scale: float, norm: float) -> None:
    ours, theirs = parameters(seed, scale), parameters(seed, scale)
    before = clip_grad_norm_(ours, bound, norm)
    torch.testing.assert_close(before, nn.utils.clip_grad_norm_(theirs, bound, norm))
    for a, b in zip(ours[:-1], theirs[:-1], strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-12, atol=1e-12)
    gradients = [a.grad for a in ours if a.grad is not None]
    # 1e-300: numbers below the smallest normal one have few digits
    assert total_norm(gradients, norm) <= bound * (1 + 1e-9) + 1e-300
    assert ours[-1].grad is None


@given(seed=st.integers(0, 99), bound=st.floats(0, 3))
def test_clipping_each_value(seed: int, bound: float) -> None:
    ours, theirs = parameters(seed), parameters(seed)
    clip_grad_value_(ours, bound)
    nn.utils.clip_grad_value_(theirs, bound)
    for a, b in zip(ours[:-1], theirs[:-1], strict=True):
        assert torch.equal(a.grad, b.grad)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_norm_that_is_not_finite(bad: float) -> None:
    made = parameters(0)
    made[1].grad[2] = bad  # type: ignore[index]
    kept = made[0].grad.clone()  # type: ignore[union-attr]
    with pytest.raises(RuntimeError, match="cannot be clipped"):
        clip_grad_norm_(made, 1.0, error_if_nonfinite=True)
    assert torch.equal(made[0].grad, kept)
    assert not math.isfinite(clip_grad_norm_(made, 1.0))


def test_nothing_to_clip() -> None:
    parameter = nn.Parameter(torch.ones(2))
    assert clip_grad_norm_(parameter, 1.0) == nn.utils.clip_grad_norm_(parameter, 1.0) == 0
    clip_grad_value_(parameter, 1.0)


@given(
    rows=st.integers(1, 6),
    columns=st.integers(1, 6),
    gain=st.floats(0.1, 3),
    seed=st.integers(0, 99),
)
def test_orthogonal(rows: int, columns: int, gain: float, seed: int) -> None:
    ours, theirs = (torch.empty(rows, columns, dtype=torch.float64) for _ in range(2))
    torch.manual_seed(seed)
    orthogonal_(ours, gain)
    torch.manual_seed(seed)
    nn.init.orthogonal_(theirs, gain)
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    values = torch.linalg.svdvals(ours)
    torch.testing.assert_close(values, torch.full_like(values, gain))


def test_a_generator_of_ones_own() -> None:
    first, second = (
        orthogonal_(torch.empty(4, 4), generator=torch.Generator().manual_seed(3)) for _ in range(2)
    )
    assert torch.equal(first, second)


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2)])
def test_identity(shape: tuple[int, int]) -> None:
    assert torch.equal(identity_(torch.empty(shape)), nn.init.eye_(torch.empty(shape)))
    assert torch.equal(identity_(torch.empty(shape), 0.5), 0.5 * torch.eye(*shape))


@pytest.mark.parametrize("sigma", [0.5, 1.0, 1.5])
def test_rescale(sigma: float) -> None:
    weight = rescale_(torch.randn(5, 5, dtype=torch.float64), sigma)
    assert math.isclose(float(torch.linalg.matrix_norm(weight, 2)), sigma, rel_tol=1e-12)


def test_an_irnn_keeps_its_state() -> None:
    layer = RNN(2, 4, nonlinearity="relu")
    initialise_recurrent_(layer, identity_)
    h_0 = torch.rand(1, 3, 4)
    output, _ = layer(torch.zeros(20, 3, 2), h_0)
    assert torch.equal(output[-1], h_0[0])


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU", "LSTMCell"])
def test_every_gate_by_itself(kind: str) -> None:
    options: dict[str, Any] = {} if kind == "LSTMCell" else {"num_layers": 2, "bidirectional": True}
    layer = getattr(nn, kind)(2, 4, **options)
    inputs = {n: p.clone() for n, p in layer.named_parameters() if "weight_ih" in n}
    initialise_recurrent_(nn.Sequential(layer), orthogonal_)
    for name, parameter in layer.named_parameters():
        if "weight_hh" in name:
            for block in parameter.split(4):
                torch.testing.assert_close(block @ block.T, torch.eye(4), atol=1e-5, rtol=0)
        elif "bias" in name:
            assert not parameter.any()
        else:
            assert torch.equal(parameter, inputs[name])
    initialise_recurrent_(layer, identity_, zero_bias=False)


@pytest.mark.parametrize("fill", [orthogonal_, identity_])
def test_not_a_matrix(fill: Any) -> None:
    with pytest.raises(ValueError, match="give a matrix"):
        fill(torch.empty(3))


def test_other_mistakes() -> None:
    with pytest.raises(ValueError, match="not zero"):
        rescale_(torch.zeros(3, 3), 1.0)
    with pytest.raises(ValueError, match="not zero"):
        rescale_(torch.ones(3), 1.0)
    with pytest.raises(ValueError, match="no parameter called weight_hh"):
        initialise_recurrent_(nn.Linear(2, 2), identity_)
