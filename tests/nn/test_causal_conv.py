"""Causal convolution and WaveNet's block: torch's numbers, no future, place by place the same."""

from __future__ import annotations

import copy
import io
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.nn import (
    CausalConv1d,
    WaveNetBlock,
    causal_conv_step,
    gated_unit,
    receptive_field,
)

torch.set_num_threads(1)
SIZES = [(1, 1, 1), (2, 1, 1), (2, 8, 1), (3, 4, 1), (3, 2, 2), (5, 3, 1)]  # k, d, groups
sizes = pytest.mark.parametrize(("k", "d", "groups"), SIZES)


def layer(k: int, d: int, groups: int = 1, **options: Any) -> CausalConv1d:
    torch.manual_seed(0)
    return CausalConv1d(4, 6, k, dilation=d, groups=groups, dtype=torch.float64, **options)


def sound(places: int = 21) -> Tensor:
    return torch.randn(3, 4, places, generator=torch.Generator().manual_seed(1)).double()


def close(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one, other, rtol=1e-10, atol=1e-12)


def torchs(x: Tensor, ours: CausalConv1d) -> Tensor:
    """What torch's Conv1d gives with our weights, zeros in front."""
    theirs = nn.Conv1d(
        4, 6, ours.kernel_size, dilation=ours.dilation, groups=ours.groups, dtype=torch.float64
    )
    theirs.load_state_dict(ours.state_dict())
    found: Tensor = theirs(F.pad(x, (ours.memory, 0)))
    return found


@sizes
@pytest.mark.parametrize("own", [False, True])
def test_torchs_weights_give_torchs_numbers_and_gradients(
    k: int, d: int, groups: int, own: bool
) -> None:
    ours = layer(k, d, groups, step=causal_conv_step if own else None)
    x = sound().requires_grad_()
    y, wanted = ours(x), torchs(x, ours)
    assert close(y, wanted)
    out = torch.randn_like(y)
    (grad,) = torch.autograd.grad((y * out).sum(), x)
    assert close(grad, torch.autograd.grad((wanted * out).sum(), x)[0])


@pytest.mark.parametrize(("k", "d"), [(k, d) for k, d, groups in SIZES if groups == 1])
def test_the_equation_is_the_layer(k: int, d: int) -> None:
    ours = layer(k, d)
    assert ours.bias is not None
    bias = ours.bias[:, None]
    assert close(causal_conv_step(sound(), ours.weight, bias, d), ours(sound()))
    assert close(causal_conv_step(sound(), ours.weight, dilation=d), ours(sound()) - bias)


@sizes
def test_no_future_place_changes_an_output(k: int, d: int, groups: int) -> None:
    ours, x = layer(k, d, groups), sound()
    y = ours(x)
    for t in range(x.shape[-1]):
        other = x.clone()
        other[..., t] += 1
        moved = ours(other) - y
        assert not moved[..., :t].any()
        seen = [s for s in range(t, x.shape[-1]) if (s - t) % d == 0 and (s - t) // d < k]
        assert moved[..., seen].abs().amax((0, 1)).gt(0).all()
        assert moved.abs().amax((0, 1)).gt(0).sum() == len(seen)


@sizes
def test_place_by_place_is_all_at_once(k: int, d: int, groups: int) -> None:
    ours, x = layer(k, d, groups), sound()
    cache: Tensor | None = None
    parts = []
    for t in range(x.shape[-1]):
        given = cache
        before = torch.zeros(0) if given is None else given.clone()
        y_t, cache = ours.step(x[..., t], given)
        assert given is None or torch.equal(given, before)  # what was given stays
        parts.append(y_t)
    assert close(torch.stack(parts, -1), ours(x))
    assert cache is not None and cache.shape == (3, 4, (k - 1) * d)
    front, behind = ours.extend(x[..., :5])
    back, _ = ours.extend(x[..., 5:], behind)
    assert close(torch.cat([front, back], -1), ours(x))


def test_one_sequence_without_a_batch() -> None:
    ours, x = layer(3, 2), sound()
    assert close(ours(x[0]), ours(x)[0])


def test_first_weights_are_torchs() -> None:
    torch.manual_seed(3)
    theirs = nn.Conv1d(4, 6, 3)
    torch.manual_seed(3)
    ours = CausalConv1d(4, 6, 3)
    for name, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], value)


def test_without_bias_and_printed() -> None:
    ours = layer(2, 4, bias=False)
    assert list(ours.state_dict()) == ["weight"] and not ours(0 * sound()).any()
    assert str(ours) == "CausalConv1d(4, 6, kernel_size=2, dilation=4, bias=False)"
    own = layer(2, 4, bias=False, step=causal_conv_step)
    assert close(own(sound()), ours(sound()))


def test_saved_and_loaded_is_saved() -> None:
    ours, file = layer(3, 2), io.BytesIO()
    torch.save(ours.state_dict(), file)
    file.seek(0)
    other = CausalConv1d(4, 6, 3, dilation=2, dtype=torch.float64)
    other.load_state_dict(torch.load(file))
    assert torch.equal(other(sound()), ours(sound()))


@pytest.mark.parametrize(
    ("error", "says", "make"),
    [
        (ValueError, "kernel_size", lambda: CausalConv1d(1, 1, 0)),
        (TypeError, "dilation", lambda: CausalConv1d(1, 1, 2, dilation=1.5)),  # type: ignore[arg-type]
        (ValueError, "groups=2", lambda: CausalConv1d(3, 4, 2, groups=2)),
        (TypeError, "step", lambda: CausalConv1d(1, 1, 2, step=3)),  # type: ignore[arg-type]
        (RuntimeError, "C = 4", lambda: layer(2, 1)(torch.zeros(1, 3, 5).double())),
        (RuntimeError, "float64", lambda: layer(2, 1)(torch.zeros(1, 4, 5))),
        (RuntimeError, "cache", lambda: layer(2, 3).step(sound()[..., 0], sound())),
        (RuntimeError, "x_t", lambda: layer(2, 3).step(sound())),
    ],
)
def test_what_is_refused_is_named(error: type[Exception], says: str, make: Any) -> None:
    with pytest.raises(error, match=says):
        make()


def test_receptive_field() -> None:
    assert receptive_field(2, [1, 2, 4, 8]) == 16 and receptive_field(3, []) == 1


def block(**options: Any) -> WaveNetBlock:
    torch.manual_seed(0)
    return WaveNetBlock(4, 5, 2, dilation=3, dtype=torch.float64, **options)


@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize("told", [0, 2])
def test_a_block_sees_no_future_and_goes_place_by_place(gated: bool, told: int) -> None:
    model, x = block(gated=gated, condition_channels=told), sound(12)
    e = torch.randn(3, told, 12).double() if told else None
    on, out = model(x, e)
    assert on.shape == x.shape and out.shape == (3, 5, 12)
    for t in range(1, 12):
        other = x.clone()
        other[..., t:] += 1
        assert all(
            torch.equal(a[..., :t], b[..., :t])
            for a, b in zip(model(other, e), (on, out), strict=True)
        )
    cache = None
    for t in range(12):
        on_t, out_t, cache = model.step(x[..., t], cache, None if e is None else e[..., t])
        assert close(on_t, on[..., t]) and close(out_t, out[..., t])


def test_one_condition_for_all_places_is_the_same_at_each() -> None:
    model, x, e = block(condition_channels=2), sound(7), torch.randn(3, 2).double()
    for one, other in zip(model(x, e), model(x, e[..., None].expand(3, 2, 7)), strict=True):
        assert close(one, other)


def test_the_unit_and_a_block_by_hand() -> None:
    a = torch.tensor([[[0.5], [-2.0]]]).double()
    assert close(gated_unit(a), torch.tanh(a[:, :1]) * torch.sigmoid(a[:, 1:]))
    model, x = block(), sound(9)
    z = gated_unit(model.dilated(x))
    on, out = model(x)
    assert close(on, x + model.residual(z)) and close(out, model.skip(z))
    copied = copy.deepcopy(model)
    assert torch.equal(copied(x)[0], on)


def test_a_block_names_what_is_missing() -> None:
    with pytest.raises(ValueError, match="no condition came"):
        block(condition_channels=2)(sound())
    with pytest.raises(ValueError, match="a condition came"):
        block()(sound(), torch.zeros(3, 2).double())
    with pytest.raises(ValueError, match="condition_channels=-1"):
        block(condition_channels=-1)
