"""Lazy packages: nothing is loaded that is not used, and a name means the same in any order."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES = ("seqcourse.data", "seqcourse.nn")
packages = pytest.mark.parametrize("package", PACKAGES)


def loaded_after(code: str) -> set[str]:
    """Modules of the course, without 'seqcourse.', that a new process has loaded."""
    code += "\nimport sys; print(*(n for n in sys.modules if n.startswith('seqcourse.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.removeprefix("seqcourse.") for name in done.stdout.split()}


def names_for_the_type_checker(package: str) -> dict[str, str]:
    tree = ast.parse(Path(str(importlib.import_module(package).__file__)).read_text("utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    return {
        alias.name: str(node.module)
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.module != package  # which names a module
        for alias in node.names
    }


@packages
def test_both_lists_of_names_agree(package: str) -> None:
    assert names_for_the_type_checker(package) == importlib.import_module(package)._where


@packages
def test_each_name_is_there_and_is_no_module(package: str) -> None:
    module = importlib.import_module(package)
    for name, place in module._where.items():
        assert getattr(module, name) is getattr(sys.modules[place], name)
    assert set(module.__all__) == set(module._where) <= set(dir(module))


@pytest.mark.parametrize(
    ("code", "there", "not_there"),
    [
        ("import seqcourse.data", {"data"}, {"data.words"}),
        (
            "from seqcourse.data import adding",
            {"data.synthetic"},
            {"data.series", "data.audio", "data.tour"},
        ),
        ("from seqcourse.data import lagged", {"data.windows"}, {"data.words"}),
        ("from seqcourse.nn import rnn_step", {"nn.rnn_step"}, {"nn.rnn"}),
        (
            "import seqcourse.nn; seqcourse.nn.functional.scaled_dot_product_attention",
            {"nn.functional"},
            {"nn.ctc_fast", "nn.ctc_step", "gradients.ctc", "nn.attention"},
        ),
    ],
)
def test_what_is_not_used_is_not_loaded(code: str, there: set[str], not_there: set[str]) -> None:
    found = loaded_after(code)
    assert there <= found and not not_there & found


@pytest.mark.parametrize(
    "code",
    [
        "import seqcourse.data.intents; from seqcourse.data import intents",
        "from seqcourse.data import split_intents, intents",
        "from seqcourse.data.intents import Intents; from seqcourse.data import intents",
        "from seqcourse.data import intents, tour; from seqcourse.data import intents",
        "from seqcourse.nn.rnn import STEPS; from seqcourse.nn import rnn_step as intents",
        "import seqcourse.nn.rnn_step; from seqcourse.nn import RNN, rnn_step as intents",
    ],
)
def test_a_function_is_never_hidden_by_its_module(code: str) -> None:
    loaded_after(f"{code}\nassert type(intents).__name__ == 'function', intents")


def test_what_is_not_there() -> None:
    import seqcourse.data

    with pytest.raises(AttributeError, match="seqcourse.data' has no attribute 'spelings'"):
        seqcourse.data.spelings  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'spelings'"):
        exec("from seqcourse.data import spelings")
    from seqcourse.data import packages  # a module that is no name of the package

    assert packages.__name__ == "seqcourse.data.packages"
