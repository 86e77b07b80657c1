"""Reading padded sequences with a recurrent layer, and its state as decoding wants it.

Recurrent layers keep their state as (layers × directions, B, H), a tuple if it has several parts.
Who follows many hypotheses at once drops some and doubles others, and wants the batch first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqcourse.models.mode import mode


def checked_lengths(model: str, lengths: Tensor, x: Tensor) -> Tensor:
    """How long each sequence of x (B, T, …) is, (B,) on the CPU.

    Raises:
        ValueError: it is not one whole number from 1 to T for each.
    """
    lengths = torch.as_tensor(lengths).cpu()
    one_each = lengths.shape == (len(x),) and len(x) > 0 and not lengths.is_floating_point()
    if not one_each or not 1 <= lengths.min() <= lengths.max() <= x.shape[1]:
        raise ValueError(
            f"{model} got lengths {lengths.tolist()!s:.80} for a source of shape "
            f"{tuple(x.shape)}: give each of the {len(x)} sequences its number of real steps, "
            f"from 1 to {x.shape[1]}."
        )
    return lengths


def read(layer: nn.Module, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Any]:
    """A recurrent layer's states, and its state after each sequence's own last step.

    Args:
        layer: with batch_first=True.
        x: (B, T, D).
        lengths: (B,) how many steps of each are real; None: all.

    Returns:
        (B, T, H), zeros behind each sequence's end; and the state as the layer gives it.
    """
    if lengths is None or bool((lengths == x.shape[1]).all()):
        states, end = layer(x)
        return states, end
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    states, end = layer(packed)
    return pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])[0], end


def each(state: Any, function: Callable[[Tensor], Any]) -> Any:
    """The same nesting of tuples and lists, with the function's value for each tensor."""
    if isinstance(state, Tensor):
        return function(state)
    return type(state)(each(part, function) for part in state)


def swapped(state: Any) -> Any:
    """A layer's state with its batch first, (B, layers × directions, H); and back."""
    return each(state, lambda part: part.transpose(0, 1).contiguous())


def top(end: Any, layer: nn.Module) -> Tensor:
    """(B, H): the output that belongs to a state, of two directions one behind the other.

    Args:
        end: the state after the last step, as the layer gives it.
        layer: which gave it; its last layer counts.
    """
    h = end[-1] if isinstance(end, list) else end  # a Stack has a list
    h = h if isinstance(h, Tensor) else h[0]  # (layers × directions, B, H)
    return torch.cat([h[-2], h[-1]], -1) if layer.bidirectional else h[-1]


def state_shapes(layer: nn.Module) -> Any:
    """What a layer's state looks like: in its own nesting, empty tensors (layers × directions, H).

    The layer is asked by letting it read one step.
    """
    weight, size = next(layer.parameters()), int(layer.input_size)  # type: ignore[arg-type]
    with mode(layer, training=False), torch.no_grad():
        _, end = layer(torch.zeros(1, 1, size, dtype=weight.dtype, device=weight.device))
    return each(end, lambda part: part[:, 0].to("meta"))
