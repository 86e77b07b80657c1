"""N-gram models: laws of probability, a second way to count, closed forms, and sampling."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcourse.data.words import END, encode
from seqcourse.models import ngram

WORDS = ["banana", "bandana", "anna", "ban", "nab", "a", "cabana", "abc", "cab", "bananas"]
lists = st.lists(st.text("abc", min_size=1, max_size=6), min_size=1, max_size=12)


def models(words: list[str], order: int) -> list[ngram.NGram]:
    return [
        ngram.mle(words, order),
        ngram.add_alpha(words, order, 0.3),
        ngram.kneser_ney(words, order, 0.75),
        ngram.kneser_ney(words, order, 1.0),
    ]


def test_windows_never_reach_into_the_word_before() -> None:
    context, nxt = ngram.windows(["ab", "c"], 2)
    assert context.tolist() == [[0, 0], [0, 1], [1, 2], [0, 0], [0, 3]]
    assert nxt.tolist() == [1, 2, 0, 3, 0]
    assert ngram.windows(["ab"], 0).context.shape == (3, 0)


@given(lists, st.integers(0, 5))
def test_windows_are_what_a_loop_finds(words: list[str], order: int) -> None:
    context, nxt = ngram.windows(words, order)
    rows = []
    for word in words:
        x = [END] * order + encode([word])[1:].tolist()
        rows += [(x[t - order : t], x[t]) for t in range(order, len(x))]
    assert context.tolist() == [row for row, _ in rows]
    assert nxt.tolist() == [symbol for _, symbol in rows]


@given(lists, st.integers(0, 4), st.integers(0, 2**32))
def test_every_distribution_sums_to_one(words: list[str], order: int, seed: int) -> None:
    context = np.random.default_rng(seed).integers(0, 4, (20, order))
    for model in models(words, order):
        p = model.distribution(context)
        assert (p >= 0).all()
        np.testing.assert_allclose(p.sum(1), 1, rtol=1e-12)


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_mle_is_counting(order: int) -> None:
    context, nxt = ngram.windows(WORDS, order)
    keys = [tuple(row) for row in context.tolist()]
    pairs, totals = Counter(zip(keys, nxt.tolist(), strict=True)), Counter(keys)
    wanted = [pairs[h, c] / totals[h] for h, c in zip(keys, nxt.tolist(), strict=True)]
    np.testing.assert_allclose(ngram.mle(WORDS, order).probability(context, nxt), wanted)
    wanted = [(pairs[h, c] + 2) / (totals[h] + 54) for h, c in zip(keys, nxt, strict=True)]
    model = ngram.add_alpha(WORDS, order, 2.0)
    np.testing.assert_allclose(model.probability(context, nxt), wanted)


def test_nothing_fits_the_counted_words_better() -> None:
    for order in range(4):
        best = ngram.mle(WORDS, order).loss(WORDS)
        assert all(model.loss(WORDS) >= best - 1e-12 for model in models(WORDS, order))


@pytest.mark.parametrize("discount", [0.4, 1.0])
def test_kneser_ney_of_order_one_by_hand(discount: float) -> None:
    """Unigrams count the different contexts that each symbol was seen after."""
    words = ["aa", "ab"]  # pairs .a ×2, aa, a., ab, b.
    base = {0: 2, 1: 2, 2: 1}  # "." after a, b; "a" after ., a; "b" after a
    for symbol, n in ((1, 1), (2, 1), (0, 1), (3, 0)):
        left = max(base.get(symbol, 0) - discount, 0) + discount * 3 / 27
        right = max(n - discount, 0) / 3 + discount * 3 / 3 * left / 5
        model = ngram.kneser_ney(words, 1, discount)
        given_ = model.probability(np.array([[1]]), np.array([symbol]))[0]
        np.testing.assert_allclose(given_, right, rtol=1e-12)


def test_at_a_words_beginning_every_sighting_counts() -> None:
    words = ["ab", "ab", "ab", "ac", "xab"]
    table = ngram.kneser_ney(words, 3).tables[2]
    start = 0 * 27 + 1  # the context (".", "a")
    assert table.total[table.contexts == start].tolist() == [4]
    inside = 1 * 27 + 2  # the context "ab" was seen after "." and "x"
    assert table.total[table.contexts == inside].tolist() == [2]


def test_an_unseen_context_says_what_the_shorter_one_says() -> None:
    model = ngram.kneser_ney(WORDS, 2)
    strange, shorter = np.array([[26, 1]]), ngram.kneser_ney(WORDS, 2).tables
    p = model.distribution(strange)[0]
    without = ngram.NGram(1, {0: shorter[0], 1: shorter[1]}, discount=0.75)
    np.testing.assert_allclose(p, without.distribution(np.array([[1]]))[0])
    np.testing.assert_allclose(ngram.mle(WORDS, 2).distribution(strange)[0], 1 / 27)


def test_impossible_is_minus_infinity() -> None:
    assert np.isneginf(ngram.mle(["ab"], 1).log_probability(["aa"])).any()
    assert ngram.mle(["ab"], 1).loss(["ba"]) == np.inf
    assert np.isfinite(ngram.kneser_ney(["ab"], 1).loss(["zq"]))


def test_limits_of_temperature_top_k_and_top_p() -> None:
    p = np.array([[0.1, 0.5, 0.25, 0.15], [0.25, 0.25, 0.25, 0.25]])
    np.testing.assert_allclose(ngram.adjust(p), p)
    np.testing.assert_allclose(ngram.adjust(p, 0), [[0, 1, 0, 0], [1, 0, 0, 0]])
    np.testing.assert_allclose(ngram.adjust(p, 1e-4)[0], [0, 1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(ngram.adjust(p, 1e8)[0], 0.25, rtol=1e-6)
    np.testing.assert_allclose(ngram.adjust(p, top_k=1), ngram.adjust(p, 0))
    np.testing.assert_allclose(ngram.adjust(p, top_k=2)[0], [0, 2 / 3, 1 / 3, 0])
    np.testing.assert_allclose(ngram.adjust(p, top_p=0.5)[0], [0, 1, 0, 0])
    np.testing.assert_allclose(ngram.adjust(p, top_p=0.51)[0], [0, 2 / 3, 1 / 3, 0])
    np.testing.assert_allclose(ngram.adjust(p, 0.5)[0], p[0] ** 2 / (p[0] ** 2).sum())


@given(st.integers(0, 2**32), st.floats(0.05, 5), st.integers(1, 9), st.floats(0.05, 1))
def test_adjusted_is_a_law_that_keeps_the_order(
    seed: int, temperature: float, top_k: int, top_p: float
) -> None:
    p = np.random.default_rng(seed).dirichlet(np.ones(8))
    out = ngram.adjust(p, temperature, top_k, top_p)
    assert np.isclose(out.sum(), 1) and (out >= 0).all() and (out > 0).sum() <= top_k
    assert out.argmax() == p.argmax()
    kept = out > 0
    assert (np.diff(out[np.argsort(p)][-kept.sum() :]) >= -1e-12).all()


def test_samples_follow_the_model() -> None:
    model = ngram.mle(WORDS, 2)
    drawn = ngram.sample(model, 4000, np.random.default_rng(0), longest=60)
    for word in ("ban", "a", "nab"):
        wanted = np.exp(model.log_probability([word]).sum())
        assert abs(drawn.count(word) / 4000 - wanted) < 4 * np.sqrt(wanted / 4000)
    same = ngram.sample(model, 5, np.random.default_rng(1), temperature=0)
    assert len(set(same)) == 1
    assert max(map(len, ngram.sample(model, 50, np.random.default_rng(2), longest=3))) <= 3
    again = [ngram.sample(model, 5, np.random.default_rng(3)) for _ in range(2)]
    assert again[0] == again[1]


def test_a_word_never_drawn_is_empty() -> None:
    """The order-0 model may end before it begins."""
    assert "" in ngram.sample(ngram.mle(["a", "b"], 0), 50, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ngram.windows(["a"], 13), "order 13"),
        (lambda: ngram.windows(["a"], -1), "order -1"),
        (lambda: ngram.add_alpha(["a"], 1, 0), "above 0"),
        (lambda: ngram.kneser_ney(["a"], 1, 1.5), r"\(0, 1\]"),
        (lambda: ngram.mle(["a"], 2).distribution(np.zeros((3, 1), int)), r"shape \(N, 2\)"),
        (lambda: ngram.adjust(np.ones(3) / 3, -1), "temperature ≥ 0"),
        (lambda: ngram.adjust(np.ones(3) / 3, top_p=0), "top_p"),
        (lambda: ngram.adjust(np.ones(3) / 3, top_k=0), "top_k"),
    ],
)
def test_bad_input_is_refused(call: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call()  # type: ignore[operator]


def test_the_longest_order_fits_an_integer() -> None:
    words = ["z" * 20, "zzza"]
    model = ngram.mle(words, ngram.LONGEST)
    assert model.loss(words) >= 0 and (model.tables[ngram.LONGEST].grams >= 0).all()
