"""What Transformers refuse: what came, what was wanted, what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor


def activation_function(activation: Any) -> Callable[[Tensor], Tensor]:
    """The function behind a name, or the function given.

    Raises:
        RuntimeError: another name.
    """
    if not isinstance(activation, str):
        return activation  # type: ignore[no-any-return]
    named: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu, "gelu": F.gelu}
    if activation not in named:
        raise RuntimeError(
            f"activation={activation!r} came: give 'relu', 'gelu' or a function: torch.tanh."
        )
    return named[activation]


def transformer_input(src: Tensor, tgt: Tensor, d_model: int, batch_first: bool) -> None:
    """What a Transformer is given.

    Raises:
        AttributeError, RuntimeError: each as torch's.
    """
    for name, x in (("src", src), ("tgt", tgt)):
        if not isinstance(x, Tensor):
            raise AttributeError(f"Transformer: {name} is a tensor, but {type(x).__name__} came.")
    shapes = f"src {tuple(src.shape)}, tgt {tuple(tgt.shape)}"
    batch = 0 if batch_first else 1
    if src.dim() == 3 and (tgt.dim() < 2 or src.shape[batch] != tgt.shape[batch]):
        raise RuntimeError(
            f"Transformer: {shapes}: as many sequences in both; they are in dimension {batch}, as "
            f"batch_first={batch_first}."
        )
    if src.shape[-1] != d_model or tgt.shape[-1] != d_model:
        raise RuntimeError(
            f"Transformer: {shapes}: both must have d_model={d_model} features, which come last."
        )
