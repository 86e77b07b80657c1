"""Records say when a chapter must run again, and a run that dies leaves the old one whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest

from seqcourse.publish import records, runner
from seqcourse.publish.book import Book, BookError
from seqcourse.publish.runner import RunFailed, run_stale

from .conftest import write_chapter


def test_only_stale_chapters_run(new_book: Book) -> None:
    two, twelve = new_book.chapters()
    assert records.fresh_record(two) == (None, "it never ran")
    assert run_stale(new_book) == [2, 12]
    assert run_stale(new_book) == []
    record, _ = records.fresh_record(two)
    assert record is not None
    assert record.cells[1].outputs[0].text == "two\n"

    write_chapter(new_book.root, "02_two", "# Two\n\nOther prose.\n", "print('two')")
    assert run_stale(new_book) == []  # prose re-runs nothing

    write_chapter(new_book.root, "02_two", "# Two\n", "print('too')")
    assert records.fresh_record(two)[1] == "its code cells changed"
    assert run_stale(new_book) == [2]
    assert run_stale(new_book, fresh=True, only=[12]) == [12]

    (new_book.root / "requirements.txt").write_text("numpy==2.0.1\n")
    assert records.fresh_record(twelve)[1] == "the pinned packages changed"


def test_a_changed_module_or_result_makes_a_record_stale(
    new_book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = """
import pathlib, seqcourse, seqcourse.data
path = pathlib.Path(seqcourse.__file__).parent / "py.typed"
text = path.read_text()
"""
    write_chapter(new_book.root, "02_two", "# Two\n", code)
    run_stale(new_book, only=[2])
    chapter = new_book.chapters()[0]
    record, _ = records.fresh_record(chapter)
    assert record is not None
    files = set(record.metadata.seqcourse.record.files)
    assert {"__init__.py", "data/__init__.py", "py.typed"} <= files
    assert not any(name.startswith("publish") for name in files)

    changed = tmp_path / "package"
    for name in files:
        (changed / name).parent.mkdir(parents=True, exist_ok=True)
        (changed / name).write_bytes((records.PACKAGE / name).read_bytes())
    monkeypatch.setattr(records, "PACKAGE", changed)
    assert records.fresh_record(chapter)[1] == ""
    (changed / "py.typed").write_text("changed")
    assert records.fresh_record(chapter)[1] == "seqcourse/py.typed changed"


def test_a_chapter_runs_again_where_a_module_behind_its_result_changed(
    new_book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the line below its figure says that the result is out of date."""
    package = tmp_path / "src" / "seqcourse"
    shutil.copytree(records.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    watch = runner._WATCH.replace(str(records.PACKAGE), str(package))
    for module, name, value in (
        (records, "PACKAGE", package),
        (runner, "PACKAGE", package),
        (runner, "_WATCH", watch),
    ):
        monkeypatch.setattr(module, name, value)
    code = "from seqcourse.lesson import provenance\nprovenance('shuffled')"
    write_chapter(new_book.root, "02_two", "# Two\n", code)
    run_stale(new_book, only=[2])
    assert "changed since" not in _shown(new_book)

    module = package / "models" / "classifiers.py"  # which the chapter itself does not import
    module.write_text(module.read_text("utf-8").replace("1500", "1501", 1), "utf-8")
    assert run_stale(new_book, only=[2]) == [2]
    assert "Out of date: seqcourse/models/classifiers.py has changed" in _shown(new_book)


def _shown(book: Book) -> str:
    record, _ = records.fresh_record(book.chapters()[0])
    assert record is not None
    return str(record.cells[1].outputs[0].data["text/plain"])


def test_a_failing_run_names_its_line_and_leaves_the_record(new_book: Book) -> None:
    run_stale(new_book)
    chapter = new_book.chapters()[0]
    before = chapter.staged_path.read_bytes()
    write_chapter(new_book.root, "02_two", "# Two\n", "x = 1", "x / 0")
    line = chapter.path.read_text().split("\n").index("x / 0") + 1
    with pytest.raises(RunFailed, match=rf"(?s)02_two\.md:{line}: .*ZeroDivisionError"):
        run_stale(new_book)
    assert chapter.staged_path.read_bytes() == before


def test_an_endless_cell_is_cut(new_book: Book) -> None:
    write_chapter(new_book.root, "02_two", "# Two\n", "while True: pass")
    with pytest.raises(RunFailed, match="(?i)timed? ?out"):
        run_stale(new_book, only=[2], timeout=2)


def test_half_a_notebook_is_no_record(new_book: Book) -> None:
    run_stale(new_book, only=[2])
    chapter = new_book.chapters()[0]
    text = chapter.staged_path.read_text()
    chapter.staged_path.write_text(text[: len(text) // 2])
    assert records.fresh_record(chapter)[0] is None
    with pytest.raises(BookError, match="make book"):
        records.with_outputs(chapter, chapter.read())


def test_kernels_run_one_thread_in_an_empty_folder(new_book: Book) -> None:
    names = "os.environ['OMP_NUM_THREADS'], os.environ['SEQCOURSE_STRICT']"
    code = f"import os\nprint(os.listdir(), {names})"
    write_chapter(new_book.root, "02_two", "# Two\n", code)
    run_stale(new_book, only=[2])
    notebook = nbformat.read(new_book.chapters()[0].staged_path, as_version=4)
    assert notebook.cells[1].outputs[0].text == "[] 1 1\n"


@pytest.mark.parametrize("name", ["Notes.md", "2_two.md", "02-two.md"])
def test_misnamed_chapters_are_named(new_book: Book, name: str) -> None:
    (new_book.root / "chapters" / name).write_text("# x\n")
    with pytest.raises(BookError, match="named like 02_autoregression"):
        new_book.chapters()


def test_two_chapters_of_one_number_are_named(new_book: Book) -> None:
    write_chapter(new_book.root, "02_too", "# Too\n")
    with pytest.raises(BookError, match="both chapter 2"):
        new_book.chapters()


def test_outside_a_checkout(tmp_path: Path) -> None:
    with pytest.raises(BookError, match="not inside a checkout"):
        Book.find(tmp_path)
