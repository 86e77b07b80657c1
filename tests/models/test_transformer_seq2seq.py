"""A Transformer that writes: causal, blind to padding, one by one as all at once."""

from typing import Any

import pytest
import torch
from torch import nn

from seqcourse.data.words import IGNORE
from seqcourse.decoding import beam_search, greedy
from seqcourse.decoding.model import select
from seqcourse.models.transformer_seq2seq import TransformerSeq2Seq

EXACT: dict[str, Any] = {"rtol": 0, "atol": 1e-12}
SOURCE = torch.tensor([[3, 1, 4, 1, 5, 2], [2, 6, 5, 3, 0, 0], [1, 2, 0, 0, 0, 0]])
LENGTHS = torch.tensor([6, 4, 2])
TARGET = torch.tensor([[0, 4, 2, 3, 1], [0, 1, 1, 4, 3], [0, 2, 3, 4, 4]])


def made(**options: Any) -> TransformerSeq2Seq:
    torch.manual_seed(0)
    return TransformerSeq2Seq(7, 5, 12, 4, 2, 20, **options).double().eval()


@pytest.fixture(params=[True, False], ids=["norm first", "norm last"])
def model(request: Any) -> TransformerSeq2Seq:
    return made(norm_first=request.param)


def test_no_later_symbol_of_the_target_is_seen(model: TransformerSeq2Seq) -> None:
    other = TARGET.clone()
    other[:, 3:] = (other[:, 3:] + 1) % 5
    before, after = model(SOURCE, TARGET, LENGTHS), model(SOURCE, other, LENGTHS)
    torch.testing.assert_close(before[:, :3], after[:, :3], **EXACT)
    assert (before[:, 3:] - after[:, 3:]).abs().amax(-1).min() > 1e-6


def test_every_symbol_of_the_source_is_seen(model: TransformerSeq2Seq) -> None:
    before = model(SOURCE, TARGET)
    for place in range(6):
        other = SOURCE.clone()
        other[:, place] = (other[:, place] + 1) % 7
        assert (before - model(other, TARGET)).abs().amax(-1).min() > 1e-9


def test_padding_changes_nothing(model: TransformerSeq2Seq) -> None:
    padded = model(SOURCE, TARGET, LENGTHS)
    other = SOURCE.clone()
    other[1, 4:] = other[2, 2:] = 6
    torch.testing.assert_close(model(other, TARGET, LENGTHS), padded, **EXACT)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = model(SOURCE[row : row + 1, :length], TARGET[row : row + 1])
        torch.testing.assert_close(padded[row : row + 1], alone, **EXACT)
    state, shorter = model.encode(SOURCE, LENGTHS), model.encode(SOURCE[1:2, :4])
    first = torch.zeros(3, dtype=torch.long)
    both = model.step(first, state)[0], model.step(first[:1], shorter)[0]
    torch.testing.assert_close(both[0][1:2], both[1], **EXACT)


def test_one_by_one_is_all_at_once(model: TransformerSeq2Seq) -> None:
    whole = torch.log_softmax(model(SOURCE, TARGET, LENGTHS), -1)
    state = model.encode(SOURCE, LENGTHS)
    for place, symbol in enumerate(TARGET.unbind(1)):
        found, state = model.step(symbol, state)
        torch.testing.assert_close(found, whole[:, place], **EXACT)


def test_a_search_picks_rows_of_its_state(model: TransformerSeq2Seq) -> None:
    rows = torch.tensor([2, 0, 0])
    symbols = torch.tensor([1, 2, 3])
    _, state = model.step(torch.zeros(3, dtype=torch.long), model.encode(SOURCE, LENGTHS))
    picked = model.step(symbols, select(state, rows))[0]
    begun = torch.stack([torch.zeros_like(symbols), symbols], 1)
    whole = torch.log_softmax(model(SOURCE[rows], begun, LENGTHS[rows]), -1)
    torch.testing.assert_close(picked, whole[:, 1], **EXACT)
    room: dict[str, Any] = {"start": 0, "stop": 0, "max_steps": 6}
    state = model.encode(SOURCE, LENGTHS)
    narrow = [found[0].tokens for found in beam_search(model.step, state, beam=1, **room)]
    assert narrow == [found.tokens for found in greedy(model.step, state, **room)]


def test_its_layers_are_torchs() -> None:
    model = made(norm_first=False)
    theirs = nn.Transformer(12, 4, 2, 2, 20, 0.0, batch_first=True).double().eval()
    theirs.load_state_dict(model.transformer.state_dict())
    source = model._placed(model.source, SOURCE)
    target = model._placed(model.target, TARGET)
    mask = nn.Transformer.generate_square_subsequent_mask(5, dtype=torch.float64)
    states = theirs(source, target, tgt_mask=mask, tgt_is_causal=True)
    torch.testing.assert_close(model(SOURCE, TARGET), model.out(states), rtol=0, atol=1e-10)


def test_loss_leaves_out_what_is_ignored_and_smooths() -> None:
    model = made()
    out = TARGET.roll(-1, 1)
    out[:, 4] = IGNORE
    logp = torch.log_softmax(model(SOURCE, TARGET, LENGTHS)[:, :4], -1)
    right = -logp.gather(-1, out[:, :4, None]).mean()
    torch.testing.assert_close(model.loss(SOURCE, LENGTHS, TARGET, out), right)
    smooth = 0.9 * right - 0.1 * logp.mean()
    torch.testing.assert_close(model.loss(SOURCE, LENGTHS, TARGET, out, 0.1), smooth)


def test_saved_and_loaded_is_saved(model: TransformerSeq2Seq) -> None:
    torch.manual_seed(1)
    first = bool(model.transformer.encoder.layers[0].norm_first)
    other = TransformerSeq2Seq(7, 5, 12, 4, 2, 20, norm_first=first).double().eval()
    other.load_state_dict(model.state_dict())
    torch.testing.assert_close(other(SOURCE, TARGET), model(SOURCE, TARGET), **EXACT)


def test_bad_input_is_named() -> None:
    model = made()
    with pytest.raises(ValueError, match="0 to 6"):
        model(SOURCE + 4, TARGET)
    with pytest.raises(ValueError, match="0 to 4"):
        model(SOURCE, TARGET + 2)
    with pytest.raises(ValueError, match="lengths"):
        model(SOURCE, TARGET, torch.tensor([7, 1, 1]))
    with pytest.raises(ValueError, match="even"):
        TransformerSeq2Seq(7, 5, 9, 3, 1, 8)
