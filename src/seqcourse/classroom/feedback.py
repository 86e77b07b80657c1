"""What students and instructors get: a page for each student, and the table of marks.

A page is one file: no script, no picture from elsewhere. It opens offline and on a telephone.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from seqcourse.classroom.assignment import Assignment
from seqcourse.classroom.tasks import counted

UNSAFE = (
    "Marked without a sandbox: submissions were run with all rights of the person who marked. "
    "A submission could have changed files, or marks."
)

_STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1b; --paper: #fefefd; --soft: #5c5c60;
  --line: #d9d9dc; --passed: #00724f; --failed: #b34700; --open: #5c5c60; --card: #f5f5f3 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e6; --paper: #17181a; --soft: #a9a9ad;
  --line: #3a3b3f; --passed: #35c79b; --failed: #ff9350; --open: #a9a9ad; --card: #202225 } }
body { margin: 0 auto; max-width: 44rem; padding: 1rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1.1rem; margin: 0 }
section { border-left: .3rem solid var(--line); background: var(--card); padding: .75rem 1rem;
  margin: 1rem 0 } section.passed { border-color: var(--passed) }
section.failed { border-color: var(--failed) }
.state { font-weight: 600 } .passed .state { color: var(--passed) }
.failed .state { color: var(--failed) } .soft { color: var(--soft) }
.code { font-family: ui-monospace, monospace; font-size: .9rem; white-space: pre-wrap }
.warn { border: .15rem solid var(--failed); padding: .5rem 1rem } p { margin: .35rem 0 }
table { border-collapse: collapse } .wide { overflow-x: auto } th, td { padding: .3rem .6rem;
  border-bottom: 1px solid var(--line); text-align: left } td.n, th.n { text-align: right }
svg, img { max-width: 100%; height: auto } pre { white-space: pre-wrap }
"""

_WORDS = {
    "passed": "✓ Passed",
    "failed": "✗ Not yet right",
    "not attempted": "○ Not attempted",
    "by hand": "Marked by hand",
}
_AGAIN = re.compile(r"passed (\d+) of \1\.|not attempted( yet)?\.", re.IGNORECASE)


def page(title: str, body: str) -> str:
    """A whole page, from a title in plain text and a body in HTML."""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src 'unsafe-inline'; img-src data:\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def feedback(marks: dict[str, Any], assignment: Assignment) -> str:
    """A student's page.

    Args:
        marks: of this student, as `marking.mark_all` gives them.
        assignment: what was asked.
    """
    left, most = open_of(marks, assignment)
    total = f"{number(points_of(marks))} of {number(assignment.points)} points"
    later = (
        f" so far; {counted(left, 'answer')}, up to {number(most)} points, yet to be marked by hand"
        if left
        else ""
    )
    head = (
        f"<h1>{escape(assignment.title)}</h1>\n<p class=soft>{escape(marks['student'])}</p>\n"
        f"<p><strong>{total}</strong>{later}</p>\n"
    )
    if not marks["sandbox"]:
        head += f"<p class=warn>{UNSAFE}</p>\n"
    if marks["notes"]:
        items = "".join(f"<li>{escape(note)}</li>" for note in marks["notes"])
        head += f"<p>About what you handed in:</p>\n<ul>{items}</ul>\n"
    rows = zip(assignment.parts, marks["exercises"], strict=True)
    return page(
        f"{assignment.title}: {marks['student']}",
        head + "\n".join(_section(part, row) for part, row in rows),
    )


def _section(part: Any, row: dict[str, Any]) -> str:
    points = "–" if row["points"] is None else number(row["points"])
    word = "To be marked by hand" if row["points"] is None else _WORDS[row["state"]]
    lines = list(row["lines"])
    if lines and _AGAIN.fullmatch(lines[0]):
        lines.pop(0)
    body = "".join(_line(line) for line in lines)
    if row.get("text"):
        body += f"<details><summary>Your answer</summary><pre>{escape(row['text'])}</pre></details>"
    return (
        f'<section class="{row["state"].split()[0]}">\n<h2>{escape(part.title)}</h2>\n'
        f"<p><span class=state>{word}</span> · {points} of "
        f"{number(part.points)} points <span class=soft>· {escape(part.slug)}</span></p>\n"
        f"{body}\n</section>"
    )


def _line(line: str) -> str:
    code = re.match(r"given: |expected: |In ", line)
    return f"<p{' class=code' if code else ''}>{escape(line)}</p>"


def marks_table(all_marks: Sequence[dict[str, Any]], assignment: Assignment, unsafe: bool) -> str:
    """The table of marks as CSV: student, exercise, points, reason."""
    most = {part.slug: part.points for part in assignment.parts}
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["student", "exercise", "points", "reason"])
    for marks in all_marks:
        for place, row in enumerate(marks["exercises"]):
            lines = list(row["lines"])
            if row["points"] is None:
                lines.insert(0, f"To be marked by hand: up to {number(most[row['slug']])} more.")
            elif not lines:
                lines = ["Marked by hand."]
            lines += marks["notes"] if not row["points"] or place == 0 else []
            lines += [f"[{UNSAFE}]"] if unsafe else []
            points = "" if row["points"] is None else number(row["points"])
            cells = [safe_cell(marks["student"]), row["slug"], points]
            table.writerow([*cells, safe_cell(" | ".join(lines))])
    return out.getvalue()


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula, on one line."""
    return as_text(re.sub(r"(;\s*)(?=[=+@|-])", r"\1'", " ".join(text.split())))


def as_text(text: str) -> str:
    """A cell's text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip()[:1] in tuple("=+-@|") else text


def file_names(students: Iterable[str]) -> dict[str, str]:
    """A file name for each student's page: safe anywhere, and never twice the same."""
    found: dict[str, str] = {}
    for student in students:
        name = re.sub(r"[^\w.-]+", "_", student).strip("._")[:60] or "student"
        if name != student or name.lower() in {n.lower() for n in found.values()}:
            name += f"-{hashlib.sha256(student.encode(errors='replace')).hexdigest()[:8]}"
        found[student] = name
    return {student: f"{name}.html" for student, name in found.items()}


def points_of(marks: dict[str, Any]) -> float:
    """The sum of what is marked."""
    return sum(row["points"] or 0.0 for row in marks["exercises"])


def open_of(marks: dict[str, Any], assignment: Assignment) -> tuple[int, float]:
    """How many answers wait for a person, and how many points these may bring at most."""
    rows = zip(assignment.parts, marks["exercises"], strict=True)
    left = [part.points for part, row in rows if row["points"] is None]
    return len(left), sum(left)


def unfinished(count: int) -> str:
    """Such as '1 total is not complete', '2 totals are not complete'."""
    return f"{counted(count, 'total')} {'is' if count == 1 else 'are'} not complete"


def number(value: float) -> str:
    """Points as people write them: 2, not 2.0."""
    return f"{round(value, 2):g}"
