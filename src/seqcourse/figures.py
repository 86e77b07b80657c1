"""Figures as inline SVG: readable on light and dark, byte for byte the same on every run.

Black is *ink*: whatever is drawn in black (matplotlib's own colour for text, ticks and spines)
takes the colour of the text around the figure. Everything else uses `PALETTE`.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import matplotlib as mpl
from IPython.display import display
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

# Okabe and Ito (2008) without yellow and black. Sky and orange are darkened, so that each keeps
# a contrast of 3:1 on white and on #121212.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#3A93C8", "#B87F00")
GREY = "#808080"

MAX_FRAMES = 15
_PIXELS_PER_INCH = 96

_STYLE: dict[str, Any] = {
    "axes.prop_cycle": mpl.cycler(color=PALETTE),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.linewidth": 0.8,
    "figure.facecolor": "none",
    "font.size": 9,
}


def subplots(
    rows: int = 1, cols: int = 1, width: float = 7, height: float = 2.8, **kw: Any
) -> tuple[Figure, Any]:
    """A figure in the course's style and its axes, as `matplotlib.pyplot.subplots` gives them.

    Args:
        rows, cols: the grid of axes.
        width, height: size in inches.
        **kw: for `Figure.subplots`, such as `sharey=True`.

    Returns:
        The figure, and one axes or an array of them.
    """
    with mpl.rc_context(_STYLE):
        fig = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(fig)
        return fig, fig.subplots(rows, cols, **kw)


def show(fig: Figure, alt: str) -> None:
    """Display a figure as inline SVG.

    Args:
        fig: from `subplots`.
        alt: what is to be seen, for a reader who cannot see it: at least 30 characters.

    Raises:
        ValueError: `alt` is missing or too short.
    """
    html = f'<div class="sq-figure">{_svg(fig, alt)}</div>'
    display({"text/plain": f"<Figure: {alt}>", "text/html": html}, raw=True)


def frames(
    draw: Callable[[Any, Any], None],
    values: Sequence[Any],
    *,
    label: str,
    alt: str | Callable[[Any], str],
    **kw: Any,
) -> None:
    """Display one drawing for each value, with a slider to go through them.

    Without JavaScript the first frame stands alone.

    Args:
        draw: called as `draw(axes, value)` on fresh axes from `subplots(**kw)`.
        values: what the slider runs through: 2 to 15 values.
        label: what the slider says of its value, such as `"φ₁ = {value:.1f}"`.
        alt: what is to be seen in a frame, a format string or a function of the value.
        **kw: for `subplots`.

    Raises:
        ValueError: too few or too many values, or a missing alt text.
    """
    if not 2 <= len(values) <= MAX_FRAMES:
        raise ValueError(
            f"frames() got {len(values)} values; it shows 2 to {MAX_FRAMES}. Thin them out."
        )
    labels = [label.format(value=v) for v in values]
    alts = [alt(v) if callable(alt) else alt.format(value=v) for v in values]
    pictures = []
    for value, text in zip(values, alts, strict=True):
        fig, axes = subplots(**kw)
        draw(axes, value)
        pictures.append(_svg(fig, text))
    plain = f"<Frames: {labels[0]} … {labels[-1]}, {len(values)} in all. {alts[0]}>"
    display({"text/plain": plain, "text/html": _frames_html(pictures, labels)}, raw=True)


def _svg(fig: Figure, alt: str) -> str:
    """The figure as an `<svg>` element that stands in any page."""
    if not isinstance(alt, str) or len(alt.strip()) < 30:
        raise ValueError(
            f"A figure needs an alt text of at least 30 characters; got {alt!r}. "
            "Say what is to be seen, not what the figure is."
        )
    for axes in fig.axes:
        if (legend := axes.get_legend()) is not None:
            legend.set_frame_on(False)
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "seqcourse"}):
        fig.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _inline(buffer.getvalue(), alt, *fig.get_size_inches())


def _inline(svg: str, alt: str, width: float, height: float) -> str:
    """Make matplotlib's SVG file a part of a page: own ids, current colour, rounded numbers."""
    body = svg[svg.index("<svg") :]
    head, body = body.split(">", 1)
    view = re.search(r'viewBox="([^"]*)"', head)
    assert view is not None
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.S)
    body = re.sub(r"<!--.*?-->\s*", "", body, flags=re.S)
    body = re.sub(r"<[^>]*>", lambda tag: _round(tag[0]), body)
    body = re.sub(r"#000000\b", "currentColor", body)
    body = re.sub(r"font: ([^;\"]*?)'DejaVu Sans'[^;\"]*", r"font: \1'DejaVu Sans', sans-serif", body)
    body = _own_ids(body, alt)
    size = f'width="{width * _PIXELS_PER_INCH:.0f}" height="{height * _PIXELS_PER_INCH:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'role="img" aria-label="{escape(alt)}" {size} viewBox="{view[1]}" fill="currentColor" '
        f'style="max-width:100%;height:auto">{body.strip()}'
    )


def _round(tag: str) -> str:
    """Two decimals are a hundredth of a point: less than any screen shows."""
    return re.sub(r"-?\d+\.\d{3,}", lambda n: f"{float(n[0]):.2f}".rstrip("0").rstrip("."), tag)


def _own_ids(body: str, alt: str) -> str:
    """Drop ids nobody refers to, and give the others a prefix that no other figure has."""
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', body))
    prefix = "sq" + hashlib.sha256((alt + body).encode()).hexdigest()[:8]
    body = re.sub(
        r' id="([^"]+)"', lambda m: f' id="{prefix}{m[1]}"' if m[1] in used else "", body
    )
    return re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}", body)


def _frames_html(pictures: Sequence[str], labels: Sequence[str]) -> str:
    shown = [
        f'<div class="sq-frame"{" hidden" if i else ""}>{p}</div>' for i, p in enumerate(pictures)
    ]
    key = "sq" + hashlib.sha256("".join(pictures).encode()).hexdigest()[:8]
    texts = "|".join(labels)
    return f"""<div class="sq-frames" id="{key}" data-labels="{escape(texts)}">
{"".join(shown)}
<p hidden><label>{escape(labels[0])}<input type="range" min="0" max="{len(pictures) - 1}" value="0"\
 aria-valuetext="{escape(labels[0])}"></label></p>
<script>(function(){{var b=document.getElementById("{key}"),p=b.querySelector("p"),\
r=p.querySelector("input"),t=b.dataset.labels.split("|"),f=b.querySelectorAll(".sq-frame");
p.hidden=false;r.oninput=function(){{f.forEach(function(x,i){{x.hidden=i!=r.value}});\
r.parentNode.firstChild.data=t[r.value];r.setAttribute("aria-valuetext",t[r.value])}}}})()</script>
</div>"""
