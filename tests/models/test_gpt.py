"""A GPT sees no later place, its cache gives the same numbers, and it counts what GPT-2 does."""

import math
from typing import Any

import pytest
import torch

from seqcourse.data.words import ALPHABET, IGNORE
from seqcourse.decoding import beam_search, greedy
from seqcourse.models.gpt import GPT
from seqcourse.models.language_model import sample_words, spelling_model, spelling_nats

KINDS = ["learned", "sinusoidal", "rotary", "alibi", None]
EXACT: dict[str, Any] = {"rtol": 0, "atol": 1e-12}


def gpt(positions: Any, **options: Any) -> GPT:
    torch.manual_seed(0)
    return GPT(11, 24, 3, 2, positions=positions, **{"length": 12} | options).double().eval()


def tokens(rows: int = 3, places: int = 9) -> torch.Tensor:
    return torch.randint(0, 11, (rows, places), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("positions", KINDS)
def test_no_later_place_is_seen(positions: Any, norm_first: bool) -> None:
    model, x = gpt(positions, norm_first=norm_first), tokens()
    other = x.clone()
    other[:, 5:] = (other[:, 5:] + 1) % 11
    before, after = model(x)[0], model(other)[0]
    torch.testing.assert_close(before[:, :5], after[:, :5], **EXACT)
    assert (before[:, 5:] - after[:, 5:]).abs().amax(-1).min() > 1e-6


@pytest.mark.parametrize("feedforward", ["4d", 7, None])
@pytest.mark.parametrize("positions", KINDS)
def test_cached_is_full(positions: Any, feedforward: Any) -> None:
    model, x = gpt(positions, feedforward=feedforward), tokens()
    full, end = model(x)
    for cut in (1, 4):
        first, state = model(x[:, :cut])
        parts = [first]
        for symbol in x[:, cut:].split(1, 1):
            logits, state = model(symbol, state)
            parts.append(logits)
        torch.testing.assert_close(torch.cat(parts, 1), full, **EXACT)
        torch.testing.assert_close(state, end, **EXACT)
    rest, _ = model(x[:, 4:], model(x[:, :4])[1])
    torch.testing.assert_close(rest, full[:, 4:], **EXACT)


@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("positions", KINDS)
def test_weights_of_attention_are_seen(positions: Any, norm_first: bool) -> None:
    model, x = gpt(positions, norm_first=norm_first), tokens()
    found = model.attention(x)
    assert [weights.shape for weights in found] == [(3, 3, 9, 9)] * 2
    for weights in found:
        torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]))
        assert not weights.triu(1).any()
    block: Any = model.blocks[0]
    stream, bias = model.begin(x)
    added, (_, values), weights = block.attend(
        block.norm1(stream) if norm_first else stream, bias=bias
    )
    torch.testing.assert_close(weights, found[0], **EXACT)
    read = (weights @ values).transpose(1, 2).flatten(2)
    torch.testing.assert_close(block.out(read), added, **EXACT)


def test_gpt_2_is_counted_without_being_made() -> None:
    with torch.device("meta"):
        model = GPT(50257, 768, 12, 12, length=1024, tied=True)
    assert sum(weight.numel() for weight in model.parameters()) == 124_439_808


@pytest.mark.parametrize("positions", KINDS)
def test_not_causal_sees_all_and_keeps_nothing(positions: Any) -> None:
    model, x = gpt(positions, causal=False), tokens()
    other = x.clone()
    other[:, -1] = (other[:, -1] + 1) % 11
    before, state = model(x)
    assert state is None
    assert (before - model(other)[0]).abs().amax(-1).min() > 1e-9
    with pytest.raises(ValueError, match="causal=False"):
        model(x, gpt("learned")(x)[1])


def test_without_places_order_is_seen_by_the_mask_alone() -> None:
    x = tokens()
    turned = x.flip(1)
    blind = gpt(None, causal=False)
    torch.testing.assert_close(blind(turned)[0], blind(x)[0].flip(1), **EXACT)
    assert not torch.allclose(gpt(None)(turned)[0], gpt(None)(x)[0].flip(1))


@pytest.mark.parametrize("tied", [True, False])
def test_saved_and_loaded_is_saved(tied: bool) -> None:
    model = gpt("learned", tied=tied)
    other = GPT(11, 24, 3, 2, length=12, tied=tied).double().eval()
    other.load_state_dict(model.state_dict())
    torch.testing.assert_close(other(tokens())[0], model(tokens())[0], **EXACT)
    assert (other.out.weight is other.embedding.weight) == tied


def test_loss_leaves_out_what_is_ignored_and_dropout_rests_in_eval_mode() -> None:
    model, x = gpt("rotary", dropout=0.5), tokens()
    targets = x.roll(-1, 1)
    half = targets.clone()
    half[:, 4:] = IGNORE
    torch.testing.assert_close(model.loss(x, half), model.loss(x[:, :4], targets[:, :4]))
    assert not torch.equal(model.train()(x)[0], model(x)[0])


@pytest.mark.parametrize("positions", KINDS)
def test_it_is_a_language_model_of_words(positions: Any) -> None:
    torch.manual_seed(0)
    model: Any = GPT(27, 16, 2, 1, positions=positions, length=31)
    words = ["tea", "teapot", "a", "oat"]
    p, total, count = spelling_model(model), 0.0, 0
    for word in words:
        for place, letter in enumerate(word + "."):
            total -= math.log(p(word[:place])[ALPHABET.index(letter)])
            count += 1
    assert spelling_nats(model, words) == pytest.approx(total / count, abs=1e-6)
    assert len(sample_words(model, 5, seed=0)) == 5


def test_a_search_selects_rows_of_its_cache() -> None:
    model = gpt("rotary")

    def step(symbol: torch.Tensor, state: Any) -> Any:
        logits, state = model(symbol[:, None], state)
        return torch.log_softmax(logits[:, -1], -1), state

    room: dict[str, Any] = {"start": 0, "stop": 0, "max_steps": 8, "batch_size": 2}
    alone = beam_search(step, None, beam=1, **room)
    assert [found[0].tokens for found in alone] == [g.tokens for g in greedy(step, None, **room)]
    for best in beam_search(step, None, beam=5, **room)[0]:
        spelled = torch.tensor([[0, *best.tokens, 0][: len(best.tokens) + 2]])
        whole = torch.log_softmax(model(spelled[:, :-1])[0], -1)
        seen = whole.gather(-1, spelled[:, 1:, None]).sum()
        if best.ended:
            assert float(seen) == pytest.approx(best.log_probability, abs=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 10, "heads": 3}, "divide"),
        ({"layers": 0}, "layers=0"),
        ({"positions": "rope"}, "it knows"),
        ({"length": None}, "length"),
        ({"positions": "rotary", "width": 9}, "even"),
        ({"feedforward": 0}, "feedforward=0"),
    ],
)
def test_what_does_not_fit_is_refused(options: dict[str, Any], message: str) -> None:
    plain: dict[str, Any] = {"width": 12, "heads": 3, "layers": 1, "length": 5}
    with pytest.raises(ValueError, match=message):
        GPT(11, **plain | options)


def test_too_many_places_are_refused() -> None:
    model = gpt("learned")
    _, state = model(tokens(1, 9))
    with pytest.raises(ValueError, match="13 places"):
        model(tokens(1, 4), state)
    assert gpt("rotary")(tokens(1, 13))[0].shape == (1, 13, 11)
    with pytest.raises(ValueError, match="0 to 10"):
        model(torch.full((1, 2), 11))
