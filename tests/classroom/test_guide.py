"""The instructor's guide: what it says can be done is done here, and its tables are gathered."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqcourse.classroom import guide
from seqcourse.classroom.own import python_task, text_task
from seqcourse.classroom.variations import variations
from seqcourse.cli import app
from seqcourse.lesson.check import grade
from seqcourse.publish.book import Book, BookError
from seqcourse.publish.reading import python_fences
from seqcourse.publish.runner import run_stale
from seqcourse.publish.site import build_site

from ..publish.conftest import ran, small_book, write_chapter  # noqa: F401
from ..publish.test_ledger import KEPT, TEXT, built
from .assigning import BOOK, cells, made

GUIDE = (BOOK.root / "book" / "instructors.md").read_text("utf-8")
(OWN,) = python_fences(GUIDE)


def test_an_exercise_of_ones_own_in_twenty_lines(tmp_path: Path) -> None:
    assert len([line for line in OWN.split("\n") if line.strip()]) <= 20
    (tmp_path / "decay.py").write_text(OWN)
    made(tmp_path / "hw4", str(tmp_path / "decay.py"), ())  # its solution passes, its stub is open
    release = cells(tmp_path / "hw4/release/hw4/hw4.ipynb")
    assert release["answer-my-decay"].source.strip() == "def decay(x, keep):\n    ..."
    assert "judge" not in str(release)
    task = python_task(tmp_path / "decay.py")
    names: dict[str, object] = {}
    exec(task.solution.replace("[::-1]", ""), names)
    report = grade("my-decay", names["decay"])
    assert report.state == "failed" and "The latest x fades least." in str(report)
    assert task.title == "A memory that fades"
    (form,) = re.findall(r'"(Asked for: .*?)"', GUIDE)
    (tmp_path / "decay.py").write_text(OWN.replace("outputs, h", "outputs[0], h"))
    python_task(tmp_path / "decay.py")  # the judge stops at a number
    assert form in str(grade("my-decay", lambda x, keep: 1.0))


def test_a_question_marked_by_hand(tmp_path: Path) -> None:
    (text,) = re.findall(r"```markdown\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "why.md").write_text(text)
    task, points = text_task(tmp_path / "why.md")
    assert task.title == "Why two gradients" and points == 5


def test_where_to_begin() -> None:
    """What it takes besides pip, and how to do without gigabytes."""
    (start,) = re.findall(r"^## Start\n(.*?)^## ", GUIDE, re.DOTALL | re.MULTILINE)
    for word in ("-m venv", "PIP_EXTRA_INDEX_URL", "apt-get install bubblewrap", "requirements"):
        assert word in start, word
    readme = (BOOK.root / "README.md").read_text("utf-8")
    for command in re.findall(r"`pip (install [^`]*-e \.|install -r [^`]*)`", start):
        assert command in readme, command


def test_what_may_surprise_is_said() -> None:
    for said in ("is not looked at", "Attribute 'checksum' for cell check-"):
        assert said in GUIDE, said


def test_the_commands_do_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call of `seqcourse assign` in the guide, in an empty folder; and `grade` knows its."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "decay.py").write_text(OWN)
    text = GUIDE.replace("\\\n", " ")
    calls = [line for line in text.split("\n") if line.startswith("seqcourse assign")]
    calls += re.findall(r"`(seqcourse assign [^`]*--out[^`]*)`", text)
    assert len(calls) == 3
    for call in calls:
        result = CliRunner().invoke(app, shlex.split(call)[1:])
        assert result.exit_code == 0, result.output
    header = cells(tmp_path / "hw3/release/hw3/hw3.ipynb")["header"].source
    assert "# Homework 3" in header and "2026-12-01 23:59" in header
    table = re.findall(r"^\| `([^`]+)` \| (?:you|students|`seq|nbg)", GUIDE, re.MULTILINE)
    table.remove("private/")  # hw4 has an exercise of one's own
    assert (tmp_path / "hw4/private/decay.py").is_file()
    there = {path.relative_to(tmp_path / "hw3") for path in (tmp_path / "hw3").rglob("*.*")}
    assert there == set(map(Path, table))
    usage = CliRunner().invoke(app, ["grade", "--help"], env={"COLUMNS": "200"}).output
    for option in set(re.findall(r"(?<![\w-])--(?:assignment|no-sandbox|partial)", GUIDE)):
        assert option in usage, option


@pytest.fixture
def teaching(small_book: Book) -> Book:  # noqa: F811
    """A small book with one chapter, and the guide as it is."""
    (small_book.root / "chapters" / "12_twelve.md").unlink()
    toc = small_book.root / "_toc.yml"
    pages = "      - file: book/instructors\n      - file: book/five_notes\n"
    toc.write_text(toc.read_text().replace("      - file: chapters/12_twelve\n", pages))
    config = small_book.root / "_config.yml"
    both = "seqcourse.publish.sphinx_ext, seqcourse.classroom.guide]"
    config.write_text(config.read_text().replace("seqcourse.publish.sphinx_ext]", both))
    (small_book.root / "book").mkdir()
    (small_book.root / "book/five_notes.md").write_text("# Five notes\n")
    (small_book.root / "book/instructors.md").write_text(GUIDE)
    helpers = "check = keep = lambda *anything: None"
    write_chapter(small_book.root, "02_two", TEXT % f"{helpers}\n{KEPT}", "print(2)")
    return small_book


def test_variations_are_named() -> None:
    (names,) = guide.AssignableTable.varied(None, "bp-tied")  # type: ignore[arg-type]
    assert names.astext() == ", ".join(variation.name for variation in variations("bp-tied"))


def test_its_tables(teaching: Book) -> None:
    run_stale(teaching)
    build_site(teaching)
    page = built(teaching, "book/instructors")
    assert "2 [../chapters/02_two.html] 2. The two 15 The fan" in page  # the second of eight weeks
    assert "10, to come – Sequence to sequence" in page
    assert "[../chapters/02_two.html] 2. The two Chapter 1; means and variances" in page
    assert "two-count [../chapters/02_two.html#two-count] 2.1 Count" in page
    assert "10 build –" in page and "5 derive –" in page
    assert "2 exercises, 15 minutes." in page


@pytest.mark.parametrize(
    ("line", "says"),
    [("3 |", "says nothing of chapter 2: add a line"), ("two |", "'two | Chapter 1; means")],
)
def test_a_line_that_does_not_do(
    teaching: Book, line: str, says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = teaching.root / "book/instructors.md"
    path.write_text(GUIDE.replace("2 | Chapter 1; means", f"{line} Chapter 1; means"))
    run_stale(teaching)
    with pytest.raises(BookError, match="not built"):
        build_site(teaching)
    assert says in capfd.readouterr().err


def test_no_chapter_is_forgotten() -> None:
    """As the build asks; but it can be asked without one."""
    (body,) = re.findall(r"```\{assumptions\}\n(.*?)```", GUIDE, re.DOTALL)
    said = {int(line.split("|")[0]) for line in body.strip().split("\n")}
    missing = {c.number for c in BOOK.chapters() if not c.is_draft} - said
    assert not missing, f"book/instructors.md does not say what chapters {missing} assume"
