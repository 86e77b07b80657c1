"""The summary for the instructor: how the class did, and what went wrong most often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from seqcourse import figures
from seqcourse.classroom.assignment import Assignment, Part
from seqcourse.classroom.feedback import UNSAFE, number, open_of, page, points_of, unfinished
from seqcourse.classroom.tasks import counted

_MOST = 5  # mistakes shown of an exercise

Class = Sequence[dict[str, Any]]


def summary(all_marks: Class, assignment: Assignment, pages: dict[str, str]) -> str:
    """A page about the whole class.

    Args:
        all_marks: of every student.
        assignment: what was asked.
        pages: by student, the name of the feedback's file.
    """
    totals = np.array([points_of(marks) for marks in all_marks])
    middle, mean = number(float(np.median(totals))), number(float(totals.mean()))
    body = [
        f"<h1>{escape(assignment.title)}: the class</h1>",
        f"<p>{counted(len(all_marks), 'submission')} · median {middle} of "
        f"{number(assignment.points)} points · mean {mean}</p>",
    ]
    if incomplete := sum(open_of(marks, assignment)[0] > 0 for marks in all_marks):
        body.append(
            f"<p class=warn>{unfinished(incomplete)}: answers wait to be marked by hand, and count "
            "as 0 until then.</p>"
        )
    if not all(marks["sandbox"] for marks in all_marks):
        body.append(f"<p class=warn>{UNSAFE}</p>")
    body += [_distribution(totals, assignment.points), _passed(all_marks, assignment)]
    for place, part in enumerate(assignment.parts):
        body.append(_exercise(part, [marks["exercises"][place] for marks in all_marks]))
    body += [_odd(all_marks), _table(all_marks, assignment, pages)]
    return page(f"{assignment.title}: the class", "\n".join(body))


def _distribution(totals: np.ndarray, most: float) -> str:
    figure, axes = figures.subplots(height=2.2)
    width = max(1.0, np.ceil(most / 12))
    edges = np.append(np.arange(0, most, width), most)  # full marks are in the last
    counts, _ = np.histogram(totals, edges)
    axes.bar(edges[:-1], counts, np.diff(edges), align="edge", edgecolor="white")
    axes.set(xlabel="points", ylabel="students", title="Points", xlim=(0, most))
    axes.yaxis.get_major_locator().set_params(integer=True)
    told = ", ".join(
        f"{count} from {number(a)} to {'below ' if b < most else ''}{number(b)}"
        for a, b, count in zip(edges, edges[1:], counts, strict=False)
        if count
    )
    return figures.picture(figure, alt=f"Histogram of points. Students: {told}.")


def _passed(all_marks: Class, assignment: Assignment) -> str:
    """How many passed each exercise."""
    states = ("passed", "failed", "not attempted", "by hand")
    counts = {
        state: [
            sum(marks["exercises"][place]["state"] == state for marks in all_marks)
            for place in range(len(assignment.parts))
        ]
        for state in states
    }
    names = [
        part.title if len(part.title) < 26 else f"{part.title[:24]}…" for part in assignment.parts
    ]
    figure, axes = figures.subplots(height=1.5 + 0.35 * len(names))
    colours = dict(
        zip(
            states,
            (*(figures.PALETTE[i] for i in (2, 1)), "#909094", figures.PALETTE[5]),
            strict=True,
        )
    )
    begin, rows = np.zeros(len(names)), np.arange(len(names))
    for state in states:
        if any(counts[state]):
            axes.barh(rows, counts[state], left=begin, color=colours[state], label=state)
            begin += counts[state]
    axes.set_yticks(rows, names)
    axes.invert_yaxis()
    axes.set(xlabel="students", title="Exercises")
    axes.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(loc="outside lower left", ncol=2)
    told = "; ".join(
        f"{part.title}: " + ", ".join(f"{counts[s][i]} {s}" for s in states if counts[s][i])
        for i, part in enumerate(assignment.parts)
    )
    return figures.picture(figure, alt=f"Students by exercise. {told}.")


def _exercise(part: Part, rows: list[dict[str, Any]]) -> str:
    """The commonest mistakes of one exercise."""
    common = Counter(row["mistake"] for row in rows if row["mistake"]).most_common()
    common.sort(key=lambda pair: (-pair[1], pair[0]))
    passed = sum(row["state"] == "passed" for row in rows)
    head = f"<h2>{escape(part.title)}</h2><p>{passed} of {len(rows)} passed.</p>"
    if part.kind == "text":
        waiting = sum(row["points"] is None for row in rows)
        told = f"{counted(waiting, 'answer')} to be marked by hand."
        head = f"<h2>{escape(part.title)}</h2><p>{told}</p>"
    shown = len(common) if len(common) == _MOST + 1 else _MOST
    items = "".join(f"<li>{n} × {escape(text)}</li>" for text, n in common[:shown])
    more = sum(n for _, n in common[shown:])
    items += f"<li>{more} × something else</li>" if more else ""
    return f"<section>{head}{f'<ol>{items}</ol>' if items else ''}</section>"


def _odd(all_marks: Class) -> str:
    """What happened besides: files that were odd, cells that stopped."""
    items = [
        f"<li><strong>{escape(marks['student'])}</strong>: {escape(note)}</li>"
        for marks in all_marks
        for note in marks["notes"]
    ]
    if not items:
        return ""
    shown = "".join(items)
    head = f"<summary>{counted(len(items), 'note')} on what was handed in</summary>"
    return f"<details>{head}<ul>{shown}</ul></details>"


def _table(all_marks: Class, assignment: Assignment, pages: dict[str, str]) -> str:
    rows = ""
    for marks in all_marks:
        name, most = escape(marks["student"]), open_of(marks, assignment)[1]
        points = number(points_of(marks)) + (f" + up to {number(most)}" if most else "")
        link = f'<a href="feedback/{escape(pages[marks["student"]])}">{name}</a>'
        rows += f"<tr><td>{link}</td><td class=n>{points}</td></tr>"
    head = "<tr><th>student</th><th class=n>points</th></tr>"
    return f"<div class=wide><table>{head}{rows}</table></div>"
