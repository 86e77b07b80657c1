"""What marking says to instructors and students, and what it refuses before it marks."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqcourse.classroom import grading, marking
from seqcourse.classroom.assembling import Script, assemble
from seqcourse.classroom.assignment import Assignment, read_assignment
from seqcourse.classroom.byhand import (
    BY_HAND,
    NOT_FOUND,
    ByHandError,
    Given,
    read_given,
    write_table,
)
from seqcourse.classroom.feedback import feedback, marks_table
from seqcourse.classroom.grading import GradingError, Result, grade_class, told
from seqcourse.classroom.inside.walls import Limits
from seqcourse.classroom.marking import Rules
from seqcourse.classroom.submissions import Candidate, Submitted, find_submissions
from seqcourse.classroom.summary import _distribution, summary

from . import small

RULES = Rules(limits=Limits(cell=5, total=60, memory=1024, disk=32))
Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small.write_assignment(tmp_path_factory.mktemp("told") / "small")


@pytest.fixture(scope="module")
def assignment(folder: Path) -> Assignment:
    return read_assignment(folder)


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("marking began")

    monkeypatch.setattr(grading, "mark_all", refuse)


def book(change: Change = lambda book: None, **answers: str) -> str:
    made = small.notebook({**small.SOLUTIONS, "why-cut": "Tape is long.", **answers})
    change(made)
    return json.dumps(made)


def other(made: dict[str, Any]) -> None:
    """A notebook of another assignment, with its own title and cells."""
    made["metadata"]["seqcourse"] = {"assignment": "hw3"}
    made["cells"] = [
        small.cell("markdown", "header", "# Homework 3", locked=True),
        small.cell("code", "answer-ar-fit", "def fit(): return 1", solution=True),
    ]


def bare(made: dict[str, Any]) -> None:
    for cell in made["cells"]:
        cell["metadata"] = {}
        del cell["id"]


def assembled(assignment: Assignment, *texts: str) -> Script:
    files = [Candidate(f"{n}.ipynb", text.encode()) for n, text in enumerate(texts)]
    return assemble(Submitted("kim", tuple(files)), assignment)


def hand_in(path: Path, **books: str) -> Path:
    path.mkdir()
    for name, text in books.items():
        (path / f"{name}.ipynb").write_text(text, "utf-8")
    return path


def made(assignment: Assignment, student: str, **changes: dict[str, Any]) -> dict[str, Any]:
    """Marks as they are stored: all right, but for these exercises."""
    rows = []
    for part in assignment.parts:
        row = {"slug": part.slug, "state": "passed", "points": part.points, "mistake": ""}
        row |= {"lines": ["Passed 2 of 2."]}
        if part.kind == "text":
            row |= {"state": "by hand", "points": None, "lines": [], "text": "Long."}
        rows.append({**row, **changes.get(part.slug.replace("-", "_"), {})})
    odd = {"notes": [], "other": "", "several": False}
    return {"student": student, "sandbox": True, **odd, "exercises": rows}


def test_the_marks_of_another_assignment_are_not_overwritten(
    folder: Path, tmp_path: Path, nothing_runs: None
) -> None:
    papers, out = hand_in(tmp_path / "in", kim=book()), tmp_path / "out"
    store = out / ".store" / "marks_of"
    store.parent.mkdir(parents=True)
    store.write_text(json.dumps({"name": "hw4", "seed": small.SEED}), "utf-8")
    (out / "marks.csv").write_text("theirs", "utf-8")
    for held, says in (("hw4", "holds the marks of hw4, not of small"), ("", "does not say")):
        if not held:
            store.unlink()
        with pytest.raises(GradingError, match=rf"{says}.*: give another --out"):
            grade_class(papers, folder, out, RULES)
        assert (out / "marks.csv").read_text("utf-8") == "theirs"


def test_marks_do_not_go_where_they_would_be_read(
    folder: Path, tmp_path: Path, nothing_runs: None
) -> None:
    papers = hand_in(tmp_path / "in", kim=book())
    for out in (folder, papers, papers / "marks"):
        with pytest.raises(GradingError, match="give another --out"):
            grade_class(papers, folder, out, RULES)
    assert not (papers / "marks").exists() and not (folder / ".store").exists()


def test_a_notebook_of_another_assignment_is_called_that(assignment: Assignment) -> None:
    says = "This is the notebook of Homework 3, not of A small assignment."
    script = assembled(assignment, book(other))
    assert script.notes == [says]
    assert script.open == dict.fromkeys(small.POINTS, "not attempted.")

    def unnamed(made: dict[str, Any]) -> None:
        other(made)
        del made["metadata"]["seqcourse"]

    assert assembled(assignment, book(unnamed)).notes == [says]
    assert not assembled(assignment, book()).notes


def test_the_console_names_it_and_where_most_are_it_stops(
    folder: Path, assignment: Assignment, tmp_path: Path, nothing_runs: None
) -> None:
    papers = hand_in(tmp_path / "in", kim=book(other), lee=book(other), ann=book())
    with pytest.raises(GradingError, match=r"2 of 3 submissions are .* 2 × Homework 3"):
        grade_class(papers, folder, tmp_path / "out", RULES)
    marks = {**made(assignment, "kim"), "other": "Homework 3"}
    (line,) = grading._remarks([marks, made(assignment, "ann")], assignment)
    assert line == "kim: This is the notebook of Homework 3, not of A small assignment."


def test_words_are_found_where_the_metadata_is_lost(assignment: Assignment) -> None:
    def ids_left(made: dict[str, Any]) -> None:
        for cell in made["cells"]:
            cell["metadata"] = {}

    assert assembled(assignment, book(ids_left)).texts["why-cut"] == "Tape is long."
    script = assembled(assignment, book(bare))
    assert script.texts["why-cut"] == "Tape is long." and not script.open
    assert "Why cut?: the answer was found by its place." in script.notes


def test_words_beneath_the_cell_for_them_are_found(assignment: Assignment) -> None:
    def beneath(made: dict[str, Any]) -> None:
        made["cells"].append(small.cell("markdown", "", "Tape is long."))

    stub = small.TASKS["why-cut"]["stub"]
    script = assembled(assignment, book(beneath, **{"why-cut": stub}))
    assert script.texts["why-cut"] == "Tape is long." and not script.open


def test_words_that_are_not_found_are_no_zero(assignment: Assignment) -> None:
    def moved(made: dict[str, Any]) -> None:
        bare(made)
        made["cells"] = [c for c in made["cells"] if not c["source"].startswith("## Why")]
        made["cells"].insert(0, made["cells"].pop())

    script = assembled(assignment, book(moved))
    assert script.lost == {"why-cut"} and "why-cut" not in script.open
    (part,) = [p for p in assignment.parts if p.slug == "why-cut"]
    row = marking._row(part, marking._by_hand(part, script), RULES)
    assert row["state"] == "by hand" and row["points"] is None
    assert "not found: look yourself" in NOT_FOUND


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize(("mark", "points"), [(",", '"1,5"'), (";", "1,5"), ("\t", "1.5")])
def test_points_survive_a_spreadsheet(
    assignment: Assignment, tmp_path: Path, encoding: str, mark: str, points: str
) -> None:
    lines = ["student,exercise,points,of,comment,answer", "Jörg,why-cut,@,2,Größe,Lang"]
    text = "\r\n".join(lines).replace(",", mark).replace("@", points)
    (tmp_path / BY_HAND).write_bytes(text.encode(encoding))
    given = read_given(tmp_path / BY_HAND, assignment, ["Jörg"])
    assert given.points == {("Jörg", "why-cut"): 1.5}
    assert given.comments == {("Jörg", "why-cut"): "Größe"} and given.delimiter == mark


def test_all_errors_are_told_at_once_and_before_marking(
    folder: Path, tmp_path: Path, nothing_runs: None
) -> None:
    papers, out = hand_in(tmp_path / "in", kim=book(), lee=book()), tmp_path / "out"
    out.mkdir()
    table = "student;exercise;points\nkim;why-cut;9\nlee;why-cut;much\nbob;why-cut;1\n"
    (out / BY_HAND).write_text(table, "utf-8")
    with pytest.raises(ByHandError) as caught:
        grade_class(papers, folder, out, RULES)
    for says in ("kim has '9' points; give 0 to 2", "lee has 'much'", "nobody called 'bob'"):
        assert says in str(caught.value)
    (out / BY_HAND).write_text("name,mark\n", "utf-8")
    with pytest.raises(ByHandError, match="lacks the columns student, exercise, points"):
        grade_class(papers, folder, out, RULES)


def test_the_table_shows_the_most_and_opens_in_excel(
    assignment: Assignment, tmp_path: Path
) -> None:
    path = tmp_path / BY_HAND
    write_table([made(assignment, "Jörg")], Given(), assignment, path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(newline="", encoding="utf-8-sig") as file:
        (row,) = csv.DictReader(file)
    assert row["of"] == "2" and row["student"] == "Jörg" and row["answer"] == "Long."


def test_totals_that_are_not_complete_say_so(assignment: Assignment) -> None:
    marks = [made(assignment, "kim"), made(assignment, "lee", why_cut={"points": 2.0})]
    result = Result(2, 7.0, 8.0, by_hand=1, incomplete=1, remarks=())
    console = told(result, Path("out"))
    assert "median 7 of 8 points; 1 total is not complete." in console
    assert "1 answer waits for you" in console and "do not hand out" in console
    page = summary(marks, assignment, {"kim": "kim.html", "lee": "lee.html"})
    assert "1 total is not complete" in page and "6 + up to 2" in page
    assert "1 answer to be marked by hand" in page
    kim, lee = (feedback(one, assignment) for one in marks)
    assert "6 of 8 points</strong> so far; 1 answer, up to 2 points, yet" in kim
    assert "8 of 8 points</strong></p>" in lee
    assert "To be marked by hand: up to 2 more." in marks_table(marks, assignment, False)


def test_the_summary_prints_the_one_that_is_left_over(assignment: Assignment) -> None:
    marks = []
    for n in range(6):
        wrong = {"state": "failed", "points": 0.0, "mistake": f"mistake {n}", "lines": ["No."]}
        marks.append(made(assignment, f"s{n}", bp_step=wrong))
    marks[0]["notes"] = ["Odd."]
    page = summary(marks, assignment, {f"s{n}": f"s{n}.html" for n in range(6)})
    assert "1 × mistake 5" in page and "something else" not in page
    assert "1 note on what was handed in" in page
    assert "2 from 24 to 25." in _distribution(np.array([25.0, 25.0]), 25)  # and no further


def test_a_page_says_nothing_twice_and_begins_with_capitals(assignment: Assignment) -> None:
    page = feedback(made(assignment, "kim", why_cut={"points": 1.0}), assignment)
    assert "✓ Passed" in page and "Passed 2 of 2" not in page and "…" not in page
    assert ">Marked by hand</span>" in page
    assert marking._begun("your code raised ValueError") == "Your code raised ValueError"
    for line in ("given:    3", "expected: 4", "h_T is wrong"):
        assert marking._begun(line) == line


def test_which_of_several_counts_is_said(assignment: Assignment) -> None:
    script = assembled(assignment, book(), json.dumps(small.notebook()))
    rule = "the one with the most answers filled in counts; of equals, the one that is called "
    (note,) = script.notes
    assert note.startswith(f"2 notebooks were handed in; 0.ipynb was marked: {rule}small.ipynb")
    marks = {**made(assignment, "kim"), "several": True, "notes": [note]}
    (line,) = grading._remarks([marks], assignment)
    assert line.startswith(f"Several notebooks came from kim: {rule}")
    first = marks_table([marks], assignment, False).splitlines()[1]
    assert "2 notebooks were handed in" in first


def test_a_list_beside_the_notebooks_is_no_student(tmp_path: Path) -> None:
    papers = hand_in(tmp_path / "in", kim=book())
    (papers / "a.txt").write_text("names", "utf-8")
    said: list[str] = []
    assert [one.student for one in find_submissions(papers, "small", said.append)] == ["kim"]
    assert said == ["a.txt is no submission: left out."]


def test_what_happened_on_the_way_to_full_marks_is_left_out(folder: Path, tmp_path: Path) -> None:
    def stops(made: dict[str, Any]) -> None:
        made["cells"].insert(2, small.cell("code", "", "1 / 0"))

    papers, said = hand_in(tmp_path / "in", kim=book(stops)), []
    bars: list[int] = []

    def progress(count: int) -> Callable[[], None]:
        bars.append(len(said))
        return lambda: None

    grade_class(papers, folder, tmp_path / "out", RULES, progress, said.append)
    assert said[0] == "Opening the sandbox …" and bars[0] > 0
    page = (tmp_path / "out" / "feedback" / "kim.html").read_text("utf-8")
    assert "ZeroDivisionError" not in page and "6 of 8 points" in page
