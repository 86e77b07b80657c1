"""Pairs: numbers that come back, batches that hold what went in, draws that favour no pair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from seqcourse.data import pronunciations
from seqcourse.data.pairs import (
    Pairs,
    letters,
    pair_batch,
    pair_batches,
    phonemes,
    pronunciation_pairs,
    target_batch,
)
from seqcourse.data.pronunciations import PHONEMES, Pronunciation
from seqcourse.data.words import END, IGNORE, decode


def some_pairs(seed: int) -> Pairs:
    """Up to six pairs of up to six numbers; a target may be empty."""
    rng = np.random.default_rng(seed)
    each = [
        tuple(tuple(rng.integers(1, 40, rng.integers(least, 7)).tolist()) for least in (1, 0))
        for _ in range(rng.integers(1, 7))
    ]
    return Pairs(*zip(*each, strict=True))


def test_every_way_to_say_a_word_is_a_pair() -> None:
    words = pronunciations().dev
    pairs = pronunciation_pairs(words)
    assert len(pairs.source) == len(pairs.target) == sum(len(word.spoken) for word in words)
    each = [(word.word, spoken) for word in words for spoken in word.spoken]
    for source, target, (word, spoken) in zip(*pairs, each, strict=True):
        assert decode(source) == [word] and phonemes(target) == spoken


def test_numbers_of_letters_and_phonemes() -> None:
    assert letters("az") == (1, 26)
    assert phonemes(range(1, 40)) == PHONEMES
    assert pronunciation_pairs([]) == ((), ())


@pytest.mark.parametrize("seed", range(20))
def test_a_batch_holds_the_same_pairs(seed: int) -> None:
    pairs = some_pairs(seed)
    batch = pair_batch(pairs)
    bare, sizes = batch.targets()
    assert batch.target_in.shape == batch.target_out.shape
    assert all(array.dtype == np.int64 for array in (*batch, bare, sizes))
    for row, (source, target) in enumerate(zip(*pairs, strict=True)):
        n, u = len(source), len(target)
        assert batch.lengths[row] == n and sizes[row] == u
        assert tuple(batch.source[row, :n]) == source and not batch.source[row, n:].any()
        assert tuple(batch.target_in[row, : u + 1]) == (END, *target)
        assert (batch.target_in[row, u + 1 :] == END).all()
        assert tuple(batch.target_out[row, : u + 1]) == (*target, END)
        assert (batch.target_out[row, u + 1 :] == IGNORE).all()
        assert tuple(bare[row, :u]) == target and not bare[row, u:].any()


def test_a_drawn_batch_is_of_one_length_and_of_the_pairs() -> None:
    pairs = pronunciation_pairs(pronunciations().dev[:300])
    known = set(zip(*pairs, strict=True))
    draw, rng = pair_batches(pairs, 64), np.random.default_rng(0)
    sizes = set()
    for _ in range(50):
        batch = draw(rng)
        assert len(set(batch.lengths)) == 1 and batch.lengths[0] == batch.source.shape[1]
        assert abs(batch.source.size - 64) <= batch.source.shape[1]
        assert (batch.target_out[:, -1] != IGNORE).any()  # no column is padding alone
        bare, lengths = batch.targets()
        for source, target, length in zip(batch.source, bare, lengths, strict=True):
            assert (tuple(source), tuple(target[:length])) in known
        sizes.add(batch.source.shape[1])
    assert len(sizes) > 5
    again = draw(np.random.default_rng(0))
    assert all(map(np.array_equal, again, draw(np.random.default_rng(0))))


def test_every_pair_is_as_likely() -> None:
    pairs = Pairs(((1,), (2, 2), (3, 3, 3, 3)), ((1,), (2,), (3,)))
    draw, rng = pair_batches(pairs, 8), np.random.default_rng(0)
    counts = Counter(number for _ in range(2000) for number in draw(rng).source[:, 0].tolist())
    shares = np.array([counts[number] for number in (1, 2, 3)]) / counts.total()
    assert np.abs(shares - 1 / 3).max() < 0.03


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: letters("It"), "small letters"),
        (lambda: letters(""), "small letters"),
        (lambda: phonemes([0]), "from 1 to 39"),
        (lambda: phonemes([40]), "from 1 to 39"),
        (lambda: pronunciation_pairs([Pronunciation("a", (("AH0",),))]), "without stress"),
        (lambda: target_batch([]), "give at least one"),
        (lambda: target_batch([(1, 0)]), "0 is kept for the end"),
        (lambda: pair_batch(Pairs(((1,),), ())), "each source"),
        (lambda: pair_batch(Pairs(((),), ((1,),))), "1 of them empty"),
        (lambda: pair_batch(Pairs(((0,),), ((1,),))), "source holds 0"),
        (lambda: pair_batches(Pairs(((1,),), ((1,),)), 0), "symbols=0"),
    ],
)
def test_errors_say_what_to_do(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
