"""The Markdown is the source; nothing done to a notebook may reach it."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class

from seqcourse.publish.book import Book, Chapter
from seqcourse.publish.notebook import make_notebook
from seqcourse.publish.references import References

ROOT = Path(__file__).parents[2]
BOOK = Book(ROOT)


@pytest.mark.parametrize("chapter", BOOK.chapters(), ids=lambda chapter: chapter.name)
def test_saving_a_notebook_in_jupyter_leaves_the_source(chapter: Chapter, tmp_path: Path) -> None:
    """With jupytext installed in the server, and a notebook that was edited and saved."""
    source = tmp_path / chapter.path.name
    source.write_bytes(chapter.path.read_bytes())
    (tmp_path / chapter.notebook_path.name).write_bytes(chapter.notebook_path.read_bytes())
    manager = build_sync_jupytext_contents_manager_class(LargeFileManager)(root_dir=str(tmp_path))
    model = manager.get(chapter.notebook_path.name)
    model["content"]["cells"][0]["source"] = "# edited by a reader"
    manager.save(model, chapter.notebook_path.name)
    saved = nbformat.read(tmp_path / chapter.notebook_path.name, 4)
    assert saved.cells[0].source == "# edited by a reader"
    assert source.read_bytes() == chapter.path.read_bytes()


@pytest.mark.parametrize("chapter", BOOK.chapters(), ids=lambda chapter: chapter.name)
def test_converted_again(chapter: Chapter) -> None:
    """Converting once more, against the build just made, gives the committed notebook."""
    references = References.load(BOOK.build / "references.json")
    text = make_notebook(chapter, references)
    assert text == chapter.notebook_path.read_text("utf-8")
