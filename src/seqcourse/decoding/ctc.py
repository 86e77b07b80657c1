"""Reading labels out of a CTC model: its best path, or the best label by prefix beam search.

A path has a label or a blank for each time step, and collapses to what it says: repeats are merged,
then blanks are dropped. Many paths say the same, so the best path need not say the best label.

Sources: Graves et al. (2006), Connectionist temporal classification; the beam over prefixes as in
Hannun et al. (2014), First-pass large vocabulary continuous speech recognition using
bi-directional recurrent DNNs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

import torch
from torch import Tensor

from seqcourse.decoding.model import SLACK, Hypothesis, positive

NONE = -1  # stands where a prefix has no label
LabelModel = Callable[[tuple[int, ...]], Sequence[float] | Tensor]


def collapse(path: Iterable[int], blank: int = 0) -> tuple[int, ...]:
    """What a path says: repeats merged, *then* blanks dropped."""
    return tuple(label for label, _ in groupby(path) if label != blank)


@torch.no_grad()
def ctc_best_path(
    log_probs: Tensor, lengths: Tensor | Sequence[int], blank: int = 0
) -> list[Hypothesis]:
    """The likeliest symbol at each time step, collapsed.

    Args:
        log_probs: (T, B, V), as torch's `ctc_loss` takes them.
        lengths: (B,) int, 0 … T.
        blank: the symbol that says nothing.

    Returns:
        One for each sequence; its log-probability is that of the path alone.

    Raises:
        TypeError, ValueError: these are no log-probabilities, lengths or blank of that kind.
    """
    log_probs = _padded(log_probs, lengths, blank)
    best, path = log_probs.max(-1)  # (T, B) each; of equals the first
    nats = best.sum(0).tolist()
    return [
        Hypothesis(collapse(symbols, blank), total, total)
        for symbols, total in zip(path.T.tolist(), nats, strict=True)
    ]


def prefix_step(
    in_blank: Tensor, in_label: Tensor, last: Tensor, longer: Tensor, y: Tensor, blank: int
) -> tuple[Tensor, Tensor, Tensor]:
    """One time step for K prefixes; each has its paths apart, by how they end.

    Args:
        in_blank, in_label: (B, K) log-probability of the prefix's paths that end in a blank, and
            in its last label.
        last: (B, K) int, the last label of each; the blank for the empty prefix.
        longer: (B, K, K) bool, True at (i, j) where prefix j is prefix i and its last label.
        y: (B, V) log-probabilities of this time step.

    Returns:
        in_blank, in_label (B, K) of the same prefixes; and grown (B, K, V), the paths that begin
        a prefix which is longer by a label and is not among the K.
    """
    both = torch.logaddexp(in_blank, in_label)  # (B, K)
    again = y.gather(1, last)  # (B, K)
    grown = both[..., None] + y[:, None]  # (B, K, V)
    grown.scatter_(2, last[..., None], (in_blank + again)[..., None])  # a blank parts twins
    grown[..., blank] = -torch.inf
    index = last[:, None].expand_as(longer)  # (B, K, K): at (i, j) the label of j
    into = grown.gather(2, index)
    into = into.masked_fill(~longer, -torch.inf)
    in_label = torch.logaddexp(in_label + again, into.logsumexp(1))
    held = torch.zeros_like(grown).scatter_add_(2, index, longer.to(grown))
    return both + y[:, blank, None], in_label, grown.masked_fill(held > 0, -torch.inf)


@torch.no_grad()
def ctc_prefix_beam(
    log_probs: Tensor,
    lengths: Tensor | Sequence[int],
    blank: int = 0,
    *,
    beam: int = 8,
    lm: LabelModel | None = None,
) -> list[list[Hypothesis]]:
    """The likeliest labels, each with the sum over all its paths that the beam has seen.

    A time step costs a sort of beam · (V + 1) numbers for each sequence, and beam² comparisons of
    prefixes; all sequences go side by side. A label model is asked once for each prefix, in Python.

    Args:
        log_probs, lengths, blank: see `ctc_best_path`.
        beam: how many prefixes are kept after each time step.
        lm: from the labels so far to V numbers: what is added to the score of a prefix when this
            label comes next, such as `weight * log p`. What it says of the blank is not read.

    Returns:
        For each sequence its labels, at most `beam`, best first; the score is the log-probability
        and what lm adds. Of equals, the prefix that ranked higher a step ago comes first, then the
        smaller label. With a beam as wide as all prefixes the sums are those of `ctc_loss`.

    Raises:
        TypeError, ValueError: as `ctc_best_path`; or the beam is below 1.
    """
    positive(beam=beam)
    log_probs = _padded(log_probs, lengths, blank)
    batch, symbols = log_probs.shape[1:]
    in_blank = log_probs.new_zeros(batch, 1)  # (B, K): at first the empty prefix alone
    in_label = torch.full_like(in_blank, -torch.inf)
    bonus = torch.zeros_like(in_blank)  # what lm has added
    prefix = torch.zeros_like(in_blank, dtype=torch.long)[..., None][..., :0]  # (B, K, labels)
    known: dict[tuple[int, ...], Tensor] = {}
    for y in log_probs:  # (B, V)
        last, longer = _relations(prefix, torch.logaddexp(in_blank, in_label), blank)
        in_blank, in_label, grown = prefix_step(in_blank, in_label, last, longer, y, blank)
        gain = _weights(lm, prefix, grown, known)  # (B, K, V)
        # Tables of all K + K V prefixes: first those that stayed, then those that grew.
        label = torch.cat([in_label, grown.flatten(1)], 1)
        empty = torch.cat([in_blank, torch.full_like(grown, -torch.inf).flatten(1)], 1)
        bonus = torch.cat([bonus, (bonus[..., None] + gain).flatten(1)], 1)
        score = torch.logaddexp(label, empty) + bonus
        score, place = score.sort(dim=1, descending=True, stable=True)
        width = min(beam, max(1, int((score > -torch.inf).sum(1).max())))
        place, dead = place[:, :width], score[:, :width] == -torch.inf
        prefix = _grow(prefix, place, symbols)
        in_label = label.gather(1, place).masked_fill(dead, -torch.inf)
        in_blank = empty.gather(1, place).masked_fill(dead, -torch.inf)
        bonus = bonus.gather(1, place).masked_fill(dead, 0.0)
    total = torch.logaddexp(in_blank, in_label)
    return [
        [
            Hypothesis(tuple(n for n in labels if n != NONE), nats, nats + extra)
            for labels, nats, extra in zip(*row, strict=True)
            if nats > -torch.inf
        ]
        for row in zip(prefix.tolist(), total.tolist(), bonus.tolist(), strict=True)
    ]


def _relations(prefix: Tensor, total: Tensor, blank: int) -> tuple[Tensor, Tensor]:
    """The last label of each prefix (B, K), and which is which with one label more (B, K, K)."""
    size = (prefix != NONE).sum(-1, keepdim=True)  # (B, K, 1)
    padded = torch.cat([torch.full_like(size, blank), prefix], -1)
    last = padded.gather(2, size)[..., 0]
    shorter = padded.scatter(2, size, NONE)[..., 1:]  # each without its last label
    same = (prefix[:, :, None] == shorter[:, None]).all(-1)  # (B, K, K)
    counts = (size[..., 0] > 0) & (total > -torch.inf)  # an empty place is no prefix
    return last, same & counts[:, None]


def _weights(
    lm: LabelModel | None, prefix: Tensor, like: Tensor, known: dict[tuple[int, ...], Tensor]
) -> Tensor:
    """What lm says after each prefix, (B, K, V); `known` keeps it from step to step."""
    rows = torch.zeros_like(like).flatten(0, 1)
    if lm is None:
        return rows.view_as(like)
    alive = (like > -torch.inf).any(-1).flatten()  # what cannot grow is not asked about
    for row in alive.nonzero()[:, 0].tolist():
        key = tuple(label for label in prefix.flatten(0, 1)[row].tolist() if label != NONE)
        if key not in known:
            weights = torch.as_tensor(lm(key), dtype=like.dtype, device=like.device)
            if weights.shape != like.shape[2:] or not (weights < torch.inf).all():
                raise ValueError(
                    f"lm gives shape {tuple(weights.shape)} after {key}: return {like.shape[2]} "
                    "numbers, none of them NaN or +inf."
                )
            known[key] = weights
        rows[row] = known[key]
    return rows.view_as(like)


def _grow(prefix: Tensor, place: Tensor, symbols: int) -> Tensor:
    """The prefixes (B, beam, labels) that stand at these places (B, beam) of the tables."""
    before = prefix.shape[1]
    kept = place < before
    parent = torch.where(kept, place, (place - before) // symbols)
    label = torch.where(kept, NONE, (place - before) % symbols)
    prefix = prefix.gather(1, parent[..., None].expand(-1, -1, prefix.shape[2]))
    size = (prefix != NONE).sum(-1, keepdim=True)
    prefix = torch.cat([prefix, torch.full_like(size, NONE)], -1)
    prefix = prefix.scatter(2, size, label[..., None])
    return prefix[..., : int((prefix != NONE).sum(-1).max())]


def _padded(log_probs: Tensor, lengths: Tensor | Sequence[int], blank: int) -> Tensor:
    """log_probs (T, B, V) in float64; behind each sequence's end a blank is certain."""
    if log_probs.ndim != 3 or not log_probs.is_floating_point():
        raise ValueError(
            f"log_probs of shape {tuple(log_probs.shape)} and {log_probs.dtype} came: "
            "give numbers with a point, (T, B, V), the time steps first."
        )
    steps, batch, symbols = log_probs.shape
    lengths = torch.as_tensor(lengths, device=log_probs.device)
    if lengths.shape != (batch,) or lengths.is_floating_point():
        raise ValueError(
            f"lengths of shape {tuple(lengths.shape)} and {lengths.dtype} came: give a whole "
            f"number for each of the {batch} sequences."
        )
    if batch and not 0 <= int(lengths.min()) <= int(lengths.max()) <= steps:
        raise ValueError(
            f"lengths {int(lengths.min())} … {int(lengths.max())} came for {steps} time steps: "
            f"give 0 … {steps}."
        )
    if not 0 <= blank < symbols:
        raise ValueError(f"blank={blank} came for {symbols} symbols: give 0 … {symbols - 1}.")
    over = torch.arange(steps, device=lengths.device)[:, None] >= lengths  # (T, B)
    certain = torch.full((symbols,), -torch.inf, dtype=torch.float64, device=log_probs.device)
    certain[blank] = 0
    log_probs = torch.where(over[..., None], certain, log_probs.double())
    totals = log_probs.logsumexp(-1)
    if not (totals <= SLACK).all():  # also where it is NaN
        raise ValueError(
            f"the probabilities of a time step sum to {float(totals.max().exp()):.4g}: they must "
            "sum to 1 at most. Give log_softmax(logits, -1)."
        )
    return log_probs
