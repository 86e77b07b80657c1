"""Cards on a table, each a handwritten digit and a value; asked by two digits in other hands.

One layer of self-attention reads the cards and the question, and one linear map answers: all that
a head may do is look. How many heads there are changes no number of weights.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from seqcourse.nn.heads import join_heads, project_heads


class SelfAttention(nn.Module):
    """Every row asks every row, itself too; parameters and their first values as torch's.

    Args:
        width: d, of a row.
        heads: n, a divisor of it.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, x: Tensor, without: int | None = None) -> tuple[Tensor, Tensor]:
        """Rows (B, T, d) and weights (B, n, T, T), of rows (B, T, d).

        Args:
            without: a head that says nothing.
        """
        q, k, v = project_heads(x, self.in_proj_weight, self.in_proj_bias, self.heads)
        weights = (q @ k.mT / math.sqrt(q.shape[-1])).softmax(-1)  # (B, n, T, T)
        read = weights @ v  # (B, n, T, d / n)
        if without is not None:
            said = torch.ones(self.heads, 1, 1)
            said[without] = 0
            read = read * said
        found: Tensor = self.out_proj(join_heads(read))
        return found, weights


class CardReader(nn.Module):
    """Answers two questions about cards from one row that has read them.

    Args:
        pixels: of an image.
        values: how many there are.
        width: d, of a row.
        heads: of the attention.
        feedforward: whether a network with a nonlinearity stands behind the attention.
    """

    def __init__(
        self, pixels: int, values: int, width: int, heads: int, feedforward: bool = False
    ) -> None:
        super().__init__()
        self.digit, self.value = nn.Linear(pixels, width), nn.Embedding(values, width)
        self.question = nn.Linear(2 * pixels, width)
        self.attention = SelfAttention(width, heads)
        self.behind: nn.Module | None = None
        if feedforward:
            inner = nn.Linear(width, 4 * width)
            self.behind = nn.Sequential(inner, nn.ReLU(), nn.Linear(4 * width, width))
        self.out = nn.Linear(width, 2 * values)

    def forward(
        self, images: Tensor, values: Tensor, asked: Tensor, without: int | None = None
    ) -> tuple[Tensor, Tensor]:
        """Logits of both answers, (B, 2, V), and what the question's row looks at, (B, n, S + 1).

        Args:
            images: (B, S, P), of the cards.
            values: (B, S) whole numbers, on the cards.
            asked: (B, 2, P) images.
            without: a head that says nothing.
        """
        cards = self.digit(images) + self.value(values)  # (B, S, d)
        question = self.question(asked.flatten(1))  # (B, d)
        x = torch.cat([cards, question[:, None]], 1)  # (B, S + 1, d)
        read, weights = self.attention(x, without)
        row = question + read[:, -1]
        if self.behind is not None:
            row = row + self.behind(row)
        return self.out(row).unflatten(-1, (2, -1)), weights[:, :, -1]
