"""Layer normalization by hand: against autograd through the equation, and against torch's."""

from __future__ import annotations

import importlib

import pytest
import torch
import torch.nn.functional as F
from torch import randn

from seqcourse.gradients import layer_norm_backward, layer_norm_forward
from seqcourse.nn import LayerNorm, layer_norm

from .cases import close

F64 = torch.float64


@pytest.mark.parametrize("shape", [(5,), (3, 5), (2, 3, 5), (0, 5), (4, 1)])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("moved", [False, True])
def test_values_and_gradients(shape: tuple[int, ...], weighted: bool, moved: bool) -> None:
    torch.manual_seed(0)
    x = (3 * randn(*shape, dtype=F64) + 2).requires_grad_()
    weight, bias = (randn(shape[-1:], dtype=F64).requires_grad_() for _ in range(2))
    given = (x, weight if weighted else None, bias if moved else None)
    y, z, per_sigma = layer_norm_forward(*given, eps=0.1)
    grad_y = randn(*shape, dtype=F64)
    found = layer_norm_backward(grad_y, z, per_sigma, given[1])
    for reference in (layer_norm(*given, 0.1), F.layer_norm(x, shape[-1:], *given[1:], 0.1)):
        close(y, reference)
        wanted = [part for part in given if part is not None]
        grads = iter(torch.autograd.grad(reference, wanted, grad_y))
        for mine, part in zip(found, given, strict=True):
            if part is not None:
                close(mine, next(grads))


def test_the_layer_goes_this_way_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first derivative by hand; a second by the equation."""
    ways: list[str] = []
    module = importlib.import_module("seqcourse.nn.layer_norm")
    monkeypatch.setattr(
        module, "layer_norm_backward", lambda *a: (ways.append("hand"), layer_norm_backward(*a))[1]
    )
    layer, x = LayerNorm(5).double(), randn(3, 5, dtype=F64, requires_grad=True)
    layer(x).square().sum().backward()
    assert ways == ["hand"]
    torch.autograd.grad(layer(x).sin().sum(), x, create_graph=True)
    assert ways == ["hand"]
    assert torch.autograd.gradgradcheck(layer, x)
