"""A learner's first minute: the wheel in a bare environment, the notebooks in an empty folder.

The environment has torch, NumPy and a Jupyter of the learner's own, and a NumPy other than the
book's: after the notebook's set-up cell both must be what they were.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(ROOT.glob("chapters/*.ipynb"))
REQUIREMENT = re.compile(r"(seqcourse(?:\[[a-z,]+\])? @) git\+[^\"']+")

# Runs in the bare environment: executes a notebook in the working folder, keeps all outputs.
RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
for cell in notebook.cells:
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
NotebookClient(notebook, timeout=300, kernel_name="python3", allow_errors=True).execute()
nbformat.write(notebook, sys.argv[1])
"""


@dataclass
class Learner:
    """A bare environment, and an empty folder to work in."""

    python: Path
    folder: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(self.python), *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{arguments}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def versions(self) -> dict[str, str]:
        packages = json.loads(self.run("-m", "pip", "list", "--format", "json"))
        return {package["name"]: package["version"] for package in packages}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as it would be published."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run([*command, str(ROOT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Learner]:
    """torch as the book pins it, NumPy one minor version behind, a kernel; nothing of the book."""
    place = tmp_path_factory.mktemp("learner")
    subprocess.run([sys.executable, "-m", "venv", place / "env"], check=True)
    scripts = place / "env" / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    (folder := place / "empty").mkdir()
    ours = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "JUPYTER_PATH"}
    environment = {key: value for key, value in os.environ.items() if key not in ours}
    environment |= {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "SEQCOURSE_STRICT": "1"}
    someone = Learner(python, folder, environment)
    major, minor, *_ = metadata.version("numpy").split(".")
    torch = metadata.version("torch").split("+")[0]
    wanted = [f"torch=={torch}", f"numpy<{major}.{minor}", "ipykernel", "nbclient"]
    someone.run("-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted)
    yield someone


@dataclass
class Run:
    """A notebook that a learner has run, and the packages before and after."""

    cells: list[dict[str, Any]]
    before: dict[str, str]
    after: dict[str, str]
    left: list[str]


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def run(request: pytest.FixtureRequest, learner: Learner, wheel: Path) -> Run:
    """Every cell of a notebook, from an environment that does not know seqcourse yet."""
    before = learner.versions()
    if "seqcourse" in before:  # another notebook's
        learner.run("-m", "pip", "uninstall", "--yes", "--quiet", "seqcourse")
        del before["seqcourse"]
    notebook = json.loads(request.param.read_text("utf-8"))
    setup = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    source, replaced = REQUIREMENT.subn(rf"\1 {wheel.as_uri()}", "".join(setup["source"]))
    assert replaced == 1, "the first code cell installs seqcourse from the repository"
    setup["source"] = source
    path = learner.folder.parent / request.param.name
    path.write_text(json.dumps(notebook), "utf-8")
    start = time.monotonic()
    learner.run("-c", RUN, str(path))
    seconds = time.monotonic() - start
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\n{request.param.stem}: set up and run in {seconds:.0f} s", file=sys.stderr)
    cells = [c for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
    return Run(cells, before, learner.versions(), sorted(os.listdir(learner.folder)))


def claims(cells: list[dict[str, Any]]) -> dict[str, bool]:
    """The ids of the claims made, and whether they held."""
    records = [
        output.get("metadata", {}).get("seqcourse", {}).get("claim")
        for cell in cells
        for output in cell["outputs"]
    ]
    return {record["id"]: record["holds"] for record in records if record}


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS


def test_the_wheel_holds_the_package_and_its_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert top == {"seqcourse", f"seqcourse-{metadata.version('seqcourse')}.dist-info"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "seqcourse/py.typed" in names


def test_every_cell_ran_without_an_error(run: Run) -> None:
    assert all(cell["execution_count"] for cell in run.cells if "".join(cell["source"]).strip())
    errors = [
        f"{output['ename']}: {output['evalue']}"
        for cell in run.cells
        for output in cell["outputs"]
        if output["output_type"] == "error"
    ]
    assert errors == []


def test_every_claim_holds(run: Run, request: pytest.FixtureRequest) -> None:
    made = claims(run.cells)
    published = json.loads(
        (ROOT / "chapters" / f"{request.node.callspec.id}.ipynb").read_text("utf-8")
    )
    expected = claims([c for c in published["cells"] if c["cell_type"] == "code"])
    assert made == expected
    assert made and all(made.values())


def test_torch_and_numpy_are_what_they_were(run: Run) -> None:
    assert run.after["seqcourse"]
    assert "seqcourse" not in run.before
    assert run.before["numpy"] != metadata.version("numpy")
    changed = {name for name in run.before if run.after.get(name) != run.before[name]}
    assert changed == set()


def test_the_folder_stays_empty(run: Run) -> None:
    assert run.left == []
