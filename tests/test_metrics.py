"""Metrics against a second way to compute them: our models' losses, a recursion, sacrebleu."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import sacrebleu
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcourse.data.words import ALPHABET
from seqcourse.metrics import (
    bleu,
    edit_distance,
    ngram_matches,
    phoneme_error_rate,
    spelling_loss,
    word_error_rate,
)
from seqcourse.models import ngram

UNIFORM = np.full(27, 1 / 27)


def test_the_loss_is_that_of_the_n_gram_models() -> None:
    words = ["banana", "bandana", "ana"]
    model = ngram.add_alpha(words, 2, 1.0)
    asked: list[str] = []

    def p(context: str) -> Any:
        asked.append(context)
        tokens = [0, 0, *(ALPHABET.index(letter) for letter in context)][-2:]
        return torch.tensor(model.distribution(np.array([tokens]))[0], requires_grad=True)

    assert spelling_loss(p, ["ban", "bad", "ban"]) == pytest.approx(
        model.loss(["ban", "bad", "ban"])
    )
    assert len(asked) == len(set(asked)) == 5


def test_chance_pays_log_27() -> None:
    assert spelling_loss(lambda context: UNIFORM, ["a", "bc"]) == pytest.approx(math.log(27))


@pytest.mark.parametrize(
    ("p", "says"),
    [
        (None, r"after|follows '', the model gives nothing \(None\)"),
        ("abc", "gives a str: return an array of 27"),
        ([[1], [2, 3]], "gives a list"),
        (np.full(26, 1 / 26), r"shape \(26,\): return shape \(27,\)"),
        (UNIFORM[None], r"shape \(1, 27\)"),
        (UNIFORM * np.nan, "not finite"),
        (np.where(np.arange(27) == 3, np.inf, 0), "not finite"),
        (np.r_[-0.5, 1.5, np.zeros(25)], "a negative probability, -0.5"),
        (UNIFORM * 1.01, "whose sum is 1.01: it must be 1"),
        (np.eye(27)[1], "gives 'b' probability 0, and 'ab' needs it"),
        (np.eye(27)[2], "after '' the model gives 'a' probability 0"),
    ],
)
def test_what_is_no_distribution_is_refused(p: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        spelling_loss(lambda context: p, ["ab"])


def test_the_context_is_named_and_no_words_are_refused() -> None:
    with pytest.raises(ValueError, match="follows 'ab', the model gives nothing"):
        spelling_loss(lambda context: UNIFORM if context != "ab" else None, ["ab"])
    with pytest.raises(ValueError, match="the end probability 0"):
        spelling_loss(lambda c: np.r_[0, np.full(26, 1 / 26)], ["ab"])
    with pytest.raises(ValueError, match="no words"):
        spelling_loss(lambda context: UNIFORM, [])


@cache
def by_recursion(a: str, b: str) -> int:
    """The definition, with nothing clever."""
    if not a or not b:
        return len(a) + len(b)
    return min(
        by_recursion(a[:-1], b) + 1,
        by_recursion(a, b[:-1]) + 1,
        by_recursion(a[:-1], b[:-1]) + (a[-1] != b[-1]),
    )


letters = st.text("abc", max_size=7)


@settings(deadline=None)
@given(letters, letters, letters)
def test_the_edit_distance_is_that_of_the_recursion(a: str, b: str, c: str) -> None:
    assert edit_distance(a, b) == edit_distance(list(b), tuple(a)) == by_recursion(a, b)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)


def test_the_edit_distance_of_known_words() -> None:
    assert edit_distance("kitten", "sitting") == 3
    assert edit_distance("", "abc") == 3
    assert edit_distance([("a", 1), 2], [2]) == 1


def test_twelve_thousand_words_take_no_time() -> None:
    rng = np.random.default_rng(0)
    words = [rng.integers(0, 39, rng.integers(3, 12)).tolist() for _ in range(12_001)]
    start = time.process_time()
    phoneme_error_rate(words[1:], [[word] for word in words[:-1]])
    assert time.process_time() - start < 5


def test_rates_by_hand() -> None:
    given = [["K", "AE", "T"], ["R", "IY", "D"], []]
    right = [[["K", "AE", "T"]], [["R", "EH", "D"], ["R", "AO", "D", "Z"]], [["AH"]]]
    assert phoneme_error_rate(given, right) == pytest.approx(2 / 7)
    assert word_error_rate(given, right) == pytest.approx(2 / 3)
    assert word_error_rate(["ab", "b"], [["a", "ab"], ["ab"]]) == 0.5
    assert word_error_rate([("a",)], [[["a"]]]) == 0


def test_of_references_as_near_the_shorter_counts() -> None:
    for right in (["abc", "a"], ["a", "abc"]):
        assert phoneme_error_rate(["ab"], [right]) == 1
    assert phoneme_error_rate(["abcd"], [["a", "abcdefg"]]) == pytest.approx(3 / 1)
    assert phoneme_error_rate(["abcd"], [["", "abcde"]]) == pytest.approx(1 / 5)


tokens = st.lists(st.sampled_from("abcd"), max_size=7)
corpora = st.lists(
    st.tuples(tokens, st.lists(tokens, min_size=1, max_size=3)),
    min_size=1,
    max_size=5,
)


def by_sacrebleu(pairs: list[tuple[list[str], list[list[str]]]], **options: object) -> float:
    most = max(len(right) for _, right in pairs)
    streams = [
        [" ".join(right[n]) if n < len(right) else None for _, right in pairs] for n in range(most)
    ]
    metric = sacrebleu.metrics.BLEU(tokenize="none", **options)
    return float(metric.corpus_score([" ".join(given) for given, _ in pairs], streams).score)


@settings(deadline=None, max_examples=200)
@given(corpora, st.integers(1, 5), st.booleans())
def test_bleu_is_sacrebleus(
    pairs: list[tuple[list[str], list[list[str]]]], longest: int, smooth: bool
) -> None:
    ours = bleu(*zip(*pairs, strict=True), longest=longest, smooth=smooth)
    options = {"max_ngram_order": longest, "smooth_method": "exp" if smooth else "none"}
    assert ours == pytest.approx(by_sacrebleu(pairs, **options), abs=1e-9)


def test_bleu_is_sacrebleus_on_long_answers() -> None:
    rng = np.random.default_rng(0)
    for noise in (0.0, 0.1, 0.5, 0.95):
        pairs = []
        for _ in range(50):
            right = rng.integers(0, 50, rng.integers(1, 30)).astype(str)
            given = np.where(rng.random(len(right)) < noise, "?", right)[rng.integers(0, 3) :]
            pairs.append((given.tolist(), [right.tolist(), right[::2].tolist()]))
        ours = bleu(*zip(*pairs, strict=True))
        assert ours == pytest.approx(by_sacrebleu(pairs), abs=1e-9)
        assert 0 < ours <= 100


@pytest.mark.parametrize(
    ("given", "right", "score"),
    [
        ("", ["a b c d e"], 0),
        ("x y z w", ["a b c d e"], 0),
        ("a b c", ["a b c"], 0),  # no run of four
        ("a b c d", ["a b c d"], 100),
        ("a b c d", ["x", "a b c d", "a b c d e"], 100),
        (
            "the the the the the the the",
            ["the cat is on the mat"],
            100 * (2 / 7 / 12 / 20 / 32) ** 0.25,
        ),
    ],
)
def test_bleu_at_its_edges(given: str, right: list[str], score: float) -> None:
    pair = (given.split(), [answer.split() for answer in right])
    assert bleu([pair[0]], [pair[1]]) == pytest.approx(score) == by_sacrebleu([pair])


def test_an_n_gram_counts_no_more_often_than_one_right_answer_has_it() -> None:
    assert ngram_matches("aaab", ["aa", "ab"], 1) == (3, 4)
    assert ngram_matches("aaab", ["aa", "ab"], 2) == (2, 3)
    assert ngram_matches("a", ["aa"], 2) == (0, 0)


@pytest.mark.parametrize("metric", [phoneme_error_rate, word_error_rate, bleu])
@pytest.mark.parametrize(
    ("given", "right", "says"),
    [
        ([], [], "0 answers came with right answers for 0"),
        ([["a"]], [], "1 answers came with right answers for 0"),
        ([["a"]], [[]], r"answer 0 is to be compared with \[\]"),
        ([["a"]], ["a"], "answer 0 is to be compared with 'a'"),
        ([["AH"], ["B"]], [[["AH"]], ["B"]], r"answer 1 is \['B'\], and one .* 'B'"),
        ([[3]], [[3]], "each a sequence of symbols"),
        (["a"], [[["a"]]], r"answer 0 is 'a', and one .* \['a'\]"),
    ],
)
def test_answers_that_do_not_fit_are_refused(
    metric: Callable[..., float], given: Any, right: Any, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        metric(given, right)


def test_what_has_no_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="right answers are all empty"):
        phoneme_error_rate(["a"], [[""]])
    with pytest.raises(ValueError, match="'a b' is one string: give lists of tokens"):
        bleu(["a b"], [["a b"]])
