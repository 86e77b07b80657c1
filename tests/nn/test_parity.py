"""Every recurrent layer against torch's: values and gradients in float64, over random options."""

from __future__ import annotations

import copy
import inspect
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import seqcourse.nn

from .recurrent import CELLS, OWN_OPTIONS, PARTS, Case, assert_same, cases, gradients, pairs, parts

LAYERS = list(OWN_OPTIONS)


@pytest.mark.parametrize("layer", LAYERS)
@given(data=st.data())
@settings(max_examples=70)
def test_values(layer: str, data: st.DataObject) -> None:
    case = data.draw(cases(layer))
    ours, theirs = case.twins()
    leaves = case.leaves()
    for what, a, b in pairs(case.run(ours, *leaves), case.run(theirs, *leaves)):
        assert_same(a, b, what)


@pytest.mark.parametrize("layer", LAYERS)
@given(data=st.data())
@settings(max_examples=70)
def test_gradients(layer: str, data: st.DataObject) -> None:
    case = data.draw(cases(layer))
    ours, theirs = (gradients(twin, case) for twin in case.twins())
    assert ours.keys() == theirs.keys()
    for name, gradient in ours.items():
        assert_same(gradient, theirs[name], name)


@pytest.mark.parametrize("layer", LAYERS)
@given(data=st.data())
@settings(max_examples=30)
def test_the_plain_loop_has_the_same_gradients(layer: str, data: st.DataObject) -> None:
    case = data.draw(cases(layer))
    ours, theirs = case.twins()
    ours.step = ours.standard_step()  # a step that is given is not short-cut
    expected = gradients(theirs, case)
    for name, gradient in gradients(ours, case).items():
        assert_same(gradient, expected[name], name)


@pytest.mark.parametrize("layer", LAYERS)
@given(data=st.data())
@settings(max_examples=25)
def test_second_derivatives(layer: str, data: st.DataObject) -> None:
    case = data.draw(cases(layer))
    penalties = []
    for twin in case.twins():
        found = gradients(twin, case, create_graph=True)
        penalty = sum(gradient.square().sum() for gradient in found.values())
        assert isinstance(penalty, torch.Tensor)
        parameters = list(twin.parameters())
        second = (
            torch.autograd.grad(penalty, parameters, allow_unused=True, materialize_grads=True)
            if penalty.requires_grad
            else [torch.zeros_like(parameter) for parameter in parameters]
        )
        penalties.append(dict(zip(dict(twin.named_parameters()), second, strict=True)))
    for name, gradient in penalties[0].items():
        scale = penalties[1][name].abs().max().clamp(min=1)
        assert_same(gradient / scale, penalties[1][name] / scale, name)


@pytest.mark.parametrize("layer", LAYERS)
@given(data=st.data())
@settings(max_examples=25)
def test_parameters_and_text(layer: str, data: st.DataObject) -> None:
    case = data.draw(cases(layer))
    ours, theirs = case.twins()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert repr(ours) == repr(theirs)
    assert [[id(p) for p in group] for group in ours.all_weights] == [
        [id(getattr(ours, name)) for name in group] for group in theirs._all_weights
    ]
    theirs.load_state_dict(ours.state_dict())  # and back


@pytest.mark.parametrize("layer", [*LAYERS, *CELLS])
@pytest.mark.parametrize("seed", [0, 1])
def test_one_seed_gives_the_same_parameters(layer: str, seed: int) -> None:
    options = {} if layer.endswith("Cell") else {"num_layers": 2, "bidirectional": True}
    made = []
    for library in (seqcourse.nn, torch.nn):
        torch.manual_seed(seed)
        made.append(getattr(library, layer)(3, 5, **options).state_dict())
    for name, value in made[1].items():
        assert torch.equal(made[0][name], value), name


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("form", ["batch", "packed"])
def test_one_seed_drops_the_same_units(layer: str, form: str) -> None:
    options = {"num_layers": 3, "bidirectional": True, "dropout": 0.4, "batch_first": False}
    case = Case(layer, 3, 5, options, form, (4, 6, 6), False, 0)
    results = []
    for twin in case.twins():
        torch.manual_seed(1)
        results.append((case.run(twin, *case.leaves()), case.run(twin.eval(), *case.leaves())))
    for ours, theirs in zip(*results, strict=True):
        for what, a, b in pairs(ours, theirs):
            assert_same(a, b, what)
    assert not torch.equal(results[0][0][0], results[0][1][0])  # training drops, eval does not


@pytest.mark.parametrize("layer", LAYERS)
def test_arguments_in_torchs_order(layer: str) -> None:
    ours = list(inspect.signature(getattr(seqcourse.nn, layer)).parameters.values())
    positional = [p.name for p in ours if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    expected = ["input_size", "hidden_size", "num_layers", "nonlinearity", "bias"]
    expected += ["batch_first", "dropout", "bidirectional", "proj_size", "device", "dtype"]
    expected.remove("proj_size" if layer != "LSTM" else "nonlinearity")
    if layer == "GRU":
        expected.remove("nonlinearity")
    assert positional == expected


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("layer", LAYERS)
def test_dtypes(layer: str, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    theirs = getattr(torch.nn, layer)(3, 5, bidirectional=True, dtype=dtype)
    ours = getattr(seqcourse.nn, layer)(3, 5, bidirectional=True, dtype=dtype)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(6, 2, 3, dtype=dtype)
    ours(x)[0].sum().backward()
    theirs(x)[0].sum().backward()
    for (name, a), b in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert a.grad.dtype == dtype
        coarse = dtype == torch.bfloat16
        torch.testing.assert_close(
            a.grad, b.grad, rtol=5e-2 if coarse else 1e-4, atol=0.1 if coarse else 1e-5, msg=name
        )


@pytest.mark.parametrize("layer", LAYERS)
def test_an_empty_batch(layer: str) -> None:
    case = Case(layer, 3, 5, {"num_layers": 2, "bidirectional": True}, "batch", (4,), False, 0)
    x = torch.zeros(4, 0, 3, dtype=torch.float64)
    ours, theirs = case.twins()
    results = [case.run(twin, x, ()) for twin in (ours, theirs)]
    for what, a, b in pairs(*results):
        assert_same(a, b, what)
    ours(x)[0].sum().backward()
    assert all(not parameter.grad.any() for parameter in ours.parameters())


@pytest.mark.parametrize("kind", CELLS)
@given(
    size=st.tuples(st.integers(1, 4), st.integers(1, 5)),
    batch=st.one_of(st.none(), st.integers(0, 3)),
    bias=st.booleans(),
    nonlinearity=st.sampled_from(["tanh", "relu"]),
    state=st.booleans(),
    seed=st.integers(0, 10**6),
)
@settings(max_examples=25)
def test_cell(
    kind: str,
    size: tuple[int, int],
    batch: int | None,
    bias: bool,
    nonlinearity: str,
    state: bool,
    seed: int,
) -> None:
    torch.manual_seed(seed)
    options: dict[str, Any] = {"nonlinearity": nonlinearity} if kind == "RNNCell" else {}
    theirs = getattr(torch.nn, kind)(*size, bias, **options).double()
    ours = getattr(seqcourse.nn, kind)(*size, bias, **options).double()
    ours.load_state_dict(theirs.state_dict())
    assert repr(ours) == repr(theirs)
    shape = () if batch is None else (batch,)
    x = torch.randn(*shape, size[0], dtype=torch.float64, requires_grad=True)
    given_parts = [
        torch.randn(*shape, size[1], dtype=torch.float64, requires_grad=True)
        for _ in range(PARTS[kind[:-4]] if state else 0)
    ]
    hx: Any = None if not state else given_parts[0] if len(given_parts) == 1 else given_parts
    results = [parts(cell(x, hx)) for cell in (ours, theirs)]
    leaves: list[Any] = [x, *given_parts]
    found = []
    for result, cell in zip(results, (ours, theirs), strict=True):
        loss = sum(((i + 1) * part.square()).sum() for i, part in enumerate(result))
        assert isinstance(loss, torch.Tensor)
        found.append((*result, *torch.autograd.grad(loss, [*leaves, *cell.parameters()])))
    for a, b in zip(*found, strict=True):
        assert_same(a, b, "state or gradient")


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_step_by_step_is_the_layer(kind: str) -> None:
    torch.manual_seed(0)
    layer, cell = getattr(seqcourse.nn, kind[:-4])(3, 5), getattr(seqcourse.nn, kind)(3, 5)
    cell.load_state_dict({name[:-3]: value for name, value in layer.state_dict().items()})
    x, state = torch.randn(7, 2, 3), None
    for x_t, output in zip(x, layer(x)[0], strict=True):
        state = cell(x_t, state)
        torch.testing.assert_close(parts(state)[0], output)
    for a, b in zip(parts(state), parts(layer(x)[1]), strict=True):
        torch.testing.assert_close(a, b[0])
    assert str(copy.deepcopy(layer)(x)) == str(layer(x))
    assert layer.standard_step() is getattr(seqcourse.nn, f"{kind[:-4].lower()}_step")


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("proj_size", [0, 2])
def test_what_a_single_float_gives(layer: str, proj_size: int) -> None:
    """Values to 1e-6 in float32, the precision that nearly everything is trained in."""
    options = {"num_layers": 2, "bidirectional": True, "batch_first": False}
    if proj_size and layer != "LSTM":
        return
    case = Case(
        layer,
        3,
        8,
        {**options, **({"proj_size": 2} if proj_size else {})},
        "batch",
        (9, 9),
        False,
        0,
    )
    ours, theirs = case.twins()
    x = case.leaves()[0].detach().float()
    for what, a, b in pairs(*(case.run(twin.float(), x, ()) for twin in (ours, theirs))):
        torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-6, msg=what)


@pytest.mark.parametrize("layer", LAYERS)
def test_dropout_between_layers(layer: str) -> None:
    """What the second layer reads is zero in training, as often as was asked."""
    torch.manual_seed(0)
    made = getattr(seqcourse.nn, layer)(2, 100, num_layers=2, dropout=0.3)
    seen: list[torch.Tensor] = []
    made._run = lambda x, *rest, run=made._run: (seen.append(x), run(x, *rest))[1]
    made(torch.randn(20, 50, 2))
    dropped = (seen[1] == 0).double()
    assert abs(dropped.mean() - 0.3) < 0.01  # 100 000 units: 0.0015 of standard deviation
    assert dropped.mean((1, 2)).std() < 0.02  # at every step anew
    made.eval()(torch.randn(20, 50, 2))
    assert not (seen[3] == 0).any()
