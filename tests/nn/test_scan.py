"""The parallel scan: the loop's numbers and gradients, in log2 T rounds; and the layer over it."""

from __future__ import annotations

import io

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqcourse.nn import MinGRU, scan, scan_loop, scan_step
from seqcourse.nn.scan import rounds

torch.set_num_threads(1)
F64 = torch.float64


def leaf(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=F64).requires_grad_()


@given(
    front=st.sampled_from([(), (2,), (2, 3)]),
    length=st.integers(1, 40),
    state=st.booleans(),
    seed=st.integers(0, 999),
)
@settings(deadline=None, max_examples=60)
def test_the_scan_is_the_loop(front: tuple[int, ...], length: int, state: bool, seed: int) -> None:
    torch.manual_seed(seed)
    given_ = [leaf(*front, length, 4), leaf(*front, length, 4)]
    given_ += [leaf(*front, 4)] if state else []
    ours, theirs = scan(*given_), scan_loop(*given_)
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)
    out = torch.randn_like(ours)
    options = {"allow_unused": True, "materialize_grads": True}  # one place: a has no part
    slopes = [torch.autograd.grad((h * out).sum(), given_, **options) for h in (ours, theirs)]
    torch.testing.assert_close(*slopes, rtol=1e-8, atol=1e-8)


def test_the_gradient_is_that_of_differences() -> None:
    torch.manual_seed(0)
    assert torch.autograd.gradcheck(scan, (leaf(2, 6, 3), leaf(2, 6, 3), leaf(2, 3)))


def test_steps_put_together_in_any_grouping_are_the_same() -> None:
    torch.manual_seed(0)
    one, two, three = [(torch.randn(5, dtype=F64), torch.randn(5, dtype=F64)) for _ in range(3)]
    left = scan_step(scan_step(one, two), three)
    right = scan_step(one, scan_step(two, three))
    torch.testing.assert_close(left, right)
    first = torch.randn(5, dtype=F64)
    stepped = first
    for a, b in (one, two, three):
        stepped = a * stepped + b
    torch.testing.assert_close(left[0] * first + left[1], stepped)


@pytest.mark.parametrize(("length", "count"), [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (4096, 12)])
def test_the_rounds(length: int, count: int) -> None:
    assert rounds(length) == count


def test_a_zero_forgets_and_the_past_comes_in_once() -> None:
    a, b = torch.ones(1, 6, 1), torch.ones(1, 6, 1)
    a[0, 3] = 0
    assert scan(a, b, torch.full((1, 1), 10.0))[0, :, 0].tolist() == [11, 12, 13, 1, 2, 3]


@pytest.mark.parametrize("call", [scan, scan_loop])
@pytest.mark.parametrize(
    ("a", "b", "state", "says"),
    [
        ((2, 3, 4), (2, 3, 5), None, "of|a .2, 3, 4. and b .2, 3, 5."),
        ((2, 0, 4), (2, 0, 4), None, "at least one place"),
        ((4,), (4,), None, "T, H"),
        ((2, 3, 4), (2, 3, 4), (2, 3), "state .2, 3.: give .2, 4."),
    ],
)
def test_what_does_not_fit_is_named(call, a, b, state, says) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=says):
        call(torch.zeros(a), torch.zeros(b), None if state is None else torch.zeros(state))


def layer() -> MinGRU:
    torch.manual_seed(0)
    return MinGRU(3, 5).double()


def test_the_layer_is_its_equation_step_by_step_and_in_parts() -> None:
    ours, x = layer(), torch.randn(2, 9, 3, dtype=F64)
    states, end = ours(x)
    h, found = torch.zeros(2, 5, dtype=F64), []
    for t in range(9):
        z = torch.sigmoid(x[:, t] @ ours.update.weight.T + ours.update.bias)
        h = (1 - z) * h + z * (x[:, t] @ ours.candidate.weight.T + ours.candidate.bias)
        found.append(h)
    torch.testing.assert_close(states, torch.stack(found, 1))
    torch.testing.assert_close(end, h)
    begun, middle = ours(x[:, :4])
    rest, _ = ours(x[:, 4:], middle)
    torch.testing.assert_close(torch.cat([begun, rest], 1), states)


def test_the_layer_sees_no_future_and_is_kept() -> None:
    ours, x = layer(), torch.randn(2, 9, 3, dtype=F64)
    changed = x.clone()
    changed[:, 5:] += 1
    states = ours(x)[0]
    assert torch.equal(ours(changed)[0][:, :5], states[:, :5])
    assert not torch.equal(ours(changed)[0][:, 5:], states[:, 5:])
    file = io.BytesIO()
    torch.save(ours.state_dict(), file)
    file.seek(0)
    other = MinGRU(3, 5).double()
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(other(x)[0], states)
    with pytest.raises(ValueError, match="batch always comes first"):
        MinGRU(3, 5, batch_first=False)
