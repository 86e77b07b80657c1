"""Bad input: torch's exception class, and a message that says what to do."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import randn
from torch.nn.utils.rnn import pack_padded_sequence

import seqcourse.nn

from .recurrent import CELLS, OWN_OPTIONS, PARTS

LAYERS = list(OWN_OPTIONS)
F64 = torch.float64


def packed(*shape: int, dtype: torch.dtype = torch.float32) -> Any:
    return pack_padded_sequence(randn(*shape, dtype=dtype), torch.tensor([3, 5]), False, False)


OPTIONS: dict[str, dict[str, Any]] = {
    "dropout above 1": {"dropout": 1.5},
    "dropout below 0": {"dropout": -0.1},
    "dropout True": {"dropout": True},
    "dropout NaN": {"dropout": math.nan, "num_layers": 2},
    "dropout of text": {"dropout": "a little"},
    "dropout of text that is a number": {"dropout": "0.5"},
    "dropout None": {"dropout": None},
    "bias 1": {"bias": 1},
    "batch_first 1": {"batch_first": 1},
    "input_size 0": {"input_size": 0},
    "input_size 2.0": {"input_size": 2.0},
    "hidden_size 0": {"hidden_size": 0},
    "hidden_size text": {"hidden_size": "3"},
    "num_layers 0": {"num_layers": 0},
    "num_layers 1.5": {"num_layers": 1.5},
    "num_layers text": {"num_layers": "2"},
    "an unknown argument": {"hidden": 3},
    "proj_size below 0": {"proj_size": -1},
    "proj_size too large": {"proj_size": 3},
}
# a layer of 4 → 3, batch_first=False, with a state of as many parts as it has
CALLS: dict[str, Callable[[Any], tuple[Any, ...]]] = {
    "1 dimension": lambda h: (randn(4),),
    "4 dimensions": lambda h: (randn(1, 5, 2, 4),),
    "no dimension": lambda h: (torch.tensor(1.0),),
    "too many features": lambda h: (randn(5, 2, 7),),
    "float64 input": lambda h: (randn(5, 2, 4, dtype=F64),),
    "whole numbers": lambda h: (torch.ones(5, 2, 4, dtype=torch.long),),
    "no step": lambda h: (randn(0, 2, 4),),
    "one sequence without a step": lambda h: (randn(0, 4),),
    "a list": lambda h: ([[1.0, 2.0, 3.0, 4.0]],),
    "a state of another batch": lambda h: (randn(5, 2, 4), h(randn(1, 3, 3))),
    "a state of another width": lambda h: (randn(5, 2, 4), h(randn(1, 2, 5))),
    "a state of too many layers": lambda h: (randn(5, 2, 4), h(randn(2, 2, 3))),
    "a batch, its state for one": lambda h: (randn(5, 2, 4), h(randn(1, 3))),
    "one, its state for a batch": lambda h: (randn(5, 4), h(randn(1, 2, 3))),
    "one, its state of another width": lambda h: (randn(5, 4), h(randn(1, 5))),
    "a state in float64": lambda h: (randn(5, 2, 4), h(randn(1, 2, 3, dtype=F64))),
    "packed, too many features": lambda h: (packed(5, 2, 7),),
    "packed, no features": lambda h: (packed(5, 2),),
    "packed, in float64": lambda h: (packed(5, 2, 4, dtype=F64),),
    "packed, a state of another width": lambda h: (packed(5, 2, 4), h(randn(1, 2, 5))),
    "packed, a state for too few": lambda h: (packed(5, 2, 4), h(randn(1, 1, 3))),
    "packed, a state of 2 dimensions": lambda h: (packed(5, 2, 4), h(randn(2, 3))),
    "packed, a state in float64": lambda h: (packed(5, 2, 4), h(randn(1, 2, 3, dtype=F64))),
}
# What torch's LSTM finds by accident, deep inside; its RNN looks, and ours does as that does.
UNCHECKED_BY_TORCH = {
    ("packed, in float64", "LSTM"),
    ("packed, a state of 2 dimensions", "LSTM"),
}
CELL_CALLS: dict[str, tuple[Any, ...]] = {
    "3 dimensions": (randn(5, 2, 4),),
    "no dimension": (torch.tensor(1.0),),
    "too many features": (randn(2, 7),),
    "a state of another width": (randn(2, 4), randn(2, 5)),
    "a state of another batch": (randn(2, 4), randn(5, 3)),
    "a state of no width": (randn(2, 4), randn(2, 0)),
    "a state of 3 dimensions": (randn(2, 4), randn(1, 2, 3)),
    "a batch, its state for one": (randn(2, 4), randn(3)),
    "one, its state for a batch": (randn(4), randn(1, 3)),
    "float64 input": (randn(2, 4, dtype=F64),),
    "a state in float64": (randn(2, 4), randn(2, 3, dtype=F64)),
    "a list": ([1.0, 2.0],),
    "a tuple for a state": (randn(2, 4), (randn(2, 3),)),
}


def raised(call: Callable[[], Any]) -> BaseException:
    with pytest.raises(Exception) as info, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call()
    return info.value


def same_class(ours: Callable[[], Any], theirs: Callable[[], Any]) -> None:
    mine, torchs = raised(ours), raised(theirs)
    assert type(mine) is type(torchs), f"{mine!r} where torch has {torchs!r}"
    if "argument" not in str(mine):
        assert ":" in str(mine), f"{mine} does not say what to do"


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("wrong", OPTIONS)
def test_options(layer: str, wrong: str) -> None:
    options = {"input_size": 4, "hidden_size": 3, **OPTIONS[wrong]}
    same_class(
        lambda: getattr(seqcourse.nn, layer)(**options),
        lambda: getattr(torch.nn, layer)(**options),
    )


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("wrong", CALLS)
def test_calls(layer: str, wrong: str) -> None:
    def state(part: torch.Tensor) -> Any:
        return part if PARTS[layer] == 1 else (part,) * PARTS[layer]

    arguments = CALLS[wrong](state)
    twin = "RNN" if (wrong, layer) in UNCHECKED_BY_TORCH else layer
    ours, theirs = getattr(seqcourse.nn, layer)(4, 3), getattr(torch.nn, twin)(4, 3)
    torchs = CALLS[wrong](lambda part: part) if twin != layer else arguments
    same_class(lambda: ours(*arguments), lambda: theirs(*torchs))


def test_an_rnn_refuses_the_state_of_an_lstm() -> None:
    ours, theirs = seqcourse.nn.RNN(4, 3), torch.nn.RNN(4, 3)
    state: Any = (randn(1, 2, 3), randn(1, 2, 3))
    same_class(lambda: ours(randn(5, 2, 4), state), lambda: theirs(randn(5, 2, 4), state))


@pytest.mark.parametrize("wrong", ["sigmoid", "", None, "Tanh"])
def test_nonlinearity(wrong: Any) -> None:
    same_class(
        lambda: seqcourse.nn.RNN(4, 3, nonlinearity=wrong),
        lambda: torch.nn.RNN(4, 3, nonlinearity=wrong),
    )
    cells = [library.RNNCell(4, 3, nonlinearity=wrong) for library in (seqcourse.nn, torch.nn)]
    same_class(lambda: cells[0](randn(2, 4)), lambda: cells[1](randn(2, 4)))


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("wrong", CELL_CALLS)
def test_cell_calls(kind: str, wrong: str) -> None:
    ours, theirs = (getattr(library, kind)(4, 3) for library in (seqcourse.nn, torch.nn))
    arguments = CELL_CALLS[wrong]
    if kind == "LSTMCell" and len(arguments) > 1 and isinstance(arguments[1], torch.Tensor):
        arguments = (arguments[0], (arguments[1],) * 2)
    same_class(lambda: ours(*arguments), lambda: theirs(*arguments))


@pytest.mark.parametrize("layer", LAYERS)
def test_dropout_without_a_second_layer_warns(layer: str) -> None:
    for library in (seqcourse.nn, torch.nn):
        with pytest.warns(UserWarning, match="num_layers=1"):
            getattr(library, layer)(4, 3, dropout=0.5)
    with pytest.warns(UserWarning) as caught:
        getattr(seqcourse.nn, layer)(4, 3, dropout=0.5)
    assert caught[0].filename == __file__  # it points at the caller's line


def test_a_state_for_too_many_is_refused() -> None:
    """Of too many states for a packed batch torch takes the first; here that is an error."""
    with pytest.raises(RuntimeError, match=r"Expected hx of size \(1, 2, 3\), got \(1, 3, 3\)"):
        seqcourse.nn.RNN(4, 3)(packed(5, 2, 4), randn(1, 3, 3))


MESSAGES: dict[str, tuple[Callable[[], Any], str]] = {
    "dtype": (
        lambda: seqcourse.nn.RNN(4, 3)(randn(5, 2, 4, dtype=F64)),
        r"RNN: the input is torch.float64 and the weights are torch.float32: convert the input, "
        r"input.to\(torch.float32\)",
    ),
    "features": (lambda: seqcourse.nn.RNN(4, 3)(randn(5, 2, 7)), "input_size=4 features, got 7"),
    "state": (
        lambda: seqcourse.nn.RNN(4, 3)(randn(5, 2, 4), randn(1, 9, 3)),
        r"Expected hx of size \(1, 2, 3\), got \(1, 9, 3\)",
    ),
    "lstm": (
        lambda: seqcourse.nn.RNN(4, 3)(randn(5, 2, 4), (randn(1, 2, 3),)),
        "did it come from an LSTM",
    ),
    "cell": (lambda: seqcourse.nn.RNNCell(4, 3)(randn(5, 2, 4)), "a cell takes a single step"),
}


@pytest.mark.parametrize("case", MESSAGES)
def test_messages(case: str) -> None:
    call, message = MESSAGES[case]
    with pytest.raises(Exception, match=message):
        call()
