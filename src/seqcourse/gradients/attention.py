"""Attention's gradient by hand: what is read moves with the query by a covariance.

A query reads m = sum_s a_s v_s with a = softmax(e), and da_s/de_r = a_s ([s = r] - a_r). With
e_s = scale q·k_s, so that de_s/dq = scale k_s,

    dm/dq = scale sum_s a_s (v_s - m) k_s^T = scale Cov_a[v, k]

the covariance of values and keys, where s is drawn with probability a_s. Where one key has all
the weight nothing varies, and the query has no gradient.

Shapes: …, L queries, S keys of Dk numbers, values of Dv. Source: the softmax's Jacobian
<a> - a a^T, multiplied out.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


@torch.no_grad()
def weighted_covariance(weights: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Cov_a[x, y] = sum_s a_s (x_s - E_a[x]) (y_s - E_a[y])^T, for each row of weights.

    Args:
        weights: (…, L, S), each row of sum 1, or of 0: then the covariance is 0.
        x: (…, S, Dx).
        y: (…, S, Dy).

    Returns:
        (…, L, Dx, Dy).

    Raises:
        ValueError: shapes that do not fit.
    """
    if not weights.shape[-1] == x.shape[-2] == y.shape[-2]:
        raise ValueError(
            f"weighted_covariance got weights of shape {tuple(weights.shape)} and points of shape "
            f"{tuple(x.shape)} and {tuple(y.shape)}: give a weight for each of S points, (…, L, S)."
        )
    from_mean = x[..., None, :, :] - (weights @ x)[..., None, :]  # (…, L, S, Dx)
    # of y no mean need be taken: the weighted sum of what is left of x is 0
    return (from_mean * weights[..., None]).mT @ y[..., None, :, :]


@torch.no_grad()
def attention_query_jacobian(
    weights: Tensor, key: Tensor, value: Tensor, scale: float | None = None
) -> Tensor:
    """dm/dq of dot-product attention: scale Cov_a[v, k].

    Args:
        weights: (…, L, S) what the query gave; masked places have weight 0.
        key: (…, S, Dk).
        value: (…, S, Dv).
        scale: 1 / sqrt(Dk) where it is None.

    Returns:
        (…, L, Dv, Dk): [l, i, j] is dm_l[i]/dq_l[j].

    Raises:
        ValueError: as `weighted_covariance`.
    """
    scale = 1 / math.sqrt(key.shape[-1]) if scale is None else scale
    return scale * weighted_covariance(weights, value, key)
