"""Where a GPT's places come in: numbers added to the stream, queries and keys turned, a bias."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from seqcourse.nn.positions import LearnedPosition, SinusoidalPosition, alibi, rotate

Positions = Literal["learned", "sinusoidal", "rotary", "alibi"]


class Rotation(nn.Module):
    """Queries and keys turned by angles that grow with their places."""

    def forward(self, q: Tensor, k: Tensor, offset: int) -> tuple[Tensor, Tensor]:
        """Queries and keys (B, n, T, d_k) of the places from `offset` on."""
        places = torch.arange(offset, offset + q.shape[2], device=q.device)
        return rotate(q, places), rotate(k, places)


def require_positions(positions: str | None, width: int, heads: int, length: int | None) -> None:
    """Refuse what does not fit.

    Raises:
        ValueError: there is no such kind, or it lacks what it needs.
    """
    if positions is not None and positions not in get_args(Positions):
        raise ValueError(
            f"GPT got positions={positions!r}: it knows {get_args(Positions)}, and None."
        )
    if positions == "learned" and length is None:
        raise ValueError(
            "GPT got positions='learned' without a length: say how many places the table has."
        )
    if positions == "rotary" and width // heads % 2:
        raise ValueError(
            f"GPT got positions='rotary' and heads of {width // heads} numbers, which are turned "
            "in pairs: let width / heads be even."
        )


def added(positions: str | None, width: int, length: int | None) -> nn.Module | None:
    """What adds the places to the stream (B, T, d), `offset` being its first; or None."""
    if positions == "learned":
        assert length is not None
        return LearnedPosition(length, width)
    return SinusoidalPosition(width) if positions == "sinusoidal" else None


def score_bias(
    positions: str | None, heads: int, causal: bool, like: Tensor, seen: int
) -> Tensor | None:
    """What is added to the scores of T queries, the last of `seen` places: (T, S) or (n, T, S).

    With `causal` it is -inf where the key is later than the query.

    Args:
        like: the stream (B, T, d), for its length, device and dtype.
        seen: S.
    """
    T = like.shape[1]
    if positions == "alibi":
        return alibi(heads, T, seen, causal=causal, dtype=like.dtype).to(like.device)
    return like.new_full((T, seen), -torch.inf).triu(seen - T + 1) if causal else None
