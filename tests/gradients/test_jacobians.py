"""Jacobian profiles against autograd, the bound they obey, and what orthogonal weights do."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcourse.gradients import (
    jacobian_profile,
    orthogonal_,
    products,
    recur,
    rescale_,
    rnn_forward,
    step_jacobians,
)

from .cases import SLOPES, close, make, shapes

KINDS = st.sampled_from(["tanh", "relu"])


@given(shape=shapes(), kind=KINDS, seed=st.integers(0, 99))
@settings(max_examples=60)
def test_products(shape: tuple[int, int, int, int], kind: str, seed: int) -> None:
    layer = make(shape, seed).detached()
    h = rnn_forward(*layer, kind)
    found = list(products(step_jacobians(h, layer.weight_hh, kind)))
    assert len(found) == len(h) + 1
    a = layer.input @ layer.weight_ih.T + layer.bias
    for lag, product in enumerate(found):
        start = len(h) - lag  # of dh_T/dh_{T-lag}; h_0 is before the first step

        def end(state: torch.Tensor, start: int = start) -> torch.Tensor:
            for a_t in a[start:]:
                state = SLOPES[kind](a_t + state @ layer.weight_hh.T)
            return state

        state = layer.h_0 if start == 0 else h[start - 1]
        full = torch.autograd.functional.jacobian(end, state)  # (B, H, B, H)
        close(product, full.diagonal(dim1=0, dim2=2).permute(2, 0, 1), f"lag {lag}")


@given(shape=shapes(), seed=st.integers(0, 99), sigma=st.floats(0.1, 2))
@settings(max_examples=60)
def test_the_bound(shape: tuple[int, int, int, int], seed: int, sigma: float) -> None:
    """‖dh_T/dh_{T-k}‖ ≤ sigma_max^k: the slopes are at most 1."""
    layer = make(shape, seed).detached()
    rescale_(layer.weight_hh, sigma)
    h = rnn_forward(*layer)
    profile = jacobian_profile(step_jacobians(h, layer.weight_hh))
    lags = torch.arange(len(h) + 1, dtype=torch.float64)
    assert (profile.norm <= sigma ** lags[:, None] + 1e-12).all()
    assert torch.equal(profile.singular_values[0], torch.ones_like(profile.singular_values[0]))


def test_orthogonal_weights_keep_every_length() -> None:
    """With relu and every unit on, the product of the Jacobians is orthogonal at every lag."""
    weight = orthogonal_(torch.empty(4, 4, dtype=torch.float64))
    h = torch.ones(50, 2, 4, dtype=torch.float64)
    profile = jacobian_profile(step_jacobians(h, weight, "relu"))
    torch.testing.assert_close(profile.singular_values, torch.ones(51, 2, 4, dtype=torch.float64))


def test_eigenvalues_do_not_say_it() -> None:
    """A matrix whose eigenvalues are all 1/2, and a gradient that grows before it shrinks."""
    weight = torch.tensor([[0.5, 4.0], [0.0, 0.5]], dtype=torch.float64)
    profile = jacobian_profile(step_jacobians(torch.ones(30, 1, 2).double(), weight, "relu"))
    assert profile.norm[1] > 4 and profile.norm[2] > 4 > 1e-6 > profile.norm[-1]


def test_mistakes() -> None:
    with pytest.raises(ValueError, match="one square matrix"):
        jacobian_profile(torch.zeros(5, 3, 3))
    with pytest.raises(ValueError, match="'tanh' or 'relu'"):
        step_jacobians(torch.zeros(5, 2, 3), torch.zeros(3, 3), "sigmoid")
    assert recur(torch.zeros(1, 1, 1), torch.zeros(1, 1), torch.zeros(1, 1)).shape == (1, 1, 1)
