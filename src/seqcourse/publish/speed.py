"""The page on speed: tables, figures and numbers from what `make bench WRITE=1` has kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docutils import nodes
from matplotlib.figure import Figure
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from seqcourse.figures import INK, PALETTE, picture, subplots
from seqcourse.publish.ledger import table

RESULTS = Path("benchmarks") / "results" / "layers.json"
HELD = RESULTS.with_stem("avx2")  # kept by `make bench WRITE=avx2`: PyTorch held to AVX2
WAYS = ("ours", "loop", "textbook", "labml")  # one colour and one mark each
RECURRENT = ("RNN", "LSTM", "GRU")
Bench = dict[str, Any]


def read(root: Path, results: Path = RESULTS) -> Bench:
    """What the last kept run measured.

    Raises:
        FileNotFoundError: none was kept; the message says how to run it.
    """
    path = root / results
    if not path.exists():
        name = 1 if results == RESULTS else results.stem
        raise FileNotFoundError(
            f"{results} is missing: `make bench WRITE={name}` measures and keeps it."
        )
    found: Bench = json.loads(path.read_text("utf-8"))
    return found


def first_rows(bench: Bench) -> dict[str, Bench]:
    """Each layer at the first of its sizes."""
    rows: dict[str, Bench] = {}
    for row in bench["rows"]:
        rows.setdefault(row["layer"], row)
    return rows


def number(bench: Bench, asked: str) -> str:
    """`LSTM training ours ratio`: one number at the layer's first sizes; or `processor`, …

    Raises:
        KeyError: nothing of that name was measured.
    """
    if " " not in asked:
        return str({**bench["machine"], "repeats": bench["repeats"]}[asked])
    layer, mode, way, what = asked.split()
    value = first_rows(bench)[layer][mode][way.replace("_", " ")][what]
    return str(value) if isinstance(value, int) else f"{value:.2f}"


def layer_rows(bench: Bench) -> list[list[str]]:
    """A row for each layer: sizes, and times as quotients with the first way's."""
    rows = []
    for layer, row in first_rows(bench).items():
        reference = next(iter(row["training"]))
        sizes = " ".join(f"{name}\u00a0{value}" for name, value in row["sizes"].items())
        cells = [layer, sizes, reference]
        for mode in ("training", "inference"):
            own = row[mode]["ours"]
            cells += [
                f"{own['ratio']:.2f}",
                f"{own['MB'] / max(row[mode][reference]['MB'], 1e-3):.2f}",
            ]
        rows.append(cells)
    return rows


LAYER_HEADER = ["Layer", "Sizes", "Beside", "Training, time", "bytes", "Inference, time", "bytes"]


def held_rows(here: Bench, held: Bench) -> list[list[str]]:
    """Ours over torch's, in training, for each layer that was timed both ways."""
    tables = [first_rows(bench) for bench in (here, held)]
    return [
        [layer, *(f"{rows[layer]['training']['ours']['ratio']:.2f}" for rows in tables)]
        for layer in tables[0]
        if layer in tables[1]
    ]


def ways_figure(bench: Bench) -> tuple[Figure, str]:
    """Every way to train the three recurrent layers, as a multiple of torch's time."""
    figure, ax = subplots(height=2.4)
    names: list[str] = []
    for row, way in ((r, w) for r in RECURRENT for w in WAYS):
        found = first_rows(bench)[row]["training"]
        if way not in found:
            continue
        own, i = found[way], WAYS.index(way)
        ax.barh(len(names), own["ratio"], color=PALETTE[i], height=0.75)
        ax.plot([own["low"], own["high"]], [len(names)] * 2, color=INK, linewidth=1)
        names.append(f"{row}, {way}")
    ax.set_yticks(range(len(names)), names, fontsize=9)
    ax.invert_yaxis()
    ax.axvline(1, color=INK, linewidth=0.8, linestyle=":")
    ax.set_xlabel("time of a training step / torch's")
    told = "; ".join(
        f"{layer} {first_rows(bench)[layer]['training']['ours']['ratio']:.2f}"
        for layer in RECURRENT
    )
    return figure, f"Bars: a training step by four ways over torch's time. Ours: {told}."


def sizes_figure(bench: Bench) -> tuple[Figure, str]:
    """Ours over torch's, where one of batch, length and width is changed."""
    figure, axes = subplots(1, 3, height=2.4, sharey=True)
    titles = {"B": "sequences", "T": "steps", "H": "units"}
    for ax, (name, title) in zip(axes, titles.items(), strict=True):
        for layer, colour, mark in zip(RECURRENT, PALETTE, "os^", strict=False):
            rows = [row for row in bench["rows"] if row["layer"] == layer]
            base = rows[0]["sizes"]
            along = sorted(
                (row["sizes"][name], row["training"]["ours"]["ratio"])
                for row in rows
                if all(row["sizes"][other] == base[other] for other in base if other != name)
            )
            ax.plot(*zip(*along, strict=True), color=colour, marker=mark, markersize=4, label=layer)
        ax.set_xscale("log")
        ax.set_xticks([at for at, _ in along], [str(at) for at, _ in along])
        ax.axhline(1, color=INK, linewidth=0.8, linestyle=":")
        ax.set_yscale("log")
        ax.set_yticks([0.5, 1, 2, 4], ["0.5", "1", "2", "4"])
        ax.minorticks_off()
        ax.set_xlabel(title)
    axes[0].set_ylabel("ours / torch")
    axes[2].legend(fontsize=9)
    return figure, "Three panels: our training step over torch's, by batch, length and width."


def writing_figure(bench: Bench) -> tuple[Figure, str]:
    """A layer that writes position after position: from its cache, and anew."""
    figure, ax = subplots(width=4.4, height=2.4)
    found = bench["decoding"]
    for way, colour, mark in zip(found[0]["ways"], PALETTE, "os^", strict=False):
        points = [(row["T"], row["ways"][way]["ms"]) for row in found if way in row["ways"]]
        ax.loglog(*zip(*points, strict=True), color=colour, marker=mark, markersize=4, label=way)
    ax.set_xticks([row["T"] for row in found], [str(row["T"]) for row in found])
    ax.minorticks_off()
    ax.set_xlabel("positions written")
    ax.set_ylabel("milliseconds")
    ax.legend(fontsize=9)
    return figure, "With a cache the time is a line of slope one; anew, it bends upwards."


FIGURES: dict[str, Callable[[Bench], tuple[Figure, str]]] = {
    "ways": ways_figure,
    "sizes": sizes_figure,
    "writing": writing_figure,
}


def _table(header: list[str], rows: list[list[str]]) -> nodes.Node:
    return table(header, [[[nodes.Text(cell)] for cell in row] for row in rows])


class BenchDirective(SphinxDirective):
    """`{bench} layers`, `avx2`: a table of layers; `ways`, `sizes`, `writing`: a figure."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        asked = self.arguments[0]
        self.env.note_dependency(str(RESULTS))
        try:
            bench = read(Path(self.env.srcdir))
        except FileNotFoundError as error:
            raise self.error(str(error)) from error
        if asked == "layers":
            return [_table(LAYER_HEADER, layer_rows(bench))]
        if asked == "avx2":
            self.env.note_dependency(str(HELD))
            held = read(Path(self.env.srcdir), HELD)
            return [_table(["Layer", "Here", "Held to AVX2"], held_rows(bench, held))]
        if asked not in FIGURES:
            known = ", ".join(["layers", "avx2", *FIGURES])
            raise self.error(f"bench shows {known}, not {asked!r}.")
        figure, alt = FIGURES[asked](bench)
        svg = picture(figure, alt=alt)
        return [nodes.raw("", f'<div class="sq-front">{svg}</div>', format="html")]


class BenchRole(SphinxRole):
    """`{bench}` of `LSTM training ours ratio`: that number."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        self.env.note_dependency(str(RESULTS))
        try:
            return [nodes.Text(number(read(Path(self.env.srcdir)), self.text))], []
        except (FileNotFoundError, KeyError, ValueError) as error:
            wrong = f"bench has no {self.text!r}: {error}"
            message = self.inliner.reporter.error(wrong, line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]


def register(app: Sphinx) -> None:
    """Add the directive and the role to Sphinx."""
    app.add_directive("bench", BenchDirective)
    app.add_role("bench", BenchRole())
