"""Assignments: what the console, the rubric and the notebook's header tell."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from seqcourse.classroom import asked, own, rubric, setup
from seqcourse.classroom import assign as assigning
from seqcourse.classroom.tasks import AssignmentError, Task
from seqcourse.classroom.variations import variations
from seqcourse.cli import app
from seqcourse.lesson import exercises
from seqcourse.lesson.check import Report, grade
from seqcourse.lesson.findings import Finding

from .assigning import BOOK, OWN, WHY, cells, made


@pytest.fixture(scope="module")
def hw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("my course")
    (folder / "why.md").write_text(WHY)
    (folder / "decay.py").write_text(OWN)
    names = f"bp-step:logistic,bp-reached,{folder / 'why.md'},{folder / 'decay.py'}"
    return made(folder / "hw3", names, points="bp-step=1,bp-reached=1,my-decay=2")


def told(hw: Path, due: str = "") -> str:
    return assigning.summary(assigning.Wish((5,), "", hw, due=due), [hw / "rubric.md"])


def test_the_printed_line_is_a_whole_command(hw: Path) -> None:
    """It is typed as it stands, and `grade` finds nothing missing in it."""
    line = told(hw).split("\n")[-1]
    name, command, *arguments = shlex.split(line)
    assert (name, command) == ("seqcourse", "grade")
    grading = typer.main.get_command(app).commands["grade"]  # type: ignore[attr-defined]
    read = grading.make_context("grade", arguments).params
    assert (read["assignment"], read["out"]) == (hw, Path("marks"))
    assert f"`{read['submissions']}`" in told(hw)


def test_who_gets_the_solutions_is_said_once(hw: Path) -> None:
    assert f"for them with their marks: {hw / 'solutions.ipynb'}" in told(hw)
    guide = (BOOK.root / "book/instructors.md").read_text("utf-8")
    assert "| `solutions.ipynb` | students, with their marks |" in guide
    assert "after the date" not in guide


@pytest.mark.parametrize(
    ("due", "past"),
    [("2020-12-01 23:59", True), ("2020-12-01", True), ("2999-12-01", False), ("", False)],
)
def test_a_date_that_is_past(hw: Path, due: str, past: bool) -> None:
    assert (f"It is due {due}, which is past" in told(hw, due)) is past


def test_a_day_is_not_past_until_it_ends() -> None:
    from datetime import datetime

    today = asked.due_date(datetime.now().date().isoformat())
    assert not asked.is_past(today)
    assert asked.is_past(asked.due_date("2020-12-01T23:59+09:00"))


def test_a_prediction_is_named_as_one(hw: Path) -> None:
    assert "To be predicted: bp-reached. `check` tells students" in told(hw)
    one, two = re.findall(r"^## [12]\. .*?(?=^## )", (hw / "rubric.md").read_text(), re.M | re.S)
    assert "numbers that nobody has seen" in one and "numbers that nobody" not in two
    assert "tells students right from wrong" in two
    header = cells(hw / "release/hw3/hw3.ipynb")["header"].source
    assert "Where there is a `check`, it says" in header and "Of a prediction it tells" in header


def test_no_check_is_promised_where_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "decay.py").write_text(OWN)
    hw = made(tmp_path / "hw", str(tmp_path / "decay.py"), ())
    assert "`check`" not in cells(hw / "release/hw/hw.ipynb")["header"].source


def test_the_rubric_says_what_is_asked(hw: Path) -> None:
    text, found = (hw / "rubric.md").read_text(), cells(hw / "release/hw3/hw3.ipynb")
    for slug in ("bp-step", "bp-reached", "why", "my-decay"):
        for line in found[f"task-{slug}"].source.split("\n")[2:]:
            assert f"> {line}".rstrip() in text, line
    assert ".." not in re.sub(r"\n    \.\.\.|…", "", text)
    (logistic,) = (v for v in variations("bp-step") if v.name == "logistic")
    assert logistic.solution.strip() in text
    assert "Mistakes that it knows" in text and "Asked for: The last state, a number." in text


def test_what_is_looked_at_in_several_calls_stands_once() -> None:
    findings = tuple(Finding(f"the state (call {n} of 2)", True) for n in (1, 2))
    report = Report("x", "passed", (), (*findings, Finding("the form", True)))
    assert rubric._looked_at(report) == ["the state, in 2 calls", "the form"]


def test_one_is_no_plural(hw: Path, tmp_path: Path) -> None:
    assert "(1 point)" in (hw / "rubric.md").read_text()
    arguments = ["5", "--exercises", "bp-step", "--points", "1,2", "--out", str(tmp_path / "hw")]
    assert "2 points for 1 exercise (" in CliRunner().invoke(app, ["assign", *arguments]).output


def test_title_and_form_of_an_own_exercise(hw: Path, tmp_path: Path) -> None:
    task = own.python_task(hw / "private/decay.py")
    assert task.title == "A memory that fades"
    code = OWN.replace("TITLE", "_NONE").replace("outputs, inputs", "outputs[0], inputs")
    (tmp_path / "decay.py").write_text(code)
    assert own.python_task(tmp_path / "decay.py").title == "My decay"
    report = str(grade("my-decay", lambda x, keep: 1.0))  # the judge stops at a number
    assert "Asked for: The last state, a number." in report
    (tmp_path / "decay.py").write_text(OWN.replace('TITLE = "', 'TITLE = 3  # "'))
    with pytest.raises(AssignmentError, match="TITLE is no line of text"):
        own.python_task(tmp_path / "decay.py")


def test_an_answer_in_words_has_a_line_to_replace(hw: Path) -> None:
    assert "Write your answer here" in cells(hw / "release/hw3/hw3.ipynb")["answer-why"].source


def test_a_symbol_keeps_its_case() -> None:
    """A docstring's first word is what the code or the task calls it."""
    for slug in exercises.slugs():
        for one in variations(slug):
            for word in re.findall(r'"""([A-Z]\w*)(?:_[\w{]+)?(?= \(|\'s)', one.stub):
                small = word[0].lower() + word[1:]
                assert not re.search(rf"[\\({{ ]{small}(_t| *:)", one.task + one.stub), (slug, word)


SETUP = """import time
import torch
from collections import Counter, OrderedDict

from seqcourse.data import spellings
from seqcourse.lesson import check, glue

torch.set_num_threads(1)
words = spellings()  # a list
words.sort()
glue("n", len(words))


# what a task uses
def size(x):
    return Counter(x)
"""


def test_of_the_set_up_stays_what_is_used() -> None:
    small = setup.trimmed(SETUP, [Task("x", "", "", stub="def f(words): ...", answer="f")])
    assert small == (
        "import torch\n\nfrom seqcourse.lesson import check\n\ntorch.set_num_threads(1)"
    )
    sized = setup.trimmed(SETUP, [Task("x", "", "Use `size`.", stub="y = 1", answer="y")])
    assert "import Counter\n" in sized and "# what a task uses\ndef size" in sized
    whole = setup.trimmed(SETUP, [Task("x", "", "", stub="n = len(words)", answer="n")])
    assert "words = spellings()  # a list\nwords.sort()" in whole and "glue" not in whole
    assert [setup.needs_data([code]) for code in (small, sized, whole)] == [False, False, True]
    assert setup.trimmed("%matplotlib inline", []) == "%matplotlib inline"
    assert setup.needs_data(["%matplotlib inline"])


def test_optional_packages_only_where_they_are_used(tmp_path: Path) -> None:
    hw = made(tmp_path / "hw", "rn-last", (4,))
    assert "[data]" not in cells(hw / "release/hw/hw.ipynb")["install"].source
