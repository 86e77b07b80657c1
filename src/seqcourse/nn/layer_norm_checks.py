"""What layer normalization refuses: what came, what was wanted, what to do."""

from __future__ import annotations

import numbers
from typing import Any

import torch
from torch import Tensor


def layer_norm_shape(shape: Any, eps: Any) -> tuple[int, ...]:
    """A normalized shape as a tuple; eps must be a number.

    Raises:
        TypeError, RuntimeError: each as torch's.
    """
    if isinstance(shape, str) or not hasattr(shape, "__iter__"):
        raise TypeError(f"LayerNorm: normalized_shape is a count or several, but {shape!r} came.")
    if not isinstance(eps, numbers.Real):
        raise TypeError(f"LayerNorm: eps is a small number, but {eps!r} came: give 1e-5.")
    sizes = tuple(shape)
    for size in sizes:
        if isinstance(size, bool) or not isinstance(size, int):
            raise TypeError(f"LayerNorm: normalized_shape={sizes} holds {size!r}: give counts.")
        if size < 0:
            raise RuntimeError(f"LayerNorm: normalized_shape={sizes} holds {size}: give counts.")
    return sizes


def layer_norm_input(x: Any, shape: tuple[int, ...], weight: Tensor | None) -> None:
    """What a layer for `shape` is given.

    Raises:
        TypeError, RuntimeError, NotImplementedError: each as torch's.
    """
    if not isinstance(x, Tensor):
        raise TypeError(
            f"LayerNorm: the input is a tensor, but {type(x).__name__} came: torch.as_tensor makes "
            "one of a list or an array."
        )
    if not shape:
        raise RuntimeError("LayerNorm: normalized_shape=() normalizes nothing: give a count.")
    if x.shape[-len(shape) :] != shape:
        raise RuntimeError(
            f"LayerNorm was made for normalized_shape={shape}, but an input of shape "
            f"{tuple(x.shape)} came: the normalized dimensions come last."
        )
    if weight is not None and x.dtype != weight.dtype and not _lower(x):
        raise RuntimeError(
            f"LayerNorm: the input is {x.dtype} and the weights are {weight.dtype}: convert one."
        )
    if not x.is_floating_point():
        raise NotImplementedError(
            f"LayerNorm: the input is {x.dtype}: give it as numbers, x.float()."
        )


def _lower(x: Tensor) -> bool:
    return x.dtype in (torch.float16, torch.bfloat16)
