"""What must not matter does not, for every recurrent layer."""

from __future__ import annotations

import io
import pickle
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import seqcourse.nn

from .recurrent import CELLS, OWN_OPTIONS, assert_same, cases, pairs, parts

LAYERS = list(OWN_OPTIONS)


def like(state: Any, change: Any) -> Any:
    return change(state) if isinstance(state, Tensor) else tuple(change(part) for part in state)


@pytest.mark.parametrize("layer", LAYERS)
@given(data=st.data())
@settings(max_examples=25)
def test_a_later_input_changes_no_earlier_output(layer: str, data: st.DataObject) -> None:
    case = data.draw(cases(layer, ("single",), bidirectional=False, batch_first=False))
    ours, _ = case.twins()
    x = case.leaves()[0].detach()
    changed_at = data.draw(st.integers(0, len(x) - 1))
    changed = x.clone()
    changed[changed_at:] += 1
    before, after = ours(x)[0], ours(changed)[0]
    assert torch.equal(before[:changed_at], after[:changed_at])
    if case.options.get("nonlinearity") != "relu":  # a dead unit changes nothing
        assert not torch.equal(before[changed_at], after[changed_at])


@pytest.mark.parametrize("layer", LAYERS)
@given(data=st.data())
@settings(max_examples=25)
def test_padding_and_packing_change_nothing(layer: str, data: st.DataObject) -> None:
    """Each sequence of a packed batch, by itself, whatever stands in its padding."""
    case = data.draw(cases(layer, ("packed",), batch_first=False))
    ours, _ = case.twins()
    x = case.leaves()[0].detach().clone()
    for i, length in enumerate(case.lengths):
        x[length:, i] = float("nan")
    packed = pack_padded_sequence(x, torch.tensor(case.lengths), enforce_sorted=False)
    output, end = ours(packed)
    padded, lengths = pad_packed_sequence(output)
    assert tuple(lengths.tolist()) == case.lengths
    for i, length in enumerate(case.lengths):
        alone, alone_end = ours(x[:length, i])
        assert_same(padded[:length, i], alone, f"sequence {i}")
        for part, alone_part in zip(parts(end), parts(alone_end), strict=True):
            assert_same(part[:, i], alone_part, f"state of sequence {i}")


@pytest.mark.parametrize("layer", LAYERS)
@given(data=st.data())
@settings(max_examples=25)
def test_what_is_padded_gets_no_gradient(layer: str, data: st.DataObject) -> None:
    case = data.draw(cases(layer, ("packed",), batch_first=False))
    ours, _ = case.twins()
    x = case.leaves()[0]
    packed = pack_padded_sequence(x, torch.tensor(case.lengths), enforce_sorted=False)
    (gradient,) = torch.autograd.grad(ours(packed)[0].data.sum(), x)
    for i, length in enumerate(case.lengths):
        assert not gradient[length:, i].any()


@pytest.mark.parametrize("layer", LAYERS)
@given(data=st.data())
@settings(max_examples=25)
def test_step_by_step_is_all_at_once(layer: str, data: st.DataObject) -> None:
    case = data.draw(cases(layer, ("batch",), bidirectional=False, batch_first=False))
    ours, _ = case.twins()
    x, given_state = case.leaves()
    state: Any = None
    if given_state:
        state = given_state if len(given_state) > 1 else given_state[0]
    output, end = ours(x, state)
    for t, x_t in enumerate(x):
        step, state = ours(x_t[None], state)
        assert_same(step[0], output[t], f"step {t}")
    for a, b in zip(parts(end), parts(state), strict=True):
        assert_same(a, b, "last state")


@pytest.mark.parametrize("layer", LAYERS)
@given(data=st.data())
@settings(max_examples=25)
def test_one_sequence_is_a_batch_of_one(layer: str, data: st.DataObject) -> None:
    case = data.draw(cases(layer, ("single",), batch_first=False))
    ours, _ = case.twins()
    x, given_state = case.leaves()
    single = case.run(ours, x, given_state)
    batch = case.run(ours, x[:, None], tuple(part[:, None] for part in given_state))
    for what, a, b in pairs(single, tuple(part[:, 0] for part in batch)):
        assert_same(a, b, what)


@pytest.mark.parametrize("layer", LAYERS)
@given(data=st.data())
@settings(max_examples=25)
def test_the_order_of_the_batch_does_not_matter(layer: str, data: st.DataObject) -> None:
    case = data.draw(cases(layer, ("batch",), batch_first=True))
    ours, _ = case.twins()
    x = case.leaves()[0]
    order = torch.tensor(data.draw(st.permutations(range(len(x)))))
    output, end = ours(x)
    moved, moved_end = ours(x[order])
    assert_same(output[order], moved, "output")
    for a, b in zip(parts(end), parts(moved_end), strict=True):
        assert_same(a[:, order], b, "state")


@pytest.mark.parametrize("layer", LAYERS)
def test_a_second_direction_is_a_layer_that_reads_from_the_end(layer: str) -> None:
    torch.manual_seed(0)
    both = getattr(seqcourse.nn, layer)(3, 4, bidirectional=True)
    one = getattr(seqcourse.nn, layer)(3, 4)
    names = dict(one.named_parameters())
    one.load_state_dict({name: getattr(both, f"{name}_reverse") for name in names})
    x = torch.randn(6, 2, 3)
    torch.testing.assert_close(both(x)[0][..., 4:], one(x.flip(0))[0].flip(0))


@pytest.mark.parametrize("layer", [*LAYERS, *CELLS])
def test_saved_and_loaded_is_saved(layer: str) -> None:
    torch.manual_seed(0)
    make = getattr(seqcourse.nn, layer)
    options = {} if layer.endswith("Cell") else {"num_layers": 2, "bidirectional": True}
    saved, loaded = make(3, 4, **options), make(3, 4, **options)
    file = io.BytesIO()
    torch.save(saved.state_dict(), file)
    file.seek(0)
    loaded.load_state_dict(torch.load(file, weights_only=True))
    again = pickle.loads(pickle.dumps(saved))
    x = torch.randn(5, 3)
    for other in (loaded, again):
        assert str(other(x)) == str(saved(x))
        assert all(map(torch.equal, other.parameters(), saved.parameters()))
