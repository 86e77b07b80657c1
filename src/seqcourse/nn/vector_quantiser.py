"""Vector quantisation: each vector is replaced by the nearest of a few learnt ones.

Source: van den Oord, Vinyals & Kavukcuoglu (2017), Neural discrete representation learning.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

IDLE = 20  # batches that a code may go without use, by default, before it is restarted


class Quantised(NamedTuple):
    """What a quantiser makes of vectors (…, d).

    Args:
        vectors: (…, d), the nearest codes; backward, the gradient passes straight through.
        codes: (…) int64: which.
        loss: the codebook's and the encoder's shares, one number.
    """

    vectors: Tensor
    codes: Tensor
    loss: Tensor


def nearest(z: Tensor, codebook: Tensor) -> Tensor:
    """For each of the vectors (…, d), the number of the nearest of the codes (K, d)."""
    # |z - e|² = |z|² - 2 z·e + |e|², and |z|² is the same for all codes
    apart = codebook.square().sum(1) - 2 * z @ codebook.T  # (…, K)
    return apart.argmin(-1)


def vector_quantise(z: Tensor, codebook: Tensor, commitment: float = 0.25) -> Quantised:
    """The equation alone: nearest codes, straight through, and both losses."""
    codes = nearest(z, codebook)  # (…)
    e = codebook[codes]  # (…, d)
    loss = F.mse_loss(e, z.detach()) + commitment * F.mse_loss(z, e.detach())
    return Quantised(z + (e - z).detach(), codes, loss)


class VectorQuantiser(nn.Module):
    """A codebook of K vectors, which learns to lie where the encoder's vectors lie.

    Args:
        codes: K, how many.
        width: d, numbers in each.
        commitment: weight of the encoder's share of the loss; β in the paper.
        restart: in training, a code that was nearest to nothing for so many batches moves to a
            vector of the batch, drawn by lot; None leaves it where it is.

    Raises:
        ValueError: a count below 1, or a negative weight.
    """

    idle: Tensor

    def __init__(
        self, codes: int, width: int, commitment: float = 0.25, restart: int | None = IDLE
    ) -> None:
        super().__init__()
        for name, count in dict(codes=codes, width=width, restart=restart).items():
            if count is not None and (not isinstance(count, int) or count < 1):
                raise ValueError(
                    f"VectorQuantiser got {name}={count!r}: give a whole number, 1 or more."
                )
        if commitment < 0:
            raise ValueError(f"VectorQuantiser got commitment={commitment}: give 0 or more.")
        self.codes, self.width = codes, width
        self.commitment, self.restart = commitment, restart
        self.weight = nn.Parameter(torch.empty(codes, width).uniform_(-1 / codes, 1 / codes))
        self.register_buffer("idle", torch.zeros(codes, dtype=torch.long))

    def forward(self, z: Tensor) -> Quantised:
        """Quantise vectors (…, d).

        Raises:
            ValueError: another number of numbers in each.
        """
        if z.shape[-1] != self.width:
            raise ValueError(
                f"VectorQuantiser got vectors of shape {tuple(z.shape)}: give (…, {self.width})."
            )
        if self.training and self.restart is not None:
            self._move_dead(z.detach().reshape(-1, self.width), self.restart)
        return vector_quantise(z, self.weight, self.commitment)

    @torch.no_grad()
    def _move_dead(self, z: Tensor, restart: int) -> None:
        """Count how long each code was nearest to nothing; move those that were for too long."""
        used = torch.bincount(nearest(z, self.weight), minlength=self.codes) > 0
        self.idle.copy_(torch.where(used, 0, self.idle + 1))
        dead = torch.nonzero(self.idle >= restart).flatten()
        if len(dead):
            self.weight[dead] = z[torch.randint(len(z), (len(dead),))]
            self.idle[dead] = 0
