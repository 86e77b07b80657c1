"""A fingerprint changes with what a module does, and with nothing else."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seqcourse.experiments import _modules
from seqcourse.experiments._modules import NOT_THE_TRIAL, PACKAGE, changed, fingerprint

CODE = '''\
"""A module."""

SEEDS = (0, 1)


def f(x: float, *, y: str | None = None) -> str:
    """What it does."""
    return f"{x:>{3}} " "and" f"{y!r}"  # a comment


def summary() -> dict[str, int]:
    return {"a": 1}
'''


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "module.py"
    found.write_text(CODE, "utf-8")
    return found


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ('"""A module."""\n', "", True),
        ("What it does", "What it did", True),
        ("  # a comment", "", True),
        ("(x: float, *, y", "(\n    x: float,\n    *,\n    y", True),
        ('"and"', "'and'", True),
        ("{3}", "{4}", False),
        ('"and"', '"or"', False),
        ("= None", '= ""', False),
        ("y!r", "y!s", False),
        ("(0, 1)", "(0, 1, 2)", False),
        ("(0, 1)", "(0, True)", False),
        ('{"a": 1}', '{"a": 1, **{}}', False),
    ],
)
def test_what_counts(path: Path, old: str, new: str, same: bool) -> None:
    assert old in CODE
    before = fingerprint(path)
    path.write_text(CODE.replace(old, new), "utf-8")
    assert (fingerprint(path) == before) is same


def test_what_does_not_bear_on_a_trial(path: Path) -> None:
    before = fingerprint(path, NOT_THE_TRIAL)
    path.write_text(CODE.replace("(0, 1)", "(2,)").replace('"a": 1', '"b": 2'), "utf-8")
    assert fingerprint(path, NOT_THE_TRIAL) == before
    path.write_text(CODE.replace("{3}", "{4}"), "utf-8")
    assert fingerprint(path, NOT_THE_TRIAL) != before


def test_it_is_known_beforehand(path: Path) -> None:
    """The same in every Python: the others run this test, too."""
    assert fingerprint(path) == "21ba1c95f7b62bbb"


def test_later_fields_that_are_empty_do_not_count(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprint(path)
    monkeypatch.setattr(ast.FunctionDef, "_fields", (*ast.FunctionDef._fields, "later", "more"))
    monkeypatch.setattr(ast.FunctionDef, "later", [], raising=False)
    monkeypatch.setattr(ast.FunctionDef, "more", None, raising=False)
    assert fingerprint(path) == before


def test_what_changed_is_named(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(_modules, "PACKAGE", path.parent)
    assert changed({"module.py": fingerprint(path)}) == []
    assert changed({"module.py": "another", "gone.py": "x"}) == ["gone.py", "module.py"]


def test_packages_only_say_where_names_are() -> None:
    """So their __init__ needs no fingerprint: what it names has one."""
    for folder in ("data", "gradients", "models", "nn"):
        tree = ast.parse((PACKAGE / folder / "__init__.py").read_text("utf-8"))
        own = [n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        assert set(own) <= {"__getattr__", "__dir__"}, folder


def test_what_is_loaded() -> None:
    code = (
        "import seqcourse.cli, seqcourse.models.ngram, seqcourse.experiments._run\n"
        "from seqcourse.experiments._modules import loaded\nprint(*loaded())"
    )
    known = {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=os.environ | known, capture_output=True, text=True)
    # Of the data what it uses; neither the machinery nor what other data sets are made of.
    used = ["data/packages.py", "data/words.py", "models/ngram.py"]
    assert done.stdout.split() == used, done.stderr


def test_what_experiments_share_counts() -> None:
    """A module that trains is no machinery, though its name begins alike."""
    code = (
        "import seqcourse.experiments._pronouncing, seqcourse.experiments._rungs\n"
        "from seqcourse.experiments._modules import loaded\nprint(*loaded())"
    )
    known = {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=os.environ | known, capture_output=True, text=True)
    ours = [name for name in done.stdout.split() if name.startswith("experiments/_")]
    assert ours == ["experiments/_pronouncing.py"], done.stderr
