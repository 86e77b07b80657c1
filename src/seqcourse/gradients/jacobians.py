"""How far a gradient reaches: the Jacobians of a state with respect to earlier ones.

dh_T/dh_{T-k} = J_T J_{T-1} … J_{T-k+1}, with J_t = dh_t/dh_{t-1} = diag(phi'_t) W_hh. The norm
of this product is at most the product of the norms, (gamma sigma_max)^k, with gamma the largest
slope of phi and sigma_max the largest singular value of W_hh. Source: Pascanu, Mikolov & Bengio
(2013), arXiv:1211.5063.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from seqcourse.gradients.rnn import NONLINEARITIES


@torch.no_grad()
def step_jacobians(h: Tensor, weight_hh: Tensor, nonlinearity: str = "tanh") -> Tensor:
    """J_t = diag(phi'_t) W_hh of a plain recurrent layer.

    Args:
        h: (T, B, H) states h_1 … h_T.
        weight_hh: (H, H).
        nonlinearity: "tanh" or "relu".

    Returns:
        (T, B, H, H): [t, b, i, j] is dh_t[i]/dh_{t-1}[j].

    Raises:
        ValueError: another nonlinearity.
    """
    if nonlinearity not in NONLINEARITIES:
        raise ValueError(f"Unknown nonlinearity {nonlinearity!r}: give 'tanh' or 'relu'.")
    slope = NONLINEARITIES[nonlinearity][1](h)
    return slope[..., :, None] * weight_hh


def products(jacobians: Tensor) -> Iterator[Tensor]:
    """dh_T/dh_{T-k} for k = 0, 1, …, T, each (B, H, H); the first is the identity.

    Args:
        jacobians: (T, B, H, H), J_1 … J_T: of any layer whose state is a vector of H numbers.

    Raises:
        ValueError: another shape.
    """
    if jacobians.dim() != 4 or jacobians.shape[-1] != jacobians.shape[-2]:
        raise ValueError(
            f"products got Jacobians of shape {tuple(jacobians.shape)}; "
            "give one square matrix for each step and sequence: (T, B, H, H)."
        )
    size = jacobians.shape[-1]
    product = torch.eye(size, dtype=jacobians.dtype, device=jacobians.device)
    product = product.expand(jacobians.shape[1:])
    yield product
    for jacobian in reversed(jacobians.unbind(0)):
        product = product @ jacobian
        yield product


@dataclass(frozen=True, eq=False)
class Profile:
    """What is left of a gradient, by lag.

    Attributes:
        singular_values: (T + 1, B, H) of dh_T/dh_{T-k}, row k for lag k, the largest first.
    """

    singular_values: Tensor

    @property
    def norm(self) -> Tensor:
        """(T + 1, B): the largest, by which a gradient can at most have grown or shrunk."""
        return self.singular_values[..., 0]


@torch.no_grad()
def jacobian_profile(jacobians: Tensor) -> Profile:
    """The singular values of dh_T/dh_{T-k} for every lag k.

    Singular values below about 1e-7 (float32) or 1e-16 (float64) of the largest are rounding.

    Args:
        jacobians: (T, B, H, H), as `products`.
    """
    return Profile(torch.stack([torch.linalg.svdvals(p) for p in products(jacobians)]))
