"""A GPT that is told where its symbols stand: shifted, or with gaps between them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from seqcourse.models.gpt import GPT
from seqcourse.nn.positions import LearnedPosition, rotate, sinusoids


class Places(nn.Module):
    """Where the symbols stand: `chosen`, (T,), or 0, 1, 2, … where it is None."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: Tensor | None = None

    def forward(self, count: int) -> Tensor:
        """(T,) whole numbers."""
        if self.chosen is None:
            return torch.arange(count)
        if self.chosen.shape != (count,):
            raise ValueError(
                f"{count} symbols came, and places of shape {tuple(self.chosen.shape)}: choose a "
                "place for each symbol."
            )
        return self.chosen


class PlacedGPT(GPT):
    """A GPT with `places.chosen`: it is read whole, without a state.

    With "alibi" or without positions nothing can be chosen: distances are those in the text.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.places = Places()
        if self.position is not None:
            self.position = _Added(self.position, self.places, self.width)
        for block in self.blocks:
            if block.rotation is not None:
                block.rotation = _Turned(self.places)


class _Added(nn.Module):
    """Adds the row of each chosen place."""

    def __init__(self, position: nn.Module, places: Places, width: int) -> None:
        super().__init__()
        self.position, self.places, self.width = position, places, width

    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        at = self.places(x.shape[1])
        if isinstance(self.position, LearnedPosition):
            return x + self.position.weight[at]
        return x + sinusoids(int(at.max()) + 1, self.width, dtype=x.dtype)[at]


class _Turned(nn.Module):
    """Turns queries and keys by their chosen places."""

    def __init__(self, places: Places) -> None:
        super().__init__()
        self.places = places

    def forward(self, q: Tensor, k: Tensor, offset: int) -> tuple[Tensor, Tensor]:
        at = self.places(q.shape[2])
        return rotate(q, at), rotate(k, at)
