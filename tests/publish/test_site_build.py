"""A small book, built as the real one is: numbers from file names, strictness, notebooks."""

from __future__ import annotations

import re

import nbformat
import pytest

from seqcourse.publish import site
from seqcourse.publish.book import Book, BookError, setup_cell
from seqcourse.publish.runner import run_stale
from seqcourse.publish.site import build_site

from .conftest import write_chapter


def test_numbers_come_from_file_names(small_book: Book) -> None:
    build_site(small_book)
    two, twelve = small_book.chapters()
    page = (small_book.build / "html" / "chapters" / "12_twelve.html").read_text()
    assert "(12.1)" in page and "(2.1)" in page
    assert '<span class="section-number">12. </span>' in page
    text = "\n".join(cell.source for cell in nbformat.read(twelve.notebook_path, 4).cells)
    assert "# 12. Twelve" in text
    assert r"\tag{12.1}" in text
    assert "[(2.1)](https://owner.github.io/name/chapters/02_two.html#equation-eq-two)" in text

    # The download is the committed notebook, and a second build touches nothing.
    download = small_book.build / "html" / "_sources" / "chapters" / "02_two.ipynb"
    assert download.read_bytes() == two.notebook_path.read_bytes()
    assert not two.staged_path.exists()
    before = two.notebook_path.stat().st_mtime_ns
    assert run_stale(small_book) == []
    build_site(small_book)
    assert two.notebook_path.stat().st_mtime_ns == before

    # Only the seconds differ after a new run: the file stays.
    run_stale(small_book, fresh=True)
    build_site(small_book)
    assert two.notebook_path.stat().st_mtime_ns == before


def test_the_set_up_cell_comes_first(small_book: Book) -> None:
    build_site(small_book)
    first = nbformat.read(small_book.chapters()[0].notebook_path, 4).cells[0]
    assert first.cell_type == "code"
    assert '"seqcourse @ git+https://github.com/owner/name@v' in first.source


def test_the_set_up_cell_brings_the_chapters_extras(small_book: Book) -> None:
    (small_book.root / "pyproject.toml").write_text(
        "[project.optional-dependencies]\ndata = ['names']\n"
    )
    chapter = small_book.chapters()[0]
    text = chapter.path.read_text()
    chapter.path.write_text(text.replace("---\n\n", "seqcourse: {extras: [data]}\n---\n\n", 1))
    assert '"seqcourse[data] @ git+' in setup_cell(chapter).source
    chapter.path.write_text(text.replace("---\n\n", "seqcourse: {extras: [date]}\n---\n\n", 1))
    with pytest.raises(BookError, match=r"extra 'date' is none of pyproject.toml's \['data'\]"):
        setup_cell(chapter)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# Two\n\n$$ a = a $$ (eq-two)\n\n```{mermaid}\nx\n```\n", "mermaid"),
        (
            "# Two\n\n$$ a = a $$ (eq-two)\n\n```{rubric} Known to Sphinx, not to notebooks\n```\n",
            "rubric",
        ),
        ("# Two\n\n$$ a = a $$ (eq-two)\n\n{eq}`eq-none`\n", "eq-none"),
    ],
)
def test_a_strict_build_names_file_and_line(
    small_book: Book, capfd: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    build_site(small_book)
    kept = small_book.chapters()[0].notebook_path.read_bytes()
    write_chapter(small_book.root, "02_two", text, "print('two')")
    with pytest.raises(BookError, match="not built"):
        build_site(small_book)
    error = capfd.readouterr().err
    assert says in error
    assert "02_two.md:" in error
    assert small_book.chapters()[0].notebook_path.read_bytes() == kept


def test_figures_are_inline_on_the_site_and_on_cards_in_the_notebook(small_book: Book) -> None:
    code = """
from seqcourse import figures
fig, ax = figures.subplots()
ax.plot([1, 2])
figures.show(fig, alt="A line that rises from one to two, drawn for a test")
"""
    write_chapter(small_book.root, "02_two", "# Two\n\n$$ a = a $$ (eq-two)\n", code)
    run_stale(small_book)
    build_site(small_book)
    page = (small_book.build / "html" / "chapters" / "02_two.html").read_text()
    assert "<svg" in page and "currentColor" in page
    notebook = nbformat.read(small_book.chapters()[0].notebook_path, 4)
    data = notebook.cells[-1].outputs[0]["data"]
    assert set(data) == {"text/plain", "image/svg+xml", "image/png"}
    assert "currentColor" not in data["image/svg+xml"]


def test_theorems_exercises_and_sections_are_found_by_their_labels(small_book: Book) -> None:
    text = """# Two

$$ a = a $$ (eq-two)

(sec-here)=
## Here

:::{prf:theorem} Stability
:label: thm-stable

All roots lie inside.
:::

```{exercise} Roots
:label: ex-roots

Find them.
```

By {prf:ref}`thm-stable`, {ref}`ex-roots` and {ref}`sec-here`.
"""
    write_chapter(small_book.root, "02_two", text, "print('two')")
    run_stale(small_book)
    build_site(small_book)
    cells = nbformat.read(small_book.chapters()[0].notebook_path, 4).cells
    notebook = "\n".join(cell.source for cell in cells)
    assert "**Theorem 2.1. Stability**" in notebook
    assert "By Theorem 2.1, Exercise 2.1 and Here." in notebook


def test_a_chapter_that_is_not_listed_is_named(small_book: Book) -> None:
    toc = small_book.root / "_toc.yml"
    toc.write_text(toc.read_text().replace("      - file: chapters/12_twelve\n", ""))
    with pytest.raises(BookError, match="12_twelve.md is not in _toc.yml: add the line"):
        build_site(small_book)


def test_chapters_without_a_run_are_named_before_the_build(new_book: Book) -> None:
    run_stale(new_book, only=[2])
    with pytest.raises(BookError, match="no run stands:\n  chapter 12: it never ran\n"):
        build_site(new_book)


def test_what_sphinx_meets_is_told_without_a_traceback(
    small_book: Book, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "_require_listed_and_run", lambda book: None)
    (small_book.root / "requirements.txt").write_text("numpy==9\n")
    capfd.readouterr()  # a kernel that is being ended may say something: not the build's words
    with pytest.raises(BookError, match="not built"):
        build_site(small_book)
    error = capfd.readouterr().err
    assert "02_two.md: no run stands for it" in error
    assert "Traceback" not in error and len(error.strip().split("\n")) <= 3, error


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("    name: fig-two\n", "", "has a caption and no name"),
        ("caption: A line", "caption: A line: straight", r"02_two.md:\d+: the header of this cell"),
    ],
)
def test_a_figure_s_header_is_asked(
    small_book: Book, capfd: pytest.CaptureFixture[str], old: str, new: str, says: str
) -> None:
    header = "---\nmystnb:\n  figure:\n    name: fig-two\n    caption: A line\n---\n"
    text = "# Two\n\nSee {cite:t}`k`.\n\n$$ a = a $$ (eq-two)\n"
    assert old in header
    write_chapter(small_book.root, "02_two", text, f"{header.replace(old, new)}print('two')")
    with pytest.raises(BookError) as caught:
        run_stale(small_book)
        build_site(small_book)
    assert re.search(says, f"{caught.value}{capfd.readouterr().err}")
