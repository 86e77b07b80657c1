"""aⁿbⁿ: the words, who is right, and the parts of the ablation."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from seqcourse.experiments import counting, gates
from seqcourse.models.gates import ORDER
from seqcourse.nn import LSTM


def test_words_and_answers() -> None:
    x, y, real = counting.strings([1, 3])
    letters = ["".join("ab"[int(i)] for i in row.argmax(-1)) for row in x]
    assert letters == ["abbbbb", "aaabbb"]
    assert y.tolist() == [[0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1]]
    assert real.tolist() == [[True] * 2 + [False] * 4, [True] * 6]


def test_batches_have_the_lengths_asked_for() -> None:
    x, _, real = counting.draw(np.random.default_rng(0), most=7)
    assert len(x) == counting.BATCH
    n = real.sum(1) // 2
    assert n.min() >= 1 and n.max() <= 7


class _Upto(nn.Module):
    """Counts as far as it is told, and says no then."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def forward(self, x: Tensor) -> Tensor:
        heap = (x[..., 0] - x[..., 1]).cumsum(1)
        seen = x[..., 0].sum(1, keepdim=True)
        return ((heap == 0) & (seen <= self.limit)).float() - 0.5


def test_counts_to() -> None:
    assert counting.counts_to(_Upto(12), 30) == 12
    assert counting.counts_to(_Upto(99), 30) == 30
    assert counting.counts_to(_Upto(0), 30) == 0


def test_a_rare_yes_weighs_more() -> None:
    batch = counting.strings([2])
    always_no = nn.Module()
    always_no.forward = lambda x: torch.full(x.shape[:2], -3.0)  # type: ignore[method-assign]
    cost = counting.surprise(always_no, batch).item()
    plain = np.log1p(np.exp(-3.0)), np.log1p(np.exp(3.0))
    assert abs(cost - (3 * plain[0] + counting.RARE * plain[1]) / 4) < 1e-5


def test_every_variant_is_a_layer_of_the_ablation() -> None:
    for name, (kind, _, gate, _) in gates.VARIANTS.items():
        layer = gates.layer_of(name, 2, 3)
        assert isinstance(layer, kind)
        assert gate == "" or gate in ORDER[kind.__name__]
        assert layer(torch.zeros(1, 4, 2))[0].shape == (1, 4, 3)


def test_sizes_that_are_compared_have_as_many_weights() -> None:
    def weights(name: str) -> int:
        kind, width = gates.SIZES[name]
        return sum(w.numel() for w in kind(2, width).parameters())

    assert abs(weights("GRU, 37") / weights("LSTM, 32") - 1) < 0.05
    assert abs(weights("LSTM, 27") / weights("GRU, 32") - 1) < 0.05
    assert weights("GRU, 37") <= weights("LSTM, 32") and isinstance(LSTM(2, 3), nn.Module)
