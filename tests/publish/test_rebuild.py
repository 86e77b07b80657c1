"""A build after an edit makes what a build from nothing would, and little else anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from seqcourse.publish import rebuild, runner
from seqcourse.publish.book import Book, BookError
from seqcourse.publish.rebuild import inputs
from seqcourse.publish.runner import run_stale
from seqcourse.publish.site import build_site

from .conftest import write_chapter

EQUATION = "$$ a = a $$ (eq-two)"


def _swap(name: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(root: Path) -> None:
        text = (root / name).read_text("utf-8")
        assert old in text
        (root / name).write_text(text.replace(old, new), "utf-8")

    return edit


def _remove_a_page(root: Path) -> None:
    (root / "more.md").unlink()
    _swap("_toc.yml", "      - file: more\n", "")(root)


def _new_record(root: Path) -> None:
    _swap("chapters/12_twelve.md", "print(12)", "print(13)")(root)
    run_stale(Book(root))


EDITS = {  # an edit, and whether the other chapter's page stays as it was
    "prose": (_swap("chapters/02_two.md", "See {cite", "Do see {cite"), True),
    "a number that another page shows": (
        _swap("chapters/02_two.md", EQUATION, f"$$ c = c $$ (eq-new)\n\n{EQUATION}"),
        False,
    ),
    "a title": (_swap("chapters/02_two.md", "# Two", "# Three, no, two"), False),
    "a source": (_swap("references.bib", "Ann Key", "Bea Lock"), False),
    "what a cell prints": (_new_record, False),
    "a page that goes": (_remove_a_page, False),
}


def _files(root: Path) -> dict[str, bytes]:
    """The site and the notebooks, whole, but for words of the search index that no page has.

    Sphinx leaves those there, where a page has lost its last one: nothing is found by them.
    """
    paths = [*(root / "_build" / "html").rglob("*"), *(root / "chapters").glob("*.ipynb")]
    found = {str(p.relative_to(root)): p.read_bytes() for p in paths if p.is_file()}
    place = "_build/html/searchindex.js"
    index = json.loads(found[place].removeprefix(b"Search.setIndex(").removesuffix(b")"))
    for words in ("terms", "titleterms"):
        index[words] = {word: pages for word, pages in index[words].items() if pages != []}
    found[place] = json.dumps(index, sort_keys=True).encode()
    return found


def test_an_edit_makes_what_a_build_from_nothing_makes(small_book: Book) -> None:
    root = small_book.root
    (root / "more.md").write_text("# More\n\n```{claims-ledger}\n```\n\n```{run-seconds}\n```\n")
    toc = root / "_toc.yml"
    toc.write_text(toc.read_text() + "      - file: more\n")
    build_site(small_book)
    other = root / "_build" / "html" / "chapters" / "12_twelve.html"
    for name, (edit, other_stays) in EDITS.items():
        before, modified = _files(root), other.stat().st_mtime_ns
        edit(root)
        build_site(Book(root))
        found, stayed = _files(root), other.stat().st_mtime_ns == modified
        assert found != before, f"{name}: nothing changed"
        assert stayed == other_stays, f"{name}: the other chapter's page"
        shutil.rmtree(root / "_build")
        build_site(Book(root))
        expected = _files(root)
        different = [p for p in found | expected if found.get(p) != expected.get(p)]
        assert not different, f"{name}: {different}"


def test_what_was_warned_of_is_warned_of_again(
    small_book: Book, capfd: pytest.CaptureFixture[str]
) -> None:
    build_site(small_book)
    path = small_book.root / "index.md"
    good = path.read_text()
    path.write_text(good + "\n\nSee {ref}`nowhere`.\n")
    for _ in range(2):
        with pytest.raises(BookError, match="not built"):
            build_site(small_book)
        assert "nowhere" in capfd.readouterr().err
    path.write_text(good)
    build_site(small_book)


def test_a_notebook_that_was_changed_by_hand_is_made_again(small_book: Book) -> None:
    build_site(small_book)
    path = small_book.chapters()[0].notebook_path
    good = path.read_text()
    notebook = nbformat.read(path, 4)
    notebook.cells[1].source += " by hand"
    path.write_text(nbformat.writes(notebook))
    build_site(small_book)
    assert path.read_text() == good


@pytest.mark.parametrize("name", ["_config.yml", "_toc.yml", "book/_static/one.css"])
def test_what_all_pages_are_made_with_is_an_input(small_book: Book, name: str) -> None:
    path = small_book.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    before = inputs(small_book)
    assert inputs(small_book) == before
    path.write_text(f"{path.read_text() if path.exists() else ''}\n# more\n")
    assert inputs(small_book) != before


def test_the_publisher_s_code_is_an_input(
    small_book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    (package / "publish").mkdir(parents=True)
    monkeypatch.setattr(rebuild, "PACKAGE", package)
    before = inputs(small_book)
    (package / "publish" / "site.py").write_text("# other code")
    assert inputs(small_book) != before


def test_a_build_that_was_killed_is_begun_from_nothing(
    small_book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_site(small_book)
    left = small_book.build / "html" / "left.html"
    left.write_text("from before")
    build_site(small_book)
    assert left.exists()  # the last build came to its end
    with monkeypatch.context() as patch:
        patch.setattr("seqcourse.publish.site.subprocess.run", _killed)
        with pytest.raises(KeyboardInterrupt):
            build_site(small_book)
    build_site(small_book)
    assert not left.exists()


def _killed(*arguments: object, **options: object) -> None:
    raise KeyboardInterrupt


def test_a_chapter_says_how_long_it_runs(small_book: Book) -> None:
    write_chapter(small_book.root, "02_two", f"# Two\n\n{EQUATION}\n", "print('two')")
    (small_book.root / "index.md").write_text(
        "# Start\n\nBy {cite:t}`k`.\n\n```{run-seconds}\n```\n\n```{bibliography}\n```\n"
    )
    for chapter, cpu in zip(small_book.chapters(), (61, 100), strict=True):
        record = nbformat.read(chapter.staged_path, 4)
        assert set(record.metadata.seqcourse.record) >= {"seconds", "cpu"}
        record.metadata.seqcourse.record.cpu = cpu
        nbformat.write(record, chapter.staged_path)
    build_site(small_book)
    html = small_book.build / "html"
    assert "runs in 61 seconds on one core" in (html / "chapters" / "02_two.html").read_text()
    start = (html / "index.html").read_text()
    assert "2:41 minutes" in start and "1:01" in start


def test_the_longest_chapter_runs_first(small_book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    build_site(small_book)
    for chapter, seconds in zip(small_book.chapters(), (5, 90), strict=True):
        record = nbformat.read(chapter.notebook_path, 4)
        record.metadata.seqcourse.record.seconds = seconds
        nbformat.write(record, chapter.notebook_path)
    order: list[int] = []

    async def note(chapters: list[runner.Chapter], timeout: int) -> list[str]:
        order.extend(chapter.number for chapter in chapters)
        return []

    monkeypatch.setattr(runner, "_run_all", note)
    assert run_stale(small_book, fresh=True) == [2, 12]
    assert order == [12, 2]
