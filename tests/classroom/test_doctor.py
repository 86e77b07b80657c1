"""The doctor: what is there is named with its version, what is not with its cure."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqcourse.classroom import doctor, probe
from seqcourse.classroom.sandbox import SandboxError
from seqcourse.cli import app

RUNNER = CliRunner()


def said(*arguments: str) -> tuple[str, int]:
    result = RUNNER.invoke(app, ["doctor", *arguments], env={"COLUMNS": "200"})
    return result.output, result.exit_code


def without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let some packages not be installed."""
    version = metadata.version

    def found(name: str) -> str:
        if name in names:
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", found)


def test_everything_the_tests_run_with_is_found() -> None:
    text, code = said("--no-probe")
    assert code == 0
    for name in ("torch", "mnist1d", "nbgrader", "notebook", "jupyter-book", "pytest"):
        assert f"{name} {metadata.version(name)}" in text
    for ability in ("✓ Run the chapters' code", "✓ Make assignments", "✓ Build the book"):
        assert ability in text


def test_what_is_missing_has_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "nbgrader", "mnist1d")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    text, code = said("--no-probe")
    assert code == 0  # the course runs
    assert "✗ Make assignments" in text and "✗ Use every data set" in text
    assert "missing: nbgrader. pip install 'seqcourse[classroom]'" in text
    assert "missing: mnist1d. pip install 'seqcourse[data]'" in text
    assert "missing: bubblewrap. On Debian and Ubuntu: sudo apt-get install bubblewrap" in text


def test_without_what_the_course_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "torch")
    text, code = said("--no-probe")
    assert code == 1
    assert "✗ Run the chapters' code" in text and "missing: torch" in text


def test_a_sandbox_that_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(limits: object) -> None:
        raise SandboxError("The sandbox does not hold here: bwrap: no permission.\nMore.")

    monkeypatch.setattr(probe, "proven", refused)
    text, _ = said()
    assert "✗ Mark a folder of submissions" in text
    assert "missing: a sandbox that holds. The sandbox does not hold here: bwrap" in text


def test_requirements_of_an_installed_wheel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor, "_CHECKOUT", tmp_path)
    texts = ["torch>=2.2", "names>=0.3; extra == 'data'", 'nbgrader>=0.9; extra == "classroom"']
    monkeypatch.setattr(metadata, "requires", lambda name: texts)
    wanted = {"": ("torch",), "data": ("names",), "classroom": ("nbgrader",)}
    assert doctor.requirements() == wanted


def test_it_loads_nothing_heavy() -> None:
    """It has to answer where torch is broken, and where the publisher is not installed."""
    code = (
        "import sys; from seqcourse.classroom.doctor import abilities; abilities(False); "
        "print(sorted({'torch', 'nbgrader', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
