"""What ctc_loss refuses, in torch's exception classes, and the one form it brings the rest to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

REDUCTIONS = ("none", "mean", "sum")


class CTCInput(NamedTuple):
    """A batch, its targets padded with blanks: (T, B, C), (B, S), (B,) and (B,)."""

    log_probs: Tensor
    targets: Tensor
    input_lengths: Tensor
    target_lengths: Tensor


def ctc_input(
    log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: Any
) -> CTCInput:
    """One sequence becomes a batch, targets in a row become a table, lengths become tensors.

    Raises:
        TypeError, RuntimeError, NotImplementedError: each as torch's; RuntimeError also for what
            torch reads past the table's edge: a label that `log_probs` has not.
    """
    for name, value in (("log_probs", log_probs), ("targets", targets)):
        if not isinstance(value, Tensor):
            raise TypeError(
                f"ctc_loss: {name} is a tensor, but {type(value).__name__} came: "
                "torch.as_tensor makes one of a list or an array."
            )
    if isinstance(blank, bool) or not isinstance(blank, int):
        raise TypeError(f"ctc_loss: blank is the number of a class, but {blank!r} came: give 0.")
    if not log_probs.is_floating_point():
        raise NotImplementedError(
            f"ctc_loss: log_probs is {log_probs.dtype}: give floating-point log_softmax outputs."
        )
    if log_probs.dim() not in (2, 3):
        raise RuntimeError(
            f"ctc_loss: Expected log_probs to be (T, B, C), or (T, C) for one sequence, got shape "
            f"{tuple(log_probs.shape)}: steps come first, classes last."
        )
    if not log_probs.numel():
        raise RuntimeError(
            f"ctc_loss: log_probs is empty, its shape {tuple(log_probs.shape)}: give at least one "
            "step, one sequence and one class."
        )
    if log_probs.dim() == 2:
        log_probs = log_probs[:, None]
    steps, batch, classes = log_probs.shape
    if not 0 <= blank < classes:
        raise RuntimeError(
            f"ctc_loss: blank={blank} is no class: give one of 0 to {classes - 1}, as log_probs "
            f"has C={classes}."
        )
    device = log_probs.device
    of_inputs = _lengths("input_lengths", input_lengths, batch, device)
    of_targets = _lengths("target_lengths", target_lengths, batch, device)
    if int(of_inputs.max()) > steps:
        raise RuntimeError(
            f"ctc_loss: Expected input_lengths to be at most T={steps}, got "
            f"{int(of_inputs.max())}: log_probs is (T, B, C), with its steps first."
        )
    table = _table(targets.to(device).long(), of_targets, batch, blank)
    _labels(table, of_targets, classes, blank)
    return CTCInput(log_probs, table, of_inputs, of_targets)


def _lengths(name: str, given: Any, batch: int, device: torch.device) -> Tensor:
    if not isinstance(given, Tensor):
        if not isinstance(given, Sequence) or not all(isinstance(n, int) for n in given):
            raise TypeError(
                f"ctc_loss: {name} is a tensor or a tuple of whole numbers, but {given!r} came: "
                "give one for each sequence, (5, 4)."
            )
        given = torch.tensor(given, dtype=torch.long)
    if given.is_floating_point() or given.dtype == torch.bool:
        raise RuntimeError(f"ctc_loss: {name} is {given.dtype}: give whole numbers, torch.long.")
    lengths: Tensor = given.to(device).long().reshape(-1)
    if len(lengths) != batch:
        raise RuntimeError(
            f"ctc_loss: {name} has {len(lengths)} entries for a batch of {batch}: give one for "
            "each sequence."
        )
    if int(lengths.min()) < 0:
        raise RuntimeError(f"ctc_loss: {name} has {int(lengths.min())}: give 0 or more.")
    return lengths


def _table(targets: Tensor, lengths: Tensor, batch: int, blank: int) -> Tensor:
    """(B, S) with S the longest target, blanks behind the others."""
    longest = int(lengths.max())
    own = torch.arange(longest, device=targets.device) < lengths[:, None]  # (B, S)
    if targets.dim() == 1:
        if len(targets) != int(lengths.sum()):
            raise RuntimeError(
                f"ctc_loss: {len(targets)} targets stand in a row, and target_lengths add up to "
                f"{int(lengths.sum())}: give all targets, without padding, one after another."
            )
        return targets.new_full((batch, longest), blank).masked_scatter_(own, targets)
    if targets.dim() != 2 or len(targets) != batch or targets.shape[1] < longest:
        raise RuntimeError(
            f"ctc_loss: targets have shape {tuple(targets.shape)}: give (B, S) = ({batch}, "
            f"{longest} or more), or one row of {int(lengths.sum())}."
        )
    return targets[:, :longest].masked_fill(~own, blank)


def _labels(table: Tensor, lengths: Tensor, classes: int, blank: int) -> None:
    if not table.numel():
        return
    least, most = (int(label) for label in table.aminmax())
    if least < 0 or most >= classes:
        raise RuntimeError(
            f"ctc_loss: targets have class {least if least < 0 else most}: log_probs has "
            f"C={classes}, so classes are 0 to {classes - 1}."
        )
    blanks = table.numel() - int(lengths.sum())
    if int((table == blank).sum()) != blanks:
        raise RuntimeError(
            f"ctc_loss: targets have the blank, {blank}, as a label: number the labels without "
            "it, or say by target_lengths that it is padding."
        )
