"""What a recurrent layer refuses, in torch's exception classes: what came, what was wanted, what
to do."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def options(
    input_size: Any,
    hidden_size: Any,
    num_layers: Any,
    bias: Any,
    batch_first: Any,
    dropout: Any,
    bidirectional: Any,
    proj_size: Any,
    step: Any,
) -> None:
    """A constructor's arguments.

    Raises:
        TypeError, ValueError: each as torch's.
    """
    _probability(dropout)
    if float(dropout) > 0 and num_layers == 1:
        warnings.warn(
            f"dropout={dropout} does nothing here: it acts between layers, and num_layers=1. "
            "Give num_layers=2 or more, or put nn.Dropout behind the layer.",
            stacklevel=4,
        )
    switches = {"bias": bias, "batch_first": batch_first, "bidirectional": bidirectional}
    for name, value in switches.items():
        if not isinstance(value, bool):
            raise TypeError(
                f"{name} is True or False, but {value!r} came: are the arguments in torch's order?"
            )
    counts = {"input_size": input_size, "hidden_size": hidden_size, "num_layers": num_layers}
    for name, value in counts.items():
        if not isinstance(value, int):
            raise TypeError(f"{name} is a count, but {value!r} came: give 1, 2, ….")
        if value <= 0:
            raise ValueError(f"{name} is a count, but {value} came: give 1 or more.")
    if not 0 <= proj_size < hidden_size:
        raise ValueError(
            f"proj_size={proj_size} came with hidden_size={hidden_size}: give a size between 1 and "
            f"{hidden_size - 1}, or 0 for no projection."
        )
    if step is not None and not callable(step):
        raise TypeError(
            f"step is a function (a, state, weight_hh) -> state, but {type(step).__name__} came: "
            "give its name without calling it."
        )


def _probability(dropout: Any) -> None:
    message = f"dropout is a probability between 0 and 1, but {dropout!r} came: give 0.2, say."
    if not isinstance(dropout, numbers.Real | str):
        raise TypeError(message)
    if isinstance(dropout, bool | str) or not 0 <= float(dropout) <= 1:
        raise ValueError(message)


def state(layer: str, hx: Any, several: bool) -> tuple[Tensor, ...] | None:
    """A given state as a tuple of its parts.

    Raises:
        AttributeError: not a tensor, or not a tuple of tensors where a state has several parts.
    """
    if hx is None:
        return None
    parts = tuple(hx) if several and isinstance(hx, tuple | list) else (hx,)
    if not all(isinstance(part, Tensor) for part in parts):
        wanted = "a tuple of tensors" if several else "one tensor"
        raise AttributeError(
            f"{layer}: hx is {wanted}, but {type(hx).__name__} came"
            + ("." if several else ": did it come from an LSTM? Then give its first part.")
        )
    return parts


def dimensions(layer: str, x: Any, hx: tuple[Tensor, ...] | None) -> None:
    """2 dimensions for one sequence, 3 for a batch, and the state like the input.

    Raises:
        AttributeError: the input is no tensor.
        ValueError: the input has neither.
        RuntimeError: the state does not have as many.
    """
    if not isinstance(x, Tensor):
        raise AttributeError(
            f"{layer}: the input is a tensor or a PackedSequence, but {type(x).__name__} came: "
            "torch.as_tensor makes one of a list or an array."
        )
    if x.dim() not in (2, 3):
        raise ValueError(
            f"{layer}: Expected input to be 2D (one sequence) or 3D (a batch), "
            f"got {x.dim()}D of shape {tuple(x.shape)}: add or remove an axis."
        )
    for part in hx or ():
        if part.dim() != x.dim():
            kind = "a batch (3-D)" if x.dim() == 3 else "one sequence (2-D)"
            raise RuntimeError(
                f"{layer}: the input is {kind}, so hx must be {x.dim()}-D too, but hx has shape "
                f"{tuple(part.shape)}: hx has its layers first, also with batch_first."
            )


def sequence(layer: str, x: Tensor, input_size: int, dtype: torch.dtype, packed: bool) -> None:
    """Steps first: (T, B, I), or packed (N, I).

    Raises:
        ValueError: another dtype than the weights'.
        RuntimeError: another number of features; no step.
    """
    if x.dtype != dtype and not _autocast():
        raise ValueError(
            f"{layer}: the input is {x.dtype} and the weights are {dtype}: convert the input, "
            f"input.to({dtype}), or the model, model.to({x.dtype})."
        )
    if packed and x.dim() != 2:
        raise RuntimeError(
            f"{layer}: packed rows must have 2 dimensions, got {x.dim()}: "
            "pack a batch of shape (T, B, I)."
        )
    if x.shape[-1] != input_size:
        raise RuntimeError(
            f"{layer}: each step's input must have input_size={input_size} features, "
            f"got {x.shape[-1]}: features come last."
        )
    if not len(x):
        raise RuntimeError(f"{layer}: the sequences have no step: give at least one.")


def state_shapes(
    layer: str,
    hx: tuple[Tensor, ...] | None,
    shapes: Sequence[tuple[int, int, int]],
    x: Tensor,
) -> None:
    """The state's parts, each (layers × directions, B, H), of the input's dtype.

    Raises:
        RuntimeError: not so.
    """
    if hx is None:
        return
    if len(hx) != len(shapes):
        raise RuntimeError(f"{layer}: hx has {len(shapes)} parts, but {len(hx)} came.")
    for index, (part, shape) in enumerate(zip(hx, shapes, strict=True)):
        name = "hx" if len(hx) == 1 else f"hx[{index}]"
        if part.shape != shape:
            raise RuntimeError(
                f"{layer}: Expected {name} of size {shape}, got {tuple(part.shape)}: "
                "(layers × directions, batch, features)."
            )
        if part.dtype != x.dtype and not _autocast():
            raise RuntimeError(
                f"{layer}: {name} is {part.dtype} and the input {x.dtype}: give hx.to({x.dtype})."
            )


def cell(layer: str, x: Any, hx: Any, weight_ih: Tensor) -> None:
    """What a cell is given: (B, I) and (B, H), or (I,) and (H,).

    Raises:
        AttributeError, ValueError, RuntimeError: as torch's cells.
    """
    for name, value in (("the input", x), ("hx", hx)):
        if value is not None and not isinstance(value, Tensor):
            raise AttributeError(f"{layer}: {name} is a tensor, but {type(value).__name__} came.")
        if value is not None and value.dim() not in (1, 2):
            raise ValueError(
                f"{layer}: Expected {name} to be 1D (one sequence) or 2D (a batch), got "
                f"{value.dim()}D of shape {tuple(value.shape)}: a cell takes a single step."
            )
        if value is not None and value.dtype != weight_ih.dtype and not _autocast():
            raise RuntimeError(
                f"{layer}: {name} is {value.dtype} and the weights are {weight_ih.dtype}: "
                f"convert it, .to({weight_ih.dtype})."
            )
    hidden_size, input_size = weight_ih.shape
    if x.shape[-1] != input_size:
        raise RuntimeError(
            f"{layer}: the input must have input_size={input_size} features, got {x.shape[-1]}: "
            "features come last."
        )
    if hx is not None and hx.shape != (*x.shape[:-1], hidden_size):
        raise RuntimeError(
            f"{layer}: Expected hx of size {(*x.shape[:-1], hidden_size)}, as the input's, "
            f"got {tuple(hx.shape)}."
        )


def step_result(new: Any, now: tuple[Tensor, ...], weight_hr: Tensor | None) -> None:
    """What a step gave, against the state it was given; looked at once.

    Raises:
        TypeError: no tensor, or not as many as the state has parts.
        ValueError: another shape.
    """
    if not isinstance(new, tuple) or not all(isinstance(part, Tensor) for part in new):
        raise TypeError(
            f"The step returned {type(new).__name__}: return the new state, a tensor"
            + (f", or {len(now)} of them." if len(now) > 1 else ".")
        )
    if len(new) != len(now):
        raise TypeError(
            f"The step returned {len(new)} tensors for a state of {len(now)}: "
            "return the whole new state, the output first, and nothing else."
        )
    for part, old in zip(new, now, strict=True):
        wanted: tuple[int, ...] = tuple(old.shape)
        if weight_hr is not None and old is now[0]:
            wanted = (*old.shape[:-1], weight_hr.shape[1])  # it is projected afterwards
        if part.shape != wanted:
            raise ValueError(
                f"The step returned a state of shape {tuple(part.shape)} where it was given "
                f"{tuple(old.shape)}; wanted {wanted}: print the shapes inside the step."
            )


def _autocast() -> bool:
    asked = getattr(torch._C, "_is_any_autocast_enabled", None)
    return bool(asked is not None and asked())
