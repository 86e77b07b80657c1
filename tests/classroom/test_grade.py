"""A class is marked: the same way each time, whatever stops it, and never without a sandbox."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seqcourse.classroom import marking, probe
from seqcourse.classroom.byhand import BY_HAND, ByHandError
from seqcourse.classroom.feedback import UNSAFE
from seqcourse.classroom.grading import grade_class
from seqcourse.classroom.inside.walls import Limits
from seqcourse.classroom.marking import Rules
from seqcourse.classroom.sandbox import SandboxError

from . import small

STUDENTS = 30
LIMITS = Limits(cell=5, total=60, memory=1024, disk=32)
WRONG = "def tied(copies):\n    return copies.sum(0)"
WORDS = "**Because** the tape is long.\n<script>alert(1)</script>"


def submit(folder: Path, name: str, answers: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.ipynb").write_text(json.dumps(small.notebook(answers)), "utf-8")


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "marks.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def family(root: int) -> set[int]:
    """A process and all that it has started, and these in turn."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = {root}
    while more := {p for p, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def wrote(out: Path) -> dict[str, bytes]:
    """All that marking wrote for people."""
    files = [*out.glob("*.csv"), *out.glob("*.html"), *out.glob("feedback/*.html")]
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assignment, and thirty submissions: ten perfect, ten blank, ten with one mistake."""
    folder = tmp_path_factory.mktemp("class")
    small.write_assignment(folder / "small")
    kinds = (small.SOLUTIONS, {}, {**small.SOLUTIONS, "bp-tied": WRONG, "why-cut": WORDS})
    for number in range(STUDENTS):
        answers = {**kinds[number % 3]}
        if answers:  # no two files are the same
            answers["bp-step"] = f"# {number}\n{answers['bp-step']}"
        submit(folder / "submissions", f"student-{number:02}", answers)
    return folder


@pytest.fixture(scope="module")
def marked(given: Path) -> Path:
    rules = Rules(limits=LIMITS, workers=2)
    grade_class(given / "submissions", given / "small", given / "out", rules)
    return given / "out"


def test_a_perfect_class_a_blank_one_and_one_with_a_mistake(marked: Path) -> None:
    found = rows(marked)
    assert len(found) == STUDENTS * len(small.POINTS)
    for row in found:
        kind = int(row["student"][-2:]) % 3
        full = kind == 0 or kind == 2 and row["exercise"] != "bp-tied"
        if row["exercise"] == "why-cut":
            assert row["points"] == ("0" if kind == 1 else "")
        else:
            assert float(row["points"]) == full * small.POINTS[row["exercise"]], row
        if kind == 1:
            assert row["reason"].startswith("Not attempted"), row
        if kind == 2 and row["exercise"] == "bp-tied":
            assert "That sums all copies as they are" in row["reason"]


def test_the_summary_counts_the_class_and_its_commonest_mistake(marked: Path) -> None:
    page = (marked / "summary.html").read_text("utf-8")
    assert "30 submissions" in page
    assert "10 × That sums all copies as they are" in page
    assert "20 of 30 passed" in page and "10 of 30 passed" in page
    assert page.count("<svg") == 2 and page.count('role="img"') == 2
    links = re.findall(r'<a href="([^"]+)"', page)
    assert len(links) == STUDENTS and all((marked / link).is_file() for link in links)


def test_a_page_stands_alone_and_shows_only_what_is_the_students(marked: Path) -> None:
    page = (marked / "feedback" / "student-02.html").read_text("utf-8")
    assert not re.search(r"(src|href)=|@import|url\(|<script", page)
    assert "prefers-color-scheme: dark" in page and "width=device-width" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "That sums all copies as they are" in page and "given:" in page
    assert "student-03" not in page and UNSAFE not in page


def test_the_same_input_gives_the_same_files(given: Path, marked: Path, tmp_path: Path) -> None:
    rules = Rules(limits=LIMITS, workers=1)
    grade_class(given / "submissions", given / "small", tmp_path / "out", rules)
    assert wrote(tmp_path / "out") == wrote(marked)


def test_what_is_marked_is_not_marked_again(
    given: Path, marked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = wrote(marked)

    def refuse(*_: object) -> None:
        raise AssertionError("a room was opened")

    monkeypatch.setattr(marking, "Room", refuse)
    monkeypatch.setattr(marking, "proven", refuse)
    grade_class(given / "submissions", given / "small", marked, Rules(limits=LIMITS))
    assert wrote(marked) == before


def test_killed_in_the_middle_it_goes_on_and_loses_nothing(
    given: Path, marked: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    store = out / ".store"
    command = [sys.executable, "-m", "seqcourse", "grade", str(given / "submissions")]
    command += ["--assignment", str(given / "small"), "--out", str(out), "--workers", "1"]
    command += ["--seconds", "5", "--total", "60", "--memory", "1024", "--disk", "32"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 300
    while len(list(store.glob("*.json"))) < 5 and time.monotonic() < until:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)
    started = family(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    until = time.monotonic() + 60
    while left := [p for p in started if Path(f"/proc/{p}").exists()]:
        assert time.monotonic() < until, f"what it had started goes on: {left}"
        time.sleep(0.1)
    assert len(started) > 3
    kept = {path: path.stat().st_mtime_ns for path in store.glob("*.json")}
    assert 5 <= len(kept) < STUDENTS
    assert not (out / "marks.csv").exists()
    for path in kept:
        json.loads(path.read_text("utf-8"))  # none is half-written
    grade_class(given / "submissions", given / "small", out, Rules(limits=LIMITS))
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert wrote(out) == wrote(marked)


def test_a_changed_submission_alone_is_marked_again(
    given: Path, marked: Path, tmp_path: Path
) -> None:
    shutil.copytree(marked, tmp_path / "out")
    shutil.copytree(given / "submissions", tmp_path / "submissions")
    submit(tmp_path / "submissions", "student-02", small.SOLUTIONS)
    seen: list[str] = []
    kept = marking.mark

    def mark(submitted, *rest):  # type: ignore[no-untyped-def]
        seen.append(submitted.student)
        return kept(submitted, *rest)

    marking.mark = mark
    try:
        rules = Rules(limits=LIMITS)
        result = grade_class(tmp_path / "submissions", given / "small", tmp_path / "out", rules)
    finally:
        marking.mark = kept
    assert seen == ["student-02"] and result.students == STUDENTS
    points = [r["points"] for r in rows(tmp_path / "out") if r["student"] == "student-02"]
    assert points[:3] == ["2", "3", "1"]


def test_points_given_by_hand_are_taken_in(given: Path, marked: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(marked, out)
    with (out / BY_HAND).open(newline="", encoding="utf-8-sig") as file:
        table = list(csv.DictReader(file))
    assert len(table) == 20 and {row["exercise"] for row in table} == {"why-cut"}
    table[1] |= {"points": "1.5", "comment": "Which tape?"}

    def write() -> None:
        with (out / BY_HAND).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(table[0]))
            writer.writeheader()
            writer.writerows(table)

    write()
    rules = Rules(limits=LIMITS)
    result = grade_class(given / "submissions", given / "small", out, rules)
    assert result.by_hand == 19
    student = table[1]["student"]
    (row,) = [r for r in rows(out) if (r["student"], r["exercise"]) == (student, "why-cut")]
    assert row["points"] == "1.5" and row["reason"] == "Which tape?"
    table[1]["points"] = "9"
    write()
    with pytest.raises(ByHandError, match=f"{student} has '9' points; give 0 to 2"):
        grade_class(given / "submissions", given / "small", out, rules)


def test_without_a_sandbox_nothing_is_marked(
    given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marking, "proven", probe.proven)
    monkeypatch.setattr(probe, "probe", lambda kind, limits: ["reaches the network"])
    with pytest.raises(SandboxError, match=r"reaches the network.*\n.*--no-sandbox"):
        grade_class(given / "submissions", given / "small", tmp_path, Rules(limits=LIMITS))
    assert not (tmp_path / "marks.csv").exists()
    assert not list((tmp_path / ".store").glob("*.json"))


def test_asked_to_do_without_every_report_says_so(given: Path, tmp_path: Path) -> None:
    for name in ("student-00", "student-02"):  # harmless: the course's own solutions
        submit(tmp_path / "submissions", name, small.SOLUTIONS)
    said: list[str] = []
    rules = Rules(sandbox=False, limits=LIMITS)
    grade_class(tmp_path / "submissions", given / "small", tmp_path / "out", rules, say=said.append)
    assert [r["points"] for r in rows(tmp_path / "out")][:3] == ["2", "3", "1"]
    assert all(UNSAFE in row["reason"] for row in rows(tmp_path / "out"))
    for page in (tmp_path / "out").rglob("*.html"):
        assert UNSAFE in page.read_text("utf-8"), page
    assert UNSAFE in said[0]


def test_partial_marks_are_the_share_of_what_holds(given: Path, tmp_path: Path) -> None:
    answers = {**small.SOLUTIONS, "bp-reached": "reach = (21, 0.2, 0.5)"}
    submit(tmp_path / "submissions", "kim", answers)
    rules = Rules(limits=LIMITS, partial=True)
    grade_class(tmp_path / "submissions", given / "small", tmp_path / "out", rules)
    found = {row["exercise"]: row["points"] for row in rows(tmp_path / "out")}
    assert found["bp-reached"] == "0.67" and found["bp-tied"] == "2"
