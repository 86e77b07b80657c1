"""Circuits of an attention-only net: what its heads look at, what they are good for, and why.

Formulas mean columns: a score is x_t' W_QK x_s, and what is written for one place read is W_OV x_s.
Both are (d, d), and all that a head is.

Sources: Elhage et al. (2021), A mathematical framework for Transformer circuits; Olsson et al.
(2022), In-context learning and induction heads.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcourse.data.words import IGNORE
from seqcourse.models.attention_only import AttentionOnly, Heads


def attention_to(weights: Tensor, source: Tensor) -> Tensor:
    """How much each head looks, in the mean, from each place to the place that is named for it.

    Args:
        weights: (layers, B, n, T, T), as `AttentionOnly.look` gives them.
        source: (B, T) int, for each place the one it should look at, from 0; IGNORE asks nothing.

    Returns:
        (layers, n), each from 0 to 1.

    Raises:
        ValueError: nothing is asked.
    """
    asked = source != IGNORE  # (B, T)
    if not asked.any():
        raise ValueError("attention_to: source asks for no place: it is IGNORE everywhere.")
    at = source.clamp(min=0)[None, :, None, :, None]  # (1, B, 1, T, 1)
    layers, _, heads = weights.shape[:3]
    there = weights.gather(-1, at.expand(layers, -1, heads, -1, -1))[..., 0]  # (layers, B, n, T)
    return (there * asked[None, :, None]).sum((1, 3)) / asked.sum()


def one_before(tokens: Tensor) -> Tensor:
    """For each place the one before it, (B, T); IGNORE for the first."""
    place = torch.arange(tokens.shape[1]).expand_as(tokens) - 1
    return place.masked_fill(place < 0, IGNORE)


def after_same(tokens: Tensor) -> Tensor:
    """For each place the one behind the last earlier place with the same symbol, (B, T).

    IGNORE where the symbol is there for the first time. What stands at that place came next then.
    """
    place = torch.arange(tokens.shape[1])
    same = (tokens[:, :, None] == tokens[:, None]) & (place < place[:, None])  # (B, t, s)
    last = torch.where(same, place, -1).amax(-1)  # (B, T)
    return torch.where(last >= 0, last + 1, IGNORE)


@torch.no_grad()
def ablations(model: AttentionOnly, inputs: Tensor, targets: Tensor) -> Tensor:
    """By how much the loss grows, in nats, when one head is taken away: (layers, n).

    Args:
        inputs, targets: (B, T); targets are IGNORE where none counts.
    """
    layers, heads = len(model.layers), model.heads
    whole = model.loss(inputs, targets)
    grows = torch.zeros(layers, heads)
    for layer in range(layers):
        for head in range(heads):
            keep = torch.ones(layers, heads)
            keep[layer, head] = 0
            logits = model(inputs, keep)
            loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE)
            grows[layer, head] = loss - whole
    return grows


def qk(layer: Heads, head: int) -> Tensor:
    """W_QK (d, d): a score is x_t' W_QK x_s."""
    rows = slice(head * layer.head_width, (head + 1) * layer.head_width)
    query, key = layer.query.weight[rows], layer.key.weight[rows]  # (d_k, d)
    return query.T @ key / math.sqrt(layer.head_width)


def ov(layer: Heads, head: int) -> Tensor:
    """W_OV (d, d): reading place s alone adds W_OV x_s."""
    rows = slice(head * layer.head_width, (head + 1) * layer.head_width)
    return layer.out.weight[:, rows] @ layer.value.weight[rows]


@torch.no_grad()
def induction_by_hand(vocabulary: int, length: int, sharp: float = 12.0) -> AttentionOnly:
    """Two layers of one head that say what came after this symbol before; nothing is trained.

    A row of the stream has four parts: the symbol, the place, the symbol before (which head 1
    writes) and the answer (which head 2 writes, and the output reads), each one-hot.

    Args:
        vocabulary: V.
        length: T, the longest sequence.
        sharp: by how much the right place's score leads.
    """
    V, T = vocabulary, length
    symbol, place, before, answer = (slice(a, b) for a, b in _parts(V, T))
    model = AttentionOnly(V, 3 * V + T, 1, 2, T, head_width=max(V, T))
    for matrix in model.parameters():
        matrix.zero_()
    model.embedding.weight[:, symbol] = torch.eye(V)
    model.place.weight[:, place] = torch.eye(T)
    model.out.weight[:, answer] = sharp * torch.eye(V)
    first: Any = model.layers[0]
    second: Any = model.layers[1]
    lead = sharp * math.sqrt(max(V, T))  # scores are divided by the root
    # Head 1: place t asks for t, place s answers as s + 1; the symbol there is written down.
    first.query.weight[:T, place] = lead * torch.eye(T)
    first.key.weight[1:T, place] = torch.eye(T)[:-1]
    first.value.weight[:V, symbol] = torch.eye(V)
    first.out.weight[before, :V] = torch.eye(V)
    # Head 2: a symbol asks for itself, a place answers as the symbol before it.
    second.query.weight[:V, symbol] = lead * torch.eye(V)
    second.key.weight[:V, before] = torch.eye(V)
    second.key.weight[:V, place.start] = -1  # nothing stands before the first place
    second.value.weight[:V, symbol] = torch.eye(V)
    second.out.weight[answer, :V] = torch.eye(V)
    return model


def _parts(V: int, T: int) -> list[tuple[int, int]]:
    ends = [0, V, V + T, 2 * V + T, 3 * V + T]
    return list(zip(ends, ends[1:], strict=False))
