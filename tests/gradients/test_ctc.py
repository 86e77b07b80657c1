"""alpha, beta and gamma of CTC: against their equations, and what must hold at every step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqcourse.gradients import (
    ctc_backward,
    ctc_forward,
    ctc_lattice,
    ctc_posteriors,
    extended_labels,
    may_skip,
)

from .cases import close

F64 = torch.float64


def draw(steps: int, classes: int, target: int, blank: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(steps, classes, generator=generator, dtype=F64)
    labels = torch.randint(1, classes, (target,), generator=generator)
    return logits.log_softmax(-1), (labels + blank) % classes


def tables(y: Tensor, labels: list[int], blank: int) -> tuple[Tensor, Tensor]:
    """alpha and beta as the equations say, one place at a time."""
    steps, last = len(y), len(labels) - 1

    def skip(s: int) -> bool:
        return s > 1 and labels[s] != blank and labels[s] != labels[s - 2]

    alpha, beta = torch.zeros(2, steps, len(labels), dtype=F64)
    for t in range(steps):
        for s, label in enumerate(labels):
            if t == 0:
                alpha[t, s] = y[t, label] * (s < 2)
            else:
                before = alpha[t - 1]
                come = before[s] + (before[s - 1] if s else 0) + (before[s - 2] if skip(s) else 0)
                alpha[t, s] = y[t, label] * come
    for t in reversed(range(steps)):
        for s, label in enumerate(labels):
            if t == steps - 1:
                beta[t, s] = y[t, label] * (s >= last - 1)
            else:
                after = beta[t + 1]
                go = after[s] + (after[s + 1] if s < last else 0)
                go = go + (after[s + 2] if s + 2 <= last and skip(s + 2) else 0)
                beta[t, s] = y[t, label] * go
    return alpha, beta


SIZES = st.tuples(
    st.integers(1, 8), st.integers(2, 4), st.integers(0, 3), st.integers(0, 1), st.integers(0, 99)
)


@given(SIZES)
@settings(deadline=None, max_examples=40)
def test_lattice(sizes: tuple[int, int, int, int, int]) -> None:
    log_probs, target = draw(*sizes)
    blank = sizes[3]
    found = ctc_lattice(log_probs, target, blank)
    y, labels = log_probs.exp(), found.labels.tolist()
    assert labels[1::2] == target.tolist() and set(labels[::2]) == {blank}
    alpha, beta = tables(y, labels, blank)
    close(found.log_alpha.exp(), alpha)
    close(found.log_beta.exp(), beta)
    close((-found.loss).exp(), alpha[-1, -2:].sum())
    if found.loss == math.inf:
        assert not found.posterior.any()
        return
    p = (alpha * beta / y[:, found.labels]).sum(-1)
    close(p, (-found.loss).exp().expand(len(y)))  # at every step the same sum
    close(found.posterior, alpha * beta / y[:, found.labels] / p[0])
    close(found.posterior.sum(-1), torch.ones(len(y), dtype=F64))


@given(st.lists(SIZES, min_size=1, max_size=4), st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_a_batch_is_its_sequences(every: list[Any], seed: int) -> None:
    """Whatever stands behind a sequence's end, its losses and gradients are its own."""
    drawn = [draw(steps, 4, target, 0, seed) for steps, _, target, _, seed in every]
    steps = max(len(x) for x, _ in drawn) + 1
    labels = max(len(z) for _, z in drawn) + 1
    generator = torch.Generator().manual_seed(seed)
    log_probs = torch.randn(steps, len(drawn), 4, generator=generator, dtype=F64)
    targets = torch.zeros(len(drawn), labels, dtype=torch.long)
    for b, (x, z) in enumerate(drawn):
        log_probs[: len(x), b], targets[b, : len(z)] = x, z
    lengths = [torch.tensor([len(pair[i]) for pair in drawn]) for i in (0, 1)]
    states = ctc_forward(log_probs, targets, *lengths)
    towards = torch.randn(len(drawn), generator=generator, dtype=F64)
    grad = ctc_backward(towards, log_probs, states, lengths[0])
    gamma = ctc_posteriors(states)
    close(ctc_forward(log_probs, targets, *lengths, both=False).loss, states.loss)
    for b, (x, z) in enumerate(drawn):
        own = ctc_lattice(x, z)
        places = len(own.labels)
        close(states.loss[b], own.loss)
        close(gamma[: len(x), b, :places], own.posterior)
        assert not gamma[len(x) :, b].any() and not gamma[:, b, places:].any()
        assert not grad[len(x) :, b].any()
        if own.loss == math.inf:
            assert grad[: len(x), b].isnan().all()
            continue
        by_hand = x.exp()
        for place, label in enumerate(own.labels.tolist()):
            by_hand[:, label] -= own.posterior[:, place]
        close(grad[: len(x), b], towards[b] * by_hand)


@given(SIZES)
@settings(deadline=None, max_examples=20)
def test_the_gradient_is_that_of_the_logits(sizes: tuple[int, int, int, int, int]) -> None:
    """By finite differences of the loss itself."""
    log_probs, target = draw(*sizes)
    blank = sizes[3]
    logits = log_probs[:, None]
    lengths = torch.tensor([len(logits)]), torch.tensor([len(target)])
    states = ctc_forward(logits, target[None], *lengths, blank)
    if states.loss == math.inf:
        return
    grad = ctc_backward(torch.ones(1, dtype=F64), logits, states, lengths[0])
    towards = torch.randn(logits.shape, generator=torch.Generator().manual_seed(1), dtype=F64)

    def loss(x: Tensor) -> Tensor:
        return ctc_lattice(x.log_softmax(-1)[:, 0], target, blank).loss

    step = 1e-5
    slope = (loss(logits + step * towards) - loss(logits - step * towards)) / (2 * step)
    torch.testing.assert_close((grad * towards).sum(), slope, rtol=1e-6, atol=1e-8)


def test_turned_round() -> None:
    """The steps and the labels in reverse order: alpha and beta change places."""
    log_probs, target = draw(7, 4, 3, 0, 5)
    found, turned = ctc_lattice(log_probs, target), ctc_lattice(log_probs.flip(0), target.flip(0))
    close(turned.log_alpha.flip(0, 1).exp(), found.log_beta.exp())
    close(turned.posterior.flip(0, 1), found.posterior)


def test_labels_and_skips() -> None:
    labels = extended_labels(torch.tensor([3, 3, 1]))
    assert labels.tolist() == [0, 3, 0, 3, 0, 1, 0]
    assert may_skip(labels).tolist() == [False, True, False, False, False, True, False]
    assert extended_labels(torch.zeros(2, 0).long(), 5).tolist() == [[5], [5]]


def test_as_many_steps_as_labels_and_the_blanks_between() -> None:
    """'1 1 2' wants four steps, and with four it has one path."""
    target = torch.tensor([1, 1, 2])
    uniform = torch.full((4, 3), 1 / 3, dtype=F64).log()
    found = ctc_lattice(uniform, target)
    close(found.loss, torch.tensor(4 * math.log(3), dtype=F64))
    assert found.posterior.argmax(-1).tolist() == [1, 2, 3, 5]
    assert ctc_lattice(uniform[:3], target).loss == math.inf


LOG_PROBS = torch.full((4, 3), 1 / 3).log()
WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "a batch": (lambda: ctc_lattice(LOG_PROBS[:, None], torch.tensor([1])), "one sequence"),
    "a blank": (lambda: ctc_lattice(LOG_PROBS, torch.tensor([1, 0])), "in the target no blank"),
    "no class": (lambda: ctc_lattice(LOG_PROBS, torch.tensor([3])), "give classes 0 to 2"),
    "no blank": (lambda: ctc_lattice(LOG_PROBS, torch.tensor([1]), 3), "blank=3; give classes"),
    "lengths": (
        lambda: ctc_forward(
            LOG_PROBS[:, None], torch.tensor([[1]]), torch.tensor([4, 4]), torch.tensor([1])
        ),
        r"input_lengths \(2,\)",
    ),
    "half a pass": (
        lambda: ctc_posteriors(
            ctc_forward(
                LOG_PROBS[:, None],
                torch.tensor([[1]]),
                torch.tensor([4]),
                torch.tensor([1]),
                both=False,
            )
        ),
        "without beta",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_mistakes(wrong: str) -> None:
    call, message = WRONG[wrong]
    with pytest.raises(ValueError, match=message):
        call()
