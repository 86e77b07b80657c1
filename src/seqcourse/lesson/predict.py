"""Predictions: a question to commit to, and, further down, what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from IPython.display import display

_BOX = "border:1px solid currentColor;border-radius:6px;padding:.75em 1em;margin:1em 0"


def predict(slug: str, question: str, choices: Sequence[str]) -> None:
    """Ask for a prediction; the browser keeps it for `reveal`.

    Args:
        slug: the prediction's name, the same as in its `reveal`.
        question: one sentence.
        choices: two or more short answers.

    Raises:
        ValueError: fewer than two choices.
    """
    if len(choices) < 2:
        raise ValueError(f"predict {slug!r} got {len(choices)} choices; a prediction needs two.")
    # A page may forbid storage, as sandboxed output frames do: the box must work without.
    store = escape(f"try{{localStorage.setItem('sq-{slug}',this.value)}}catch(e){{}}")
    options = "".join(
        f'<label style="display:block;margin:.35em 0"><input type="radio" name="sq-{escape(slug)}" '
        f'value="{i}" onchange="{store}"> {escape(choice)}</label>'
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
        ValueError: `right` is not the position of a choice.
    """
    if not 0 <= right < len(choices):
        raise ValueError(f"reveal {slug!r}: right={right}, but there are {len(choices)} choices.")
    measured = text.format(**values)
    said = escape("|".join(choices), quote=True)
    # Runs on load of an image that cannot be loaded: front ends let no <script> in.
    show = escape(
        f"try{{const s=localStorage.getItem('sq-{slug}'),p=this.parentNode;if(s!==null)"
        "p.querySelector('[data-said]').textContent="
        "'You said: '+p.dataset.choices.split('|')[s]+'.'}"
        "catch(e){}",
        quote=True,
    )
    html = (
        f'<div class="sq-reveal" style="{_BOX}" data-choices="{said}"><strong>'
        f"{escape(choices[right])}.</strong> {escape(measured)} <em data-said></em>"
        f'<img alt="" src="data:," onerror="{show}" hidden></div>'
    )
    _display(f"{choices[right]}. {measured}", html)


def _display(plain: str, html: str) -> None:
    display({"text/plain": plain, "text/html": html}, raw=True)  # type: ignore[no-untyped-call]
