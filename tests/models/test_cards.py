"""Cards and questions: the layer is torch's, heads can be silenced, and what must not matter."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from seqcourse.experiments import cards
from seqcourse.models.cards import CardReader, SelfAttention

torch.set_num_threads(1)


def reader(heads: int = 2, feedforward: bool = False) -> CardReader:
    torch.manual_seed(0)
    return CardReader(cards.PIXELS, cards.LETTERS, 16, heads, feedforward).eval()


@pytest.mark.parametrize("heads", [1, 2, 4, 16])
def test_the_layer_is_torchs(heads: int) -> None:
    torch.manual_seed(0)
    torchs = nn.MultiheadAttention(16, heads, batch_first=True)
    torch.manual_seed(0)
    ours = SelfAttention(16, heads)
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in torchs.parameters())
    ours.load_state_dict(torchs.state_dict())
    x = torch.randn(3, 5, 16)
    wanted, weights = torchs(x, x, x, average_attn_weights=False)
    found, mine = ours(x)
    torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(mine, weights)


def test_silenced_heads_add_up_to_the_whole() -> None:
    layer, x = SelfAttention(16, 4), torch.randn(3, 5, 16)
    whole = layer(x)[0]
    lost = sum((whole - layer(x, without=head)[0] for head in range(4)), torch.zeros(()))
    torch.testing.assert_close(lost + layer.out_proj.bias, whole, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("feedforward", [False, True])
def test_the_order_of_the_cards_does_not_matter(feedforward: bool) -> None:
    net, drawn = reader(feedforward=feedforward), cards.held(3)
    turned = torch.arange(9, -1, -1)
    logits, weights = net(drawn.images, drawn.values, drawn.asked)
    other, moved = net(drawn.images[:, turned], drawn.values[:, turned], drawn.asked)
    assert logits.shape == (3, 2, 10) and weights.shape == (3, 2, 11)
    torch.testing.assert_close(other, logits, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(moved[..., :10], weights[..., turned], rtol=1e-4, atol=1e-5)


def test_saved_and_loaded_is_saved(tmp_path: object) -> None:
    net, other, drawn = reader(), reader(), cards.held(2)
    nn.init.normal_(other.out.weight)
    other.load_state_dict(net.state_dict())
    given = drawn.images, drawn.values, drawn.asked
    assert torch.equal(net(*given)[0], other(*given)[0])


def test_heads_that_do_not_divide_are_refused() -> None:
    with pytest.raises(ValueError, match="divisor"):
        reader(heads=3)(*cards.held(1)[:3])


def test_numbers_do_not_depend_on_heads() -> None:
    sizes = {sum(p.numel() for p in reader(heads).parameters()) for heads in (1, 2, 4, 8, 16)}
    assert len(sizes) == 1


def test_tables_hold_what_they_ask_for() -> None:
    drawn = cards.tables(np.random.default_rng(0), 50)
    assert drawn.images.shape == (50, 10, 64) and drawn.asked.shape == (50, 2, 64)
    assert torch.equal(drawn.values.gather(1, drawn.place), drawn.answer)
    assert (drawn.place[:, 0] != drawn.place[:, 1]).all()
    at = drawn.place[..., None].expand(-1, -1, 64)
    assert not (drawn.images.gather(1, at) == drawn.asked).all(-1).any()  # other handwriting


def test_no_image_of_the_test_is_trained_on() -> None:
    _, pools = cards.pixels()
    assert not set(pools["train"].ravel()) & set(pools["test"].ravel())
    assert pools["train"].max() < cards.TRAIN <= pools["test"].min()
    assert torch.equal(cards.held(4).images, cards.held(4).images)


def test_answers_and_looks_are_counted() -> None:
    net, drawn = reader(), cards.held(40)
    right = cards.answered(net, drawn)
    logits, weights = net(drawn.images, drawn.values, drawn.asked)
    assert right.shape == (40, 2)
    assert right[3, 1] == bool(logits[3, 1].argmax() == drawn.answer[3, 1])
    first = weights[torch.arange(40), :, drawn.place[:, 0]].mean(0)
    np.testing.assert_allclose(cards.looks(net, drawn)[:, 0], first.detach().numpy(), rtol=1e-5)
