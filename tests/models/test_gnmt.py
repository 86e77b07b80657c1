"""GNMT in miniature: deep stacks, padding, sizes, and its smallest case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import seqcourse.nn
from seqcourse.decoding import beam_search
from seqcourse.models.attention_decoder import AttentionDecoder
from seqcourse.models.gnmt import DeepDecoder, DeepEncoder
from seqcourse.models.seq2seq import Encoder, EncoderDecoder
from seqcourse.nn import AdditiveAttention, DotProductAttention

torch.set_num_threads(1)
V_SOURCE, V, H = 9, 7, 6
SOURCE = torch.randint(1, V_SOURCE, (5, 8), generator=torch.Generator().manual_seed(1))
TARGET = torch.randint(0, V, (5, 6), generator=torch.Generator().manual_seed(2))
LENGTHS = torch.tensor([8, 1, 5, 3, 8])
makes = pytest.mark.parametrize("make", [nn.LSTM, nn.GRU, seqcourse.nn.LSTM])
depths = pytest.mark.parametrize("depth", [1, 2, 4])


def model_of(
    make: Callable[..., nn.Module], depth: int, residual: bool = True, both_ways: bool = True
) -> EncoderDecoder:
    torch.manual_seed(0)
    encoder = DeepEncoder(V_SOURCE, make, H, depth, residual, both_ways)
    decoder = DeepDecoder(V, make, H, depth, AdditiveAttention(H, H, 3), residual)
    return EncoderDecoder(encoder, decoder).double()


def close(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one, other, rtol=1e-10, atol=1e-12)


@makes
@depths
@pytest.mark.parametrize("both_ways", [False, True])
def test_step_by_step_is_all_at_once(make: Any, depth: int, both_ways: bool) -> None:
    model = model_of(make, depth, both_ways=both_ways)
    whole = F.log_softmax(model(SOURCE, TARGET, LENGTHS), -1)
    state, rows = model.encode(SOURCE, LENGTHS), []
    for u in range(TARGET.shape[1]):
        log_probs, state = model.step(TARGET[:, u], state)
        rows.append(log_probs)
    assert close(torch.stack(rows, 1), whole)


@makes
@depths
@pytest.mark.parametrize("both_ways", [False, True])
def test_padding_changes_nothing(make: Any, depth: int, both_ways: bool) -> None:
    model = model_of(make, depth, both_ways=both_ways)
    together = model(SOURCE, TARGET, LENGTHS)
    other = SOURCE.clone()
    other[torch.arange(8) >= LENGTHS[:, None]] = 0
    assert close(model(other, TARGET, LENGTHS), together)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = model(SOURCE[row : row + 1, :length], TARGET[row : row + 1])
        assert close(alone[0], together[row])


def test_one_layer_is_the_attention_decoder() -> None:
    """With the same weights the smallest case answers as chapter 11's network does."""
    model = model_of(nn.GRU, 1)
    decoder = AttentionDecoder(V, nn.GRU(H, H, batch_first=True), H, H, AdditiveAttention(H, H, 3))
    layer = nn.GRU(H, H // 2, batch_first=True, bidirectional=True)
    other = EncoderDecoder(Encoder(V_SOURCE, layer, H), decoder).double()
    renamed = {
        name.replace(".bottom.", ".layer.")
        .replace(".layers.0.", ".layer.")
        .replace(".bridges.0.", ".bridge."): weight
        for name, weight in model.state_dict().items()
    }
    other.load_state_dict(renamed)  # strict: every weight has its counterpart
    assert close(model(SOURCE, TARGET, LENGTHS), other(SOURCE, TARGET, LENGTHS))


def test_a_residual_layer_adds_to_what_it_was_given() -> None:
    """Layers without weights give nothing, and hand on what came: chapter 9's argument."""
    for residual in (True, False):
        model = model_of(nn.LSTM, 3, residual)
        encoder, decoder = model.encoder, model.decoder
        with torch.no_grad():
            for layer in (*encoder.above, *decoder.layers[1:]):  # type: ignore[misc, index]
                for weight in layer.parameters():  # type: ignore[union-attr]
                    weight.zero_()
            for bridge in decoder.bridges:  # type: ignore[union-attr]
                bridge.linear.weight.zero_()  # type: ignore[union-attr]
                bridge.linear.bias.zero_()  # type: ignore[union-attr]
        bottom = encoder.bottom(encoder.embedding(SOURCE))[0]  # type: ignore[operator]
        handed = encoder(SOURCE).states
        assert close(handed, bottom) if residual else not handed.any()


@depths
def test_every_weight_learns(depth: int) -> None:
    model = model_of(nn.LSTM, depth)
    model.loss(SOURCE, LENGTHS, TARGET, TARGET).backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None and weight.grad.abs().sum() > 0, name


def test_gradients_against_differences() -> None:
    model = model_of(nn.GRU, 2)
    embedded = model.encoder.embedding.weight  # type: ignore[union-attr]

    def loss(weight: Tensor) -> Tensor:
        with torch.no_grad():
            embedded.copy_(weight)  # type: ignore[operator]
        return model.loss(SOURCE, LENGTHS, TARGET, TARGET)

    start = embedded.detach().clone()  # type: ignore[operator]
    loss(start).backward()  # type: ignore[no-untyped-call]
    there = torch.zeros_like(start)
    there[3, 2] = 1e-6
    slope = (loss(start + there) - loss(start - there)).item() / 2e-6
    assert embedded.grad[3, 2].item() == pytest.approx(slope, rel=1e-5)  # type: ignore[index]


def test_how_many_weights() -> None:
    """An LSTM of d inputs and H units has 4 H (d + H + 2) in torch: two biases."""

    def lstm(d: int, h: int) -> int:
        return 4 * h * (d + h + 2)

    depth = 3
    model = model_of(nn.LSTM, depth)
    encoder = V_SOURCE * H + 2 * lstm(H, H // 2) + (depth - 1) * lstm(H, H)
    bridges = depth * (H + 1) * 2 * H  # hidden and cell
    decoder = V * H + lstm(H, H) + (depth - 1) * lstm(2 * H, H) + bridges
    attention = 2 * 3 * H + 3
    out = (2 * H + 1) * H + (H + 1) * V
    count = sum(weight.numel() for weight in model.parameters())
    assert count == encoder + decoder + attention + out


def test_attention_is_there_for_the_coverage_penalty() -> None:
    model = model_of(nn.LSTM, 2).eval()
    state = model.encode(SOURCE, LENGTHS)
    _, after = model.step(TARGET[:, 0], state)
    assert close(after["attention"].sum(1), torch.ones(5, dtype=torch.float64))
    assert not after["attention"][torch.arange(8) >= LENGTHS[:, None]].any()
    found = beam_search(model.step, state, start=0, stop=0, beam=3, max_steps=4, coverage=0.2)
    assert all(len(answers) == 3 for answers in found)


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="make it even"):
        DeepEncoder(V_SOURCE, nn.LSTM, 5, 2)
    assert DeepEncoder(V_SOURCE, nn.LSTM, 5, 2, both_ways=False).size == 5
    with pytest.raises(ValueError, match="depth=0"):
        DeepEncoder(V_SOURCE, nn.LSTM, 4, 0)
    with pytest.raises(ValueError, match="width=0"):
        DeepDecoder(V, nn.LSTM, 0, 1, DotProductAttention())
    model = model_of(nn.LSTM, 2)
    with pytest.raises(ValueError, match="from 1 to 8"):
        model(SOURCE, TARGET, torch.tensor([8, 0, 5, 3, 8]))
    with pytest.raises(ValueError, match="tokens from"):
        model(SOURCE + V_SOURCE, TARGET)
    with pytest.raises(ValueError, match="tokens from"):
        model(SOURCE, TARGET + V)
