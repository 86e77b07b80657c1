"""A model over a layer that is told its places: AttentionOnly, around another layer."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from seqcourse.data.words import IGNORE
from seqcourse.models.attention_only import AttentionOnly
from seqcourse.models.placed_model import PlacedModel
from seqcourse.models.stack import Stack
from seqcourse.nn import GRU, LinearAttention

torch.set_num_threads(1)


def model() -> PlacedModel:
    torch.manual_seed(0)
    return PlacedModel(9, Stack(LinearAttention, 12, 2, residual=True), length=8)


def test_around_nothing_it_is_attention_only_without_layers() -> None:
    class Nothing(nn.Module):
        input_size = hidden_size = 12
        batch_first, bidirectional = True, False

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, None]:
            return x, None

    theirs, ours = AttentionOnly(9, 12, 1, 0, 8), PlacedModel(9, Nothing(), 8)
    ours.load_state_dict(theirs.state_dict())
    tokens = torch.randint(0, 9, (3, 8))
    torch.testing.assert_close(ours(tokens)[0], theirs(tokens))


def test_places_count_and_the_future_does_not() -> None:
    net, tokens = model(), torch.tensor([[1, 2, 1, 2, 3]])
    logits = net(tokens)[0]
    assert not torch.allclose(logits[0, 0], logits[0, 2])
    changed = tokens.clone()
    changed[0, 3:] = 5
    assert torch.equal(net(changed)[0][:, :3], logits[:, :3])


def test_the_loss_leaves_out_what_is_not_asked() -> None:
    net, tokens = model(), torch.randint(0, 9, (3, 8))
    targets = tokens.clone()
    targets[:, :5] = IGNORE
    nats = -net(tokens)[0].log_softmax(-1).gather(2, tokens[..., None])[:, 5:].mean()
    torch.testing.assert_close(net.loss(tokens, targets), nats)


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match="9 tokens; it has places for 8"):
        model()(torch.zeros(1, 9, dtype=torch.long))
    with pytest.raises(ValueError, match="tokens from 0 to 9"):
        model()(torch.tensor([[0, 9]]))
    with pytest.raises(ValueError, match="batch second"):
        PlacedModel(9, GRU(4, 4), 8)
    with pytest.raises(TypeError, match="recurrent layer"):
        PlacedModel(9, nn.Linear(4, 4), 8)
