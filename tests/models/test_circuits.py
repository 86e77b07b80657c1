"""Circuits: what heads look at, what they are worth, and one that is built by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqcourse.data.recall import associative_recall, repeats
from seqcourse.data.words import IGNORE
from seqcourse.models.attention_only import AttentionOnly
from seqcourse.models.circuits import (
    ablations,
    after_same,
    attention_to,
    induction_by_hand,
    one_before,
    ov,
    qk,
)


def net() -> AttentionOnly:
    torch.manual_seed(0)
    return AttentionOnly(9, 12, 3, 2, 8).double()


def tokens() -> torch.Tensor:
    return torch.randint(0, 9, (5, 8), generator=torch.Generator().manual_seed(1))


def test_two_matrices_are_all_of_a_head() -> None:
    model, x = net(), tokens()
    rows = model.embedding(x) + model.place.weight
    weights = model.look(x).weights
    for number, layer in enumerate(model.layers):
        added = torch.zeros_like(rows)
        for head in range(3):
            scores = rows @ qk(layer, head) @ rows.mT
            ahead = torch.ones(8, 8, dtype=torch.bool).triu(1)
            a = scores.masked_fill(ahead, -torch.inf).softmax(-1)
            torch.testing.assert_close(a, weights[number, :, head])
            added = added + a @ rows @ ov(layer, head).T
        rows = rows + added
    torch.testing.assert_close(model.out(rows), model(x))


def test_places_before_and_behind() -> None:
    x = torch.tensor([[3, 1, 3, 3, 2, 1]])
    assert one_before(x).tolist() == [[IGNORE, 0, 1, 2, 3, 4]]
    assert after_same(x).tolist() == [[IGNORE, IGNORE, 1, 3, IGNORE, 2]]


def test_attention_to_is_a_mean_over_what_is_asked() -> None:
    weights = torch.rand(2, 2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    source = torch.tensor([[IGNORE, 0, IGNORE, 2], [IGNORE, IGNORE, 1, IGNORE]])
    wanted = (weights[:, 0, :, 1, 0] + weights[:, 0, :, 3, 2] + weights[:, 1, :, 2, 1]) / 3
    torch.testing.assert_close(attention_to(weights, source), wanted)
    with pytest.raises(ValueError, match="asks for no place"):
        attention_to(weights, torch.full((2, 4), IGNORE))


def test_ablations_are_the_loss_without() -> None:
    model, x = net(), tokens()
    targets = x.roll(-1, 1)
    found = ablations(model, x, targets)
    keep = torch.ones(2, 3, dtype=torch.float64)
    keep[0, 1] = 0
    logits = model(x, keep).flatten(0, 1)
    wanted = torch.nn.functional.cross_entropy(logits, targets.flatten()) - model.loss(x, targets)
    assert found.shape == (2, 3) and found[0, 1].item() == pytest.approx(wanted.item(), rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_hand_built_net_recalls_and_repeats(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = induction_by_hand(32, 24)
    for inputs, targets in (
        associative_recall(100, 8, rng),
        repeats(100, 24, (8, 12), rng, 32),
    ):
        asked = targets != IGNORE
        best = model(torch.from_numpy(inputs)).argmax(-1).numpy()
        assert (best == targets)[asked].all()


def test_its_heads_do_what_they_are_for() -> None:
    model = induction_by_hand(16, 12)
    x, targets = map(torch.from_numpy, repeats(20, 12, 6, np.random.default_rng(0), 16))
    weights = model.look(x).weights
    assert attention_to(weights, one_before(x))[0, 0] > 0.99
    assert attention_to(weights, after_same(x))[1, 0] > 0.99
    assert (ablations(model, x, targets) > 1).all()
