"""The book's checkout: its configuration and its chapters, read from text."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
import yaml
from myst_parser.config.main import MdParserConfig
from sphinx.errors import SphinxError

from seqcourse import __version__
from seqcourse.publish.fences import open_fence
from seqcourse.publish.reading import read_notebook

_CHAPTER_FILE = re.compile(r"(\d\d)_([a-z0-9_]+)\.md")

# The set-up cell. `{here}` names what is installed already, so that pip either keeps it or fails.
_SETUP = """\
# Set-up: installs seqcourse where it is missing, and leaves torch and numpy as they are.
from importlib import metadata, util

if util.find_spec("seqcourse") is None:
    kept = [name for name in ("torch", "numpy") if util.find_spec(name)]
    here = " ".join(f"{{name}}=={{metadata.version(name)}}" for name in kept)
    %pip install --quiet {{here}} "seqcourse{extras} @ git+{url}@v{version}\""""


class BookError(SphinxError):
    """Something in the book's sources is wrong; the message says where and what to do.

    Sphinx, where it meets one, prints this message and no traceback.
    """

    category = "The book cannot be built"


@dataclass(frozen=True)
class Book:
    """A checkout of the book.

    Args:
        root: the folder that holds `_config.yml`.
    """

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Book:
        """The book that `start` (default: the working folder) lies in.

        Raises:
            BookError: no parent folder holds a `_config.yml` and a `chapters` folder.
        """
        start = (start or Path.cwd()).resolve()
        for folder in (start, *start.parents):
            if (folder / "_config.yml").is_file() and (folder / "chapters").is_dir():
                return cls(folder)
        raise BookError(
            f"{start} is not inside a checkout of the book (no _config.yml with a chapters folder "
            "above it). Clone the repository and call this from there."
        )

    @cached_property
    def config(self) -> dict[str, Any]:
        """The parsed `_config.yml`."""
        return dict(_yaml((self.root / "_config.yml").read_text("utf-8")))

    @cached_property
    def project(self) -> dict[str, Any]:
        """The table `project` of `pyproject.toml`."""
        path = self.root / "pyproject.toml"
        text = path.read_text("utf-8") if path.exists() else ""
        return dict(tomllib.loads(text).get("project", {}))

    @property
    def repository(self) -> str:
        """Address of the repository: the one place that knows it is `_config.yml`."""
        return str(self.config["repository"]["url"]).rstrip("/")

    @property
    def branch(self) -> str:
        """The branch that readers' links point to."""
        return str(self.config["repository"].get("branch", "main"))

    @property
    def site(self) -> str:
        """Address of the published site, as GitHub Pages derives it from the repository's."""
        owner, name = urlsplit(self.repository).path.strip("/").split("/")
        return f"https://{owner}.github.io/{name}"

    @property
    def build(self) -> Path:
        """Everything that can be made again."""
        return self.root / "_build"

    @property
    def markdown_config(self) -> MdParserConfig:
        """The Markdown dialect of the chapters, as the site's build reads it."""
        extensions = self.config.get("parse", {}).get("myst_enable_extensions", [])
        return MdParserConfig(enable_extensions=set(extensions))

    def chapters(self) -> list[Chapter]:
        """All chapters, in the order of their numbers.

        Raises:
            BookError: a Markdown file in `chapters` is not named like a chapter, or two chapters
                share a number.
        """
        found: dict[int, Chapter] = {}
        for path in sorted((self.root / "chapters").glob("*.md")):
            match = _CHAPTER_FILE.fullmatch(path.name)
            if match is None:
                raise BookError(
                    f"{path}: a chapter's file is named like 02_autoregression.md "
                    "(two digits, lower case). Rename it or move it to book/."
                )
            number = int(match[1])
            if number in found:
                raise BookError(f"{path} and {found[number].path} are both chapter {number}.")
            found[number] = Chapter(self, path, number)
        return [found[number] for number in sorted(found)]


@dataclass(frozen=True)
class Chapter:
    """One chapter: a Markdown file that an author edits, and the notebook generated beside it."""

    book: Book
    path: Path
    number: int

    @property
    def name(self) -> str:
        """The file's name without its ending: `02_autoregression`."""
        return self.path.stem

    @property
    def docname(self) -> str:
        """Sphinx' name of the page: `chapters/02_autoregression`."""
        return f"chapters/{self.name}"

    @property
    def notebook_path(self) -> Path:
        """The generated, committed notebook: also the record of the last run."""
        return self.path.with_suffix(".ipynb")

    @property
    def staged_path(self) -> Path:
        """A finished run that no build has published yet."""
        return self.book.build / "records" / f"{self.name}.ipynb"

    def read(self) -> nbformat.NotebookNode:
        """The source as cells; `metadata.source_map` holds each cell's first line (from 0).

        Raises:
            BookError: the text is not a MyST notebook, or one of its fences has no end.
        """
        return copy.deepcopy(self.source())

    def source(self) -> nbformat.NotebookNode:
        """The same, not to be changed: one build asks for it some twenty times."""
        extensions = frozenset(self.book.markdown_config.enable_extensions)
        return self._cells(self.path.read_text("utf-8"), extensions)

    @cache  # noqa: B019 - chapters are few, and equal ones share what is kept
    def _cells(self, text: str, extensions: frozenset[str]) -> nbformat.NotebookNode:
        if found := open_fence(text.split("\n")):
            where = f": its end was taken for that of {found[1]}" if found[1] else ""
            raise BookError(
                f"{self.path}:{found[0]}: this fence has no end{where}. What holds a fence needs a "
                "longer one: begin and end it with four backticks."
            )
        try:
            notebook = read_notebook(text, self.path, extensions)
        except Exception as error:
            line = re.search(r"Code cell \d+ at line (\d+) could not be read", str(error))
            if line and "bad YAML" in str(error):
                raise BookError(
                    f"{self.path}:{line[1]}: the header of this cell is no YAML. A text that holds "
                    "a colon stands in quotes."
                ) from error
            raise BookError(f"{self.path}: cannot be read as a MyST notebook: {error}") from error
        # myst-nb counts a cell of text from the end of the one before; its text begins later.
        lines, starts = text.splitlines(), notebook.metadata["source_map"]
        notebook.metadata["source_map"] = [
            next((n for n in range(start, len(lines)) if lines[n].strip()), start)
            for start in starts
        ]
        return notebook

    @property
    def is_draft(self) -> bool:
        """Whether the front matter says `seqcourse: {draft: true}`."""
        return bool(self.source().metadata.get("seqcourse", {}).get("draft", False))

    @property
    def extras(self) -> list[str]:
        """The optional dependencies it needs, from the front matter: `seqcourse: {extras: [data]}`.

        Raises:
            BookError: pyproject.toml knows no such extra.
        """
        wanted = list(self.source().metadata.get("seqcourse", {}).get("extras", ()))
        known = list(self.book.project.get("optional-dependencies", {}))
        for name in wanted:
            if name not in known:
                raise BookError(f"{self.path}: extra {name!r} is none of pyproject.toml's {known}.")
        return wanted


@cache
def _yaml(text: str) -> Any:
    return yaml.safe_load(text)


def code_cells(notebook: nbformat.NotebookNode) -> Iterator[nbformat.NotebookNode]:
    """The notebook's code cells, in order."""
    return (cell for cell in notebook.cells if cell.cell_type == "code")


def setup_cell(chapter: Chapter) -> nbformat.NotebookNode:
    """The first cell of a chapter's generated notebook."""
    source = setup_code(chapter.book, chapter.extras)
    return nbformat.v4.new_code_cell(source, id="setup", metadata={"tags": ["setup"]})


def setup_code(book: Book, extras: Iterable[str]) -> str:
    """What installs the course, with these optional dependencies, where it is missing."""
    wanted = ",".join(extras)
    return _SETUP.format(
        url=book.repository, version=__version__, extras=f"[{wanted}]" if wanted else ""
    )
