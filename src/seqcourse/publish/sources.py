"""Where numbers come from: what is typed or published names its source, and every source is used.

- In prose and captions, a typed decimal stands in a paragraph that cites.
- In a table's column headed *published*, every cell cites, is glued, or stands below a cell of the
  column that holds a citation alone; or the first cell of its row cites.
- Elsewhere in a table, a typed decimal or percentage has such a citation, too.
- Every entry of the bibliography is cited somewhere and says where it can be read.

What is glued, in a formula or in code is ours and is checked elsewhere. A paragraph that begins
with ✓ quotes a claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from seqcourse.publish.reading import Page, Passage

logger = logging.getLogger(__name__)

_DECIMAL = re.compile(r"(?<![\w.])\d*\.\d+")
_FIGURE = re.compile(r"(?<![\w.])(?:\d*\.\d+|\d+(?= ?%))")  # in a table


def unsourced(page: Page) -> Iterator[tuple[int, str]]:
    """Line and text of a complaint about each number of a page that has no source."""
    for passage in page.passages:
        if passage.row < 0 and not _cites(passage) and not passage.token.content.startswith("✓"):
            yield from _typed(passage.line, _text(passage))
    for cell in page.code:
        caption = str(cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", ""))
        if "{cite" not in caption:
            yield from _typed(cell.line, re.sub(r"\$[^$]*\$|`[^`]*`", "", caption))
    for table in dict.fromkeys(p.table for p in page.passages if p.table >= 0):
        yield from _in_table([p for p in page.passages if p.table == table])


def _typed(line: int, text: str) -> Iterator[tuple[int, str]]:
    for number in _DECIMAL.findall(text):
        hint = "state it by a claim, glue it, or cite its source in this paragraph."
        yield line, f"{number} is typed into the text: {hint}"


def _in_table(cells: list[Passage]) -> Iterator[tuple[int, str]]:
    """Complaints about a table's cells, given in reading order."""
    published = {
        cell.column
        for cell in cells
        if cell.row == cell.table and "published" in cell.token.content.lower()
    }
    headed: set[int] = set()  # columns in which a citation alone stood last
    row, row_cites = -1, False
    for cell in cells:
        text, cites, in_header = _text(cell), _cites(cell), cell.row == cell.table
        if cell.row != row:
            row, row_cites = cell.row, cites and cell.column == 0
        if cites and not re.search(r"[\w$]", text):
            headed.add(cell.column)
        if cites or row_cites or cell.column in headed:
            continue
        must = cell.column in published and not in_header and not _glued(cell)
        if must and cell.token.content.strip():
            hint = "cite its source in its cell, or in a cell above that holds nothing else."
            yield cell.line, f"{cell.token.content!r} is published, but where? {hint}"
        elif number := _FIGURE.search(text):
            hint = "glue it, or cite its source in its cell or the first cell of its row."
            yield cell.line, f"{number[0]} is typed into a table: {hint}"


def _text(passage: Passage) -> str:
    """What is typed: no formula, no code, no role, no text of a link."""
    children = passage.token.children or []
    texts = []
    for before, child in zip([None, *children], children, strict=False):
        if child.type == "text" and not (before is not None and before.type == "link_open"):
            texts.append(child.content)
    return "\n".join(texts)


def _roles(passage: Passage) -> list[str]:
    return [c.meta["name"] for c in passage.token.children or [] if c.type == "myst_role"]


def _cites(passage: Passage) -> bool:
    return any(name.startswith("cite") for name in _roles(passage))


def _glued(passage: Passage) -> bool:
    return "glue:text" in _roles(passage) and not re.search(r"\d", _text(passage))


def check_pages(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Before anything is read: a number without a source fails a strict build, with its line."""
    for name in sorted(env.found_docs):
        path = Path(env.doc2path(name))
        if path.suffix == ".md":
            for line, text in unsourced(Page.at(path)):
                logger.warning(text, location=f"{path}:{line}")


def faults(path: Path, cited: set[str]) -> Iterator[tuple[int, str]]:
    """Line and text of a complaint about each entry of a bibliography that does not do.

    Args:
        path: the BibTeX file.
        cited: the keys that the book cites.
    """
    text = path.read_text("utf-8")
    starts = list(re.finditer(r"^@\w+\{\s*([^,\s]+)", text, re.MULTILINE))
    ends = [*(start.start() for start in starts), len(text)][1:]
    for start, end in zip(starts, ends, strict=True):
        key, entry = start[1], text[start.start() : end]
        line = text.count("\n", 0, start.start()) + 1
        if key not in cited:
            yield line, f"nothing cites {key}: cite it, or take it out."
        if not re.search(r"^\s*(?:doi|url)\s*=", entry, re.MULTILINE | re.IGNORECASE):
            yield line, f"{key} does not say where it can be read: give its doi or its url."


def check_bibliography(app: Sphinx, exception: Exception | None) -> None:
    """After the pages were read: what they cite is known."""
    if exception is not None:
        return
    references = app.env.get_domain("cite").citation_refs  # type: ignore[attr-defined]
    cited = {target.key for reference in references for target in reference.targets}
    for name in app.config.bibtex_bibfiles:
        path = Path(app.srcdir) / name
        for line, text in faults(path, cited):
            logger.warning(text, location=f"{path}:{line}")


def register(app: Sphinx) -> None:
    """Have every build ask."""
    app.connect("env-before-read-docs", check_pages)
    app.connect("build-finished", check_bibliography)  # before the notebooks are published
