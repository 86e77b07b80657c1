"""What a beam search adds to the log-probability of its answers: Wu et al. (2016), equation 14.

    score = log p / lp + beta cp

Source: Wu et al. (2016), Google's neural machine translation system.
"""

from __future__ import annotations

import torch
from torch import Tensor


def length_penalty(length: float, alpha: float) -> float:
    """lp = ((5 + length) / 6) ^ alpha. Log-probabilities are negative: a larger lp favours length.

    Args:
        length: of the answer, its stop symbol counted.
        alpha: 0 leaves the log-probability as it is.
    """
    return float(((5 + length) / 6) ** alpha)


def coverage_penalty(covered: Tensor, key_padding_mask: Tensor | None = None) -> Tensor:
    """cp = sum over s of log min(covered_s, 1): what was never looked at costs much.

    Args:
        covered: (…, S) the attention that each place of the source got in all steps together.
        key_padding_mask: (…, S), True where the source is padding, which costs nothing.

    Returns:
        (…), at most 0.
    """
    if key_padding_mask is not None:
        covered = covered.masked_fill(key_padding_mask, 1.0)
    return torch.log(covered.clamp(max=1.0)).sum(-1)
