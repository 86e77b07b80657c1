"""Encoder–decoders, with attention and without, over every recurrent layer; and over pictures."""

from __future__ import annotations

import copy
import io
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import seqcourse.nn
from seqcourse.data.pairs import Pairs, pair_batch, pair_batches
from seqcourse.data.words import END, IGNORE
from seqcourse.models.attention_decoder import AttentionDecoder
from seqcourse.models.captioner import Captioner, ImageEncoder
from seqcourse.models.seq2seq import Decoder, Encoded, Encoder, EncoderDecoder
from seqcourse.models.stack import Stack
from seqcourse.models.state import each, state_shapes, swapped, top
from seqcourse.nn import AdditiveAttention, DotProductAttention, GeneralAttention

torch.set_num_threads(1)
V_SOURCE, V, E, H = 9, 7, 4, 6
LAYERS: dict[str, Callable[..., nn.Module]] = {
    "our RNN": seqcourse.nn.RNN,
    "our LSTM": seqcourse.nn.LSTM,
    "our GRU": seqcourse.nn.GRU,
    "torch's RNN": nn.RNN,
    "torch's LSTM": nn.LSTM,
    "torch's GRU": nn.GRU,
    "our LSTM, projected": lambda *a, **k: seqcourse.nn.LSTM(*a, proj_size=3, **k),
    "torch's GRU, two layers": lambda *a, **k: nn.GRU(*a, num_layers=2, dropout=0.5, **k),
}
layers = pytest.mark.parametrize("layer", LAYERS.values(), ids=list(LAYERS))
kinds = pytest.mark.parametrize("kind", ["first", "each", "bahdanau", "luong"])
SOURCE = torch.randint(1, V_SOURCE, (5, 8), generator=torch.Generator().manual_seed(1))
TARGET = torch.randint(0, V, (5, 6), generator=torch.Generator().manual_seed(2))
LENGTHS = torch.tensor([8, 1, 5, 3, 8])


def width(layer: nn.Module) -> int:
    return top(layer(torch.zeros(1, 1, layer.input_size))[1], layer).shape[-1]


def decoder_of(kind: Any, layer: Callable[..., nn.Module], size: int, **options: Any) -> nn.Module:
    wide = E + size if kind in ("each", "bahdanau") else E
    made = layer(wide, H, batch_first=True)
    if kind in ("first", "each"):
        return Decoder(V, made, E, size, kind, **options)
    return AttentionDecoder(V, made, E, size, GeneralAttention(width(made), size), kind, **options)


def model_of(
    kind: str, layer: Callable[..., nn.Module], both_ways: bool = False, **options: Any
) -> EncoderDecoder:
    torch.manual_seed(0)
    encoder = Encoder(V_SOURCE, layer(E, H, batch_first=True, bidirectional=both_ways), E)
    return EncoderDecoder(encoder, decoder_of(kind, layer, encoder.size, **options)).double().eval()


def close(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one, other, rtol=1e-10, atol=1e-12)


def tensors(state: Any) -> list[Tensor]:
    if isinstance(state, dict):
        state = list(state.values())
    return [state] if isinstance(state, Tensor) else [t for part in state for t in tensors(part)]


def picked(state: Any, rows: Tensor) -> Any:
    """Some hypotheses of a state, as a search picks them."""
    if isinstance(state, dict):
        return {key: picked(part, rows) for key, part in state.items()}
    return each(state, lambda part: part[rows])


@layers
@kinds
@pytest.mark.parametrize("both_ways", [False, True])
def test_step_by_step_is_all_at_once(layer: Any, kind: str, both_ways: bool) -> None:
    model = model_of(kind, layer, both_ways)
    whole = F.log_softmax(model(SOURCE, TARGET, LENGTHS), -1)
    state, rows = model.encode(SOURCE, LENGTHS), []
    for u in range(TARGET.shape[1]):
        assert all(len(part) == len(SOURCE) for part in tensors(state))  # the batch comes first
        log_probs, state = model.step(TARGET[:, u], state)
        rows.append(log_probs)
    assert close(torch.stack(rows, 1), whole)
    assert close(torch.stack(rows, 1).exp().sum(-1), torch.ones(TARGET.shape).double())


@layers
@kinds
@pytest.mark.parametrize("both_ways", [False, True])
def test_padding_changes_nothing(layer: Any, kind: str, both_ways: bool) -> None:
    model = model_of(kind, layer, both_ways)
    found = model(SOURCE, TARGET, LENGTHS)
    for value in (0, 8):
        hidden = torch.where(torch.arange(8) < LENGTHS[:, None], SOURCE, value)
        longer = F.pad(hidden, (0, 4), value=value)
        assert close(model(longer, TARGET, LENGTHS), found)
    for row, length in enumerate(LENGTHS.tolist()):  # each by itself
        alone = model(SOURCE[row : row + 1, :length], TARGET[row : row + 1])
        assert close(alone[0], found[row])


@layers
@kinds
def test_hypotheses_can_be_picked(layer: Any, kind: str) -> None:
    """A state's rows, dropped and doubled between two steps, go on as theirs would have."""
    model, rows = model_of(kind, layer, both_ways=True), torch.tensor([3, 3, 0, 4])
    _, state = model.step(TARGET[:, 0], model.encode(SOURCE, LENGTHS))
    whole, after = model.step(TARGET[:, 1], state)
    some, after_some = model.step(TARGET[rows, 1], picked(state, rows))
    assert close(some, whole[rows])
    for one, other in zip(tensors(after_some), tensors(after), strict=True):
        assert torch.allclose(one.double(), other[rows].double(), rtol=1e-10)


@layers
@kinds
def test_no_symbol_changes_what_was_said_before_it(layer: Any, kind: str) -> None:
    model = model_of(kind, layer)
    before = model(SOURCE, TARGET, LENGTHS)
    for u in range(TARGET.shape[1]):
        other = TARGET.clone()
        other[:, u] = (other[:, u] + 1) % V
        after = model(SOURCE, other, LENGTHS)
        assert close(before[:, :u], after[:, :u])
        assert (before[:, u:] != after[:, u:]).any((0, 2)).all()


@layers
@kinds
def test_every_weight_is_trained_and_every_symbol_read(layer: Any, kind: str) -> None:
    """One graph: the loss reaches the encoder's embedding of each symbol that was read."""
    model = model_of(kind, layer, both_ways=True)
    target_out = torch.where(torch.arange(6) < 4, TARGET, IGNORE)
    model.loss(SOURCE, LENGTHS, TARGET, target_out).backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None and weight.grad.abs().max() > 0, name
    real = torch.arange(8) < LENGTHS[:, None]
    reached = model.encoder.embedding.weight.grad.abs().sum(1) > 0
    assert set(reached.nonzero().flatten().tolist()) == set(SOURCE[real].tolist())


@kinds
def test_the_loss_is_the_mean_of_the_real_symbols(kind: str) -> None:
    model = model_of(kind, nn.GRU)
    batch = pair_batch(Pairs(((1, 2, 3), (4,)), ((5, 6), (1, 2, 3, 4))))
    found = model.loss(*map(torch.from_numpy, batch))
    total = torch.zeros((), dtype=torch.float64)
    for source, target in (([1, 2, 3], [5, 6]), ([4], [1, 2, 3, 4])):
        state = model.encode(torch.tensor([source]))
        for before, after in itertools.pairwise([END, *target, END]):
            log_probs, state = model.step(torch.tensor([before]), state)
            total -= log_probs[0, after]
    assert close(found, total / (3 + 5))


@layers
@kinds
def test_saved_and_loaded_is_the_same(layer: Any, kind: str) -> None:
    model, file = model_of(kind, layer), io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    other = copy.deepcopy(model)
    for parameter in other.parameters():
        nn.init.zeros_(parameter)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(model(SOURCE, TARGET), other(SOURCE, TARGET))


@layers
def test_without_a_bridge_the_encoders_state_is_the_decoders(layer: Any) -> None:
    model = model_of("first", layer, bridge=False)
    encoded = model.encoder(SOURCE, LENGTHS)
    for one, other in zip(
        tensors(swapped(model.encode(SOURCE, LENGTHS)["layer"])), tensors(encoded.end), strict=True
    ):
        assert torch.equal(one, other)
    states, _ = model.decoder.layer(model.decoder.embedding(TARGET), encoded.end)
    assert close(model(SOURCE, TARGET, LENGTHS), model.decoder.out(states))


def test_a_bridge_is_tanh_of_the_summary() -> None:
    model = model_of("first", nn.LSTM, both_ways=True)
    summary = model.encoder(SOURCE, LENGTHS).summary
    h, c = model.encode(SOURCE, LENGTHS)["layer"]
    bridge = model.decoder.bridge.linear
    assert h.shape == c.shape == (5, 1, H) and bridge.weight.shape == (2 * H, 2 * H)
    assert close(torch.cat([h, c], -1)[:, 0], torch.tanh(bridge(summary)))


def test_the_summary_is_each_directions_own_end() -> None:
    model = model_of("first", nn.GRU, both_ways=True)
    encoded = model.encoder(SOURCE, LENGTHS)
    last = encoded.states[torch.arange(5), LENGTHS - 1, :H]
    assert close(encoded.summary, torch.cat([last, encoded.states[:, 0, H:]], -1))
    assert torch.equal(encoded.padding, torch.arange(8) >= LENGTHS[:, None])
    assert encoded.states.shape == (5, 8, model.encoder.size)


def test_a_stack_is_a_layer_too() -> None:
    def stack(*sizes: int, **options: Any) -> nn.Module:
        return Stack(nn.LSTM, E, 3, residual=True)

    torch.manual_seed(0)
    encoder = Encoder(V_SOURCE, stack(), E)
    decoder = AttentionDecoder(V, stack(), E, E, GeneralAttention(E, E), "luong", bridge=False)
    model = EncoderDecoder(encoder, decoder).double()
    whole = F.log_softmax(model(SOURCE, TARGET), -1)
    state = model.encode(SOURCE)
    assert [tuple(part.shape) for part in tensors(state["layer"])] == [(5, 1, E)] * 6
    for u in range(TARGET.shape[1]):
        log_probs, state = model.step(TARGET[:, u], state)
        assert close(log_probs, whole[:, u])


@pytest.mark.parametrize("timing", ["bahdanau", "luong"])
def test_the_two_timings(timing: Any) -> None:
    """Line by line as published: which state asks, and what goes into the next."""
    model = model_of(timing, nn.GRU)
    decoder, encoded = model.decoder, model.encoder(SOURCE, LENGTHS)
    logits, state, weights = decoder.attended(TARGET, model.encode(SOURCE, LENGTHS))
    s = torch.tanh(decoder.bridge.linear(encoded.summary))  # (B, H)
    for u, y in enumerate(decoder.embedding(TARGET).unbind(1)):

        def read(query: Tensor) -> tuple[Tensor, Tensor]:
            score = torch.einsum(
                "bh,bth->bt", F.linear(query, decoder.attention.weight), encoded.states
            )
            a = score.masked_fill(encoded.padding, -torch.inf).softmax(-1)
            return torch.einsum("bt,bth->bh", a, encoded.states), a

        if timing == "bahdanau":
            m, a = read(s)
            s = decoder.layer(torch.cat([y, m], -1)[:, None], s[None])[1][0]
        else:
            s = decoder.layer(y[:, None], s[None])[1][0]
            m, a = read(s)
        assert close(weights[:, u], a)
        assert close(logits[:, u], decoder.out(torch.tanh(decoder.combine(torch.cat([m, s], -1)))))
    assert close(state["attention"], a)
    assert close(weights.sum(-1), torch.ones(TARGET.shape).double())
    assert not weights.transpose(1, 2)[encoded.padding].any()


@pytest.mark.parametrize("timing", ["bahdanau", "luong"])
@pytest.mark.parametrize(
    "attention",
    [DotProductAttention(), GeneralAttention(H, H), AdditiveAttention(H, H, 5)],
    ids=lambda layer: type(layer).__name__,
)
def test_any_attention(attention: nn.Module, timing: Any) -> None:
    torch.manual_seed(0)
    layer = nn.GRU(E + H if timing == "bahdanau" else E, H, batch_first=True)
    encoder = Encoder(V_SOURCE, nn.GRU(E, H, batch_first=True), E)
    decoder = AttentionDecoder(V, layer, E, H, copy.deepcopy(attention), timing)
    model = EncoderDecoder(encoder, decoder).double()
    whole, state = F.log_softmax(model(SOURCE, TARGET, LENGTHS), -1), model.encode(SOURCE, LENGTHS)
    for u in range(TARGET.shape[1]):
        log_probs, state = model.step(TARGET[:, u], state)
        assert close(log_probs, whole[:, u])
        assert not state["attention"][state["key_padding_mask"]].any()
    model.loss(SOURCE, LENGTHS, TARGET, TARGET).backward()
    assert all(weight.grad.abs().max() > 0 for weight in model.parameters())


def test_shapes_of_states() -> None:
    found = state_shapes(nn.LSTM(3, 4, num_layers=2, proj_size=2))
    assert [tuple(part.shape) for part in found] == [(2, 2), (2, 4)]
    layer = nn.GRU(3, 4, num_layers=2, dropout=0.5)
    torch.manual_seed(0)
    drawn = torch.rand(())
    torch.manual_seed(0)
    assert tuple(state_shapes(layer).shape) == (2, 4) and layer.training
    assert torch.rand(()) == drawn  # to ask draws nothing


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("kind", ["first", "luong"])
def test_a_captioner(kind: str, normalise: bool) -> None:
    torch.manual_seed(0)
    decoder = decoder_of(kind, nn.GRU, 8)
    model = Captioner(decoder, side=16, size=8, normalise=normalise).double()
    image = torch.rand(5, 16, 16, 3).double()
    whole = F.log_softmax(model(image, TARGET), -1)
    state = model.encode(image)
    for u in range(TARGET.shape[1]):
        log_probs, state = model.step(TARGET[:, u], state)
        assert close(log_probs, whole[:, u])
    model.loss(image, None, TARGET, TARGET).backward()
    encoder = model.encoder
    assert all(weight.grad.abs().max() > 0 for weight in encoder.layers.parameters())
    if kind == "luong":
        assert state["attention"].shape == (5, 4)


def test_normalised_numbers_have_mean_0_and_variance_1_over_the_batch() -> None:
    torch.manual_seed(0)
    image = torch.cat([torch.ones(8, 16, 10, 3), torch.rand(8, 16, 6, 3)], 2)  # mostly paper
    encoder = ImageEncoder(16, 8)
    seen: list[torch.Tensor] = []
    for layer in (encoder.layers[1], encoder.whole[1]):
        layer.register_forward_hook(lambda layer, given, out: seen.append(out))
    encoder(image)
    for out, over in zip(seen, ((0, 2, 3), 0), strict=True):
        assert out.mean(over).abs().max() < 1e-5
        assert (out.var(over, correction=0) - 1).abs().max() < 0.05
    encoder.eval()
    alone, together = encoder(image[:1]).summary, encoder(image).summary[:1]
    assert torch.allclose(alone, together, atol=1e-6)


def test_fields_are_row_by_row_and_see_their_place() -> None:
    """Ink in the middle of one quarter changes that quarter's state the most."""
    encoder = ImageEncoder(16, 8, normalise=False)
    for weight in encoder.layers.parameters():
        nn.init.constant_(weight, 0.1)
    blank = torch.ones(1, 16, 16, 3)
    for field, (top_, left) in enumerate([(0, 0), (0, 8), (8, 0), (8, 8)]):
        image = blank.clone()
        image[:, top_ + 3 : top_ + 6, left + 3 : left + 6] = 0
        change = (encoder(image).states - encoder(blank).states).abs().sum(-1)[0]
        assert change.argmax() == field


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Encoder(5, nn.Linear(5, 5), 5), TypeError, "but Linear came"),
        (lambda: Encoder(5, nn.GRU(5, 4), 5), ValueError, "with batch_first=True"),
        (lambda: Decoder(5, nn.GRU(3, 4, batch_first=True), 3, 4, "each"), ValueError, "given 7"),
        (lambda: Decoder(5, nn.GRU(3, 4, batch_first=True), 3, 4, "all"), ValueError, "'all'"),  # type: ignore[arg-type]
        (
            lambda: Decoder(5, nn.GRU(3, 4, batch_first=True, bidirectional=True), 3, 4),
            ValueError,
            "would read what it is to foretell",
        ),
        (
            lambda: AttentionDecoder(
                5, nn.GRU(3, 4, batch_first=True), 3, 4, GeneralAttention(4, 4), "now"
            ),  # type: ignore[arg-type]
            ValueError,
            "timing='now'",
        ),
        (
            lambda: AttentionDecoder(
                5, nn.GRU(3, 4, batch_first=True), 3, 4, GeneralAttention(4, 4), "bahdanau"
            ),
            ValueError,
            "given 7",
        ),
        (lambda: ImageEncoder(30, 8), ValueError, "multiple of 8"),
        (lambda: ImageEncoder(16, 8)(torch.zeros(1, 3, 16, 16)), ValueError, "16, 16, 3"),
        (lambda: model_of("first", nn.GRU)(SOURCE, TARGET + V), ValueError, "reads 0 to 6"),
        (lambda: model_of("luong", nn.GRU)(SOURCE, TARGET - 1), ValueError, "reads 0 to 6"),
        (lambda: model_of("first", nn.GRU)(SOURCE.double(), TARGET), ValueError, "whole numbers"),
        (
            lambda: model_of("first", nn.GRU)(SOURCE, TARGET, LENGTHS + 1),
            ValueError,
            "from 1 to 8",
        ),
        (
            lambda: model_of("first", nn.GRU, both_ways=True, bridge=False).encode(SOURCE),
            ValueError,
            "bridge=True",
        ),
        (
            lambda: Captioner(decoder_of("first", nn.GRU, 8, bridge=False), 16, 8).encode(
                torch.ones(2, 16, 16, 3)
            ),
            ValueError,
            "of the form None",
        ),
    ],
)
def test_what_does_not_fit(make: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        make()


@kinds
def test_it_learns_to_turn_a_sequence_round(kind: str) -> None:
    from seqcourse.training import fit

    rng = np.random.default_rng(0)
    sources = tuple(tuple(rng.integers(1, 5, 3).tolist()) for _ in range(64))
    draw = pair_batches(Pairs(sources, tuple(source[::-1] for source in sources)), 96)
    torch.manual_seed(0)
    encoder = Encoder(5, nn.GRU(8, 16, batch_first=True), 8)
    wide = 24 if kind in ("each", "bahdanau") else 8
    layer = nn.GRU(wide, 16, batch_first=True)
    decoder = (
        Decoder(5, layer, 8, 16, kind)  # type: ignore[arg-type]
        if kind in ("first", "each")
        else AttentionDecoder(5, layer, 8, 16, GeneralAttention(16, 16), kind)  # type: ignore[arg-type]
    )
    model = EncoderDecoder(encoder, decoder)
    history = fit(
        model,
        lambda m, batch: m.loss(*map(torch.from_numpy, batch)),
        draw,
        steps=250,
        lr=0.02,
        progress=False,
    )
    assert history.loss[-1] < 0.1
    assert isinstance(model.encoder(torch.tensor([[1, 2]])), Encoded)
