"""The workflows do what a reader can do: their commands are the Makefile's and nothing else."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WORKFLOWS: dict[str, dict[Any, Any]] = {p.stem: yaml.safe_load(p.read_text("utf-8")) for p in FILES}
TARGETS = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
NAME = re.compile(r"[A-Za-z][\w.-]*[\w]")


def steps(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def names(path: str) -> dict[str, str]:
    """The packages that a requirements file names, and the rest of each line."""
    lines = [line.strip() for line in (ROOT / path).read_text("utf-8").splitlines()]
    found = [(NAME.match(line), line) for line in lines if line[:1] not in ("", "#", "-")]
    return {match[0].lower(): line[match.end() :].strip() for match, line in found if match}


@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=WORKFLOWS)
def test_commands_are_the_makefiles(workflow: dict[Any, Any]) -> None:
    for step in steps(workflow):
        assert ("run" in step) != ("uses" in step)
        command = str(step.get("run", ".ci/run"))
        target = re.fullmatch(r"make ([a-z-]+)", command)
        assert command == ".ci/run" or (target and target[1] in TARGETS), command
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    assert re.search(r"^make test$", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=WORKFLOWS)
def test_actions_are_pinned_and_may_do_little(workflow: dict[Any, Any]) -> None:
    for step in steps(workflow):
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@v\d+\.\d+\.\d+", step["uses"]), step["uses"]
    assert workflow["permissions"] == {"contents": "read"}
    assert "concurrency" in workflow
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 120
        assert set(job.get("permissions", {})) <= {"pages", "id-token", "issues"}


def test_what_has_passed_on_main_is_published() -> None:
    workflow = WORKFLOWS["book"]
    assert set(workflow[True]) == {"push", "pull_request"}  # YAML reads `on` as true
    publish, test = workflow["jobs"]["publish"], workflow["jobs"]["test"]
    assert publish["needs"] == "test"
    assert publish["if"] == "github.ref == 'refs/heads/main'"
    (upload,) = (step for step in test["steps"] if "upload-pages" in step.get("uses", ""))
    assert upload["with"]["path"] == "_build/html"
    assert upload["if"] == publish["if"]
    runs = [step.get("run") for step in test["steps"]]
    assert runs.index(".ci/run") < test["steps"].index(upload)


def test_the_weekly_run_caches_nothing_and_tells() -> None:
    workflow = WORKFLOWS["newest"]
    assert "schedule" in workflow[True]
    assert "cache" not in str(workflow)
    report = workflow["jobs"]["report"]
    assert (report["if"], report["needs"]) == ("failure()", "test")
    assert report["permissions"] == {"issues": "write"}
    makefile = (ROOT / "Makefile").read_text("utf-8")
    recipe = makefile[makefile.index("\ntest-newest:") :].split("\n\n")[0]
    assert all(word in recipe for word in ("PIP_NO_CACHE_DIR=1", "FRESH=1", "newest.txt"))


def test_the_newest_packages_are_the_pinned_ones() -> None:
    """Whatever the book asks for itself, and not what that brings with it."""
    direct = (ROOT / "requirements.txt").read_text("utf-8").split("# What these bring")[0]
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)", direct, re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    ranges = [*project["dependencies"], *extras["data"], *extras["pretrained"]]
    ours = {match[0].lower() for line in ranges if (match := NAME.match(line))}
    newest = names("newest.txt")
    assert {name.lower() for name in pinned} == ours | set(newest)
    assert "--editable .[data,pretrained]" in (ROOT / "newest.txt").read_text("utf-8")


def test_what_is_held_says_why() -> None:
    pins = names("requirements.txt")
    for name, rest in names("newest.txt").items():
        if rest:
            bound, _, reason = rest.partition("#")
            assert len(reason) > 20, f"{name}: say why it is held."
            assert bound.strip() == pins[name] or bound.startswith("<"), name


@pytest.mark.parametrize("path", [*FILES, ROOT / "newest.txt", ROOT / "Makefile"], ids=str)
def test_no_index_is_named(path: Path) -> None:
    text = path.read_text("utf-8").replace("http://localhost", "")
    assert not re.search(r"https?://|pypi|--index-url", text, re.IGNORECASE)
