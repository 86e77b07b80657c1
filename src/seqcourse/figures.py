"""The course's figures: one style, readable on light and dark, with a text for who cannot see them.

A notebook carries each figure as SVG on a card of its own paper, and as a small PNG, which is all
that Jupyter shows of a notebook it does not trust yet. The site puts the same SVG into its page,
without the card, in the page's own text colour (`inline`).
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import cycle
from textwrap import wrap
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import matplotlib
import numpy as np
from cycler import cycler
from IPython.display import display
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from seqcourse.svg import lean

if TYPE_CHECKING:
    from seqcourse.data import Sample

# Okabe and Ito's colours without yellow and black, which vanish on white or on a dark page; their
# orange and sky blue darkened. All keep 3:1 on both. https://jfly.uni-koeln.de/color/
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B87F00", "#3A93C8")

# Text and axes, and the card behind them. No other thing has these colours, so that `inline` can
# replace them.
_INK, _PAPER = "#1a1a1b", "#fefefd"
INK = _INK  # for a line or a mark in the colour of the text

# For tables of shaded squares: from the page itself, whatever its colour, to the lighter blue.
SHADES = LinearSegmentedColormap.from_list("shades", [f"{PALETTE[5]}00", PALETTE[5]])

_STYLE: Any = {  # matplotlib's own type lists every key
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.titlecolor": _INK,
    "axes.titlesize": 11,
    "axes.labelsize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": _PAPER,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # written out in every text: one name, not eleven
    "font.size": 11,  # at the default width, 9 pixels on a telephone
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "svg.fonttype": "none",  # text stays text: small files, and a reader's search finds it
}

MOST_FRAMES = 15


def subplots(
    rows: int = 1, cols: int = 1, *, width: float = 5.8, height: float = 2.6, **options: Any
) -> tuple[Figure, Any]:
    """A figure in the course's style and its axes.

    Args:
        rows, cols: the grid of axes.
        width, height: size of the whole figure in inches; text is 11 points.
        **options: passed on to `matplotlib.figure.Figure.subplots`.

    Returns:
        The figure, and one axes or an array of them, as `matplotlib.pyplot.subplots` would.
    """
    matplotlib.rcParams.update(_STYLE)  # from here on: legends and titles are made later
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
    bundle = {
        "text/plain": f"<Figure: {alt}>",
        "image/svg+xml": _svg(figure, alt),
        "image/png": _png(figure),
    }
    display(bundle, raw=True)  # type: ignore[no-untyped-call]


def picture(figure: Figure, *, alt: str) -> str:
    """A figure's SVG for a page of one's own: no card, in the page's text colour.

    Args:
        figure, alt: as in `show`.
    """
    _require_alt(alt)
    return inline(_svg(figure, alt))


def inline(markup: str) -> str:
    """A figure's SVG, or a page's part that holds such images, for a page: no card, its own colour.

    Args:
        markup: SVG made by `show`, or HTML made by `frames`.
    """

    def unpack(image: re.Match[str]) -> str:
        return unquote(image[1])

    markup = re.sub(r'<img [^>]*src="data:image/svg\+xml,([^"]*)"[^>]*>', unpack, markup)
    return markup.replace(_PAPER, "none").replace(_INK, "currentColor")


def frames(
    draw: Callable[[Any], Figure], values: Sequence[Any], *, label: str, alt: str, start: Any = None
) -> None:
    """Display a figure with a slider: one picture for each value, drawn beforehand.

    Without JavaScript the frame of `start` stands alone.

    Args:
        draw: makes the figure of one value.
        values: at most 15.
        label: what the slider moves, with its unit: 'radius r'.
        alt: what is to be seen; `{value}` stands for the frame's value.
        start: the value that is shown at first, one of `values`; without it, their first.

    Raises:
        ValueError: no value, or more than 15; `alt` is too short; `start` is none of the values.
    """
    if not 1 <= len(values) <= MOST_FRAMES:
        raise ValueError(f"frames got {len(values)} values; it takes 1 to {MOST_FRAMES}.")
    if start is not None and start not in values:
        raise ValueError(f"frames got start={start!r}: give one of the values, {list(values)}.")
    _require_alt(alt)
    at = 0 if start is None else list(values).index(start)
    name = "frames-" + hashlib.sha256(f"{label}{alt}".encode()).hexdigest()[:8]
    # As images: of a notebook that it does not trust, Jupyter then shows the texts.
    images = [_image(draw(value), alt, value, name) for value in values]
    shown = "".join(
        f'<div data-frame style="display:{"block" if i == at else "none"}">{image}</div>'
        for i, image in enumerate(images)
    )
    texts = escape("|".join(map(str, values)))
    slider = (
        f'<label style="display:flex;gap:.75em;align-items:center;max-width:30em;margin:.75em 0">'
        f"<span>{escape(label)}</span>"
        f'<input type="range" min="0" max="{len(values) - 1}" value="{at}" style="flex:1" '
        f'aria-valuetext="{escape(str(values[at]))}" data-values="{texts}" oninput="{_MOVE}">'
        f'<output style="min-width:4em">{escape(str(values[at]))}</output></label>'
    )
    html = f'<div class="sq-frames" id="{name}">{slider}{shown}</div>'
    plain = f"<Frames: {label} = {values[0]} … {values[-1]}. {alt.format(value=values[at])}>"
    display({"text/plain": plain, "text/html": html}, raw=True)  # type: ignore[no-untyped-call]


def diagram(
    boxes: Mapping[str, tuple[float, float]],
    arrows: Sequence[tuple[str, str]],
    *,
    skips: Sequence[tuple[str, str]] = (),
    wide: float = 1.0,
    tall: float = 0.5,
    width: float = 6.4,
    height: float = 4.0,
) -> tuple[Figure, Any]:
    """Boxes that hold their names, joined by arrows; and the axes, for notes beside them.

    Args:
        boxes: by name, where the centre of each stands; y points upwards.
        arrows: from a box to another, straight, between the sides that face each other.
        skips: the same, but bent round on the outer side, for what passes boxes by.
        wide, tall: of each box, in the units of the centres.
        width, height: of the figure, in inches.

    Raises:
        ValueError: there is no box, or an arrow joins what is none.
    """
    strange = {name for arrow in (*arrows, *skips) for name in arrow} - boxes.keys()
    if strange or not boxes:
        raise ValueError(
            f"diagram got arrows to {sorted(strange)}, of {len(boxes)} boxes: name both ends."
        )
    figure, panel = subplots(width=width, height=height)
    panel.set_axis_off()
    for name, (x, y) in boxes.items():
        place = (x - wide / 2, y - tall / 2)
        panel.add_patch(Rectangle(place, wide, tall, facecolor=PALETTE[5], alpha=0.25))
        panel.text(x, y, name, ha="center", va="center")
    for begin, end in arrows:
        (x, y), (to_x, to_y) = boxes[begin], boxes[end]
        upright = abs(to_x - x) < wide  # else from side to side
        dx, dy = (0.0, tall / 2) if upright else (wide / 2, 0.0)
        way = np.sign(to_y - y) if upright else np.sign(to_x - x)
        look = {"arrowstyle": "->", "color": _INK}
        ends = (to_x - way * dx, to_y - way * dy), (x + way * dx, y + way * dy)
        panel.annotate("", *ends, arrowprops=look)
    middle = np.mean([x for x, _ in boxes.values()])
    for begin, end in skips:
        (x, y), (to_x, to_y) = boxes[begin], boxes[end]
        side = 1 if x > middle else -1
        look = {"arrowstyle": "->", "color": PALETTE[1]}
        look["connectionstyle"] = f"arc3,rad={side * 0.5}"
        ends = (to_x + side * wide / 2, to_y), (x + side * wide / 2, y)
        panel.annotate("", *ends, arrowprops=look)
    xs, ys = zip(*boxes.values(), strict=True)
    panel.set(xlim=(min(xs) - wide, max(xs) + wide), ylim=(min(ys) - tall, max(ys) + tall))
    return figure, panel


# Shows the chosen frame. It stands in the attribute, so that no script has to be let in.
_MOVE = (
    "const b=this.closest('.sq-frames'),v=this.dataset.values.split('|')[this.value];"
    "b.querySelectorAll('[data-frame]').forEach((f,i)=>"
    "f.style.display=i==this.value?'block':'none');"
    "b.querySelector('output').textContent=v;this.setAttribute('aria-valuetext',v)"
)


def _require_alt(alt: str) -> None:
    if len(alt.strip()) < 30:
        raise ValueError(f"alt={alt!r} is too short: say in a sentence what is to be seen.")


def _image(figure: Figure, alt: str, value: object, salt: str) -> str:
    """One frame as an HTML image that holds its SVG."""
    text = alt.format(value=value)
    # Of single quotes, three times as short in an address; an '&' would be HTML's.
    data = quote(_svg(figure, text, f"{salt}{value}", "'"), safe=" /:=;,'()+*!?@$<>[]{}|")
    return f'<img alt="{escape(text)}" style="max-width:100%" src="data:image/svg+xml,{data}">'


def _png(figure: Figure) -> str:
    """The figure as a small PNG of 64 colours, in base64."""
    from PIL import Image

    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=96)
    # By coverage: the median cut spends its colours on the edges of letters, and red turns brown.
    picture = Image.open(drawn).convert("RGB").quantize(64, Image.Quantize.MAXCOVERAGE)
    picture.save(small, "png", optimize=True)
    return base64.b64encode(small.getvalue()).decode()


def _svg(figure: Figure, alt: str, salt: str = "", quote: str = '"') -> str:
    """The figure as one SVG element, without date or ids that change."""
    buffer = io.StringIO()
    with matplotlib.rc_context(_STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    prefix = f"sq{hashlib.sha256((salt or alt).encode()).hexdigest()[:8]}"
    return lean(buffer.getvalue(), alt, prefix, quote)


_PANELS = 3  # in a row: at the default width, room for 18 letters on a telephone
_POINTS = 400  # of a line; more cannot be seen in a panel
_LINES = 4  # of a text


def samples(shown: Sequence[Sample]) -> None:
    """Display excerpts of data sets side by side, each drawn by its kind.

    Args:
        shown: such as `seqcourse.data.tour()` gives.

    Raises:
        ValueError: there is none, or one is of a kind that has no drawing.
    """
    if not shown:
        raise ValueError("samples got none: give at least one.")
    rows = -(-len(shown) // _PANELS)
    figure, axes = subplots(rows, _PANELS, height=1.25 * rows, squeeze=False)
    for panel in axes.flat:
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
    for panel, sample in zip(axes.flat, shown, strict=False):
        if sample.kind not in _DRAW:
            raise ValueError(f"samples got kind={sample.kind!r}; it draws {', '.join(_DRAW)}.")
        panel.set_title(sample.name, weight="bold")
        _DRAW[sample.kind](panel, sample.excerpt)
    told = "; ".join(f"{sample.name}, as {_SEEN[sample.kind]}" for sample in shown)
    show(figure, alt=f"{len(shown)} small panels, one for each data set: {told}.")


def _draw_line(panel: Any, values: np.ndarray) -> None:
    """A line; of a long one the least and the greatest value of each stretch."""
    place = np.arange(len(values), dtype=float)
    if len(values) > _POINTS:
        parts = np.array_split(np.asarray(values, dtype=float), _POINTS // 2)
        values = np.array([end(part) for part in parts for end in (np.min, np.max)])
        place = np.repeat(np.linspace(0, len(place), len(parts)), 2)
    panel.plot(place, values, linewidth=1)


def _draw_text(panel: Any, lines: Sequence[str]) -> None:
    folded = [part for line in lines for part in wrap(line, 18)][:_LINES]
    panel.text(0, 1, "\n".join(folded), va="top", transform=panel.transAxes)


def _draw_image(panel: Any, image: np.ndarray) -> None:
    """Pixels as areas, one for each colour: no bitmap, which another machine packs otherwise."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    height, width = image.shape[:2]
    grey = image.ndim == 2
    levels = np.rint(np.asarray(image, dtype=float) * 5).astype(int).reshape(height, width, -1)
    for level in np.unique(levels.reshape(height * width, -1), axis=0):
        if grey and level[0] == 0:
            continue  # the page's own colour
        corners = []
        for y, row in enumerate((levels == level).all(axis=2)):
            edges = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]])))
            for a, b in edges.reshape(-1, 2):
                corners += [(a, y), (b, y), (b, y + 1), (a, y + 1), (a, y)]
        codes = ([Path.MOVETO] + [Path.LINETO] * 3 + [Path.CLOSEPOLY]) * (len(corners) // 5)
        look: Any = {"color": PALETTE[0], "alpha": level[0] / 5} if grey else {"color": level / 5}
        panel.add_patch(PathPatch(Path(corners, codes), linewidth=0, **look))
    panel.set(xlim=(0, width), ylim=(height, 0), aspect="equal", anchor="W")


def _draw_roll(panel: Any, voices: np.ndarray) -> None:
    """Each voice a row of bars, as high as its pitch, as long as it is held."""
    for pitches, colour in zip(voices, cycle(PALETTE), strict=False):
        starts = np.flatnonzero(np.concatenate([[True], np.diff(pitches) != 0]))
        ends = np.append(starts[1:], len(pitches))
        held = [(a, b) for a, b in zip(starts, ends, strict=True) if np.isfinite(pitches[a])]
        if held:
            tones = [pitches[a] for a, _ in held]
            panel.hlines(tones, *zip(*held, strict=True), colour, linewidth=2)


def _draw_strokes(panel: Any, strokes: Sequence[np.ndarray]) -> None:
    for stroke in strokes:
        panel.plot(*np.asarray(stroke).T, color=PALETTE[0])
    panel.set(aspect="equal", anchor="W")


_DRAW: dict[str, Callable[[Any, Any], None]] = {
    "line": _draw_line,
    "text": _draw_text,
    "image": _draw_image,
    "roll": _draw_roll,
    "strokes": _draw_strokes,
}
_SEEN = {
    "line": "a line",
    "text": "words",
    "image": "a picture of pixels",
    "roll": "bars, one row for each voice",
    "strokes": "the strokes of a pen",
}
