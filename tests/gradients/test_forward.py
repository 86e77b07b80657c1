"""Forward mode: BPTT's gradients, and a memory that does not grow with T."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcourse.gradients import bptt, rnn_forward
from seqcourse.gradients.forward import forward_mode

from .cases import close, make, shapes


@given(shape=shapes(), kind=st.sampled_from(["tanh", "relu"]), seed=st.integers(0, 99))
@settings(max_examples=60)
def test_equals_bptt(shape: tuple[int, int, int, int], kind: str, seed: int) -> None:
    layer = make(shape, seed).detached()
    h = rnn_forward(*layer, kind)
    grad_h = torch.randn_like(h)
    back = bptt(grad_h, h, *layer[:4], kind)
    found = forward_mode(grad_h, *layer, kind)
    for name in ("weight_ih", "weight_hh", "bias"):
        close(getattr(found, name), getattr(back, name), name)


def test_what_is_kept_does_not_grow_with_the_steps() -> None:
    kept = []
    for steps in (3, 30):
        layer = make((steps, 2, 3, 4)).detached()
        kept.append(forward_mode(torch.randn(steps, 2, 4).double(), *layer).kept)
    assert kept == [2 * 4 * 4 * (3 + 4 + 1)] * 2


def test_another_nonlinearity() -> None:
    layer = make((2, 1, 1, 1)).detached()
    with pytest.raises(ValueError, match="'tanh' or 'relu'"):
        forward_mode(torch.zeros(2, 1, 1), *layer, "sigmoid")
