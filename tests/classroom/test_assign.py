"""Assignments: what students get, what they do not, and what is refused."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from seqcourse.classroom import assign as assigning
from seqcourse.classroom import own, tasks
from seqcourse.classroom.assignment import read_assignment
from seqcourse.classroom.chapters import Source
from seqcourse.classroom.stripped import write_stripped
from seqcourse.classroom.variations import variations
from seqcourse.cli import app
from seqcourse.lesson import exercises

from .assigning import BOOK, OWN, WHY, cells, files, made

RUNNER = CliRunner()
FIXED = next(e.slug for e in Source(BOOK.chapters()[4]).page.exercises if not variations(e.slug))
NEGATED = tasks.variation_named("bp-tied", "negated")
SOURCES = [Source(chapter) for chapter in BOOK.chapters() if not chapter.is_draft]


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkout is the working folder."""
    monkeypatch.chdir(BOOK.root)


@pytest.fixture(scope="module")
def hw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assignment of all kinds of things."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "why.md").write_text(WHY)
    (folder / "decay.py").write_text(OWN)
    return made(
        folder / "hw3",
        f"bp-step,bp-tied:negated,{folder / 'why.md'},{folder / 'decay.py'},bp-reached",
        points="10,5,5,8,2.5",
        due="2026-12-01 23:59",
        title="Homework 3",
    )


def test_the_release_holds_no_solution_and_no_hidden_test(hw: Path) -> None:
    release = (hw / "release/hw3/hw3.ipynb").read_text()
    source = (hw / "source/hw3/hw3.ipynb").read_text()
    for secret in (
        "W_hh.T @ after", ".sum(0)", "0.75)", "forked path", "keep * h", "powers", "require",
        "BEGIN", "seed=", "names the own output",
    ):  # fmt: skip
        assert secret not in release, secret
        assert secret in source or secret == "names the own output", secret


def test_what_a_student_reads_first(hw: Path) -> None:
    header = cells(hw / "release/hw3/hw3.ipynb")["header"].source
    assert header.startswith("# Homework 3\n\n**Due:** 2026-12-01 23:59 · **Points:** 30.5\n")
    assert "| 1. One step back | 10 | 8 |" in header and "chapters/05_back" in header


def test_each_cell_is_locked_or_the_students(hw: Path) -> None:
    for name, cell in cells(hw / "release/hw3/hw3.ipynb").items():
        mine = name.startswith("answer-")
        assert cell.metadata.deletable is False
        assert cell.metadata.get("editable", True) is mine, name
        assert cell.metadata.nbgrader.locked is not mine, name
        assert cell.metadata.nbgrader.grade_id == name
        assert not cell.get("outputs")


def test_set_up_as_the_chapters_have_it(hw: Path) -> None:
    found = cells(hw / "release/hw3/hw3.ipynb")
    chapter = nbformat.read(BOOK.chapters()[4].notebook_path, 4).cells
    assert found["install"].source == chapter[0].source
    lines = Source(BOOK.chapters()[4]).page.code[0].source.split("\n")
    kept = [line for line in found["setup-1"].source.split("\n") if "lesson" not in line]
    assert set(kept) <= set(lines) and "torch.set_num_threads(1)" in kept
    assert "from seqcourse.lesson import check\n" in found["setup-1"].source
    for unused in ("FlopCounterMode", "glue", "LAG"):
        assert unused not in found["setup-1"].source


def test_published_varied_private_and_written(hw: Path) -> None:
    found = cells(hw / "release/hw3/hw3.ipynb")
    assert found["answer-bp-step"].source.strip().endswith("...")
    assert found["check-bp-step"].source.strip() == 'check("bp-step", step_back)'
    assert NEGATED.task.strip() in found["task-bp-tied"].source
    assert found["task-bp-tied"].source.startswith("## 2. Tied, with a twist (5 points)\n\n●●○")
    assert found["check-bp-tied"].source.strip() == (
        "check(\"bp-tied\", tied, spec={'copies': 'negated'})"
    )
    assert found["check-my-decay"].source.strip().startswith("#")
    assert found["answer-why"].cell_type == "markdown"
    assert found["answer-why"].metadata.nbgrader.points == 5
    assert "[(5.3)](https://" in found["task-bp-step"].source


def test_the_manifest_says_what_grading_needs(hw: Path) -> None:
    manifest = json.loads((hw / "assignment.json").read_text())
    by_slug = {entry["slug"]: entry for entry in manifest["exercises"]}
    found = cells(hw / "release/hw3/hw3.ipynb")
    assert list(by_slug) == ["bp-step", "bp-tied", "why", "my-decay", "bp-reached"]
    for entry in by_slug.values():
        assert entry["cell"] in found
        assert not entry["check"] or entry["check"] in found
    assert by_slug["bp-tied"]["spec"] == {"copies": "negated"}
    assert by_slug["bp-tied"]["answer"] == "tied"
    assert by_slug["why"]["kind"] == "text" and "3 points" in by_slug["why"]["rubric"]
    assert (hw / by_slug["my-decay"]["private"]).read_text() == OWN
    assert [found[f"setup-{i}"].source for i in (1,)] == manifest["setup"]


def test_rubric_and_solutions(hw: Path) -> None:
    rubric = (hw / "rubric.md").read_text()
    for text in (
        f"variation *negated*: {NEGATED.change}",
        "delta for 2 units",
        "3 points: names",
        "2.5 points",
    ):
        assert text in rubric, text
    sheet = cells(hw / "solutions.ipynb")
    assert "W_hh.T @ after" in sheet["answer-bp-step"].source
    assert "Half are known" in sheet["why-bp-reached"].source
    assert "forked path" in sheet["answer-why"].source


def test_the_solution_sheet_runs(hw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for cell in nbformat.read(hw / "solutions.ipynb", 4).cells:
        if cell.cell_type == "code" and cell.id != "install":
            exec(compile(cell.source, cell.id, "exec"), names)
    assert capsys.readouterr().out.count("text/plain': '✓") == 3


def test_call_source_is_the_call_alone(hw: Path) -> None:
    code = own.call_source(hw / "private/decay.py")
    assert "def call" in code and "powers" not in code and "keep * h" not in code
    exec(code, {"__name__": "alone"})
    assert exercises.find("my-decay").call(lambda x, keep: x, {"x": 1, "keep": 2}) == 1


def test_the_sandbox_gets_no_solution(hw: Path, tmp_path: Path) -> None:
    """Nor what the texts of an own exercise are put together from."""
    write_stripped(tmp_path, read_assignment(hw).automatic)
    seen = "".join(path.read_text() for path in tmp_path.rglob("*.py"))
    assert "class Decay" in seen and "class Step" in seen
    for secret in ("powers", "keep * h", "W_hh.T @ after"):
        assert secret not in seen


def test_a_checker_keeps_what_it_uses() -> None:
    code = """from __future__ import annotations
from math import *
try:
    import numpy as np
except ImportError:
    np = None
import os
WIDTH = 3
SECRET = "the solution"
def helper(): return WIDTH * pi
TASK = SECRET
@exercise("x")
class X:
    def judge(inputs, outputs, spec): return np.zeros(1), helper()
"""
    kept = own.without_task(code)
    for there in ("import *", "np = None", "WIDTH = 3", "def helper", "class X"):
        assert there in kept
    for gone in ("__future__", "import os", "SECRET", "TASK"):
        assert gone not in kept


def test_the_same_wish_gives_the_same_bytes(hw: Path, tmp_path: Path) -> None:
    once = made(tmp_path / "a/hw", "bp-tied", spec="autumn")
    again = made(tmp_path / "b/hw", "bp-tied", spec="autumn")
    assert files(once) == files(again)
    assert assigning.assign(BOOK, assigning.Wish((5,), "bp-tied", once, "autumn")) == []


def test_a_seed_chooses_and_another_chooses_otherwise(tmp_path: Path) -> None:
    names = {tasks.chosen("bp-tied", str(seed)).name for seed in range(60)}
    assert names == {variation.name for variation in variations("bp-tied")}
    assert tasks.chosen("bp-tied", "s") == tasks.chosen("bp-tied", "s")
    assert tasks.seed_for("s", "bp-tied") != tasks.seed_for("t", "bp-tied")


def test_two_chapters_each_with_its_set_up(tmp_path: Path) -> None:
    hw = made(tmp_path / "hw", "mk-row,ar-next,mk-nucleus", (2, 3))
    names = [name for name in cells(hw / "release/hw/hw.ipynb") if name.startswith("setup")]
    assert names == ["setup-1", "setup-2", "setup-3"]
    setups = json.loads((hw / "assignment.json").read_text())["setup"]
    assert setups[0] == setups[2] and len(setups) == 3


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.chapter.name)
def test_every_published_exercise_can_be_assigned(source: Source, tmp_path: Path) -> None:
    """Each text is found in the notebook and is plain, each solution passes, each stub is open."""
    slugs = [exercise.slug for exercise in source.page.exercises]
    hw = made(tmp_path / "hw", ",".join(slugs), (source.chapter.number,))
    found = cells(hw / "release/hw/hw.ipynb")
    for slug in slugs:
        text = found[f"task-{slug}"].source
        assert "{eq}" not in text and "{cite" not in text and len(text) > 100
        assert not text.split("\n\n", 1)[1].startswith("**Exercise")
        assert "keep(" not in found[f"answer-{slug}"].source


def test_equations_are_linked_as_the_notebook_numbers_them() -> None:
    for source in SOURCES:
        labels = source.page.equations()
        assert source.markdown.count(f"\\tag{{{source.chapter.number}.") == len(labels)


# What is refused


def refused(*arguments: str, out: Path | str = "hw") -> str:
    result = RUNNER.invoke(app, ["assign", *arguments, "--out", str(out)])
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    return " ".join(result.output.split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["5", "--exercises", "bp-stpe"], "Did you mean bp-step"),
        (["5", "--exercises", "zzzz"], "In chapter 5: bp-step, bp-bracket"),
        (["4", "--exercises", "bp-step"], "bp-step is an exercise of chapter 5.*assign 4 5"),
        (["99", "--exercises", "bp-step"], "There is no chapter 99; there are 1, 2"),
        (["4", "5", "--exercises", "bp-step"], "You name chapter 4, and no exercise of it"),
        (["5", "--exercises", " , "], "Name at least one exercise"),
        (["5", "--exercises", "bp-step,bp-step"], "bp-step is named twice"),
        (["5", "--exercises", FIXED, "--spec", "1"], f"no variation.*{FIXED}:published"),
        (
            ["5", "--exercises", "bp-tied:six"],
            "no variation 'six': it has every-third, .* and publ",
        ),
        (["5", "--exercises", f"{FIXED}:x"], "it has only published"),
        (["5", "--exercises", "bp-step,bp-cut", "--points", "1,2,3"], "3 points for 2 exercises"),
        (["5", "--exercises", "bp-step", "--points", "-1"], "'-1' is no number above 0"),
        (["5", "--exercises", "bp-step", "--points", "nan"], "'nan' is no number above 0"),
        (["5", "--exercises", "bp-step", "--points", "ten"], "'ten' is no number above 0"),
        (["5", "--exercises", "bp-step", "--points", "bp-cut=2"], "bp-cut is none of bp-step"),
        (["5", "--exercises", "bp-step", "--points", "bp-step=2,bp-step=3"], "is named twice"),
        (["5", "--exercises", "bp-step,bp-cut", "--points", "bp-cut=2"], "nothing of bp-step"),
        (["5", "--exercises", "bp-step,bp-cut", "--points", "bp-cut=2,3"], "'3' has no name"),
        (["5", "--exercises", "bp-step", "--due", "soon"], "'soon' is no date"),
        (["5", "--exercises", "bp-step,none.md"], "none.md cannot be read"),
        (["5", "--exercises", "bp-step,none.py"], "none.py cannot be read"),
    ],
)
def test_refusals(arguments: list[str], says: str, tmp_path: Path) -> None:
    said = refused(*arguments, out=tmp_path / "hw")
    assert re.search(says, said), said
    assert not (tmp_path / "hw").exists()


def test_a_name_that_nbgrader_would_not_take(tmp_path: Path) -> None:
    assert "letters, digits" in refused("5", "--exercises", "bp-step", out=tmp_path / "home work")


def test_without_nbgrader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nbgrader", None)
    monkeypatch.setitem(sys.modules, "nbgrader.preprocessors", None)
    said = refused("5", "--exercises", "bp-step", out=tmp_path / "hw")
    assert "pip install 'seqcourse[classroom]'" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Why?\n\n## Rubric\n\n- all", "no title"),
        ("# Why\n\n## Rubric\n\n- all", "no question"),
        ("# Why\n\nSay it.", "no rubric"),
        ("", "no title.*no question.*no rubric"),
    ],
)
def test_a_question_that_is_not_whole(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "why.md").write_text(text)
    said = refused("--exercises", str(tmp_path / "why.md"), out=tmp_path / "hw")
    assert re.search(says, said), said


def test_points_that_are_not_the_rubrics(tmp_path: Path) -> None:
    (tmp_path / "why.md").write_text(WHY)
    said = refused("--exercises", str(tmp_path / "why.md"), "--points", "4", out=tmp_path / "hw")
    assert "adds up to 5 points, and you give 4" in said


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"my-decay"', '"bp-step"', "is an exercise of the course"),
        ('"my-decay"', '"My Decay"', "lower-case words"),
        ('@exercise("my-decay")', "", "holds 0 checkers"),
        ("def judge", "def judges", "has no judge"),
        ("TASK =", "TASKS =", "there is no TASK"),
        ("h = keep * h + v", "h = keep * h - v", "its solution should be 'passed'"),
        ('    ..."', '    return 1"', "its stub should be 'not attempted'"),
        ("class Decay", "class class", "no Python"),
        ("np.arange(6)", "range(6)", "Its judge raised TypeError"),
        ('return {"x"', 'return {"y"', "its solution should be 'passed'"),
        ("import close", "import closely", "does not run. ImportError"),
    ],
)
def test_a_private_exercise_that_does_not_do(old: str, new: str, says: str, tmp_path: Path) -> None:
    assert old in OWN
    (tmp_path / "decay.py").write_text(OWN.replace(old, new))
    said = refused("--exercises", str(tmp_path / "decay.py"), out=tmp_path / "hw")
    assert says in said, said
    assert not (tmp_path / "hw").exists()


# Nothing of an instructor's is ever lost


def test_another_assignment_in_the_same_folder(tmp_path: Path) -> None:
    hw = made(tmp_path / "hw", "bp-step")
    (hw / "submitted/ada/hw").mkdir(parents=True)
    (hw / "submitted/ada/hw/hw.ipynb").write_text("hers")
    (hw / "rubric.md").write_text("my own words")
    before = files(hw)
    for arguments in (["--exercises", "bp-cut"], ["--exercises", "bp-step"]):
        said = refused("5", *arguments, out=hw)
        assert "rubric.md" in said and "submitted" in said and "Nothing was written" in said
        assert files(hw) == before


def test_what_is_missing_is_added_and_the_rest_left(tmp_path: Path) -> None:
    hw = made(tmp_path / "hw", "bp-step")
    before = files(hw)
    (hw / "notes.txt").write_text("mine")
    (hw / "rubric.md").unlink()
    (hw / "release/hw/hw.ipynb").unlink()
    made(hw, "bp-step")
    assert files(hw) == {**before, "notes.txt": b"mine"}


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("mine")
    (tmp_path / "hw").mkdir()
    (tmp_path / "hw/rubric.md").symlink_to(tmp_path / "mine.md")
    assert "rubric.md" in refused("5", "--exercises", "bp-step", out=tmp_path / "hw")
    assert (tmp_path / "mine.md").read_text() == "mine"


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "hw").write_text("mine")
    assert "is a file" in refused("5", "--exercises", "bp-step", out=tmp_path / "hw")
    assert (tmp_path / "hw").read_text() == "mine"


def test_the_list_of_what_there_is() -> None:
    result = RUNNER.invoke(app, ["assign", "5"])
    assert result.exit_code == 0, result.output
    assert "bp-step" in result.output and "negated" in result.output
    assert "--out hw3" in RUNNER.invoke(app, ["assign", "5", "--exercises", "bp-step"]).output


def test_a_notebook_that_is_older_than_the_text() -> None:
    source = Source(BOOK.chapters()[4])
    assert source.task("bp-step").title == "One step back"
    for cell in source.notebook.cells:
        cell.source = cell.source.replace("to_logits: torch.Tensor", "logits: torch.Tensor")
    with pytest.raises(tasks.AssignmentError, match="older than the chapter's text.*ONLY=5"):
        source.task("bp-step")
