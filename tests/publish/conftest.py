"""A small book for the publisher's tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sphinx.application import builtin_extensions

from seqcourse.publish import site
from seqcourse.publish.book import Book
from seqcourse.publish.runner import run_stale

from ..warm import run

FRONT = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
    format_version: 0.13
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

"""

CONFIG = """\
title: A small book
repository: {url: https://github.com/owner/name, branch: main}
only_build_toc_files: true
execute: {execute_notebooks: "off"}
parse: {myst_enable_extensions: [colon_fence, dollarmath]}
bibtex_bibfiles: [references.bib]
sphinx:
  extra_extensions: [sphinx_exercise, sphinx_proof, seqcourse.publish.sphinx_ext]
  config: {numfig: true, math_numfig: true, numfig_secnum_depth: 1}
"""

# What a build imports; Jupyter Book loads most of it by name.
OF_BUILDS = (
    *("jupyter_book.cli.main", "jupyter_book.sphinx", "seqcourse.publish.sphinx_ext"),
    *("myst_nb.sphinx_ext", "sphinx_book_theme", "sphinxcontrib.bibtex", "sphinx_external_toc"),
    *("sphinx_exercise", "sphinx_proof", "sphinx_jupyterbook_latex", "sphinx_design"),
    *("sphinx_togglebutton", "sphinx_copybutton", "sphinx_comments", "sphinx_thebe"),
    *("sphinx.builders.html", "sphinx.search.en", "sphinx.ext.intersphinx"),
    *("sphinx_design.extension", "myst_nb.ext.glue.domain", "fontTools.subset"),
    *builtin_extensions,
)
# The largest style sheets, which each build trims.
READ = """
import pathlib, myst_nb, pydata_sphinx_theme, sphinx_book_theme, sphinx_design
from seqcourse.publish.trim import parsed
for package in (myst_nb, pydata_sphinx_theme, sphinx_book_theme, sphinx_design):
    for sheet in pathlib.Path(package.__file__).parent.rglob("*.css"):
        parsed(sheet.read_text("utf-8"))
"""


@pytest.fixture(scope="session", autouse=True)
def builds_need_no_imports() -> Iterator[None]:
    """`build_site` begins a process a build: with all of Sphinx loaded, a quarter of the time."""

    class Warm:
        DEVNULL = subprocess.DEVNULL

        @staticmethod
        def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[Any]:
            begins = "from seqcourse.publish.site import call_jupyter_book"
            if command[:2] != [sys.executable, "-c"] or not command[2].startswith(begins):
                return subprocess.run(command, **options)
            where = {key: options[key] for key in ("cwd", "env")}
            done = run(command[1:], loaded=OF_BUILDS, first=READ, **where)
            sys.stderr.flush()
            os.write(2, done.stderr.encode())
            return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "subprocess", Warm)
        yield


@pytest.fixture
def new_book(tmp_path: Path) -> Book:
    """A checkout with chapters 2 and 12, nothing between them, and no run yet."""
    return _write_book(tmp_path)


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    book = _write_book(tmp_path_factory.mktemp("ran"))
    run_stale(book)
    return book.root


@pytest.fixture
def small_book(ran: Path, tmp_path: Path) -> Book:
    """The same after its chapters' run."""
    shutil.copytree(ran, tmp_path, dirs_exist_ok=True)
    return Book(tmp_path)


def _write_book(root: Path) -> Book:
    root.mkdir(exist_ok=True)
    (root / "_config.yml").write_text(CONFIG)
    (root / "requirements.txt").write_text("numpy==2.0.0  # a pin\n")
    (root / "references.bib").write_text(
        "@book{k, author={Ann Key}, title={T}, publisher={P}, year={1999},\nurl={https://k.org}}\n"
    )
    (root / "index.md").write_text("# Start\n\nBy {cite:t}`k`.\n\n```{bibliography}\n```\n")
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nparts:\n  - caption: One\n    numbered: 1\n    chapters:\n"
        "      - file: chapters/02_two\n      - file: chapters/12_twelve\n"
    )
    (root / "chapters").mkdir()
    write_chapter(
        root, "02_two", "# Two\n\nSee {cite:t}`k`.\n\n$$ a = a $$ (eq-two)\n", "print('two')"
    )
    write_chapter(
        root,
        "12_twelve",
        "# Twelve\n\nAs {eq}`eq-two`.\n\n$$ b = b $$ (eq-twelve)\n",
        "print(12)",
    )
    return Book(root)


def write_chapter(root: Path, name: str, text: str, *code: str) -> None:
    """Write `chapters/NAME.md` from its text and its code cells."""
    cells = "".join(f"\n```{{code-cell}} ipython3\n{source}\n```\n" for source in code)
    (root / "chapters" / f"{name}.md").write_text(FRONT + text + cells)
