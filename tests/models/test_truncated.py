"""Reading in pieces changes no output, and its gradient is that of truncated BPTT by hand."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from seqcourse.data.words import IGNORE
from seqcourse.gradients import (
    cross_entropy_backward,
    linear_backward,
    truncated_bptt,
    truncated_states,
)
from seqcourse.models.language_model import LanguageModel
from seqcourse.models.truncated import read_in_pieces, truncated_loss
from seqcourse.nn import RNN

SYMBOLS, STEPS, STREAMS = 3, 12, 2


def _made(layer: type[nn.Module] = RNN) -> tuple[LanguageModel, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    model = LanguageModel(SYMBOLS, layer(SYMBOLS, 5, batch_first=True)).double()  # type: ignore[call-arg]
    inputs, targets = torch.randint(SYMBOLS, (2, STREAMS, STEPS))
    return model, inputs, targets


@pytest.mark.parametrize("layer", [RNN, nn.LSTM, nn.GRU])
@pytest.mark.parametrize("k", [1, 4, 12, 50])
def test_the_state_goes_on(layer: type[nn.Module], k: int) -> None:
    model, inputs, _ = _made(layer)
    torch.testing.assert_close(read_in_pieces(model, inputs, k), model(inputs)[0])


def test_a_reset_state_begins_again() -> None:
    model, inputs, _ = _made()
    found = read_in_pieces(model, inputs, 4, carry=False)
    torch.testing.assert_close(found[:, 4:8], model(inputs[:, 4:8])[0])


@pytest.mark.parametrize("carry", [True, False])
@pytest.mark.parametrize("k", [1, 3, 12])
def test_the_gradient_is_the_hand_made_one(k: int, carry: bool) -> None:
    model, inputs, targets = _made()
    truncated_loss(model, inputs, targets, k, carry).backward()
    layer = model.layer
    x = F.one_hot(inputs.T, SYMBOLS).double()  # (T, B, V)
    h_0 = torch.zeros(STREAMS, 5).double()
    bias = (layer.bias_ih_l0 + layer.bias_hh_l0).detach()
    weights = layer.weight_ih_l0.detach(), layer.weight_hh_l0.detach()
    h = truncated_states(x, h_0, *weights, bias, k, carry=carry)
    out = model.out.weight.detach()
    sent = cross_entropy_backward(h @ out.T + model.out.bias.detach(), targets.T) / targets.numel()
    grad_h = linear_backward(sent, h, out).input
    found = truncated_bptt(grad_h, h, x, h_0, *weights, k, k, carry=carry)
    torch.testing.assert_close(found.weight_ih, layer.weight_ih_l0.grad)
    torch.testing.assert_close(found.weight_hh, layer.weight_hh_l0.grad)
    torch.testing.assert_close(found.bias, layer.bias_ih_l0.grad)


def test_ignored_targets_do_not_count() -> None:
    model, inputs, targets = _made()
    targets[:, :5] = IGNORE
    kept = F.cross_entropy(model(inputs)[0][:, 5:].flatten(0, 1), targets[:, 5:].flatten())
    torch.testing.assert_close(truncated_loss(model, inputs, targets, 2), kept)


def test_no_step_at_all() -> None:
    model, inputs, targets = _made()
    with pytest.raises(ValueError, match="k=0: give 1 or more"):
        truncated_loss(model, inputs, targets, 0)
