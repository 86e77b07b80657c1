"""What Transformers refuse: what came, what was wanted, what to do."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.nn.attention_checks import tensors
from seqcourse.nn.multihead_checks import head_sizes, only_tensors, probability


def layer_options(name: str, d_model: Any, nhead: Any, dim_feedforward: Any, dropout: Any) -> None:
    """A layer's sizes.

    Raises:
        TypeError, ValueError, AssertionError, RuntimeError: each as torch's.
    """
    head_sizes(name, d_model=d_model, nhead=nhead)
    probability(name, dropout)
    if isinstance(dim_feedforward, bool) or not isinstance(dim_feedforward, int):
        raise TypeError(f"{name}: dim_feedforward is a count, but {dim_feedforward!r} came.")
    if dim_feedforward < 0:
        raise RuntimeError(f"{name}: dim_feedforward is a count, but {dim_feedforward} came.")


def activation_function(name: str, activation: Any) -> Callable[[Tensor], Tensor]:
    """The function behind a name, or the function given.

    Raises:
        RuntimeError: another name.
        TypeError: neither a name nor a function.
    """
    named: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu, "gelu": F.gelu}
    if isinstance(activation, str) and activation not in named:
        raise RuntimeError(
            f"{name}: activation={activation!r} came: give 'relu', 'gelu', or a function of a "
            "tensor, such as torch.tanh."
        )
    found = named[activation] if isinstance(activation, str) else activation
    if not callable(found):
        raise TypeError(f"{name}: activation is a function of a tensor, but {activation!r} came.")
    return found


def copies(name: str, layer: Any, num_layers: Any) -> nn.ModuleList:
    """So many copies of a layer.

    Raises:
        TypeError: no module; no whole number.
        ValueError: fewer than none.
    """
    if not isinstance(layer, nn.Module):
        raise TypeError(f"{name}: the layer is a module, but {type(layer).__name__} came.")
    if isinstance(num_layers, bool) or not isinstance(num_layers, int):
        raise TypeError(f"{name}: num_layers is a count, but {num_layers!r} came: give 1, 2, ….")
    if num_layers < 0:
        raise ValueError(f"{name}: num_layers is a count, but {num_layers} came: give 1, 2, ….")
    return nn.ModuleList(copy.deepcopy(layer) for _ in range(num_layers))


def transformer_input(src: Any, tgt: Any, d_model: int, batch_first: bool) -> None:
    """What a Transformer is given.

    Raises:
        AttributeError, RuntimeError: each as torch's.
    """
    only_tensors("Transformer", src=src, tgt=tgt)
    shapes = f"src {tuple(src.shape)}, tgt {tuple(tgt.shape)}"
    batch = 0 if batch_first else 1
    if src.dim() == 3 and (tgt.dim() < 2 or src.shape[batch] != tgt.shape[batch]):
        raise RuntimeError(
            f"Transformer: {shapes}: as many sequences in both; they are in dimension {batch}, as "
            f"batch_first={batch_first}."
        )
    if any(not x.dim() or x.shape[-1] != d_model for x in (src, tgt)):
        raise RuntimeError(
            f"Transformer: {shapes}: both must have d_model={d_model} features, which come last."
        )


# One position at a time


def layer_state(layer: Any, x: Any, state: Any) -> None:
    """A new position, and the keys and values of those before it.

    Raises:
        TypeError, ValueError: not so.
    """
    name, attention = f"{type(layer).__name__}.step", layer.self_attn
    tensors(name, x=x)
    if x.dim() not in (2, 3) or x.shape[-1] != attention.embed_dim:
        raise ValueError(
            f"{name} got x of shape {tuple(x.shape)}: give (N, {attention.embed_dim}), a row for "
            "each sequence, or (N, T, …) for several positions; the batch comes first."
        )
    if state is None:
        return
    if not isinstance(state, tuple | list) or len(state) != 2:
        raise TypeError(
            f"{name}: state is keys and values, but {type(state).__name__} came: give the state "
            "that the last step returned, or None at the first."
        )
    tensors(name, keys=state[0], values=state[1])
    shape = len(x), attention.num_heads, state[0].shape[-2], attention.head_dim
    if not state[0].shape == state[1].shape == shape:
        raise ValueError(
            f"{name}: x has shape {tuple(x.shape)}, but the state's keys {tuple(state[0].shape)} "
            f"and values {tuple(state[1].shape)}: wanted (N, n, S, d/n), {shape}."
        )


def memory_input(layer: Any, memory: Any, padding: Any) -> None:
    """What a decoder layer is to read at every step.

    Raises:
        TypeError, ValueError: no tensors, or other shapes.
    """
    name, width = f"{type(layer).__name__}.start", layer.multihead_attn.embed_dim
    tensors(name, memory=memory)
    if memory.dim() != 3 or memory.shape[-1] != width:
        raise ValueError(
            f"{name} got memory of shape {tuple(memory.shape)}: give (N, S, {width}); the batch "
            "comes first, also where the layer's batch_first is False."
        )
    if padding is None:
        return
    tensors(name, memory_key_padding_mask=padding)
    if padding.shape != memory.shape[:2]:
        raise ValueError(
            f"{name}: memory_key_padding_mask has shape {tuple(padding.shape)} for memory of shape "
            f"{tuple(memory.shape)}: give an entry for each key, (N, S)."
        )


def decoder_state(layer: Any, x: Any, state: Any) -> None:
    """A new position, and what `start` or the last step returned.

    Raises:
        TypeError, ValueError: not so.
    """
    name = f"{type(layer).__name__}.step"
    if not isinstance(state, tuple | list) or len(state) != 2 or len(state[1]) != 3:
        raise TypeError(
            f"{name}: state came as {type(state).__name__}: give what start(memory) returned, and "
            "then what each step returned."
        )
    layer_state(layer, x, state[0])
    if len(state[1][0]) != len(x):
        raise ValueError(
            f"{name}: {len(x)} rows in x, but memory has {len(state[1][0])}: a row for each "
            "sequence; decoding.select picks the state's."
        )


def stack_state(stack: Any, state: Any) -> None:
    """As many states as layers.

    Raises:
        TypeError: not so.
    """
    if not isinstance(state, tuple | list) or len(state) != len(stack.layers):
        came = f"{len(state)} states" if isinstance(state, tuple | list) else type(state).__name__
        raise TypeError(
            f"{type(stack).__name__}.step: {came} came for {len(stack.layers)} layers: give what "
            "the last step returned; what comes before the first is told at `step` and `start`."
        )
