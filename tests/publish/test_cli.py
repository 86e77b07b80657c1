"""The command line: what it says where something is wrong, and the skeleton of a chapter."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from seqcourse.cli import app
from seqcourse.lesson import exercises
from seqcourse.publish.book import Book
from seqcourse.publish.reading import Page
from seqcourse.publish.runner import run_stale
from seqcourse.publish.skeleton import write_skeleton

from ..lesson.proving import tasks
from ..lesson.wrong import Wrong

RUNNER = CliRunner()


def test_book_outside_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = RUNNER.invoke(app, ["book"])
    assert result.exit_code == 1
    assert "not inside a checkout" in result.output


def test_new_chapter_is_a_draft_that_runs(new_book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(new_book.root)
    result = RUNNER.invoke(app, ["new-chapter", "04_recurrent_networks"])
    assert result.exit_code == 0, result.output
    chapter = next(c for c in new_book.chapters() if c.number == 4)
    assert chapter.is_draft
    assert run_stale(new_book, only=[4]) == [4]
    toc = (new_book.root / "_toc.yml").read_text()
    assert "chapters/02_two\n      - file: chapters/04_recurrent_networks\n      - file" in toc


def test_the_exercise_of_a_new_chapter_is_proven(
    new_book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exercises, "_FOUND", {})
    chapter, checkers, wrong = write_skeleton(new_book, "04_recurrent_networks")
    exec(checkers.read_text(), {"__name__": "checkers"})  # registers what it defines
    (task,) = tasks(Page(chapter, chapter.read_text()))
    assert task.grade(task.solution).state == "passed"
    assert task.grade(task.stub).state == "not attempted"
    source = wrong.read_text().replace("from ..wrong import Wrong", "")
    known: dict[str, Any] = {"Wrong": Wrong}
    exec(source.replace("from __future__ import annotations", ""), known)
    for answer in known["WRONG"][task.slug]:
        report = task.grade(answer.source)
        assert report.state == "failed" and re.search(answer.says, str(report)), str(report)


@pytest.mark.parametrize(
    ("name", "says"), [("Recurrent", "named like"), ("02_again", "is chapter 2 already")]
)
def test_new_chapter_refuses(
    new_book: Book, monkeypatch: pytest.MonkeyPatch, name: str, says: str
) -> None:
    monkeypatch.chdir(new_book.root)
    result = RUNNER.invoke(app, ["new-chapter", name])
    assert result.exit_code == 1
    assert says in result.output.replace("\n", " ")
