"""The hand gradient as every layer's fast path, and the plain loop wherever more is asked."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.func import functional_call, grad, hessian, jacfwd, jacrev, jvp, vmap
from torch.nn.utils.rnn import pack_padded_sequence

import seqcourse.nn
from seqcourse.nn import GRU, LSTM, RNN

from .recurrent import OWN_OPTIONS, parts

torch.set_num_threads(1)
layers = pytest.mark.parametrize("layer", OWN_OPTIONS)
# where each layer finds its gradient by hand, and the plain loop
HANDS = {"rnn": "bptt", "lstm": "lstm_backward", "gru": "gru_backward"}
LOOPS = [*HANDS, "recurrent"]


def pair(layer: str = "RNN", **options: Any) -> tuple[Any, Any, Tensor]:
    torch.manual_seed(0)
    theirs = getattr(torch.nn, layer)(3, 4, **options).double()
    ours = getattr(seqcourse.nn, layer)(3, 4, **options).double()
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs, torch.randn(5, 2, 3, dtype=torch.float64)


@contextmanager
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Which way was gone: "hand" for each gradient by hand, "loop" for each plain loop."""
    ways: list[str] = []

    def seen(word: str, function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *a, **k: (ways.append(word), function(*a, **k))[1]

    with monkeypatch.context() as patch:
        for word, names in (("hand", HANDS), ("loop", dict.fromkeys(LOOPS, "unroll"))):
            for module, name in names.items():
                place = importlib.import_module(f"seqcourse.nn.{module}")
                patch.setattr(place, name, seen(word, getattr(place, name)))
        yield ways


@pytest.mark.parametrize("asked", range(1, 8))
def test_only_what_is_asked_for(asked: int) -> None:
    """Every choice of which of x, h_0 and weight_hh needs a gradient, with and without a graph."""
    layer, _, x = pair()
    inputs = [x, torch.zeros(1, 2, 4, dtype=torch.float64), layer.weight_hh_l0]
    for parameter in layer.parameters():
        parameter.requires_grad_(False)
    wanted = [x.requires_grad_() for i, x in enumerate(inputs) if asked >> i & 1]
    for create_graph in (False, True):
        h = layer(*inputs[:2])[0]
        found = torch.autograd.grad(h.cos().sum(), wanted, create_graph=create_graph)
        assert len(found) == len(wanted)
        assert all(gradient.shape == x.shape for gradient, x in zip(found, wanted, strict=True))


@pytest.mark.parametrize(
    ("layer", "options"),
    [(LSTM, {"proj_size": 2}), (RNN, {"nonlinearity": "relu"})]
    + [(layer, options) for layer in (RNN, LSTM, GRU) for options in ({}, {"bias": False})],
)
@pytest.mark.parametrize("lengths", [[4, 4, 4], [4, 3, 2]])
def test_against_finite_differences(
    layer: Any, options: dict[str, Any], lengths: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every output and last state, by everything that goes in, once and twice."""
    torch.manual_seed(0)
    made = layer(2, 3, **options).double()
    parameters = dict(made.named_parameters())
    sizes = [options.get("proj_size", 3), 3][: 2 if layer is LSTM else 1]
    state = [torch.randn(1, 3, size).double().requires_grad_() for size in sizes]
    x = torch.randn(4, 3, 2).double().requires_grad_()

    def f(x: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        put: Any = x
        if lengths[-1] < 4:
            put = pack_padded_sequence(x, torch.tensor(lengths))
        hx: Any = rest[: len(state)] if layer is LSTM else rest[0]
        given = dict(zip(parameters, rest[len(state) :], strict=True))
        output, end = functional_call(made, given, (put, hx))
        return (output if isinstance(output, Tensor) else output.data, *parts(end))

    inputs = (x, *state, *parameters.values())
    with counting(monkeypatch) as ways:
        torch.autograd.gradcheck(f, inputs)
    assert set(ways) == {"hand"}
    torch.autograd.gradgradcheck(f, inputs, fast_mode=True)


@pytest.mark.parametrize("layer", [RNN, LSTM, GRU])
@pytest.mark.parametrize("asked", ["input", "state", "weight_hh_l0", "bias_hh_l0"])
def test_what_is_asked_for_is_sent_back(layer: Any, asked: str) -> None:
    ours, theirs, x = pair(layer.__name__)
    found = []
    for twin in (ours, theirs):
        for parameter in twin.parameters():
            parameter.requires_grad_(False)
        given = x.clone()
        h = torch.zeros(1, 2, 4, dtype=torch.float64)
        leaf = {"input": given, "state": h}.get(asked)
        leaf = getattr(twin, asked) if leaf is None else leaf
        leaf.requires_grad_()
        state: Any = (h, torch.ones_like(h)) if layer is LSTM else h
        for result in (lambda o, e: o.sin().sum(), lambda o, e: parts(e)[-1].square().sum()):
            output, end = twin(given, state)
            found.append(torch.autograd.grad(result(output, end), leaf)[0])
    for mine, torchs in zip(found[:2], found[2:], strict=True):
        torch.testing.assert_close(mine, torchs, rtol=1e-10, atol=1e-10)


@layers
def test_the_fast_path_is_taken(layer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, _, x = pair(layer, num_layers=2)
    with counting(monkeypatch) as ways:
        ours(x)[0].sum().backward()
    assert ways == ["hand", "hand"]
    with counting(monkeypatch) as ways, torch.no_grad():
        ours(x)
    assert ways == []


def plain_create_graph(layer: Any, x: Tensor) -> Tensor:
    (first,) = torch.autograd.grad(layer(x)[0].square().sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.square().sum(), layer.weight_hh_l0)
    return second


def func_grad(layer: Any, x: Tensor) -> Tensor:
    def loss(parameters: dict[str, Tensor]) -> Tensor:
        return functional_call(layer, parameters, (x,))[0].square().sum()

    return grad(loss)(dict(layer.named_parameters()))["weight_hh_l0"]


def per_sample(layer: Any, x: Tensor) -> Tensor:
    def loss(parameters: dict[str, Tensor], one: Tensor) -> Tensor:
        return functional_call(layer, parameters, (one,))[0].square().sum()

    parameters = {name: p.detach() for name, p in layer.named_parameters()}
    if isinstance(layer, torch.nn.RNNBase):  # vmap does not go through torch's
        return torch.stack([grad(loss)(parameters, one)["weight_ih_l0"] for one in x.unbind(1)])
    return vmap(grad(loss), in_dims=(None, 1))(parameters, x)["weight_ih_l0"]


def forward_dual(layer: Any, x: Tensor) -> Tensor:
    with forward_ad.dual_level():
        output = layer(forward_ad.make_dual(x.detach(), torch.ones_like(x)))[0]
        tangent = forward_ad.unpack_dual(output).tangent
    assert tangent is not None
    return tangent


def saved_hooks(layer: Any, x: Tensor) -> Tensor:
    seen: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        seen.append(tensor)
        return tensor * 1

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output = layer(x)[0]
    assert len(seen) > len(x)  # each step keeps something, and a hook sees it
    return torch.autograd.grad(output.sum(), layer.weight_hh_l0)[0]


BEYOND: dict[str, Callable[[Any, Tensor], Tensor]] = {
    "create_graph": plain_create_graph,
    "func.grad": func_grad,
    "func.vmap(grad)": per_sample,
    "func.jacrev": lambda layer, x: jacrev(lambda x: layer(x)[0])(x),
    "func.jacfwd": lambda layer, x: jacfwd(lambda x: layer(x)[0])(x),
    "func.hessian": lambda layer, x: hessian(lambda x: layer(x)[0].square().sum())(x),
    "func.jvp": lambda layer, x: jvp(lambda x: layer(x)[0], (x,), (torch.ones_like(x),))[1],
    "forward mode": forward_dual,
    "saved tensors' hooks": saved_hooks,
}


@pytest.mark.parametrize("what", BEYOND)
@pytest.mark.parametrize(
    ("layer", "options"),
    [("RNN", {}), ("RNN", {"nonlinearity": "relu"}), ("LSTM", {"proj_size": 2}), ("GRU", {})],
)
def test_beyond_a_first_gradient(
    what: str, layer: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs, x = pair(layer, bidirectional=True, **options)
    x.requires_grad_()
    with counting(monkeypatch) as ways:
        mine = BEYOND[what](ours, x)
    assert "loop" in ways
    torch.testing.assert_close(mine, BEYOND[what](theirs, x), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("vectorize", [False, True])
def test_many_gradients_at_once(vectorize: bool) -> None:
    ours, theirs, x = pair()
    mine, torchs = (
        torch.autograd.functional.jacobian(
            lambda x, layer=layer: layer(x)[0], x, vectorize=vectorize
        )
        for layer in (ours, theirs)
    )
    torch.testing.assert_close(mine, torchs, rtol=1e-10, atol=1e-10)


@layers
def test_a_layer_used_twice_and_differentiated_twice(layer: str) -> None:
    """What reaches a weight through the layer's first use is counted once."""
    ours, theirs, x = pair(layer)
    results = []
    for twin in (ours, theirs):
        middle = twin(x)[0][..., :3]
        loss = twin(middle, twin(x)[1])[0].square().sum()
        names, parameters = zip(*twin.named_parameters(), strict=True)
        first = torch.autograd.grad(loss, parameters, create_graph=True)
        total = sum(gradient.square().sum() for gradient in first)
        assert isinstance(total, Tensor)
        results.append((*first, *torch.autograd.grad(total, parameters)))
        assert len(names) == 4
    for mine, torchs in zip(*results, strict=True):
        torch.testing.assert_close(mine, torchs, rtol=1e-9, atol=1e-9)


@layers
def test_hooks_on_the_outside_see_what_torchs_show(layer: str) -> None:
    seen: dict[str, list[Tensor]] = {"ours": [], "torch's": []}
    ours, theirs, x = pair(layer)
    for name, twin in (("ours", ours), ("torch's", theirs)):
        keep = seen[name].append
        twin.register_forward_hook(lambda m, i, o, keep=keep: keep(o[0]))
        twin.register_full_backward_hook(lambda m, i, o, keep=keep: keep(i[0]))
        twin.weight_hh_l0.register_hook(keep)
        output = twin(x.clone().requires_grad_())[0]
        output.register_hook(keep)
        output.retain_grad()
        output.square().sum().backward()
        keep(output.grad)
    assert len(seen["ours"]) == len(seen["torch's"]) == 5
    for mine, torchs in zip(*seen.values(), strict=True):
        torch.testing.assert_close(mine, torchs)


@layers
def test_a_caller_may_write_into_the_output(layer: str) -> None:
    ours, theirs, x = pair(layer)
    for twin in (ours, theirs):
        output = twin(x)[0]
        output.mul_(2).add_(1)
        output.square().sum().backward()
    torch.testing.assert_close(ours.weight_hh_l0.grad, theirs.weight_hh_l0.grad)


@layers
def test_a_weight_that_was_changed_is_noticed(layer: str) -> None:
    ours, _, x = pair(layer)
    output = ours(x)[0]
    with torch.no_grad():
        ours.weight_hh_l0.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        output.sum().backward()


@layers
def test_autocast(layer: str) -> None:
    ours, theirs = (getattr(library, layer)(3, 4) for library in (seqcourse.nn, torch.nn))
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(5, 2, 3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mine = ours(x)[0]
        if layer != "LSTM":  # torch's has no bfloat16 on every processor
            torchs = theirs(x)[0]
    if layer == "LSTM":
        torchs = theirs(x)[0]
    torch.testing.assert_close(mine.float(), torchs.float(), rtol=2e-2, atol=2e-2)
    mine.float().sum().backward()
    assert ours.weight_hh_l0.grad is not None


@layers
def test_parametrised_weights(layer: str) -> None:
    ours, theirs, x = pair(layer)
    for twin in (ours, theirs):
        torch.nn.utils.parametrizations.weight_norm(twin, "weight_hh_l0")
        twin(x)[0].square().sum().backward()
    for mine, torchs in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, torchs.grad)


@layers
def test_it_trains_as_torchs_does(layer: str) -> None:
    ours, theirs, x = pair(layer, num_layers=2)
    target = torch.randn(5, 2, 4, dtype=torch.float64)
    for twin in (ours, theirs):
        optimizer = torch.optim.Adam(twin.parameters(), lr=1e-2)
        for _ in range(50):
            optimizer.zero_grad()
            (twin(x)[0] - target).square().mean().backward()
            torch.nn.utils.clip_grad_norm_(twin.parameters(), 0.5)
            optimizer.step()
    for mine, torchs in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine, torchs, rtol=1e-8, atol=1e-8)


def test_the_import_is_light() -> None:
    code = (
        "import sys, seqcourse.nn; "
        "print([m for m in sys.modules if m.startswith(('seqcourse.lesson', 'seqcourse.publish', "
        "'seqcourse.figures', 'seqcourse.models', 'seqcourse.data', 'matplotlib', 'IPython', "
        "'pandas'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert seqcourse.nn.__all__
