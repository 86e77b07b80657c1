"""What is installed, what is missing, and what each would enable: `seqcourse doctor`."""

from __future__ import annotations

import platform
import re
import shutil
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from seqcourse import __version__

_CHECKOUT = Path(__file__).resolve().parents[3]
_BOOK = ("jupyter-book", "Sphinx", "myst-nb", "jupytext", "nbclient", "sphinx-exercise")
_TESTS = ("pytest", "pytest-xdist", "nbval", "hypothesis", "playwright", "mypy", "ruff")


@dataclass(frozen=True)
class Need:
    """One thing that something needs.

    Args:
        name: what it is.
        found: its version, or another word for 'here'; empty where it is missing.
        cure: what to do where it is missing.
    """

    name: str
    found: str
    cure: str


@dataclass(frozen=True)
class Ability:
    """What one can do, and all that it takes."""

    name: str
    needs: tuple[Need, ...]

    @property
    def missing(self) -> list[Need]:
        return [need for need in self.needs if not need.found]


def abilities(probe: bool = True) -> list[Ability]:
    """What can be done here, from reading on.

    Args:
        probe: whether to try the sandbox out, which takes some seconds.
    """
    required = requirements()
    course = "pip install seqcourse"
    everything = "pip install -r requirements.txt, in a checkout"
    classroom = "pip install 'seqcourse[classroom]'"
    jupyter = ("ipykernel", "notebook")
    return [
        Ability("Run the chapters' code", (_python(), *_packages(required[""], course))),
        Ability("Use every data set", _packages(required["data"], "pip install 'seqcourse[data]'")),
        Ability("Open the notebooks here", _packages(jupyter, "pip install notebook")),
        Ability(
            "Make assignments: seqcourse assign",
            (*_packages(required["classroom"], classroom), _checkout()),
        ),
        Ability(
            "Mark a folder of submissions: seqcourse grade",
            (*_packages(required["classroom"], classroom), _bubblewrap(), *_sandbox(probe)),
        ),
        Ability(
            "Mark with nbgrader itself, as on a hub",
            (*_packages(("nbgrader",), classroom), _command("nbgrader")),
        ),
        Ability("Build the book: make book", (*_packages(_BOOK, everything), _checkout())),
        Ability("Run every test: make test", (*_packages(_TESTS, everything), _chromium())),
    ]


def requirements() -> dict[str, tuple[str, ...]]:
    """Names of the packages that the course needs, by extra; '' is the course itself."""
    file = _CHECKOUT / "pyproject.toml"
    if file.is_file():  # an editable installation's own list may be older
        project = tomllib.loads(file.read_text("utf-8"))["project"]
        lists = {"": project["dependencies"], **project["optional-dependencies"]}
        return {extra: tuple(map(_plain, texts)) for extra, texts in lists.items()}
    found: dict[str, tuple[str, ...]] = {"": (), "data": (), "classroom": ()}
    for text in metadata.requires("seqcourse") or ():
        extra = re.search(r"extra == ['\"](\w+)['\"]", text)
        name = extra[1] if extra else ""
        found[name] = (*found.get(name, ()), _plain(text))
    return found


def show(found: Iterable[Ability]) -> None:
    """Print a line for each ability, and below it what is missing and how to get it."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console()
    system = f"{platform.system()} {platform.machine()}"
    console.print(f"seqcourse {__version__}, Python {platform.python_version()}, {system}\n")
    for ability in found:
        mark, style = ("✗", "bold") if ability.missing else ("✓", "green")
        console.print(f"{mark} {ability.name}", style=style, markup=False, highlight=False)
        here = ", ".join(f"{n.name} {n.found}" for n in ability.needs if n.found)
        lines = [Text(f"here: {here}", "dim")] if here else []
        lines += [Text(f"missing: {need.name}. {need.cure}") for need in ability.missing]
        for line in lines:
            console.print(Padding(line, (0, 0, 0, 4)))


def _packages(names: Iterable[str], cure: str) -> tuple[Need, ...]:
    return tuple(Need(name, _version(name), cure) for name in names)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _plain(requirement: str) -> str:
    """The name in 'torch>=2.2'."""
    return re.split(r"[^\w.-]", requirement.strip())[0]


def _python() -> Need:
    version = platform.python_version() if sys.version_info >= (3, 11) else ""
    return Need("Python", version, "The course needs Python 3.11 or newer.")


def _checkout() -> Need:
    """Looked for where `assign` and `book` look, without what they load."""
    places = [*(Path.cwd() / "x").parents, _CHECKOUT]
    root = next(
        (p for p in places if (p / "_config.yml").is_file() and (p / "chapters").is_dir()), ""
    )
    cure = "Clone the repository, and call this from inside: the chapters' texts are there."
    return Need("a checkout of the book", f"at {root}" if root else "", cure)


def _command(name: str) -> Need:
    cure = "Activate the environment that it is installed in: nbgrader looks for it on PATH."
    return Need(f"the command {name}", shutil.which(name) or "", cure)


def _chromium() -> Need:
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), "")
    return Need("a browser, Chromium", found, "Install it by your package manager.")


def _bubblewrap() -> Need:
    cure = "On Debian and Ubuntu: sudo apt-get install bubblewrap. There is none but for Linux."
    return Need("bubblewrap", shutil.which("bwrap") or "", cure)


def _sandbox(probe: bool) -> tuple[Need, ...]:
    """Whether the sandbox holds, tried out as marking tries it."""
    if not probe:
        return ()
    name = "a sandbox that holds"
    try:
        from seqcourse.classroom.inside.walls import Limits
        from seqcourse.classroom.probe import proven

        return (Need(name, f"(tried out: {proven(Limits())})", ""),)
    except Exception as error:
        return (Need(name, "", str(error).split("\n")[0]),)
