"""How good a model is, in numbers that compare across models."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from seqcourse.data.words import ALPHABET


def spelling_loss(model: Callable[[str], Any], words: Iterable[str]) -> float:
    """Mean loss of spelling words, the end of each counted as a character.

    Args:
        model: from the letters so far of a word, without dots, to p (27,) over `ALPHABET`, in
            which '.' comes first and stands for the end. It is asked once for each beginning.
        words: of the letters a to z.

    Returns:
        Nats per character.

    Raises:
        ValueError: there are no words; or the model gives something else than 27 finite numbers, of
            which none is negative and whose sum is 1 within 1e-6; or it gives 0 to what comes. The
            message names the letters it was asked for.
    """
    losses: dict[str, np.ndarray] = {}
    total, count = 0.0, 0
    for word in words:
        for place, symbol in enumerate(f"{word}."):
            context = word[:place]
            if context not in losses:
                with np.errstate(divide="ignore"):
                    losses[context] = -np.log(_law(model(context), context))
            loss = losses[context][ALPHABET.index(symbol)]
            if loss == np.inf:
                what = "the end" if symbol == "." else f"{symbol!r}"
                raise ValueError(
                    f"after {context!r} the model gives {what} probability 0, and {word!r} needs "
                    "it: the loss is infinite. Leave something for what was never seen."
                )
            total, count = total + float(loss), count + 1
    if not count:
        raise ValueError("there are no words to spell: give at least one.")
    return total / count


def _law(value: Any, context: str) -> np.ndarray:
    """A model's answer as an array, if it is a probability distribution."""
    if hasattr(value, "detach"):  # a tensor that knows its gradient
        value = value.detach().cpu()
    asked = f"asked for what follows {context!r}, the model gives"
    try:
        p = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        kind = "nothing (None)" if value is None else f"a {type(value).__name__}"
        raise ValueError(f"{asked} {kind}: return an array of 27 probabilities.") from None
    if p.shape != (len(ALPHABET),):
        what = "nothing (None)" if value is None else f"shape {p.shape}"
        raise ValueError(f"{asked} {what}: return shape (27,), '.' first, then a to z.")
    least, total = p.min(), p.sum()
    if not np.isfinite(total):
        raise ValueError(f"{asked} a number that is not finite (NaN or infinity).")
    if least < 0:
        raise ValueError(f"{asked} a negative probability, {least:.3g}.")
    if abs(total - 1) > 1e-6:
        raise ValueError(f"{asked} probabilities whose sum is {total:.6g}: it must be 1.")
    return p
