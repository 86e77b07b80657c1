"""One step of connectionist temporal classification: Graves et al. (2006), equation 6."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcourse.gradients.ctc import extended_labels, may_skip


def ctc_step(log_alpha: Tensor, log_y: Tensor, skips: Tensor) -> Tensor:
    """alpha_t(s) = y_t(l'_s) (alpha_{t-1}(s) + alpha_{t-1}(s-1) + [may skip] alpha_{t-1}(s-2)).

    Args:
        log_alpha: (B, L) ln alpha_{t-1}, -inf where no path has come.
        log_y: (B, L) ln y_t(l'_s): each place's label at this step.
        skips: (B, L) True where a path may come from s - 2.

    Returns:
        (B, L) ln alpha_t.
    """
    one_on = F.pad(log_alpha, (1, -1), value=-math.inf)  # (B, L): at s, what was at s - 1
    two_on = F.pad(log_alpha, (2, -2), value=-math.inf).masked_fill(~skips, -math.inf)
    return log_y + log_sum(torch.stack([log_alpha, one_on, two_on]))  # (B, L)


def log_sum(terms: Tensor) -> Tensor:
    """ln sum_i e^{x_i} over the first dimension.

    torch.logsumexp has the same values, but NaN for a gradient where all terms are -inf, which
    here is every place that no path has reached.
    """
    most = terms.detach().amax(0)
    most = most.masked_fill(most == -math.inf, 0)
    total = (terms - most).exp().sum(0)
    nothing = total == 0
    return (total.masked_fill(nothing, 1).log() + most).masked_fill(nothing, -math.inf)


def ctc_by_steps(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: int = 0,
) -> Tensor:
    """-ln p(z|x) for autograd to follow, step by step; arguments as
    `seqcourse.gradients.ctc_forward`.

    Of the sum of all probabilities, which is constant after a softmax, it has the gradient and
    not the value: so its gradient by `log_probs` is that of `ctc_backward`.

    Returns:
        (B,), inf where no path fits.
    """
    labels = F.pad(extended_labels(targets, blank), (2, 0), value=blank)  # (B, L + 2)
    skips = may_skip(labels, blank)
    # two places in front of the first: a path that has not begun stands in the second of them
    log_y = log_probs.gather(2, labels.expand(len(log_probs), -1, -1))  # (T, B, L + 2)
    log_y = torch.cat([torch.full_like(log_y[..., :2], -math.inf), log_y[..., 2:]], -1)
    log_alpha = torch.full_like(log_y[0], -math.inf)
    log_alpha = log_alpha.index_fill(1, labels.new_ones(1), 0)
    every = [log_alpha]
    for log_y_t in log_y:
        every.append(ctc_step(every[-1], log_y_t, skips))
    rows = torch.arange(len(targets), device=targets.device)
    last = torch.stack(every)[input_lengths, rows]  # (B, L + 2)
    places = 2 * target_lengths + 1
    loss = -log_sum(last.gather(1, torch.stack([places, places + 1], 1)).t())
    steps = torch.arange(len(log_probs), device=targets.device)[:, None]
    total = (log_probs.exp().sum(-1) * (steps < input_lengths)).sum(0)  # (B,)
    return loss + (total - total.detach())
