"""What multi-head attention refuses: what came, what was wanted, what to do."""

from __future__ import annotations

import numbers
from typing import Any

import torch
from torch import Tensor

NAME = "MultiheadAttention"


def multihead_options(embed_dim: Any, num_heads: Any, dropout: Any, kdim: Any, vdim: Any) -> None:
    """A constructor's arguments.

    Raises:
        TypeError, ValueError, AssertionError, RuntimeError: each as torch's.
    """
    head_sizes(NAME, embed_dim=embed_dim, num_heads=num_heads)
    probability(NAME, dropout)
    for name, size in (("kdim", kdim), ("vdim", vdim)):
        if size is not None and (isinstance(size, bool) or not isinstance(size, int)):
            raise TypeError(f"{NAME}: {name} is a width, but {size!r} came: give 1, 2, ….")
        if size is not None and size < 0:
            raise RuntimeError(f"{NAME}: {name} is a width, but {size} came: give 1, 2, ….")


def head_sizes(layer: str, **sizes: Any) -> None:
    """A width and a number of heads, by the names of their arguments.

    Raises:
        TypeError: no whole number.
        ValueError: not above 0.
        AssertionError: no divisor.
    """
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int):
            raise TypeError(f"{layer}: {name} is a count, but {size!r} came: give 1, 2, ….")
    for name, size in sizes.items():
        if size <= 0:
            raise ValueError(f"{layer}: {name} is a count, but {size} came: give 1 or more.")
    (width_name, width), (heads_name, heads) = sizes.items()
    if width % heads:
        raise AssertionError(
            f"{layer}: {width_name}={width} came with {heads_name}={heads}: each head gets an "
            f"equal part, so give a divisor of {width}."
        )


def probability(layer: str, dropout: Any) -> None:
    """Raises TypeError for no number, ValueError for one outside 0 … 1."""
    message = f"{layer}: dropout is a probability between 0 and 1, but {dropout!r} came: give 0.1."
    if not isinstance(dropout, numbers.Real):
        raise TypeError(message)
    if not 0 <= float(dropout) <= 1:
        raise ValueError(message)


def multihead_input(
    layer: Any,
    query: Any,
    key: Any,
    value: Any,
    padding: Any,
    attn_mask: Any,
    is_causal: bool,
) -> None:
    """What a layer is given.

    Raises:
        AttributeError, TypeError, AssertionError, RuntimeError: each as torch's.
    """
    given = {"query": query, "key": key, "value": value}
    only_tensors(NAME, **given)
    _dimensions(query, key, value)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            f"{NAME}: is_causal=True is a hint about attn_mask, which did not come: give it too, "
            "Transformer.generate_square_subsequent_mask(L)."
        )
    _sizes(layer, given)
    _masks(layer, query, key, padding, attn_mask)


def only_tensors(layer: str, **given: Any) -> None:
    """Raises AttributeError for what is no tensor, AssertionError for a nested one: as torch's."""
    for name, x in given.items():
        if not isinstance(x, Tensor):
            raise AttributeError(
                f"{layer}: {name} is a tensor, but {type(x).__name__} came: torch.as_tensor makes "
                "one of a list or an array."
            )
        if x.is_nested:
            raise AssertionError(
                f"{layer}: {name} is a nested tensor: pad, and give key_padding_mask."
            )


def _dimensions(*given: Tensor) -> None:
    shapes = ", ".join(str(tuple(x.shape)) for x in given)
    if given[0].dim() not in (2, 3) or len({x.dim() for x in given}) > 1:
        raise AssertionError(
            f"{NAME}: query, key and value have shapes {shapes}: all three must have 3 dimensions, "
            "with a batch, or all 2, without."
        )


def _sizes(layer: Any, given: dict[str, Tensor]) -> None:
    query, key, value = given.values()
    shapes = ", ".join(f"{name} {tuple(x.shape)}" for name, x in given.items())
    if query.shape[-1] != layer.embed_dim:
        raise AssertionError(
            f"{NAME}: query has {query.shape[-1]} features, wanted embed_dim={layer.embed_dim}: "
            "features come last."
        )
    if key.shape[:-1] != value.shape[:-1]:
        raise AssertionError(f"{NAME}: {shapes}: each key has one value.")
    if layer.in_proj_weight is not None and key.shape != value.shape:
        raise AssertionError(f"{NAME}: {shapes}: keys and values of one width, or see kdim, vdim.")
    if (key.shape[-1], value.shape[-1]) != (layer.kdim, layer.vdim):
        error = RuntimeError if layer.in_proj_weight is not None else AssertionError
        raise error(
            f"{NAME} was made for kdim={layer.kdim} and vdim={layer.vdim}, but {shapes} came: "
            "features come last."
        )
    batch = 0 if layer.batch_first else 1
    if query.dim() == 3 and query.shape[batch] != key.shape[batch]:
        raise RuntimeError(
            f"{NAME}: {shapes}: as many sequences of queries as of keys; they are in dimension "
            f"{batch}, as batch_first={layer.batch_first}."
        )
    weight = layer.out_proj.weight
    autocast = getattr(torch._C, "_is_any_autocast_enabled", bool)()
    for name, x in given.items():
        if x.dtype != weight.dtype and not autocast:
            raise RuntimeError(
                f"{NAME}: {name} is {x.dtype} and the weights are {weight.dtype}: convert it."
            )


def _masks(layer: Any, query: Tensor, key: Tensor, padding: Any, attn_mask: Any) -> None:
    for name, mask in (("key_padding_mask", padding), ("attn_mask", attn_mask)):
        if mask is None:
            continue
        if not isinstance(mask, Tensor):
            raise TypeError(f"{NAME}: {name} is a tensor, but {type(mask).__name__} came.")
        if mask.dtype != torch.bool and not mask.is_floating_point():
            raise AssertionError(
                f"{NAME}: {name} is {mask.dtype}: give booleans, True=hidden, or numbers to add."
            )
    batched, steps = query.dim() == 3, 1 if layer.batch_first else 0
    batch = query.shape[1 - steps] if batched else 1
    length, keys = (x.shape[steps if batched else 0] for x in (query, key))
    if padding is not None and padding.shape != ((batch, keys) if batched else (keys,)):
        raise AssertionError(
            f"{NAME}: key_padding_mask has shape {tuple(padding.shape)}: wanted "
            f"{(batch, keys) if batched else (keys,)}, an entry for each key, batch first."
        )
    if attn_mask is None:
        return
    wanted = {2: (length, keys), 3: (batch * layer.num_heads, length, keys)}
    if attn_mask.shape != wanted.get(attn_mask.dim()):
        wrong = attn_mask.dim() not in wanted or (attn_mask.dim() == 3 and not batched)
        raise (AssertionError if wrong else RuntimeError)(
            f"{NAME}: attn_mask has shape {tuple(attn_mask.shape)}: wanted {wanted[2]}, or "
            f"{wanted[3]}, a row for each query of each head of each sequence."
        )
