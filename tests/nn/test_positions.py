"""Positions: closed forms, relative scores, offsets, and what is refused."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, randn

from seqcourse.nn import (
    LearnedPosition,
    SinusoidalPosition,
    alibi,
    alibi_slopes,
    rotate,
    sinusoids,
)

torch.set_num_threads(1)
F64 = torch.float64


def close(ours: Tensor, theirs: Tensor, tolerance: float = 1e-12) -> None:
    torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)


def turn(angle: float) -> Tensor:
    """The matrix that turns a pair (cosine, sine) by an angle."""
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, -s], [s, c]], dtype=F64)


def test_sinusoids_number_by_number() -> None:
    table = sinusoids(50, 8, dtype=F64)
    for place in (0, 1, 17, 49):
        for i in range(4):
            angle = place / 10_000 ** (2 * i / 8)
            assert abs(table[place, 2 * i] - math.sin(angle)) < 1e-12
            assert abs(table[place, 2 * i + 1] - math.cos(angle)) < 1e-12


@given(shift=st.integers(-20, 200), width=st.sampled_from([2, 4, 10]))
@settings(deadline=None, max_examples=30)
def test_a_shift_turns_each_pair_of_the_sinusoids(shift: int, width: int) -> None:
    here, there = (sinusoids(30, width, offset=at, dtype=F64) for at in (20, 20 + shift))
    for i in range(width // 2):
        angle = shift * 10_000 ** (-2 * i / width)
        pair = slice(2 * i, 2 * i + 2)  # sine, cosine: turned the other way round
        close(there[:, pair], here[:, pair] @ turn(angle), 1e-9)


def test_the_sinusoids_dot_product_is_a_sum_of_cosines() -> None:
    table = sinusoids(60, 16, dtype=F64)
    distance = (torch.arange(60)[:, None] - torch.arange(60)).to(F64)
    rate = 10_000 ** (-torch.arange(0, 16, 2, dtype=F64) / 16)
    close(table @ table.T, (distance[..., None] * rate).cos().sum(-1), 1e-10)


def test_rotate_is_a_matrix_for_each_pair() -> None:
    x = randn(3, 6, dtype=F64)
    places = torch.tensor([0, 5, 40])
    turned = rotate(x, places)
    for row, place in enumerate(places.tolist()):
        for i in range(3):
            pair = slice(2 * i, 2 * i + 2)
            close(turned[row, pair], turn(place * 10_000 ** (-2 * i / 6)) @ x[row, pair])


@given(
    m=st.integers(0, 2000), n=st.integers(0, 2000), shift=st.integers(0, 2000), seed=st.integers(0)
)
@settings(deadline=None, max_examples=50)
def test_rotated_scores_know_the_distance_alone(m: int, n: int, shift: int, seed: int) -> None:
    torch.manual_seed(seed % 2**31)
    q, k = randn(1, 8, dtype=F64), randn(1, 8, dtype=F64)

    def score(m: int, n: int) -> Tensor:
        return rotate(q, torch.tensor([m])) @ rotate(k, torch.tensor([n])).T

    close(score(m, n), score(m + shift, n + shift), 1e-9)
    close(rotate(q, torch.tensor([m])).norm(), q.norm())


def test_rotate_takes_heads_and_batches_of_places() -> None:
    x = randn(2, 3, 4, 6)  # B, heads, T, d_k
    places = torch.tensor([[0, 1, 2, 3], [5, 6, 7, 8]])
    both = rotate(x, places[:, None])
    for row in range(2):
        torch.testing.assert_close(both[row], rotate(x[row], places[row]))
    assert both.dtype == torch.float32
    torch.testing.assert_close(rotate(x[:, :, 2:], places[0, 2:]), rotate(x, places[0])[:, :, 2:])
    torch.testing.assert_close(rotate(x, torch.zeros(4)), x)


def test_slopes_of_the_paper_and_of_its_code() -> None:
    assert alibi_slopes(8) == [2.0**-i for i in range(1, 9)]
    assert alibi_slopes(16)[:2] == pytest.approx([2**-0.5, 2**-1])
    assert alibi_slopes(1) == [2.0**-8]
    assert alibi_slopes(2) == [2.0**-4, 2.0**-8]
    # By the authors' function: closest power of two, then every second of twice as many.
    assert alibi_slopes(3) == [2.0**-4, 2.0**-8, 2.0**-2]
    assert alibi_slopes(6) == [2.0**-2, 2.0**-4, 2.0**-6, 2.0**-8, 2.0**-1, 2.0**-3]
    assert alibi_slopes(12)[8:] == pytest.approx([2**-0.5, 2**-1.5, 2**-2.5, 2**-3.5])


def test_alibi_rows() -> None:
    bias = alibi(2, 3, 3, dtype=F64)
    inf = math.inf
    steps = torch.tensor([[0, -inf, -inf], [-1, 0, -inf], [-2, -1, 0]], dtype=F64)
    close(bias, torch.stack([steps * 2**-4, steps * 2**-8]))
    both_ways = alibi(2, 3, 3, causal=False, dtype=F64)
    close(both_ways, both_ways.mT)
    close(both_ways.tril(), torch.where(bias == -inf, 0, bias))


@pytest.mark.parametrize(("queries", "keys"), [(1, 7), (3, 7), (7, 7), (0, 7)])
def test_alibi_of_the_last_queries_is_the_end_of_the_whole(queries: int, keys: int) -> None:
    for causal in (True, False):
        whole = alibi(4, keys, keys, causal=causal)
        assert torch.equal(alibi(4, queries, keys, causal=causal), whole[:, keys - queries :])


@pytest.mark.parametrize("position", [SinusoidalPosition(6), LearnedPosition(12, 6)])
def test_offset_is_a_slice_of_the_whole(position: torch.nn.Module) -> None:
    x = randn(2, 12, 6)
    whole = position(x)
    for at in range(12):
        torch.testing.assert_close(position(x[:, at:], offset=at), whole[:, at:])
        torch.testing.assert_close(position(x[:, at : at + 1], offset=at), whole[:, at : at + 1])
    torch.testing.assert_close(position(x[0]), whole[0])


def test_what_is_added_does_not_depend_on_x() -> None:
    x = randn(2, 9, 4)
    torch.testing.assert_close(SinusoidalPosition(4)(x) - x, sinusoids(9, 4).expand(2, 9, 4))
    assert not list(SinusoidalPosition(4).state_dict())
    learned = LearnedPosition(9, 4)
    torch.testing.assert_close(learned(torch.zeros(1, 9, 4))[0], learned.weight)
    assert list(learned.state_dict()) == ["weight"]
    assert SinusoidalPosition(4)(x.double()).dtype == F64


def test_learned_rows_get_gradients_where_they_were_used() -> None:
    learned = LearnedPosition(5, 2)
    learned(torch.zeros(3, 2, 2), offset=1).sum().backward()
    assert learned.weight.grad is not None
    assert learned.weight.grad.tolist() == [[0, 0], [3, 3], [3, 3], [0, 0], [0, 0]]


def test_refuses() -> None:
    with pytest.raises(IndexError, match="places 0 to 15, but 0 to 16 came"):
        LearnedPosition(16, 4)(torch.zeros(1, 17, 4))
    with pytest.raises(IndexError, match="16 to 16 came"):
        LearnedPosition(16, 4)(torch.zeros(1, 1, 4), offset=16)
    with pytest.raises(ValueError, match=r"give \(B, T, 4\)"):
        LearnedPosition(16, 4)(torch.zeros(1, 3, 5))
    with pytest.raises(ValueError, match=r"give \(B, T, 4\)"):
        SinusoidalPosition(4)(torch.zeros(1, 3, 5))
    for odd in (lambda: SinusoidalPosition(5), lambda: sinusoids(3, 5), lambda: sinusoids(3, 0)):
        with pytest.raises(ValueError, match="even width"):
            odd()
    with pytest.raises(ValueError, match="even width"):
        rotate(torch.zeros(2, 3), torch.arange(2))
    with pytest.raises(ValueError, match="wants one place"):
        rotate(torch.zeros(2, 4), torch.arange(3))
    with pytest.raises(ValueError, match="heads is a count"):
        alibi_slopes(0)
    with pytest.raises(ValueError, match="each query stands at one of the keys"):
        alibi(2, 5, 4)
