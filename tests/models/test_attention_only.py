"""A net of nothing but attention: against torch's layer, and what a causal net must do."""

from __future__ import annotations

import io

import pytest
import torch
from torch import Tensor, nn

from seqcourse.models.attention_only import AttentionOnly, Heads


def net(**changed: int) -> AttentionOnly:
    torch.manual_seed(0)
    options = {"vocabulary": 9, "width": 12, "heads": 3, "layers": 2, "length": 7} | changed
    return AttentionOnly(**options).double()


def tokens(count: int = 4, length: int = 7) -> Tensor:
    return torch.randint(0, 9, (count, length), generator=torch.Generator().manual_seed(1))


def test_a_layer_is_torchs_without_biases() -> None:
    torch.manual_seed(0)
    ours, x = Heads(12, 3, 4).double(), torch.randn(2, 5, 12, dtype=torch.float64)
    theirs = nn.MultiheadAttention(12, 3, bias=False, batch_first=True).double()
    theirs.in_proj_weight.data = torch.cat([ours.query.weight, ours.key.weight, ours.value.weight])
    theirs.out_proj.weight.data = ours.out.weight.data
    ahead = torch.ones(5, 5, dtype=torch.bool).triu(1)
    read, weights = theirs(x, x, x, attn_mask=ahead, average_attn_weights=False)
    mine = ours(x)
    torch.testing.assert_close(mine[0], read)
    torch.testing.assert_close(mine[1], weights)


@pytest.mark.parametrize("place", range(1, 7))
def test_the_future_changes_nothing(place: int) -> None:
    model, x = net(), tokens()
    other = x.clone()
    other[:, place:] = (other[:, place:] + 1) % 9
    before, after = model.look(x), model.look(other)
    assert torch.equal(before.logits[:, :place], after.logits[:, :place])
    assert torch.equal(before.weights[..., :place, :], after.weights[..., :place, :])
    assert not torch.equal(before.logits[:, place], after.logits[:, place])


def test_beginnings_are_the_beginning_of_the_whole() -> None:
    model, x = net(), tokens()
    whole = model(x)
    for length in range(1, 8):
        torch.testing.assert_close(model(x[:, :length]), whole[:, :length])


def test_weights_are_laws_over_the_past() -> None:
    weights = net().look(tokens()).weights
    assert weights.shape == (2, 4, 3, 7, 7)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 4, 3, 7, dtype=torch.float64))
    assert not weights.triu(1).any()


def test_a_head_taken_away_writes_nothing() -> None:
    model, x = net(), tokens()
    keep = torch.ones(2, 3, dtype=torch.float64)
    torch.testing.assert_close(model(x, keep), model(x))
    keep[1, 2] = 0
    without = model(x, keep)
    model.layers[1].out.weight.data[:, 8:] = 0
    torch.testing.assert_close(without, model(x))
    keep[:] = 0
    bare = model.embedding(x) + model.place.weight
    torch.testing.assert_close(model(x, keep), model.out(bare))


def test_without_layers_it_sees_the_present_alone() -> None:
    model, x = net(layers=0), tokens()
    looked = model.look(x)
    assert looked.weights.shape == (0, 4, 0, 7, 7)
    torch.testing.assert_close(looked.logits, model.out(model.embedding(x) + model.place.weight))


def test_saved_and_loaded_is_saved() -> None:
    model, file = net(), io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    other = net()
    for weight in other.parameters():
        weight.data.zero_()
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(other(tokens()), model(tokens()))


def test_loss_counts_what_is_asked() -> None:
    model, x = net(), tokens()
    targets = torch.full_like(x, -100)
    targets[0, 3] = 5
    wanted = -model(x)[0, 3].log_softmax(-1)[5]
    torch.testing.assert_close(model.loss(x, targets), wanted)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="give a divisor of the width"):
        net(width=10)
    assert net(width=10, head_width=4).layers[0].query.weight.shape == (12, 10)
    with pytest.raises(ValueError, match="it has places for 7"):
        net()(torch.zeros(1, 8, dtype=torch.long))
    with pytest.raises(ValueError, match="tokens from 9 to 9"):
        net()(torch.full((1, 2), 9))
