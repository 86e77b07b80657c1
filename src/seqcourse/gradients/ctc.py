"""Connectionist temporal classification: every path at once, and the gradient by hand.

A target z_1 … z_S is written l' = (blank, z_1, blank, z_2, …, z_S, blank), of L = 2S + 1 places.
A path visits these places in order; each of the T steps it stays, goes one place on, or leaves
out a blank between two labels that differ. With y_t(k) the probability of class k at step t:

    alpha_t(s) = y_t(l'_s) (alpha_{t-1}(s) + alpha_{t-1}(s-1) + [may skip to s] alpha_{t-1}(s-2))
    beta_t(s)  = y_t(l'_s) (beta_{t+1}(s) + beta_{t+1}(s+1) + [may skip to s+2] beta_{t+1}(s+2))
    p(z|x)     = alpha_T(L) + alpha_T(L-1)

Both hold y_t(l'_s), so the share of p(z|x) that passes place s at step t is

    gamma_t(s) = alpha_t(s) beta_t(s) / (y_t(l'_s) p(z|x)),    with sum_s gamma_t(s) = 1

and the gradient by the logits u, where y = softmax(u), is

    d(-ln p(z|x)) / du_t(k) = y_t(k) - sum_{s: l'_s = k} gamma_t(s).

All is kept as logarithms. Before the first step a path stands in front of the first place: it
goes on to place 1 or skips to place 2, as at any other step. And beta is alpha of the steps and
places in reverse order, so one loop over the steps does for both.

Shapes: T steps, B sequences, C classes, S labels in the longest target, L = 2S + 1 places.
Source: Graves, Fernández, Gomez & Schmidhuber (2006), Connectionist temporal classification,
equations 6-8, 10, 14 and 15.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor


class CTCStates(NamedTuple):
    """What a pass over the lattice leaves behind; -inf is the logarithm of 0.

    Attributes:
        labels: (B, L) classes l'_s; a shorter target is filled up with blanks.
        log_y: (T, B, L) ln y_t(l'_s).
        log_alpha: (T, B, L); meaningless behind a sequence's own last step or place.
        log_beta: (T, B, L), -inf there; None where it was not asked for.
        loss: (B,) -ln p(z|x); inf where no path fits.
    """

    labels: Tensor
    log_y: Tensor
    log_alpha: Tensor
    log_beta: Tensor | None
    loss: Tensor


class Lattice(NamedTuple):
    """The lattice of one sequence, to look at.

    Attributes:
        labels: (L,) classes l'_s.
        skips: (L,) True where a path may come from s - 2.
        log_alpha: (T, L).
        log_beta: (T, L).
        posterior: (T, L) gamma_t(s), each row of sum 1.
        loss: () -ln p(z|x).
    """

    labels: Tensor
    skips: Tensor
    log_alpha: Tensor
    log_beta: Tensor
    posterior: Tensor
    loss: Tensor


def extended_labels(targets: Tensor, blank: int = 0) -> Tensor:
    """l': a blank before, between and behind the labels.

    Args:
        targets: (…, S) classes.

    Returns:
        (…, 2S + 1).
    """
    labels = targets.new_full((*targets.shape[:-1], 2 * targets.shape[-1] + 1), blank)
    labels[..., 1::2] = targets
    return labels


def may_skip(labels: Tensor, blank: int = 0) -> Tensor:
    """Where a path may leave a blank out: from s - 2 to a label that differs from the one there.

    Args:
        labels: (…, L) classes l'_s.

    Returns:
        (…, L) True or False; True for the first label, which a path can begin with.
    """
    skips = labels != blank
    skips[..., 2:] &= labels[..., 2:] != labels[..., :-2]
    return skips


@torch.no_grad()
def ctc_forward(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: int = 0,
    both: bool = True,
) -> CTCStates:
    """alpha, beta and -ln p(z|x).

    Args:
        log_probs: (T, B, C) logarithms of probabilities.
        targets: (B, S) classes; behind a target's own length, blanks.
        input_lengths: (B,) steps of each sequence, 0 … T.
        target_lengths: (B,) labels of each target, 0 … S.
        both: with False alpha alone, which is enough for the loss.

    Raises:
        ValueError: shapes that do not fit.
    """
    _check_fit(log_probs, targets, input_lengths, target_lengths)
    labels, steps, batch = extended_labels(targets, blank), len(log_probs), len(targets)
    places = 2 * target_lengths + 1  # (B,) of its own
    sequence = torch.arange(batch, device=log_probs.device)
    t = torch.arange(steps, device=log_probs.device)[:, None, None]  # (T, 1, 1)
    s = torch.arange(labels.shape[1], device=log_probs.device)[:, None]  # (L, 1)
    turned_t = input_lengths - 1 - t  # (T, 1, B): the step of as many to its own end
    turned_s = places - 1 - s  # (L, B): negative behind the end
    ways, t_both, b_both = labels.t(), t, sequence
    if both:  # the second half of the batch is the first in reverse order
        ways = torch.cat([ways, ways.gather(0, turned_s.clamp(min=0))], 1)
        t_both = torch.cat([t.expand(-1, -1, batch), turned_t.clamp(min=0)], 2)
        b_both = torch.cat([sequence, sequence])
    log_y = log_probs[t_both, b_both, ways]  # (T, L, B) or (T, L, 2B)
    reached = _advance(log_y, may_skip(ways.t(), blank).t())  # (T + 1, L + 2, the same)
    ends = reached[input_lengths, places + 1, sequence], reached[input_lengths, places, sequence]
    log_beta = None
    if both:
        inside = (turned_t >= 0) & (turned_s >= 0)  # (T, L, B)
        # reached counts steps from 1 and has two places in front; an index that is negative here
        # is outside, and what it finds is replaced
        log_beta = reached[turned_t + 1, turned_s + 2, sequence + batch]
        log_beta = log_beta.masked_fill_(~inside, -math.inf).transpose(1, 2)
    return CTCStates(
        labels,
        log_y[..., :batch].transpose(1, 2),
        reached[1:, 2:, :batch].transpose(1, 2),
        log_beta,
        -torch.logaddexp(*ends),
    )


def _advance(log_y: Tensor, skips: Tensor) -> Tensor:
    """ln alpha, of shape (T + 1, L + 2, B): with the time before the first step, when a path
    stands in front of the first place, and with two more places in front of that.

    The batch comes last, so that a slice of places is one piece of memory.
    """
    steps, places, batch = log_y.shape
    log_alpha = log_y.new_full((steps + 1, places + 2, batch), -math.inf)
    log_alpha[0, 1] = 0
    closed = log_y.new_zeros(places, batch).masked_fill_(~skips, -math.inf)
    skipped = torch.empty_like(closed)
    views = log_alpha[:-1, 2:], log_alpha[:-1, 1:-1], log_alpha[:-1, :-2], log_alpha[1:, 2:], log_y
    for stay, one_on, two_on, new, y in zip(*views, strict=True):
        torch.logaddexp(stay, one_on, out=new)
        torch.add(two_on, closed, out=skipped)
        torch.logaddexp(new, skipped, out=new)
        new.add_(y)
    return log_alpha


@torch.no_grad()
def ctc_posteriors(states: CTCStates) -> Tensor:
    """gamma_t(s), the share of p(z|x) that passes place s at step t.

    Returns:
        (T, B, L); 0 behind a sequence's own last step or place, and where no path fits.

    Raises:
        ValueError: `states` has no beta.
    """
    labels, log_y, log_alpha, log_beta, loss = states
    if log_beta is None:
        raise ValueError("ctc_posteriors got states without beta: call ctc_forward(both=True).")
    passes = (log_alpha > -math.inf) & (log_beta > -math.inf)
    gamma = (log_alpha + log_beta).sub_(log_y).add_(loss[:, None]).exp_()
    return gamma.masked_fill_(~passes, 0)


@torch.no_grad()
def ctc_backward(
    grad_loss: Tensor, log_probs: Tensor, states: CTCStates, input_lengths: Tensor
) -> Tensor:
    """The gradient of `ctc_forward`'s loss by the logits: y_t(k) - sum_{s: l'_s = k} gamma_t(s).

    It is torch's gradient by `log_probs` too; `seqcourse.nn.functional.ctc_loss` says why.

    Args:
        grad_loss: (B,) what reaches each sequence's loss.
        log_probs, input_lengths: what `ctc_forward` was given.
        states: what it gave, with beta.

    Returns:
        (T, B, C); NaN where the loss is infinite, 0 behind a sequence's own last step.

    Raises:
        ValueError: as `ctc_posteriors`.
    """
    gamma = ctc_posteriors(states)
    grad = log_probs.exp()
    grad.scatter_add_(2, states.labels.expand(len(grad), -1, -1), gamma.neg_())
    grad.mul_(grad_loss.masked_fill(states.loss == math.inf, math.nan)[:, None])
    past = torch.arange(len(grad), device=grad.device)[:, None] >= input_lengths  # (T, B)
    return grad.masked_fill_(past[:, :, None], 0)


def ctc_lattice(log_probs: Tensor, target: Tensor, blank: int = 0) -> Lattice:
    """The whole lattice of one sequence.

    Args:
        log_probs: (T, C) logarithms of probabilities.
        target: (S,) classes without blank; S may be 0.

    Raises:
        ValueError: other shapes; a class that `log_probs` has not; a blank in the target.
    """
    if log_probs.dim() != 2 or target.dim() != 1:
        raise ValueError(
            f"ctc_lattice got log_probs of shape {tuple(log_probs.shape)} and a target of shape "
            f"{tuple(target.shape)}: give one sequence, (T, C) and (S,)."
        )
    steps, classes = log_probs.shape
    wrong = (target < 0) | (target >= classes) | (target == blank)
    if not 0 <= blank < classes or wrong.any():
        raise ValueError(
            f"ctc_lattice got the target {target.tolist()} and blank={blank}; "
            f"give classes 0 to {classes - 1}, and in the target no blank."
        )
    device = log_probs.device
    lengths = torch.tensor([steps], device=device), torch.tensor([len(target)], device=device)
    states = ctc_forward(log_probs[:, None], target.to(device).long()[None], *lengths, blank)
    assert states.log_beta is not None
    return Lattice(
        states.labels[0],
        may_skip(states.labels[0], blank),
        states.log_alpha[:, 0],
        states.log_beta[:, 0],
        ctc_posteriors(states)[:, 0],
        states.loss[0],
    )


def _check_fit(
    log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor
) -> None:
    batch = log_probs.shape[1:2]
    if (
        log_probs.dim() != 3
        or targets.dim() != 2
        or not targets.shape[:1] == input_lengths.shape == target_lengths.shape == batch
    ):
        shapes = [tuple(x.shape) for x in (log_probs, targets, input_lengths, target_lengths)]
        raise ValueError(
            f"ctc_forward got log_probs {shapes[0]}, targets {shapes[1]}, input_lengths "
            f"{shapes[2]} and target_lengths {shapes[3]}: give (T, B, C), (B, S), (B,) and (B,)."
        )
