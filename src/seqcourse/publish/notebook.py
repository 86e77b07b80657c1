"""Make the notebook edition of a chapter: its run's record, with the text as plain Markdown."""

from __future__ import annotations

import json
from typing import Any

import nbformat
from myst_parser.config.main import MdParserConfig

from seqcourse.publish.book import Chapter, code_cells, setup_cell
from seqcourse.publish.markdown import Converter
from seqcourse.publish.records import with_outputs
from seqcourse.publish.references import References


def make_notebook(
    chapter: Chapter, references: References, config: MdParserConfig | None = None
) -> str:
    """The chapter's notebook, as the text of its file.

    The first cell sets up; every other cell stands where the source has it. A figure's caption
    follows its cell, with its number.

    Args:
        chapter: a chapter whose record still holds.
        references: the numbers and addresses of the book, as the site shows them.
        config: the Markdown dialect; default: the book's.

    Raises:
        BookError: no run stands for the chapter.
        ConversionError: its text holds something that has no plain Markdown form.
    """
    config = config or chapter.book.markdown_config
    source = with_outputs(chapter, chapter.read())
    converter = Converter(
        chapter.path, chapter.docname, references, glued(source), chapter.book.root, config
    )
    cells = [setup_cell(chapter)]
    cells[0].execution_count = 1
    title_due = True
    for cell, line in zip(source.cells, source.metadata["source_map"], strict=True):
        if cell.cell_type == "markdown":
            text = converter.convert(cell.source, line + 1)
            if title_due and text.startswith("# "):
                text = text.replace("# ", f"# {chapter.number}. ", 1)
                title_due = False
            if text:
                cells.append(nbformat.v4.new_markdown_cell(text))
            continue
        cells.append(_code_cell(cell))
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        if figure.get("caption"):
            if not figure.get("name"):
                text = "this figure has a caption and no name: add `name: fig-…` above it."
                raise converter.fail(line + 1, text)
            title = converter.label(str(figure["name"]), line + 1).title
            caption = converter.convert(str(figure["caption"]), line + 1)
            cells.append(nbformat.v4.new_markdown_cell(f"**{title}.** {caption}"))
    for index, cell in enumerate(cells[1:], 1):
        cell.id = f"c{chapter.number:02d}-{index:03d}"
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=_metadata(source))
    return nbformat.writes(notebook) + "\n"


def glued(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Every value that the notebook's cells glued, as printed, by its key."""
    found: dict[str, str] = {}
    for cell in code_cells(notebook):
        for output in cell.outputs:
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name:
                data = output["data"]
                prefix = output["metadata"]["scrapbook"].get("mime_prefix", "")
                found[name] = str(data.get(f"{prefix}text/plain", ""))
    return found


def same_but_for_seconds(one: str, other: str) -> bool:
    """Whether two notebooks differ at most in how long their runs took."""

    def timeless(text: str) -> Any:
        notebook = json.loads(text)
        record = notebook["metadata"]["seqcourse"]["record"]
        record.update((key, None) for key in ("seconds", "cpu") if key in record)
        return notebook

    try:
        return bool(timeless(one) == timeless(other))
    except (ValueError, KeyError, TypeError):
        return False


def _code_cell(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    tags = list(cell.metadata.get("tags", []))
    metadata: dict[str, Any] = {"tags": tags} if tags else {}
    if "hide-input" in tags or "hide-cell" in tags:
        metadata["jupyter"] = {"source_hidden": True}  # JupyterLab's way to fold a cell's code
    return nbformat.v4.new_code_cell(
        cell.source, metadata=metadata, outputs=cell.outputs, execution_count=cell.execution_count
    )


def _metadata(source: nbformat.NotebookNode) -> dict[str, Any]:
    """What the notebook says of itself; nothing that changes from one Python to the next."""
    return {
        "kernelspec": source.metadata["kernelspec"],
        "language_info": {"name": "python"},
        "seqcourse": source.metadata["seqcourse"],
    }
