"""Language model and classifier over every recurrent layer: what must hold for any of them."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import seqcourse.nn
from seqcourse.data import spellings
from seqcourse.data.words import IGNORE, batch
from seqcourse.metrics import spelling_loss
from seqcourse.models.language_model import (
    LanguageModel,
    sample_words,
    spelling_model,
    spelling_nats,
)
from seqcourse.models.sequence_classifier import SequenceClassifier

torch.set_num_threads(1)
LAYERS: dict[str, Callable[..., nn.Module]] = {
    "our RNN": seqcourse.nn.RNN,
    "our LSTM": seqcourse.nn.LSTM,
    "our GRU": seqcourse.nn.GRU,
    "torch's RNN": nn.RNN,
    "torch's LSTM": nn.LSTM,
    "torch's GRU": nn.GRU,
    "our LSTM, projected": lambda *a, **k: seqcourse.nn.LSTM(*a, proj_size=2, **k),
    "our RNN, two layers": lambda *a, **k: seqcourse.nn.RNN(*a, num_layers=2, **k),
}
layers = pytest.mark.parametrize("layer", LAYERS.values(), ids=list(LAYERS))
poolings = pytest.mark.parametrize("pooling", ["last", "mean", "max"])
V, H = 7, 6


def language_model(layer: Callable[..., nn.Module], embedding: int | None = None) -> LanguageModel:
    torch.manual_seed(0)
    model = LanguageModel(V, layer(embedding or V, H, batch_first=True), embedding)
    return model.double().eval()


def classifier(
    layer: Callable[..., nn.Module], pooling: Any = "last", **options: Any
) -> SequenceClassifier:
    torch.manual_seed(0)
    made = layer(4, H, batch_first=True, **options)
    return SequenceClassifier(made, 3, nn.Embedding(V, 4), pooling).double().eval()


def tokens(rows: int = 5, length: int = 8) -> Tensor:
    return torch.randint(V, (rows, length), generator=torch.Generator().manual_seed(1))


def close(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one, other, rtol=1e-10, atol=1e-12)


@layers
@pytest.mark.parametrize("embedding", [None, 3])
def test_no_symbol_changes_what_was_said_before_it(layer: Any, embedding: int | None) -> None:
    model, x = language_model(layer, embedding), tokens()
    before, _ = model(x)
    for t in range(x.shape[1]):
        other = x.clone()
        other[:, t] = (other[:, t] + 1) % V
        after, _ = model(other)
        assert close(before[:, :t], after[:, :t])
        assert (before[:, t:] != after[:, t:]).any((0, 2)).all()  # and all that follows


@layers
def test_step_by_step_is_all_at_once(layer: Any) -> None:
    model, x = language_model(layer), tokens()
    whole, end = model(x)
    state, rows = None, []
    for t in range(x.shape[1]):
        logits, state = model(x[:, t : t + 1], state)
        rows.append(logits)
    assert close(torch.cat(rows, 1), whole)
    ends = zip(end, state, strict=True) if isinstance(end, tuple) else [(end, state)]
    assert all(close(one, other) for one, other in ends)


@layers
def test_padding_adds_nothing_to_a_loss(layer: Any) -> None:
    model, x = language_model(layer), tokens()
    targets = x.roll(-1, 1)
    longer = torch.nn.functional.pad(x, (0, 3), value=4)
    ignored = torch.nn.functional.pad(targets, (0, 3), value=IGNORE)
    assert close(model.loss(x, targets), model.loss(longer, ignored))


@layers
@poolings
@pytest.mark.parametrize("both_ways", [False, True])
def test_padding_changes_no_class(layer: Any, pooling: str, both_ways: bool) -> None:
    model, x = classifier(layer, pooling, bidirectional=both_ways), tokens()
    lengths = torch.tensor([8, 1, 5, 3, 8])
    found = model(x, lengths)
    for value in (0, 6):
        hidden = torch.where(torch.arange(8) < lengths[:, None], x, value)
        longer = torch.nn.functional.pad(hidden, (0, 4), value=value)
        assert close(model(longer, lengths), found)
    for row, length in enumerate(lengths.tolist()):  # each by itself
        assert close(model(x[row : row + 1, :length])[0], found[row])


@layers
@poolings
def test_the_batch_in_another_order(layer: Any, pooling: str) -> None:
    order, lengths = torch.tensor([3, 0, 4, 1, 2]), torch.tensor([2, 8, 5, 5, 1])
    model, x = classifier(layer, pooling), tokens()
    assert close(model(x[order], lengths[order]), model(x, lengths)[order])
    reader = language_model(layer)
    assert close(reader(x[order])[0], reader(x)[0][order])


@layers
def test_saved_and_loaded_is_the_same(layer: Any) -> None:
    for model in (language_model(layer), classifier(layer)):
        file = io.BytesIO()
        torch.save(model.state_dict(), file)
        file.seek(0)
        other = copy.deepcopy(model)
        for parameter in other.parameters():
            nn.init.zeros_(parameter)
        other.load_state_dict(torch.load(file, weights_only=True))
        one, two = model(tokens()), other(tokens())
        assert torch.equal(one[0], two[0])


def test_what_the_poolings_are() -> None:
    torch.manual_seed(0)
    layer = seqcourse.nn.RNN(2, 3, batch_first=True)
    x, lengths = torch.randn(2, 4, 2), torch.tensor([4, 2])
    states = layer(x)[0]
    expected = {
        "last": [states[0, 3], states[1, 1]],
        "mean": [states[0].mean(0), states[1, :2].mean(0)],
        "max": [states[0].amax(0), states[1, :2].amax(0)],
    }
    for pooling, rows in expected.items():
        model = SequenceClassifier(layer, 1, pooling=pooling)  # type: ignore[arg-type]
        assert torch.allclose(model.pooled(x, lengths), torch.stack(rows), atol=1e-6)


@layers
def test_the_last_state_is_the_last_layers(layer: Any) -> None:
    """Of two layers that read both ways: forwards at its end, backwards at its beginning."""
    x = tokens(3, 5)
    model = classifier(layer, bidirectional=True)
    states = model.layer(model.embedding(x))[0]  # (B, T, 2 H)
    half = states.shape[-1] // 2  # H, or what it is projected to
    assert close(model.pooled(x), torch.cat([states[:, -1, :half], states[:, 0, half:]], -1))
    model = classifier(layer)
    assert close(model.pooled(x), model.layer(model.embedding(x))[0][:, -1])


def test_scores_of_spellings_agree() -> None:
    torch.manual_seed(0)
    model = LanguageModel(27, seqcourse.nn.RNN(27, 16, batch_first=True)).double()
    words = spellings().dev[:1100:7]
    assert spelling_nats(model, words) == pytest.approx(
        spelling_loss(spelling_model(model), words), rel=1e-9
    )
    inputs, targets = (torch.from_numpy(part) for part in batch(words))
    assert spelling_nats(model, words) == pytest.approx(
        model.loss(inputs, targets).item(), rel=1e-9
    )
    assert model.training
    p = spelling_model(model)("ab")
    assert p.shape == (27,) and p.sum() == pytest.approx(1)


def test_words_are_drawn_from_the_model() -> None:
    """A model that knows one word only says that word; the same seed says the same."""
    layer = seqcourse.nn.RNN(27, 4, batch_first=True)
    model = LanguageModel(27, layer)
    with torch.no_grad():
        model.out.weight.zero_()
        model.out.bias.fill_(-50.0)
        model.out.bias[2] = 50.0
    assert sample_words(model, 2, seed=0, longest=3) == ["bbb", "bbb"]
    torch.manual_seed(1)
    model = LanguageModel(27, seqcourse.nn.RNN(27, 8, batch_first=True))
    assert sample_words(model, 9, seed=2) == sample_words(model, 9, seed=2)
    assert sample_words(model, 9, seed=2) != sample_words(model, 9, seed=3)
    cold = sample_words(model, 9, seed=2, temperature=1e-4)
    assert len(set(cold)) == 1
    with pytest.raises(ValueError, match="temperature=0"):
        sample_words(model, 1, seed=0, temperature=0)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: LanguageModel(5, nn.Linear(5, 5)), TypeError, "but Linear came: give seqcourse"),
        (lambda: LanguageModel(5, nn.GRU(5, 4)), ValueError, "with batch_first=True"),
        (
            lambda: LanguageModel(5, nn.GRU(5, 4, batch_first=True, bidirectional=True)),
            ValueError,
            "would read what it is to foretell",
        ),
        (
            lambda: LanguageModel(5, nn.GRU(3, 4, batch_first=True)),
            ValueError,
            "input_size=3, and will be given 5",
        ),
        (
            lambda: LanguageModel(5, nn.GRU(5, 4, batch_first=True), 3),
            ValueError,
            "input_size=5, and will be given 3",
        ),
        (
            lambda: SequenceClassifier(nn.GRU(2, 3, batch_first=True), 1, pooling="sum"),  # type: ignore[arg-type]
            ValueError,
            "pooling='sum'",
        ),
        (lambda: SequenceClassifier(nn.GRU(2, 3), 1), ValueError, "with batch_first=True"),
        (
            lambda: SequenceClassifier(nn.GRU(2, 3, batch_first=True), 1, nn.Embedding(9, 5)),
            ValueError,
            "input_size=2, and will be given 5",
        ),
    ],
)
def test_layers_that_do_not_fit(make: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("lengths", [[0, 1], [1, 5], [1], [[1, 2]]])
def test_lengths_that_do_not_fit(lengths: Any) -> None:
    model = SequenceClassifier(nn.GRU(2, 3, batch_first=True), 1)
    with pytest.raises(ValueError, match="from 1 to 4"):
        model(torch.zeros(2, 4, 2), torch.tensor(lengths))


def test_an_input_that_does_not_fit() -> None:
    model = SequenceClassifier(nn.GRU(2, 3, batch_first=True), 1)
    with pytest.raises(ValueError, match=r"shape \(2, 4\): give \(B, T, D\)"):
        model(torch.zeros(2, 4))
    reader = SequenceClassifier(nn.GRU(2, 3, batch_first=True), 1, nn.Embedding(5, 2))
    with pytest.raises(ValueError, match=r"give \(B, T\) tokens"):
        reader(torch.zeros(2, 4, 2))


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (torch.zeros(2, 3), r"float32 of shape \(2, 3\): give \(B, T\) tokens, whole numbers"),
        (torch.zeros(3, dtype=torch.long), r"shape \(3,\): give \(B, T\)"),
        (torch.zeros(0, 3, dtype=torch.long), r"shape \(0, 3\)"),
        (torch.tensor([[0, V]]), "tokens from 0 to 7: it reads 0 to 6"),
        (torch.tensor([[0, IGNORE]]), "tokens from -100 to 0.*IGNORE"),
    ],
)
def test_tokens_that_do_not_fit(tokens: Tensor, message: str) -> None:
    for embedding in (None, 3):
        with pytest.raises(ValueError, match="LanguageModel got .*" + message):
            language_model(nn.GRU, embedding)(tokens)
    with pytest.raises(ValueError, match="SequenceClassifier got .*" + message):
        classifier(nn.GRU)(tokens)


def test_no_words_have_no_score() -> None:
    model = LanguageModel(27, nn.GRU(27, 4, batch_first=True))
    with pytest.raises(ValueError, match="no words"):
        spelling_nats(model, [])
    with pytest.raises(ValueError, match="'A' is not spelled with a to z"):
        spelling_nats(model, ["A"])
    for options in ({"count": 0}, {"longest": 0}, {"temperature": 0.0}):
        with pytest.raises(ValueError, match="give a"):
            sample_words(model, **{"count": 1, "seed": 0} | options)  # type: ignore[arg-type]


def test_what_scores_and_speaks_does_not_drop_out() -> None:
    """In train mode a dropout of 0.9 would change each number; the mode is left as it was."""
    torch.manual_seed(0)
    layer = nn.GRU(27, 8, num_layers=2, dropout=0.9, batch_first=True)
    model = LanguageModel(27, layer).train()
    model.embedding = nn.Embedding(27, 27).eval()  # a part that was frozen stays so
    words = ["one", "two", "fourteen"]
    first, again = spelling_nats(model, words), spelling_nats(model, words[::-1])
    assert first == pytest.approx(again)
    assert first == pytest.approx(spelling_loss(spelling_model(model), words), rel=1e-6)
    assert sample_words(model, 5, seed=0) == sample_words(model, 5, seed=0)
    assert model.training and layer.training and not model.embedding.training


def test_every_layer_learns_here() -> None:
    """A class that depends on the first symbol alone; numbers in, too."""
    from seqcourse.training import fit

    def draw(rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        x = torch.from_numpy(rng.integers(0, 2, (32, 4)))
        return x, x[:, 0]

    torch.manual_seed(0)
    model = SequenceClassifier(seqcourse.nn.RNN(3, 16, batch_first=True), 2, nn.Embedding(2, 3))
    history = fit(
        model,
        lambda m, b: nn.functional.cross_entropy(m(b[0]), b[1]),
        draw,
        steps=200,
        lr=0.01,
        progress=False,
    )
    assert history.loss[-1] < 0.05
