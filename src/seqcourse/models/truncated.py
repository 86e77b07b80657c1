"""The loss of truncated BPTT for autograd: a stream in pieces, the state cut loose between."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcourse.data.words import IGNORE
from seqcourse.models.language_model import LanguageModel


def read_in_pieces(model: LanguageModel, inputs: Tensor, k: int, carry: bool = True) -> Tensor:
    """The logits of a stream read k steps at a time; no gradient crosses from piece to piece.

    Args:
        model: any language model.
        inputs: (B, T) symbols.
        k: steps a piece; the last piece may be shorter.
        carry: hand the state on to the next piece, as a plain value; without it each piece
            begins from zeros.

    Returns:
        (B, T, V). With `carry` they are those of the whole stream, whatever k is.

    Raises:
        ValueError: k is below 1.
    """
    if k < 1:
        raise ValueError(f"read_in_pieces got k={k}: give 1 or more steps a piece.")
    state, logits = None, []
    for piece in torch.split(inputs, k, dim=1):  # (B, k)
        scores, state = model(piece, state)  # (B, k, V)
        state = detached(state) if carry else None
        logits.append(scores)
    return torch.cat(logits, dim=1)


def truncated_loss(
    model: LanguageModel, inputs: Tensor, targets: Tensor, k: int, carry: bool = True
) -> Tensor:
    """Mean cross-entropy in nats, whose gradient is that of truncated BPTT(k, k).

    One update a stream: the weights stand still while it is read, so that every k sees the same
    batches and as many updates. (In practice one updates after each piece, and needs no more
    memory than one piece takes.)

    Args:
        model, k, carry: as `read_in_pieces`.
        inputs: (B, T) symbols.
        targets: (B, T) symbols, or IGNORE.
    """
    logits = read_in_pieces(model, inputs, k, carry)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE)


def detached(state: Any) -> Any:
    """A state's values without their past; a tuple's parts each (an LSTM has two)."""
    if isinstance(state, tuple):
        return tuple(part.detach() for part in state)
    return state.detach()
