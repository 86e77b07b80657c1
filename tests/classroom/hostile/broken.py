"""Broken submissions: files and cells as students hand them in without meaning harm."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

from ..small import AUTO, SOLUTIONS, TASKS, notebook
from .case import Case, answers, book, named, own, raw, text

NOTHING = dict.fromkeys(AUTO, "no notebook could be read")
STUBS = notebook()


def _lines(cells: list[dict[str, Any]]) -> None:
    for cell in cells:
        cell["source"] = cell["source"].splitlines(keepends=True)


def _unmarked(cells: list[dict[str, Any]]) -> None:
    for cell in cells:
        cell["metadata"] = {}


def _old(folder: Path, name: str) -> None:
    sheet = [
        {"cell_type": "code", "input": c["source"], "metadata": {}, "language": "python"}
        for c in notebook(SOLUTIONS)["cells"]
        if c["cell_type"] == "code"
    ]
    old = {"worksheets": [{"cells": sheet}], "metadata": {}, "nbformat": 3, "nbformat_minor": 0}
    (folder / f"{name}.ipynb").write_text(json.dumps(old), "utf-8")


def _without(*names: str) -> Any:
    def change(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
        gone = [id(named(cells, name)) for name in names]
        return [c for c in cells if id(c) not in gone]

    return change


def _twice(second: str) -> Any:
    def change(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
        copy = {**named(cells, "answer-bp-tied"), "source": second}
        return [*cells, copy]

    return change


def _source(name: str, code: Any) -> Any:
    def change(cells: list[dict[str, Any]]) -> None:
        named(cells, name)["source"] = code

    return change


def _elsewhere(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answer in a cell of one's own; the given one still holds the stub."""
    given = named(cells, "answer-bp-tied")
    given["source"] = TASKS["bp-tied"]["stub"]
    place = cells.index(given) + 1
    return [*cells[:place], own(SOLUTIONS["bp-tied"]), *cells[place:]]


def _kernel(language: str) -> Any:
    def write(folder: Path, name: str) -> None:
        made = notebook(SOLUTIONS)
        made["metadata"] = {"kernelspec": {"name": "x", "language": language, "display_name": "X"}}
        (folder / f"{name}.ipynb").write_text(json.dumps(made), "utf-8")

    return write


def _in_folder(*files: tuple[str, str]) -> Any:
    def write(folder: Path, name: str) -> None:
        for path, content in files:
            target = folder / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, "utf-8")

    return write


def _zipped(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def _broken_zip(content: bool) -> bytes:
    """A zip file whose content, or whose file's name, is of no known form."""
    data = bytearray(_zipped({"ä.ipynb": text()}))
    place = data.index(b".ipynb") + 6
    if content:
        data[place : place + 40] = b"\xff" * 40
    return bytes(data) if content else bytes(data).replace("ä".encode(), b"\xff\xfe")


def _no_encoding(folder: Path, name: str) -> None:
    """A file whose name is no text in UTF-8."""
    (folder / os.fsdecode(b"half-\xff.ipynb")).write_text(text(), "utf-8")


def _link(folder: Path, name: str) -> None:
    """A link to a solution that lies elsewhere."""
    away = folder.parent / "away"
    away.mkdir(exist_ok=True)
    (away / "solved.ipynb").write_text(text(), "utf-8")
    (folder / f"{name}.ipynb").symlink_to(away / "solved.ipynb")


def _pipe(folder: Path, name: str) -> None:
    (folder / name).mkdir()
    os.mkfifo(folder / name / "small.ipynb")


_R = "tied <- function(copies) {\n  apply(copies, c(2, 3), sum)\n}"
_MAGIC = "%matplotlib inline\n!pip install --quiet torch\nimport numpy as np\n?np\n"
_PLAIN = SOLUTIONS["bp-tied"]

CASES = [
    Case("empty-file", raw(""), AUTO, NOTHING, r"the file is empty: save"),
    Case("half-saved", raw(text()[:3000]), AUTO, NOTHING, r"half-saved"),
    Case("conflict", raw(f"<<<<<<< HEAD\n{text()}\n>>>>>>> b"), AUTO, NOTHING, r"no valid"),
    Case("a-list", raw("[1, 2, 3]"), AUTO, NOTHING, r"holds no cells"),
    Case("no-cells", raw('{"metadata": {}}'), AUTO, NOTHING, r"holds no cells"),
    Case("odd-cells", raw('{"cells": [1, null, {}, {"cell_type": 5}]}'), AUTO),
    Case("utf-16", raw(text().encode("utf-16")), AUTO, NOTHING, r"not a text in UTF-8"),
    Case("picture", raw(b"\x89PNG\r\n\x1a\n" + bytes(range(256))), AUTO, NOTHING, r"UTF-8"),
    Case("brackets", raw("[" * 200_000), AUTO, NOTHING, r"no valid notebook"),
    Case("script", raw(_PLAIN, "py"), AUTO, NOTHING, r"script.py is no notebook"),
    Case("empty-folder", _in_folder(("notes/.keep", "")), AUTO, NOTHING, r"No notebook"),
    Case("bad-zip", raw(b"PK\x03\x04 broken", "zip"), AUTO, NOTHING, r"zip file cannot be read"),
    Case(
        "huge-zip",
        raw(_zipped({"small.ipynb": " " * (21 * 2**20)}), "zip"),
        AUTO,
        NOTHING,
        r"clear the outputs",
    ),
    Case("half-\\udcff", _no_encoding),
    Case("zip-content", raw(_broken_zip(True), "zip"), AUTO, NOTHING, r"cannot be read"),
    Case("zip-name", raw(_broken_zip(False), "zip"), AUTO, NOTHING, r"cannot be read"),
    Case(
        "zip-bomb",
        raw(_zipped({f"{n}.ipynb": " " * 19 * 2**20 for n in range(8)}), "zip"),
        AUTO,
        NOTHING,
        r"clear the outputs",
    ),
    Case("link", _link, AUTO, NOTHING, r"is a link, and was not followed"),
    Case("pipe", _pipe, AUTO, NOTHING, r"no ordinary file"),
    Case("bom", raw(b"\xef\xbb\xbf" + text().encode())),
    Case("lines", book(_lines)),
    Case("format-3", _old, notes=r"found by the name tied"),
    Case("zipped", raw(_zipped({"hw/small.ipynb": text(), "hw/__MACOSX/._x": ""}), "zip")),
    Case("hub-layout", _in_folder(("small/small.ipynb", text()))),
    Case("renamed-file", _in_folder(("homework (1) FINAL.ipynb", text()))),
    Case(
        "two-files",
        _in_folder(("small.ipynb", json.dumps(STUBS)), ("small (1).ipynb", text())),
        notes=r"small \(1\).ipynb was marked",
    ),
    Case("wrong-kernel", _kernel("julia"), notes=r"names the language julia"),
    Case("in-r", book(tied=_R), ("bp-tied",), {"bp-tied": r"your cell stopped: \w+Error"}),
    Case(
        "syntax-error",
        book(tied="def tied(copies:\n    return 0"),
        ("bp-tied",),
        {"bp-tied": r"SyntaxError.*line 1: def tied\(copies:"},
    ),
    Case(
        "tabs",
        book(tied="def tied(copies):\n\tif 1:\n        return 0"),
        ("bp-tied",),
        {"bp-tied": r"TabError|IndentationError"},
    ),
    Case(
        "deleted-answer",
        book(_without("answer-bp-step")),
        ("bp-step",),
        {"bp-step": r"its cell is not in the notebook"},
    ),
    Case("deleted-setup", book(_without("setup-1")), notes=r"has lost|run as given out"),
    Case(
        "edited-setup", book(_source("setup-1", "import numpy as torch")), notes=r"run as given out"
    ),
    Case("deleted-checks", book(_without("check-bp-tied", "check-bp-step"))),
    Case(
        "edited-checks",
        book(_source("check-bp-tied", "assert False"), tied="def tied(c):\n    return 0 * c[0]"),
        ("bp-tied",),
        {"bp-tied": r"passed 0 of 3"},
    ),
    Case("lost-marks", book(_unmarked), notes=r"lost the assignment's marks"),
    Case("copied-stub", book(_twice(TASKS["bp-tied"]["stub"])), notes=r"there 2 times"),
    Case(
        "copied-answer",
        book(_twice(_PLAIN), tied="def tied(c):\n    return c[0]"),
        notes=r"last one that was filled in",
    ),
    Case("elsewhere", book(_elsewhere)),
    Case("reversed", book(lambda cells: cells[::-1])),
    Case(
        "renamed",
        book(tied=_PLAIN.replace("def tied", "def my_tied")),
        ("bp-tied",),
        {"bp-tied": r"name 'tied' is not defined.*Keep the name"},
    ),
    Case("no-source", book(_source("answer-bp-tied", None)), ("bp-tied",)),
    Case("half-character", book(tied=f"# \udcff\n{_PLAIN}"), ("bp-tied",)),
    Case("magics", book(tied=_MAGIC + _PLAIN)),
    Case("awaits", book(tied=f"import asyncio\nawait asyncio.sleep(0)\n{_PLAIN}")),
    Case(
        "prints",
        book(tied="def tied(copies):\n    print(copies.sum(0))"),
        ("bp-tied",),
        {"bp-tied": r"nothing \(None\).*return"},
    ),
    Case(
        "one-argument-more",
        book(tied="def tied(copies, extra):\n    return copies[0]"),
        ("bp-tied",),
        {"bp-tied": r"Keep the arguments"},
    ),
    Case(
        "todo",
        book(tied="def tied(copies):\n    raise NotImplementedError"),
        ("bp-tied",),
        {"bp-tied": r"not attempted"},
    ),
    Case(
        "asks-back",
        book(tied="size = int(input())\n" + _PLAIN),
        ("bp-tied",),
        {"bp-tied": r"EOFError"},
    ),
    Case(
        "own-cell-stops",
        book(lambda cells: [own("1 / 0"), *cells], tied="def tied(c):\n    return c[0]"),
        ("bp-tied",),
        notes=r"Cell 1 stopped: ZeroDivisionError",
    ),
    Case(
        "markup",
        book(tied="raise ValueError('<script>alert(1)</script>')"),
        ("bp-tied",),
        {"bp-tied": r"<script>alert"},
    ),
    Case("=1+1", raw(text(**{"tied": answers()["bp-tied"]}))),
    Case("<b>bold & co", raw(text())),
]
