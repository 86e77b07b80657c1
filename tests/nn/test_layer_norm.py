"""Layer normalization: equal to torch's, and what it does to a position."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import randn

import seqcourse.nn
from seqcourse.nn import LayerNorm, layer_norm

from .recurrent import assert_same, weights

F64 = torch.float64
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script")


@given(
    front=st.lists(st.integers(0, 3), max_size=2),
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=2),
    eps=st.sampled_from([1e-5, 0.1]),
    affine=st.booleans(),
    bias=st.booleans(),
    seed=st.integers(0, 999),
)
@settings(max_examples=60)
def test_values_and_gradients(
    front: list[int], shape: list[int], eps: float, affine: bool, bias: bool, seed: int
) -> None:
    torch.manual_seed(seed)
    options = {"eps": eps, "elementwise_affine": affine, "bias": bias, "dtype": F64}
    ours, theirs = (lib.LayerNorm(shape, **options) for lib in (seqcourse.nn, torch.nn))
    assert repr(ours) == repr(theirs) and list(ours.state_dict()) == list(theirs.state_dict())
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter += torch.randn_like(parameter)
    ours.load_state_dict(theirs.state_dict())
    x = (3 * randn(*front, *shape, dtype=F64) + 2).requires_grad_()
    found = [(twin(x), x, *twin.parameters()) for twin in (ours, theirs)]
    for parts in zip(*([y, *gradients(y, *into)] for y, *into in found), strict=True):
        assert_same(*parts, "value or gradient")


def gradients(y: torch.Tensor, *into: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return torch.autograd.grad((y * weights(y)).sum(), into)


def test_each_position_alone() -> None:
    """Mean 0, variance 1; neither its own scale nor another position matters."""
    x = 5 * randn(2, 3, 64, dtype=F64) + 7
    y = layer_norm(x, eps=0.0)
    assert_same(y.mean(-1), torch.zeros(2, 3, dtype=F64), "mean")
    assert_same(y.var(-1, correction=0), torch.ones(2, 3, dtype=F64), "variance")
    assert_same(layer_norm(3 * x - 2, eps=0.0), y, "moved and stretched")
    other = x.clone()
    other[:, 1] = 0
    assert torch.equal(layer_norm(other, eps=0.0)[:, [0, 2]], y[:, [0, 2]])


def test_equal_features() -> None:
    """They are their mean: 0, not 0 / 0, and the gradient is finite."""
    x = torch.full((2, 5), 3.0, requires_grad=True)
    y = LayerNorm(5)(x)
    y.sum().backward()
    assert x.grad is not None and not y.any() and x.grad.isfinite().all()


def test_second_derivatives() -> None:
    x, weight, bias = (randn(*s, dtype=F64).requires_grad_() for s in ((2, 5), (5,), (5,)))
    assert torch.autograd.gradgradcheck(layer_norm, (x, weight, bias))
    assert torch.autograd.gradcheck(layer_norm, (x, weight, bias), check_forward_ad=True)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("of_weights", ["same", "float32"])
def test_other_types(dtype: torch.dtype, of_weights: str) -> None:
    made = dtype if of_weights == "same" else torch.float32
    x = (10 * randn(4, 300) + 50).to(dtype)
    ours, theirs = (library.LayerNorm(300, dtype=made)(x) for library in (seqcourse.nn, torch.nn))
    assert ours.dtype == theirs.dtype == dtype
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("name", ["__init__", "forward"])
def test_arguments_in_torchs_order(name: str) -> None:
    ours, theirs = (
        inspect.signature(getattr(library.LayerNorm, name)).parameters.values()
        for library in (seqcourse.nn, torch.nn)
    )
    assert [(p.name, p.default) for p in ours] == [(p.name, p.default) for p in theirs]


WRONG: dict[str, Callable[[Any], Any]] = {
    "a negative size": lambda N: N(-1),
    "a size with a point": lambda N: N(2.0),
    "sizes with a point": lambda N: N([2.0]),
    "a word": lambda N: N("a"),
    "no shape": lambda N: N(None),
    "an empty shape": lambda N: N(())(randn(2, 5)),
    "another width": lambda N: N(6)(randn(2, 5)),
    "too few dimensions": lambda N: N((5, 6))(randn(6)),
    "a number": lambda N: N(6)(randn(())),
    "a list": lambda N: N(6)([1.0] * 6),
    "another type": lambda N: N(6)(randn(2, 6).double()),
    "whole numbers": lambda N: N(6)(torch.ones(2, 6).long()),
    "whole numbers, no weights": lambda N: N(6, elementwise_affine=False)(torch.ones(2, 6).long()),
    "eps in words": lambda N: N(6, eps="a")(randn(2, 6)),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_torch_refuses(wrong: str) -> None:
    with pytest.raises(Exception) as ours:
        WRONG[wrong](LayerNorm)
    with pytest.raises(Exception) as theirs:
        WRONG[wrong](torch.nn.LayerNorm)
    assert ours.type is theirs.type
    assert "LayerNorm" in str(ours.value)
