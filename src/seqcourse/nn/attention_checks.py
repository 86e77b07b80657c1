"""What attention refuses: what came, what was wanted, what to do."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def tensors(name: str, **given: Any) -> None:
    """Raises TypeError for what is none."""
    for what, value in given.items():
        if not isinstance(value, Tensor):
            raise TypeError(
                f"{name}: {what} is a tensor, but {type(value).__name__} came: "
                "torch.as_tensor makes one of a list or an array."
            )


def sdpa_input(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any,
    dropout_p: float,
    is_causal: bool,
    enable_gqa: bool,
) -> tuple[Tensor, Tensor]:
    """Key and value, with a head for each of the query's.

    Raises:
        TypeError, RuntimeError, IndexError: each as torch's.
    """
    name = "scaled_dot_product_attention"
    tensors(name, query=query, key=key, value=value)
    shapes = f"query {tuple(query.shape)}, key {tuple(key.shape)}, value {tuple(value.shape)}"
    if min(query.dim(), key.dim(), value.dim()) < 2:
        raise RuntimeError(f"{name}: {shapes}: give at least 2 dimensions, (L, E) and (S, E).")
    if not query.dtype == key.dtype == value.dtype:
        raise RuntimeError(
            f"{name}: Expected one dtype, got query {query.dtype}, key {key.dtype} and value "
            f"{value.dtype}: convert two of them."
        )
    if not query.is_floating_point():
        raise RuntimeError(f"{name}: query is {query.dtype}: give floating-point numbers.")
    if query.shape[-1] != key.shape[-1] or key.shape[-2] != value.shape[-2]:
        raise RuntimeError(
            f"{name}: {shapes}: query and key must share their last dimension, and key and value "
            "the one before it."
        )
    if not 0 <= dropout_p <= 1:
        raise RuntimeError(
            f"{name}: dropout_p is a probability between 0 and 1, but {dropout_p} came: give 0.1."
        )
    if enable_gqa:
        key, value = _shared(name, query, key), _shared(name, query, value)
    front = _front(name, shapes, query, key, value)
    _mask(name, attn_mask, is_causal, (*front, query.shape[-2], key.shape[-2]), query.dtype)
    return key, value


def _shared(name: str, query: Tensor, heads: Tensor) -> Tensor:
    if query.dim() < 3 or heads.dim() < 3:
        raise IndexError(f"{name}: enable_gqa wants heads in dimension -3: (…, H, L, E).")
    wanted, have = query.shape[-3], heads.shape[-3]
    if not have or wanted % have:
        raise RuntimeError(
            f"{name}: Number of heads in key and value must divide that of query, got {have} and "
            f"{wanted}: give query a multiple."
        )
    return heads.repeat_interleave(wanted // have, -3)


def _front(name: str, shapes: str, *given: Tensor) -> tuple[int, ...]:
    try:
        return tuple(torch.broadcast_shapes(*(x.shape[:-2] for x in given)))  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        raise RuntimeError(
            f"{name}: {shapes}: all but the last two dimensions must be equal, or 1 (or see "
            "enable_gqa)."
        ) from error


def _mask(
    name: str, mask: Any, is_causal: bool, shape: tuple[int, ...], dtype: torch.dtype
) -> None:
    if mask is None:
        return
    tensors(name, attn_mask=mask)
    if is_causal:
        raise RuntimeError(
            f"{name}: Explicit attn_mask should not be set when is_causal=True: put the triangle "
            "into the mask."
        )
    if mask.dtype not in (torch.bool, torch.float32, dtype):
        raise RuntimeError(
            f"{name}: Expected attn_mask to be bool (True takes part) or {dtype}, got "
            f"{mask.dtype}: convert it."
        )
    sizes = zip(reversed(mask.shape), reversed(shape), strict=False)
    if mask.dim() > len(shape) or any(m not in (1, n) for m, n in sizes):
        raise RuntimeError(
            f"{name}: attn_mask has shape {tuple(mask.shape)}, which does not broadcast to the "
            f"weights' {shape}: (…, L, S), a row for each query."
        )


def layer_input(
    name: str, query: Any, key: Any, value: Any, padding: Any, sizes: tuple[int, int] | None
) -> Tensor | None:
    """What an attention layer is given, (B, L, Dq), (B, S, Dk), (B, S, Dv) and (B, S); the mask
    of what takes part, (B, 1, S).

    Args:
        sizes: Dq and Dk; None where they must only be equal.

    Raises:
        TypeError: no tensor; a padding mask that is not of booleans.
        ValueError: other shapes.
    """
    tensors(name, query=query, key=key, value=value)
    shapes = f"query {tuple(query.shape)}, key {tuple(key.shape)}, value {tuple(value.shape)}"
    if not query.dim() == key.dim() == value.dim() == 3:
        raise ValueError(
            f"{name} got {shapes}: give (B, L, Dq), (B, S, Dk), (B, S, Dv); a single query is "
            "query[:, None]."
        )
    if not len(query) == len(key) == len(value) or key.shape[1] != value.shape[1]:
        raise ValueError(
            f"{name} got {shapes}: the batch comes first and must be the same in all; each key "
            "has one value."
        )
    widths = query.shape[-1], key.shape[-1]
    if sizes is None and widths[0] != widths[1]:
        raise ValueError(
            f"{name} got queries of width {widths[0]} and keys of width {widths[1]}: a dot "
            "product wants them equal; GeneralAttention and AdditiveAttention do not."
        )
    if sizes is not None and widths != sizes:
        raise ValueError(
            f"{name} was made for query_size={sizes[0]} and key_size={sizes[1]}, but queries of "
            f"width {widths[0]} and keys of width {widths[1]} came: features come last."
        )
    if padding is None:
        return None
    tensors(name, key_padding_mask=padding)
    if padding.dtype != torch.bool:
        raise TypeError(
            f"{name}: key_padding_mask is {padding.dtype}: give booleans, True=padding."
        )
    if padding.shape != key.shape[:2]:
        raise ValueError(
            f"{name}: key_padding_mask has shape {tuple(padding.shape)} for keys of shape "
            f"{tuple(key.shape)}: give one entry for each key, (B, S)."
        )
    hidden: Tensor = padding[:, None]
    return ~hidden
