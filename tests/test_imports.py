"""What a chapter makes a learner wait for: no large library that it does not use."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seqcourse.publish.book import Book, code_cells

ROOT = Path(__file__).resolve().parents[1]
LARGE = {"pandas", "scipy", "sklearn"}
BRINGS = {  # what these import themselves
    "statsmodels": {"pandas", "scipy"},
    "sklearn": {"pandas", "scipy"},
}

# One process holds what every chapter needs; each chapter's imports run in a copy of it.
EACH = """
import json, os, sys, traceback
import IPython, matplotlib.figure, numpy, torch
for name, statements in json.loads(sys.stdin.read()).items():
    child = os.fork()
    if not child:
        try:
            for statement in statements:
                exec(statement, {})
            print(json.dumps([name, sorted({"pandas", "scipy", "sklearn"} & sys.modules.keys())]))
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
"""


def imports(code: str) -> list[str]:
    """The import statements of a cell, but for what the learner's own file holds."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Import | ast.ImportFrom) and "my_nn" not in ast.unparse(node)
    ]


def loaded(chapters: dict[str, list[str]]) -> dict[str, set[str]]:
    """The large libraries that each chapter's imports load."""
    done = subprocess.run(
        [sys.executable, "-c", EACH], input=json.dumps(chapters), capture_output=True, text=True
    )
    found = {name: set(large) for name, large in map(json.loads, done.stdout.splitlines())}
    assert found.keys() == chapters.keys(), done.stderr
    return found


def used(statements: list[str]) -> set[str]:
    """The large libraries that a chapter itself names, and what these bring."""
    names = {statement.split()[1].split(".")[0] for statement in statements}
    return (names & LARGE).union(*(BRINGS.get(name, set()) for name in names))


pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork is needed")


def test_no_chapter_loads_a_large_library_that_it_does_not_use() -> None:
    chapters = {
        chapter.name: [one for cell in code_cells(chapter.read()) for one in imports(cell.source)]
        for chapter in Book(ROOT).chapters()
    }
    assert all(chapters.values())
    needless = {name: large - used(chapters[name]) for name, large in loaded(chapters).items()}
    assert {name: large for name, large in needless.items() if large} == {}


def test_what_is_loaded_is_noticed() -> None:
    """Also where the statement does not name it, and for no other chapter."""
    chapters = {
        "plain": ["import seqcourse.lesson"],
        "hidden": ["import sys; __import__('scipy')"],
        "named": ["from scipy import special"],
    }
    found = loaded(chapters)
    assert found["plain"] == set() and "scipy" in found["named"] & used(chapters["named"])
    assert found["hidden"] - used(chapters["hidden"]) == {"scipy"}
