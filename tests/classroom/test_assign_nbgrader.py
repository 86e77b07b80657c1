"""nbgrader, as it is, takes an assignment's folder for a course, and marks it in its own way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.validator import Validator

from .assigning import OWN, WHY, cells, made

POINTS = {"bp-step": 10.0, "bp-reached": 4.0, "my-decay": 6.0}  # and 5 by hand
PUBLISHED = """\
def step_back(to_logits, after, h, W_hh, W_ho):
    to_h = W_ho.T @ to_logits + W_hh.T @ after
    return (1 - h**2) * to_h
"""
WARNS = """\
import sys, warnings

def state(x, keep):
    warnings.warn("I always do"); print("and this", file=sys.stderr)
    return sum(v * keep ** (len(x) - 1 - i) for i, v in enumerate(x))
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assignment with three submissions, marked by nbgrader's own commands."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "why.md").write_text(WHY)
    (folder / "decay.py").write_text(OWN)
    names = f"bp-step:relu,bp-reached,{folder / 'decay.py'},{folder / 'why.md'}"
    hw = made(folder / "hw3", names, points="10,4,6,5")
    solved = cells(hw / "source/hw3/hw3.ipynb")
    hand_in(hw, "blank", {})
    answers = {name: solved[f"answer-{name}"].source for name in (*POINTS, "why")}
    hand_in(hw, "perfect", answers)
    hand_in(hw, "mixed", {"bp-step": PUBLISHED, "my-decay": WARNS})
    shutil.copytree(hw / "release", folder / "release")
    nbgrader(hw, "generate_assignment", "--force")
    nbgrader(hw, "autograde")
    return hw


def hand_in(hw: Path, student: str, answers: dict[str, str]) -> None:
    """Submit the release with some cells filled in."""
    notebook = nbformat.read(hw / "release/hw3/hw3.ipynb", 4)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id.removeprefix("answer-"), cell.source)
    target = hw / f"submitted/{student}/hw3/hw3.ipynb"
    target.parent.mkdir(parents=True)
    nbformat.write(notebook, target)


def nbgrader(hw: Path, command: str, *options: str) -> None:
    """Call nbgrader in the folder, as an instructor would."""
    place = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", command, "hw3", *options],
        cwd=hw,
        env={**os.environ, "PATH": place, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def marks(hw: Path, student: str) -> dict[str, float]:
    """What nbgrader gave, by exercise."""
    with Gradebook(f"sqlite:///{hw}/gradebook.db") as book:
        submission = book.find_submission("hw3", student)
        return {
            grade.cell.name.split("-", 1)[1]: grade.score
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def test_nbgrader_makes_the_same_release(course: Path) -> None:
    ours = (course.parent / "release/hw3/hw3.ipynb").read_bytes()
    assert (course / "release/hw3/hw3.ipynb").read_bytes() == ours


def test_full_marks_for_the_solutions(course: Path) -> None:
    assert marks(course, "perfect") == {**POINTS, "why": 0}  # that waits for a person
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        submission = book.find_submission("hw3", "perfect")
        assert submission.needs_manual_grade and submission.max_score == 25
        assert not book.find_submission("hw3", "blank").needs_manual_grade  # nothing was written


def test_no_marks_for_the_release_as_it_is(course: Path) -> None:
    assert marks(course, "blank") == dict.fromkeys([*POINTS, "why"], 0)


def test_the_published_solution_fails_a_variation_and_warnings_cost_nothing(course: Path) -> None:
    assert marks(course, "mixed") == {"bp-step": 0, "bp-reached": 0, "my-decay": 6, "why": 0}


@pytest.mark.parametrize(("kind", "failed"), [("source", 0), ("release", 3)])
def test_validate(course: Path, kind: str, failed: int, tmp_path: Path) -> None:
    """The source passes; where a student validates the release, what is not done is named."""
    shutil.copy(course / kind / "hw3/hw3.ipynb", tmp_path)
    found = Validator().validate(str(tmp_path / "hw3.ipynb"))
    assert len(found.get("failed", [])) == failed, found
    assert "changed" not in found
