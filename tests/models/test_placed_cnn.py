"""A CNN that keeps places: its scores depend on where, those of the mean hardly do."""

from __future__ import annotations

import pytest
import torch

from seqcourse.models.placed_cnn import PlacedCNN
from seqcourse.models.small_cnn import SmallCNN

torch.set_num_threads(1)


def test_equal_weights_for_all_places_are_the_mean() -> None:
    torch.manual_seed(0)
    mean, placed = SmallCNN(4, (3, 5), 1), PlacedCNN(4, (3, 5), 1, 8)
    placed.layers.load_state_dict(mean.layers.state_dict())
    with torch.no_grad():
        placed.out.weight.copy_(mean.out.weight.repeat_interleave(16, 1) / 16)
        placed.out.bias.copy_(mean.out.bias)
        images = torch.randn(2, 1, 8, 8)
        torch.testing.assert_close(placed(images), mean(images))


def test_it_knows_where() -> None:
    torch.manual_seed(0)
    images = torch.zeros(1, 1, 12, 12)
    images[..., 4:6, 4:6] = 1.0  # far from all borders, before and behind the move
    moved = images.roll(2, 3)
    with torch.no_grad():
        for model, same in ((SmallCNN(4, (3, 5), 1), True), (PlacedCNN(4, (3, 5), 1, 12), False)):
            assert torch.allclose(model(images), model(moved), atol=1e-6) == same


def test_it_learns_saves_and_loads() -> None:
    torch.manual_seed(0)
    model, other = PlacedCNN(3, (4, 4), 2, 8), PlacedCNN(3, (4, 4), 2, 8)
    images, labels = torch.randn(5, 1, 8, 8), torch.tensor([0, 1, 2, 0, 1])
    model.loss(images, labels).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
    other.load_state_dict(model.state_dict())
    assert torch.equal(other(images), model(images))


@pytest.mark.parametrize(("size", "halved"), [(6, 2), (0, 1)])
def test_bad_sizes_are_named(size: int, halved: int) -> None:
    with pytest.raises(ValueError, match=f"size={size}"):
        PlacedCNN(3, (4, 4), halved, size)
