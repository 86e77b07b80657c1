"""Functions under torch.nn.functional's contract: the same names, arguments, shapes and masks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from seqcourse.nn.attention_checks import sdpa_input
from seqcourse.nn.attention_scores import attention_weights, dot_score


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(scale * Q K^T + mask) V.

    Args:
        query: (…, L, E).
        key: (…, S, E); the dimensions in front broadcast.
        value: (…, S, Ev).
        attn_mask: broadcasts to (…, L, S). Booleans: True takes part. Numbers are added to the
            scores. A query that may look nowhere gets 0, as in torch since 2.5.
        dropout_p: the share of weights made 0, always and not only in training; the others grow
            by 1 / (1 - dropout_p).
        is_causal: query t sees keys 1 … t, counted from the first, also where S is not L.
        scale: 1 / sqrt(E) where it is None.
        enable_gqa: query may have several times as many heads, in dimension -3, as key and value;
            neighbours share one.

    Returns:
        (…, L, Ev).

    Raises:
        TypeError, RuntimeError, IndexError: each as torch's.

    Source: Vaswani et al. (2017), Attention is all you need, equation 1; grouped heads: Ainslie et
    al. (2023), GQA.
    """
    key, value = sdpa_input(query, key, value, attn_mask, dropout_p, is_causal, enable_gqa)
    if is_causal:
        shape = query.shape[-2], key.shape[-2]
        attn_mask = torch.ones(shape, dtype=torch.bool, device=query.device).tril()  # (L, S)
    weights = attention_weights(dot_score(query, key, scale), attn_mask)  # (…, L, S)
    if dropout_p > 0:
        weights = torch.dropout(weights, dropout_p, train=True)
    return weights @ value  # (…, L, Ev)


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """-ln p(z|x), over all paths that collapse to the target z.

    Its gradient by `log_probs` is torch's: y_t(k) - gamma_t(k), where gamma_t(k) is the share of
    p(z|x) that shows class k at step t. This is the gradient by the logits, and takes for granted
    that `log_probs` comes from a log_softmax. Of the loss as a function of any `log_probs` the
    gradient would be -gamma_t(k) alone, which log_softmax's own gradient turns into the same
    y - gamma; behind a log_softmax both are right, elsewhere neither library's is.

    Unlike torch's it can be differentiated twice (by a plain loop), takes every floating-point
    type, and a probability of 0 (ln y = -inf) in a place that a path could use has the gradient
    0, not NaN.

    Args:
        log_probs: (T, B, C), or (T, C) for one sequence: logarithms of probabilities.
        targets: (B, S) padded with anything, or all in one row; classes without the blank.
        input_lengths: (B,) steps of each sequence, at most T.
        target_lengths: (B,) labels of each target; 0 is allowed.
        blank: the class that stands for no label.
        reduction: "none", "sum", or "mean": each loss is divided by its target's length (by 1
            where that is 0), then they are averaged.
        zero_infinity: make 0 of an infinite loss and of its gradient. A loss is infinite where no
            path fits: fewer steps than labels and the blanks between equal neighbours. Its
            gradient is else NaN.

    Returns:
        A number; with "none" (B,), or for one sequence a number.

    Raises:
        TypeError, RuntimeError, ValueError, NotImplementedError: each as torch's. A label that is
            the blank, or that `log_probs` has not, is a RuntimeError: torch computes with it.

    Source: Graves et al. (2006), Connectionist temporal classification.
    """
    # not above: who uses attention alone does not load, and does not depend on, what CTC needs
    from seqcourse.nn.ctc_checks import REDUCTIONS, ctc_input
    from seqcourse.nn.ctc_fast import ctc_losses

    if reduction not in REDUCTIONS:
        raise ValueError(f"ctc_loss: reduction={reduction!r}: give 'none', 'mean' or 'sum'.")
    batch = ctc_input(log_probs, targets, input_lengths, target_lengths, blank)
    losses = ctc_losses(*batch, blank, zero_infinity)  # (B,)
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return (losses / batch.target_lengths.clamp(min=1)).mean()
    return losses if log_probs.dim() == 3 else losses[0]
