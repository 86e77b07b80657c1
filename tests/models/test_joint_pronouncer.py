"""CTC and attention over one encoder: both halves' probabilities, the mask, and that it learns."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from seqcourse.data.pairs import letters, pair_batch, phonemes, pronunciation_pairs
from seqcourse.data.pronunciations import Pronunciation
from seqcourse.data.words import END
from seqcourse.decoding import Hypothesis, beam_search, ctc_prefix_beam
from seqcourse.models.joint_pronouncer import JointPronouncer, OneMask, candidates, ranked

WORDS = (
    Pronunciation("the", (("DH", "AH"),)),
    Pronunciation("cat", (("K", "AE", "T"),)),
    Pronunciation("axe", (("AE", "K", "S"),)),
)
SOURCE = torch.tensor([letters(word.word) for word in WORDS])


def small(dropout: float = 0.0) -> JointPronouncer:
    torch.manual_seed(0)
    return JointPronouncer(8, 12, 2, 10, 14, 6, dropout)


def test_an_answer_has_the_probabilities_of_both_searches() -> None:
    model = small().eval()
    found = candidates(model, SOURCE, beam=3, longest=12)
    state = model.encode(SOURCE)
    written = beam_search(model.step, state, start=END, stop=END, beam=3, max_steps=12)
    log_probs = model.heard(state)
    assert log_probs.shape == (6, 3, 40)
    heard = ctc_prefix_beam(log_probs, [6] * 3, beam=3)
    for row, (answers, mine, theirs) in enumerate(zip(found, written, heard, strict=True)):
        by_tokens = {answer.tokens: answer for answer in answers}
        ended = [one for one in mine if one.ended]
        assert by_tokens.keys() == {one.tokens for one in ended + theirs}
        assert len(by_tokens) == len(answers)
        for one in ended:
            of_both = by_tokens[one.tokens]
            assert of_both.log_probability == pytest.approx(one.log_probability, rel=1e-4)
        for one in answers:
            loss = F.ctc_loss(
                log_probs[:, row], torch.tensor(one.tokens), [6], [len(one.tokens)], reduction="sum"
            )
            assert one.score == pytest.approx(-loss.item(), rel=1e-4)


def test_what_ctc_has_too_few_steps_for_is_impossible() -> None:
    model = small().eval()
    state, rows = model.encode(SOURCE), torch.tensor([0, 1, 2])
    told = model.ctc_log_probabilities(state, rows, [(1,) * 4, (1, 2) * 3, (1, 2) * 4])
    assert told.tolist()[0] == told.tolist()[2] == -math.inf and told[1] > -math.inf


def test_the_share_decides_the_order() -> None:
    one, two = Hypothesis((1,), -1.0, -5.0), Hypothesis((2,), -2.0, -1.0)
    unheard = Hypothesis((3,), -0.5, -math.inf)
    given = [two, one, unheard]
    assert [answer.tokens for answer in ranked(given, 0.0)] == [(3,), (1,), (2,)]
    found = ranked(given, 0.5)
    assert [(answer.tokens, answer.score) for answer in found[:2]] == [((2,), -1.5), ((1,), -3.0)]
    assert found[2].tokens == (3,)
    assert ranked([one, two], 0.1)[0].tokens == (1,)


def test_one_mask_a_sequence() -> None:
    torch.manual_seed(0)
    mask, x = OneMask(0.25), torch.ones(4_000, 3, 5)
    dropped = mask(x)
    assert (dropped == dropped[:, :1]).all() and dropped.unique().tolist() == pytest.approx(
        [0, 4 / 3]
    )
    assert dropped.mean().item() == pytest.approx(1, abs=0.02)
    assert mask.eval()(x) is x and OneMask(0.0)(x) is x
    model = small(dropout=0.5)
    batch = pair_batch(pronunciation_pairs(WORDS))
    assert model.loss(batch) != model.loss(batch)
    model.eval()
    assert model.loss(batch) == model.loss(batch)


def test_it_learns_what_it_is_given() -> None:
    model, batch = small(), pair_batch(pronunciation_pairs(WORDS))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    for _ in range(80):
        optimizer.zero_grad()
        value = model.loss(batch, share=0.4)
        value.backward()
        optimizer.step()
    assert value < 0.1
    assert model.loss(batch, smoothing=0.1) > model.loss(batch) + 0.1
    model.eval()
    for word, answers in zip(WORDS, candidates(model, SOURCE, 2, 12), strict=True):
        for share in (0.0, 0.5, 1.0):
            assert phonemes(ranked(answers, share)[0].tokens) == word.spoken[0]


def test_what_is_no_word_is_refused() -> None:
    with pytest.raises(ValueError, match="JointPronouncer got tokens from 0 to 27"):
        small().encode(torch.tensor([[0, 27]]))
