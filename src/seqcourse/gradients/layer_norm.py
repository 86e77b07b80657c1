"""Layer normalization's gradient by hand.

Of one place's d numbers x, with mean mu and sigma^2 their variance plus eps, the layer makes

    z = (x - mu) / sigma,    y = w * z + b

and with g = dL/dy, and dL/dz = w * g,

    dL/dx = (dL/dz - mean(dL/dz) - z mean(z * dL/dz)) / sigma
    dL/dw = sum g * z    dL/db = sum g        (sums over all places)

Shapes: … places of d features. Source: Ba, Kiros & Hinton (2016), Layer normalization, for the
layer; chapter 17 derives the gradient.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class LayerNormStates(NamedTuple):
    """What a pass forwards leaves behind: y, (…, d), z, (…, d), and 1 / sigma, (…, 1)."""

    y: Tensor
    z: Tensor
    per_sigma: Tensor


class LayerNormGradients(NamedTuple):
    """What reaches x, (…, d), the weight and the bias, (d,) each."""

    x: Tensor
    weight: Tensor
    bias: Tensor


@torch.no_grad()
def layer_norm_forward(
    x: Tensor, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> LayerNormStates:
    """`seqcourse.nn.layer_norm`, in as few new tensors as go.

    Args:
        x: (…, d).
        weight, bias: (d,); None is 1, and 0.
        eps: added to the variance.
    """
    z = x - x.mean(-1, keepdim=True)
    per_sigma = z.square().mean(-1, keepdim=True).add_(eps).rsqrt_()
    z.mul_(per_sigma)
    if weight is None:
        y = z.clone() if bias is None else z + bias
    else:
        y = z * weight if bias is None else torch.addcmul(bias, z, weight)
    return LayerNormStates(y, z, per_sigma)


@torch.no_grad()
def layer_norm_backward(
    grad_y: Tensor, z: Tensor, per_sigma: Tensor, weight: Tensor | None = None
) -> LayerNormGradients:
    """The gradients of `layer_norm_forward`.

    Args:
        grad_y: (…, d).
        z, per_sigma: what it gave.
        weight: what it was given.
    """
    d = z.shape[-1]
    weight = z.new_ones(d) if weight is None else weight
    by_weight = grad_y * z  # (…, d): of each place, until they are summed
    # a mean of products with the weight is a product of matrix and vector
    moved, stretched = ((part @ weight / d)[..., None] for part in (grad_y, by_weight))  # (…, 1)
    grad_x = grad_y * weight  # dL/dz
    grad_x.sub_(moved).addcmul_(z, stretched, value=-1).mul_(per_sigma)
    places = tuple(range(z.dim() - 1))
    if not places:
        return LayerNormGradients(grad_x, by_weight, grad_y)
    return LayerNormGradients(grad_x, by_weight.sum(places), grad_y.sum(places))
