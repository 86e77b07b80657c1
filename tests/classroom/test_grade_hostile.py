"""Broken and hostile submissions: each costs at most its own marks, and is told what happened."""

from __future__ import annotations

import contextlib
import csv
import os
import re
from pathlib import Path

import psutil
import pytest

from seqcourse.classroom.grading import grade_class
from seqcourse.classroom.inside.walls import Limits
from seqcourse.classroom.marking import Rules

from . import small
from .hostile import attacks, broken
from .hostile.case import Case

CASES = [*broken.CASES, *attacks.CASES]
LIMITS = Limits(cell=1.0, total=30, memory=512, disk=32)


@pytest.fixture(scope="module")
def class_(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with all that marking wrote, after one run over all cases at once."""
    folder = tmp_path_factory.mktemp("hostile")
    small.write_assignment(folder / "small")
    (folder / "submissions").mkdir()
    for case in CASES:
        case.write(folder / "submissions", case.name)
    out = folder / "out"
    grade_class(folder / "submissions", folder / "small", out, Rules(limits=LIMITS, workers=2))
    return out


@pytest.fixture(scope="module")
def rows(class_: Path) -> dict[tuple[str, str], dict[str, str]]:
    with (class_ / "marks.csv").open(newline="", encoding="utf-8") as file:
        return {(row["student"], row["exercise"]): row for row in csv.DictReader(file)}


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 80
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_costs_its_own_marks_and_is_told_what_happened(
    case: Case, rows: dict[tuple[str, str], dict[str, str]]
) -> None:
    student = f"'{case.name}" if case.name.startswith("=") else case.name
    for slug, points in case.points.items():
        row = rows[student, slug]
        assert float(row["points"]) == points, f"{slug}: {row['reason']}"
        assert row["reason"].strip(), f"{slug} has no reason"
    for slug, says in case.says.items():
        reason = rows[student, slug]["reason"]
        assert re.search(says, reason, re.IGNORECASE), reason


@pytest.mark.parametrize("case", [c for c in CASES if c.notes], ids=lambda case: case.name)
def test_the_page_says_what_was_odd(case: Case, class_: Path) -> None:
    import html

    pages = [p.read_text("utf-8") for p in (class_ / "feedback").glob("*.html")]
    (page,) = [p for p in pages if f"<p class=soft>{html.escape(case.name)}</p>" in p]
    assert re.search(case.notes, html.unescape(page)), page


def test_nothing_of_a_students_becomes_part_of_a_page(class_: Path) -> None:
    for page in [*(class_ / "feedback").glob("*.html"), class_ / "summary.html"]:
        text = page.read_text("utf-8")
        assert "<script" not in text, page
        assert "<b>bold" not in text, page


def test_every_case_has_a_page_of_its_own(class_: Path) -> None:
    assert len(list((class_ / "feedback").glob("*.html"))) == len(CASES)


def test_no_process_of_a_submission_is_left(class_: Path) -> None:
    left = []
    for process in psutil.process_iter(["cmdline"]):
        if "seqcourse.classroom.inside.zygote" not in (process.info["cmdline"] or []):
            continue
        with contextlib.suppress(psutil.NoSuchProcess):
            family = {parent.pid for parent in process.parents()}
            # Those of a test that runs beside this one have its process above them.
            if os.getpid() in family or os.getppid() not in family:
                left.append(process)
    assert not left
