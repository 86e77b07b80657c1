"""Connectionist temporal classification as a layer."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from seqcourse.nn.functional import ctc_loss


class CTCLoss(nn.Module):
    """The loss of `seqcourse.nn.functional.ctc_loss`, which says what it takes; as
    `torch.nn.CTCLoss`.

    Args:
        blank: the class that stands for no label.
        reduction: "none", "mean" or "sum".
        zero_infinity: make 0 of an infinite loss and of its gradient.
    """

    __constants__ = ["blank", "reduction"]

    def __init__(
        self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False
    ) -> None:
        super().__init__()
        self.blank = blank
        self.reduction = reduction
        self.zero_infinity = zero_infinity

    def forward(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | Sequence[int],
        target_lengths: Tensor | Sequence[int],
    ) -> Tensor:
        """log_probs (T, B, C) or (T, C) -> one number, or (B,) without reduction."""
        return ctc_loss(
            log_probs,
            targets,
            input_lengths,
            target_lengths,
            self.blank,
            self.reduction,
            self.zero_infinity,
        )
