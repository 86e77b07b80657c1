"""The course's figures: one style, readable on light and dark, with a text for who cannot see them.

A figure is shown as inline SVG whose text and axes take the page's own colour, so that the same
picture serves a white page, a dark one and a notebook.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import matplotlib
from cycler import cycler
from IPython.display import display
from matplotlib.figure import Figure

# Okabe and Ito's colours without yellow and black, which vanish on white or on a dark page.
# https://jfly.uni-koeln.de/color/
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")

# Stands for the page's text colour while matplotlib draws; replaced by `currentColor`.
_INK = "#010203"

_STYLE: Any = {  # matplotlib's own type lists every key
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.titlecolor": _INK,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "svg.fonttype": "none",  # text stays text: small files, and a reader's search finds it
    "svg.hashsalt": "seqcourse",  # ids that do not change from run to run
}

MOST_FRAMES = 15


def subplots(
    rows: int = 1, cols: int = 1, *, width: float = 7.0, height: float = 2.8, **options: Any
) -> tuple[Figure, Any]:
    """A figure in the course's style and its axes.

    Args:
        rows, cols: the grid of axes.
        width, height: size of the whole figure in inches; text is 10 points.
        **options: passed on to `matplotlib.figure.Figure.subplots`.

    Returns:
        The figure, and one axes or an array of them, as `matplotlib.pyplot.subplots` would.
    """
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots(rows, cols, **options)


def show(figure: Figure, *, alt: str) -> None:
    """Display a figure, with a text that says what is to be seen in it.

    Args:
        figure: made by `subplots`.
        alt: what a reader sees in it, in a sentence or two; at least 30 characters.

    Raises:
        ValueError: `alt` is too short to say anything.
    """
    _require_alt(alt)
    html = _svg(figure, alt)
    display({"text/plain": f"<Figure: {alt}>", "text/html": html}, raw=True)  # type: ignore[no-untyped-call]


def frames(draw: Callable[[Any], Figure], values: Sequence[Any], *, label: str, alt: str) -> None:
    """Display a figure with a slider: one picture for each value, drawn beforehand.

    Without JavaScript the first frame stands alone.

    Args:
        draw: makes the figure of one value.
        values: at most 15.
        label: what the slider moves, with its unit: 'radius r'.
        alt: what is to be seen; `{value}` stands for the frame's value.

    Raises:
        ValueError: no value, or more than 15; `alt` is too short.
    """
    if not 1 <= len(values) <= MOST_FRAMES:
        raise ValueError(f"frames got {len(values)} values; it takes 1 to {MOST_FRAMES}.")
    _require_alt(alt)
    name = "frames-" + hashlib.sha256(f"{label}{alt}".encode()).hexdigest()[:8]
    pictures = [
        _svg(draw(value), alt.format(value=value), f"{name}-{i}") for i, value in enumerate(values)
    ]
    shown = "".join(
        f'<div data-frame="{i}"{" hidden" if i else ""}>{picture}</div>'
        for i, picture in enumerate(pictures)
    )
    texts = escape("|".join(map(str, values)))
    slider = (
        f'<label style="display:flex;gap:.75em;align-items:center;max-width:30em">'
        f"<span>{escape(label)}</span>"
        f'<input type="range" min="0" max="{len(values) - 1}" value="0" style="flex:1" '
        f'aria-valuetext="{escape(str(values[0]))}" data-values="{texts}" oninput="{_MOVE}">'
        f'<output style="min-width:4em">{escape(str(values[0]))}</output></label>'
    )
    html = f'<div class="sq-frames" id="{name}">{slider}{shown}</div>'
    plain = f"<Frames: {label} = {values[0]} … {values[-1]}. {alt.format(value=values[0])}>"
    display({"text/plain": plain, "text/html": html}, raw=True)  # type: ignore[no-untyped-call]


# Shows the chosen frame. It stands in the attribute, so that no script has to be let in.
_MOVE = (
    "const b=this.closest('.sq-frames'),v=this.dataset.values.split('|')[this.value];"
    "b.querySelectorAll('[data-frame]').forEach((f,i)=>f.hidden=i!=this.value);"
    "b.querySelector('output').textContent=v;this.setAttribute('aria-valuetext',v)"
)


def _require_alt(alt: str) -> None:
    if len(alt.strip()) < 30:
        raise ValueError(f"alt={alt!r} is too short: say in a sentence what is to be seen.")


def _svg(figure: Figure, alt: str, salt: str = "") -> str:
    """The figure as one inline SVG element, without date, in the page's text colour."""
    buffer = io.StringIO()
    style = {**_STYLE, "svg.hashsalt": f"seqcourse{salt or alt}"}  # ids must not clash on a page
    with matplotlib.rc_context(style):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    # A style element inside a page would hold for all of it.
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>\s*", "", text, flags=re.DOTALL)
    text = text.replace(_INK, "currentColor")
    text = re.sub(r"-?\d+\.\d{3,}", lambda match: f"{float(match[0]):.2f}", text)
    text = re.sub(r"\n\s*", "\n", text).strip()
    points = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', text)
    assert points is not None
    # Points of 1/72 inch become CSS pixels of 1/96; a narrow page shrinks the whole.
    width, height = (round(float(size) * 96 / 72) for size in points.groups())
    attributes = (
        f'role="img" aria-label="{escape(alt)}" width="{width}" height="{height}" '
        'style="max-width:100%;height:auto;stroke-linejoin:round"'
    )
    return text.replace(points[0], attributes, 1)
