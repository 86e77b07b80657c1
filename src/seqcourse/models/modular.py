"""A Transformer of one layer that adds on a clock: it reads a, b and =, and says (a + b) mod p.

Shapes: B questions, p numbers, width d, n heads of width d / n.

Sources: Power et al. (2022), arXiv:2201.02177; the net is that of Nanda et al. (2023),
arXiv:2301.05217, smaller, with biases in the feed-forward layer: no norms, a ReLU.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ModularAdder(nn.Module):
    """One layer of attention and one feed-forward layer, of which the place of = is read.

    Args:
        modulus: p.
        width: d.
        heads: n.
        hidden: units of the feed-forward layer.

    Raises:
        ValueError: the width is no multiple of the heads.
    """

    def __init__(self, modulus: int, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"ModularAdder: width {width} is no multiple of heads={heads}.")
        self.modulus, self.heads = modulus, heads
        self.embedding = nn.Embedding(modulus + 1, width)  # the last row is =
        self.place = nn.Embedding(3, width)
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.inner = nn.Linear(width, hidden)
        self.outer = nn.Linear(hidden, width)
        self.answer = nn.Linear(width, modulus, bias=False)
        for name, matrix in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(matrix)
            else:
                nn.init.normal_(matrix, std=1 / math.sqrt(matrix.shape[1]))

    def forward(self, questions: Tensor) -> Tensor:
        """Logits (B, p) for pairs (a, b), (B, 2) int.

        A key or a value depends on symbol and place alone, and there are 2 p + 1 of these: each is
        computed once, and looked up.
        """
        p, n = self.modulus, self.heads
        number, equals = self.embedding.weight[:p], self.embedding.weight[p] + self.place.weight[2]
        rows = torch.cat(
            [number + self.place.weight[0], number + self.place.weight[1], equals[None]]
        )
        query = self.query(equals).view(n, -1)  # (n, d / n)
        key, value = (part(rows).view(2 * p + 1, n, -1) for part in (self.key, self.value))
        scores = (key * query).sum(-1) / math.sqrt(query.shape[-1])  # (2 p + 1, n)
        a, b = questions.unbind(1)
        at = torch.stack([a, b + p, torch.full_like(a, 2 * p)], 1)  # (B, 3)
        weights = F.embedding(at, scores).softmax(1)  # (B, 3, n)
        values = F.embedding(at, value.flatten(1)).view(-1, 3, n, value.shape[-1])
        read = (weights[..., None] * values).sum(1).flatten(1)  # (B, d)
        x = equals + self.out(read)
        x = x + self.outer(torch.relu(self.inner(x)))
        logits: Tensor = self.answer(x)
        return logits

    def loss(self, questions: Tensor, answers: Tensor) -> Tensor:
        """Mean cross-entropy in nats, for answers (B,)."""
        return F.cross_entropy(self(questions), answers)


class Sums(NamedTuple):
    """Questions and answers, (N, 2) and (N,) int64.

    Args:
        train, train_answer: to learn from.
        test, test_answer: the others.
    """

    train: np.ndarray
    train_answer: np.ndarray
    test: np.ndarray
    test_answer: np.ndarray


def sums(modulus: int, share: float, rng: np.random.Generator) -> Sums:
    """All p² sums, split at random; a + b and b + a are on the same side.

    Args:
        modulus: p.
        share: of the pairs without order, how many are for training: above 0 and below 1.
        rng: of the split.

    Raises:
        ValueError: the share is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise ValueError(f"sums got share={share}: give a number between 0 and 1.")
    a, b = np.triu_indices(modulus)
    order = rng.permutation(len(a))
    cut = round(share * len(a))
    parts: list[np.ndarray] = []
    for chosen in (order[:cut], order[cut:]):
        pairs = np.stack([a[chosen], b[chosen]], 1)
        pairs = np.concatenate([pairs, pairs[pairs[:, 0] != pairs[:, 1]][:, ::-1]])
        parts += [pairs, pairs.sum(1) % modulus]
    return Sums(*parts)


@torch.no_grad()
def spectrum(model: ModularAdder) -> Tensor:
    """Of the numbers' embeddings, which waves round the clock they are made of, ((p - 1) / 2,).

    Entry k - 1 is the share of wave k, which goes round k times from 0 to p; the shares sum to 1.
    """
    table = model.embedding.weight[: model.modulus]
    waves = torch.fft.rfft(table - table.mean(0), dim=0)[1:]  # (p // 2, d)
    power: Tensor = waves.abs().square().sum(1)
    return power / power.sum()
