"""A plugin of pytest: nbval runs each notebook as a learner does, in the wheel's first minute.

A bare environment has torch, NumPy and a Jupyter of the learner's own, and a NumPy other than the
book's; nothing of the course. A notebook runs there in an empty folder, after its set-up cell has
installed the wheel; so one run answers for both: that the outputs are those on record, and that a
learner needs nothing else. Each process of pytest is a learner with an environment of its own; the
first one's set-up fetches what the course needs, the others find that there, as after a first time.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from copy import deepcopy
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENT = re.compile(r"(seqcourse(?:\[[a-z,]+\])? @) git\+[^\"']+")
INSTALLING = 600.0  # seconds: the first set-up fetches what the course needs


def build(folder: Path) -> Path:
    """The package as it would be published."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run([*command, str(ROOT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.whl")
    return path


def closure(*names: str) -> set[str]:
    """Packages, and all that they need here."""
    found: set[str] = set()
    wanted = list(map(Requirement, names))
    while wanted:
        one = wanted.pop()
        if (name := canonicalize_name(one.name)) in found:
            continue
        found.add(name)
        extras = ["", *one.extras]
        for need in map(Requirement, metadata.requires(name) or ()):
            if need.marker is None or any(need.marker.evaluate({"extra": e}) for e in extras):
                wanted.append(need)
    return found


def link(package: metadata.Distribution, folder: Path) -> None:
    """Install a package that is installed here: as its own files, so in no time and no space."""
    for file in package.files or ():
        if ".." in file.parts:  # commands
            continue
        (new := folder / file).parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(file.locate(), new)
        except OSError:  # another disk
            shutil.copy2(file.locate(), new)


@dataclass(frozen=True)
class Learner:
    """A bare environment, an empty folder to work in, and the wheel to install."""

    python: Path
    packages: Path
    folder: Path
    environment: dict[str, str]
    wheel: Path

    @classmethod
    def new(cls, place: Path, *found_there: str) -> Learner:
        """The book's own torch and kernel, NumPy one minor version behind, and what is named."""
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", place / "env"], check=True)
        scripts = place / "env" / ("Scripts" if os.name == "nt" else "bin")
        python = scripts / ("python.exe" if os.name == "nt" else "python")
        (folder := place / "empty").mkdir()
        ours = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "JUPYTER_PATH"}
        environment = {key: value for key, value in os.environ.items() if key not in ours}
        environment["PATH"] = f"{scripts}{os.pathsep}{os.environ['PATH']}"
        environment["PIP_NO_COMPILE"] = "1"  # what is imported is compiled then
        command = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        packages = Path(subprocess.check_output(command, text=True, env=environment).strip())
        someone = cls(python, packages, folder, environment, build(place / "dist"))
        for name in closure("pip", "torch", "ipykernel", *found_there) - {"numpy", "seqcourse"}:
            link(metadata.distribution(name), packages)
        major, minor, *_ = metadata.version("numpy").split(".")
        someone.pip("install", f"numpy<{major}.{minor}")
        return someone

    def pip(self, *arguments: str) -> None:
        command = [str(self.python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run(
            [*command, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{arguments}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"

    def versions(self) -> dict[str, str]:
        """Every package installed, with its version."""
        found = metadata.distributions(path=[str(self.packages)])
        return {package.metadata["Name"]: package.version for package in found}

    def kernel(self, startup_timeout: float) -> RunningKernel:
        """A kernel in the bare environment, in the empty folder."""
        argv = [str(self.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": "A learner's", "language": "python"}
        with (
            mock.patch("ipykernel.kernelspec.get_kernel_dict", return_value=spec),
            mock.patch.dict(os.environ, self.environment, clear=True),
        ):
            return RunningKernel(":nbval-parent-env", str(self.folder), startup_timeout)


_LEARNER = pytest.StashKey[Learner]()


def learner(config: pytest.Config) -> Learner:
    """This process' learner, moved in at the first notebook."""
    if _LEARNER not in config.stash:
        place = tempfile.TemporaryDirectory(prefix="learner", ignore_cleanup_errors=True)
        config.add_cleanup(place.cleanup)
        first = os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0"
        needs = () if first else ("seqcourse[data,pretrained]",)
        config.stash[_LEARNER] = Learner.new(Path(place.name), *needs)
    return config.stash[_LEARNER]


class Notebook(IPyNbFile):  # type: ignore[misc]
    """A notebook that a learner runs: set up, every cell compared, and what is left behind."""

    cells: list[IPyNbCell]
    before: dict[str, str]
    start: float

    def collect(self) -> Iterator[pytest.Item]:
        self.cells = list(super().collect())
        if self.cells:
            yield SetUp.from_parent(self, first=self.cells[0])
        yield from self.cells
        for asked in (no_error, claims_hold, packages_stay, folder_stays_empty):
            yield Question.from_parent(self, name=asked.__name__, asked=asked)

    def setup(self) -> None:
        someone = learner(self.config)
        self.before = someone.versions()
        if "seqcourse" in self.before:  # another notebook's
            someone.pip("uninstall", "--yes", "seqcourse")
            del self.before["seqcourse"]
        self.start = time.monotonic()
        self.kernel = someone.kernel(self.config.option.nbval_kernel_startup_timeout)
        self.setup_sanitize_files()

    def teardown(self) -> None:
        super().teardown()
        seconds = time.monotonic() - self.start
        capture = self.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            print(f"\n{self.path.stem}: set up and run in {seconds:.0f} s", file=sys.stderr)


class SetUp(IPyNbCell):  # type: ignore[misc]
    """The first cell, where seqcourse is missing: it installs the wheel.

    It runs again in its turn, with seqcourse there, and must say what is on record: nothing.
    """

    def __init__(self, *, first: IPyNbCell, parent: Notebook, name: str = "set-up") -> None:
        cell = deepcopy(first.cell)
        super().__init__(name, parent, first.cell_num, cell, {"check": False, "skip": False})
        self.options["check_exception"] = False

    def runtest(self) -> None:
        someone = learner(self.config)
        assert "seqcourse" not in someone.versions()
        wheel = rf"\1 {someone.wheel.as_uri()}"
        self.cell.source, replaced = REQUIREMENT.subn(wheel, self.cell.source)
        assert replaced == 1, "the first code cell installs seqcourse from the repository"
        with mock.patch.object(self.config.option, "nbval_cell_timeout", INSTALLING):
            super().runtest()
        assert "seqcourse" in someone.versions()


class Question(pytest.Item):
    """What is asked when a notebook has run."""

    def __init__(self, *, asked: Callable[[Notebook], None], **options: Any) -> None:
        super().__init__(**options)
        self.asked = asked

    def runtest(self) -> None:
        assert isinstance(self.parent, Notebook)
        self.asked(self.parent)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.path.stem}: {self.name}"


def no_error(notebook: Notebook) -> None:
    errors = [
        f"{output['ename']}: {output['evalue']}"
        for cell in notebook.cells
        for output in cell.test_outputs or ()
        if output["output_type"] == "error"
    ]
    assert errors == []


def claims(outputs: list[list[Any]]) -> dict[str, bool]:
    """The ids of the claims made in the outputs of cells, and whether they held."""
    records = [
        output.get("metadata", {}).get("seqcourse", {}).get("claim")
        for cell in outputs
        for output in cell
    ]
    return {record["id"]: record["holds"] for record in records if record}


def claims_hold(notebook: Notebook) -> None:
    made = claims([cell.test_outputs or [] for cell in notebook.cells])
    assert made == claims([cell.cell.outputs for cell in notebook.cells])
    assert made and all(made.values())


def packages_stay(notebook: Notebook) -> None:
    before, after = notebook.before, learner(notebook.config).versions()
    assert after["seqcourse"]
    assert before["numpy"] != metadata.version("numpy")
    changed = {name for name in before if after.get(name) != before[name]}
    assert changed == set()


def folder_stays_empty(notebook: Notebook) -> None:
    assert sorted(os.listdir(learner(notebook.config).folder)) == []


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Put the learner's notebook in nbval's place."""
    found = yield
    return [
        Notebook.from_parent(parent, path=file_path) if isinstance(one, IPyNbFile) else one
        for one in found
    ]
