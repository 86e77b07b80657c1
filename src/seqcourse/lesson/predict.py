"""Predictions: a question to commit to, and, further down, what was measured."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape

from IPython.display import display

from seqcourse.lesson.readable import readable

_BOX = "border:1px solid #808080;border-radius:6px;padding:.75em 1em;margin:1em 0"

# Both run from attributes: front ends let no <script> in. A page may forbid storage, as sandboxed
# output frames do: then the box works without.
_KEEP = "try{{localStorage.setItem('sq-{slug}',this.value)}}catch(e){{}}"
_RECALL = (
    "try{{const s=localStorage.getItem('sq-{slug}'),p=this.parentNode,d=p.dataset;if(s!==null)"
    "p.querySelector('[data-said]').textContent=s===d.right?'You said so.':"
    "'You said: '+JSON.parse(d.choices)[s]+'.'}}catch(e){{}}"
)


def predict(slug: str, question: str, choices: Sequence[str]) -> None:
    """Ask for a prediction; the browser keeps it for `reveal`.

    Args:
        slug: the prediction's name, the same as in its `reveal`.
        question: one sentence.
        choices: two or more short answers.

    Raises:
        ValueError: the slug is no slug, or there are fewer than two choices.
    """
    _require(slug, choices)
    options = "".join(
        f'<label style="display:block;padding:.3em 0"><input type="radio" name="sq-{slug}" '
        f'value="{i}" onchange="{_KEEP.format(slug=slug)}"> {escape(choice)}</label>'
        for i, choice in enumerate(choices)
    )
    html = (
        f'<fieldset class="sq-predict" style="{_BOX}"><legend style="padding:0 .4em;font-size:1em;'
        f'width:auto;margin:0"><strong>Predict</strong></legend><p style="margin:0 0 .5em">'
        f"{escape(question)}</p>{options}</fieldset>"
    )
    lines = [f"({chr(97 + i)}) {choice}" for i, choice in enumerate(choices)]
    _display("\n".join([f"Predict: {question}", *lines]), html)


def reveal(slug: str, choices: Sequence[str], right: int, text: str, **values: object) -> None:
    """Show which prediction was right, what was measured, and what the reader had said.

    Args:
        slug, choices: as in `predict`.
        right: position of the right choice, from 0, computed from what was measured.
        text: what was measured, with a format field for each value.
        **values: the measured values.

    Raises:
        ValueError: the slug is no slug, or `right` is not the position of a choice.
    """
    _require(slug, choices)
    if not 0 <= right < len(choices):
        raise ValueError(f"reveal {slug!r}: right={right}, but there are {len(choices)} choices.")
    measured = readable(text.format(**values))
    said = escape(json.dumps(list(choices), ensure_ascii=False))
    html = (
        f'<div class="sq-reveal" style="{_BOX}" data-choices="{said}" data-right="{right}"><strong>'
        f"{escape(choices[right])}.</strong> {escape(measured)} <em data-said></em>"
        f'<img alt="" src="data:," onerror="{_RECALL.format(slug=slug)}" hidden></div>'
    )
    _display(f"{choices[right]}. {measured}", html)


def _require(slug: str, choices: Sequence[str]) -> None:
    if not re.fullmatch(r"[a-z0-9-]+", slug):
        raise ValueError(f"slug {slug!r}: use small letters, digits and hyphens.")
    if len(choices) < 2:
        raise ValueError(f"prediction {slug!r} got {len(choices)} choices; give two or more.")


def _display(plain: str, html: str) -> None:
    display({"text/plain": plain, "text/html": html}, raw=True)  # type: ignore[no-untyped-call]
