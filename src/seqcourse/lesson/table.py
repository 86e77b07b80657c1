"""Tables, as text that lines up and as plain HTML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from html import escape

from IPython.display import display

from seqcourse.lesson.readable import readable

_CELL = "padding:.2em .7em .2em 0;vertical-align:baseline"
_NUMBER = re.compile(r"[-–−+±]?\d[\d,.]*(e[-+]?\d+)?( ± \d[\d,.]*)?\s?%?|[-–−+]?∞|[–—-]?")


def table(header: Sequence[object], rows: Sequence[Sequence[object]], caption: str = "") -> None:
    """Display a table. Columns of numbers are set to the right.

    Args:
        header: a title for each column.
        rows: as many cells each; numbers as text, the way they shall stand there.
        caption: what the table shows, in one sentence.

    Raises:
        ValueError: there is no column, or a row has another number of cells than the header.
    """
    display(bundle(header, rows, caption), raw=True)  # type: ignore[no-untyped-call]


def bundle(
    header: Sequence[object], rows: Sequence[Sequence[object]], caption: str = "", below: str = ""
) -> dict[str, str]:
    """The table as text and as HTML, by their types; `below` is a line beneath it."""
    titles = [str(title) for title in header]
    cells = [[readable(str(cell)) for cell in row] for row in rows]
    if not titles:
        raise ValueError("a table needs at least one column: give its header.")
    for number, row in enumerate(cells, 1):
        if len(row) != len(titles):
            raise ValueError(
                f"row {number} has {len(row)} cells and the header {len(titles)}: give each column "
                "one cell."
            )
    right = [
        any(row[i] for row in cells) and all(_NUMBER.fullmatch(row[i]) for row in cells)
        for i in range(len(titles))
    ]
    return {
        "text/plain": _text(titles, cells, right, caption, below),
        "text/html": _html(titles, cells, right, caption, below),
    }


def _text(
    titles: list[str], cells: list[list[str]], right: list[bool], caption: str, below: str
) -> str:
    lines = [[_flat(cell) for cell in row] for row in (titles, *cells)]
    widths = [max(_width(row[i]) for row in lines) for i in range(len(titles))]

    def line(row: list[str]) -> str:
        parts = []
        for cell, width, to_right in zip(row, widths, right, strict=True):
            gap = " " * (width - _width(cell))
            parts.append(gap + cell if to_right else cell + gap)
        return "  ".join(parts).rstrip()

    rule = "  ".join("-" * width for width in widths)
    full = [_flat(caption), line(lines[0]), rule, *map(line, lines[1:]), _flat(below)]
    return "\n".join(full[not caption : len(full) - (not below)])


def _html(
    titles: list[str], cells: list[list[str]], right: list[bool], caption: str, below: str
) -> str:
    naming = right.index(False) if False in right else -1  # the column that names a row
    style = [f"text-align:{'right' if to_right else 'left'};{_CELL}" for to_right in right]
    head = "".join(
        f'<th scope="col" style="{style[i]}">{escape(title)}</th>' for i, title in enumerate(titles)
    )
    body = ""
    for row in cells:
        body += "<tr>"
        for i, cell in enumerate(row):
            if i == naming:
                body += f'<th scope="row" style="{style[i]};font-weight:normal">{escape(cell)}</th>'
            else:
                body += f'<td style="{style[i]}">{escape(cell)}</td>'
        body += "</tr>"
    title = f'<caption style="text-align:left">{escape(caption)}</caption>' if caption else ""
    note = f'<p style="margin:.5em 0">{escape(below)}</p>' if below else ""
    return (
        # A keyboard scrolls only what it can reach: a wide table on a narrow screen.
        f'<div class="sq-table" tabindex="0" style="overflow-x:auto;margin:.75em 0">'
        '<table style="margin:0;border-collapse:collapse;font-variant-numeric:tabular-nums">'
        f'{title}<thead style="border-bottom:1px solid currentColor">'
        f"<tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}</div>"
    )


def _flat(text: str) -> str:
    return " ".join(text.split())


def _width(text: str) -> int:
    """How many columns a text takes; Hangul syllables take two."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)
