"""Claims: sentences of the text that a cell has just found to hold."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from math import isfinite
from string import Formatter

import numpy as np
from IPython.display import display

from seqcourse.lesson.readable import readable


class ClaimFailed(AssertionError):
    """A claim of the book does not hold where it must."""


def claim(
    sentence: str,
    holds: bool | np.bool_,
    *,
    id: str,
    answers: str | Sequence[str] = (),
    **values: object,
) -> None:
    """State a sentence with its measured values, and whether it holds.

    A reader who changed a parameter may see it fail; the book and its tests stop there (where the
    environment variable `SEQCOURSE_STRICT` is 1).

    Args:
        sentence: the claim, with a format field for each value: 'loss {loss:.2f} is below 2'.
        holds: the verdict, computed from the values.
        id: the claim's permanent name.
        answers: which claims of the five notes it answers, such as 'S0-3'.
        **values: what was measured.

    Raises:
        TypeError: `holds` is not a truth value.
        ValueError: there are no values, or the sentence names one that is not given.
        ClaimFailed: it does not hold, and the run is strict.
    """
    if not isinstance(holds, bool | np.bool_):
        raise TypeError(
            f"claim {id!r}: holds is {holds!r}; give True or False, computed from values."
        )
    fields = {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
    if not values or fields != set(values):
        raise ValueError(
            f"claim {id!r}: its sentence names {sorted(fields)} and it got {sorted(values)}. "
            "Give each measured value once, and at least one."
        )
    text = readable(sentence.format(**values))
    mark, verdict = ("✓", "holds") if holds else ("✗", "does not hold here")
    answered = [answers] if isinstance(answers, str) else list(answers)
    record: dict[str, object] = {"id": id, "sentence": text, "holds": bool(holds)}
    record |= {"answers": answered, "values": {k: _kept(v) for k, v in values.items()}}
    colour = "#009E73" if holds else "#D55E00"
    ending = "" if holds else f" ({verdict})"
    display(  # type: ignore[no-untyped-call]
        {
            "text/plain": f"{mark} {text}{ending}",
            "text/html": f'<p class="sq-claim" id="claim-{escape(id)}" '
            f'style="border-left:3px solid {colour};padding-left:.75em;margin:.75em 0">'
            f'<span role="img" aria-label="{verdict}">{mark}</span> {escape(text)}{ending}</p>',
        },
        raw=True,
        metadata={"seqcourse": {"claim": record}},
    )
    if not holds and os.environ.get("SEQCOURSE_STRICT") == "1":
        raise ClaimFailed(f"claim {id!r} does not hold: {text}")


def _kept(value: object) -> object:
    """A value as a notebook's JSON can hold it; JSON knows no NaN and no infinity."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | int | str) or (isinstance(value, float) and isfinite(value)):
        return value
    return str(value)
