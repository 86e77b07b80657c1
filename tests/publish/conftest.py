"""A small book for the publisher's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqcourse.publish.book import Book

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


@pytest.fixture
def small_book(tmp_path: Path) -> Book:
    """A checkout with chapters 2 and 12, nothing between them, and no run yet."""
    (tmp_path / "_config.yml").write_text(CONFIG)
    (tmp_path / "requirements.txt").write_text("numpy==2.0.0  # a pin\n")
    (tmp_path / "references.bib").write_text(
        "@book{k, author={Ann Key}, title={T}, publisher={P}, year={1999},\nurl={https://k.org}}\n"
    )
    (tmp_path / "index.md").write_text("# Start\n\nBy {cite:t}`k`.\n\n```{bibliography}\n```\n")
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nparts:\n  - caption: One\n    numbered: 1\n    chapters:\n"
        "      - file: chapters/02_two\n      - file: chapters/12_twelve\n"
    )
    (tmp_path / "chapters").mkdir()
    write_chapter(
        tmp_path, "02_two", "# Two\n\nSee {cite:t}`k`.\n\n$$ a = a $$ (eq-two)\n", "print('two')"
    )
    write_chapter(
        tmp_path,
        "12_twelve",
        "# Twelve\n\nAs {eq}`eq-two`.\n\n$$ b = b $$ (eq-twelve)\n",
        "print(12)",
    )
    return Book(tmp_path)


def write_chapter(root: Path, name: str, text: str, *code: str) -> None:
    """Write `chapters/NAME.md` from its text and its code cells."""
    cells = "".join(f"\n```{{code-cell}} ipython3\n{source}\n```\n" for source in code)
    (root / "chapters" / f"{name}.md").write_text(FRONT + text + cells)
