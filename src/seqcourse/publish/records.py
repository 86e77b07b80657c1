"""Records of runs: what a chapter's cells printed, and the hashes that tell whether it still holds.

A record is a notebook of code cells whose metadata name everything the run depended on. The
committed notebook of a chapter is such a record too, with the text beside the code.
"""

from __future__ import annotations

import copy
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

import seqcourse
from seqcourse.publish.book import Book, BookError, Chapter, code_cells

PACKAGE = Path(seqcourse.__file__).parent


def digest(data: bytes | str) -> str:
    """A short, stable fingerprint (64 bits of SHA-256)."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()[:16]


def code_hash(notebook: nbformat.NotebookNode) -> str:
    """Fingerprint of the code cells: their source and tags. Prose does not enter."""
    cells = [
        (cell.source, cell.metadata.get("tags", []))
        for cell in code_cells(notebook)
        if cell.get("id") != "setup"
    ]
    return digest(json.dumps(cells))


def pins_hash(book: Book) -> str:
    """Fingerprint of the pinned packages that the book is run with."""
    path = book.root / "requirements.txt"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    pins = [line.split("#")[0].strip() for line in lines]
    return digest("\n".join(sorted(filter(None, pins))))


def file_hashes(files: list[str]) -> dict[str, str]:
    """Fingerprints of files of the package, by their path inside it ('' for one that is gone)."""
    return {name: _file_hash(PACKAGE / name) for name in sorted(set(files))}


def _file_hash(path: Path) -> str:
    try:
        about = path.stat()
    except OSError:
        return ""
    return _hash_of(path, about.st_mtime_ns, about.st_size)


@cache
def _hash_of(path: Path, modified: int, size: int) -> str:
    """A file's fingerprint: many chapters use the same files, and each is asked many times."""
    return digest(path.read_bytes())


def behind_results(files: list[str]) -> set[str]:
    """The modules behind the stored results among the files: the page says when one changed."""
    results = [PACKAGE / name for name in files if name.startswith("experiments/results/")]
    return {module for path in results for module in json.loads(path.read_text("utf-8"))["modules"]}


def describe(chapter: Chapter, files: list[str], seconds: float, cpu: float) -> dict[str, Any]:
    """What a run depended on, to be kept with its outputs, and how long it took.

    Args:
        chapter: the chapter that ran.
        files: of the package, that it used.
        seconds: from start to end; other runs on the machine make them more.
        cpu: seconds of a processor that its kernel and whatever that started have used.
    """
    return {
        "code": code_hash(chapter.read()),
        "files": file_hashes([*files, *behind_results(files)]),
        "pins": pins_hash(chapter.book),
        "seconds": round(seconds),
        "cpu": round(cpu),
    }


def why_stale(chapter: Chapter, record: nbformat.NotebookNode) -> str:
    """Why the record no longer stands for the chapter; empty if it does."""
    kept = record.metadata.get("seqcourse", {}).get("record")
    if kept is None:
        return "the notebook is no record of a run"
    if kept["code"] != code_hash(chapter.source()):
        return "its code cells changed"
    if kept["pins"] != pins_hash(chapter.book):
        return "the pinned packages changed"
    for name, value in file_hashes(list(kept["files"])).items():
        if value != kept["files"][name]:
            return f"seqcourse/{name} changed"
    return ""


def read_notebook(path: Path) -> nbformat.NotebookNode | None:
    """The notebook at `path`, or None if there is none or it is not one.

    It is not to be changed: who asks again is given the same.
    """
    try:
        return _notebook(path.read_bytes())
    except (OSError, ValueError, nbformat.reader.NotJSONError, nbformat.ValidationError):
        return None


@cache
def _notebook(data: bytes) -> nbformat.NotebookNode:
    return nbformat.reads(data.decode(), as_version=4)


def fresh_record(chapter: Chapter) -> tuple[nbformat.NotebookNode | None, str]:
    """The chapter's record that still holds, not to be changed; else None and why.

    A finished run that waits for its build comes before the committed notebook.
    """
    reason = "it never ran"
    for path in (chapter.staged_path, chapter.notebook_path):
        record = read_notebook(path)
        if record is not None:
            reason = why_stale(chapter, record)
            if not reason:
                return record, ""
    return None, reason


def with_outputs(chapter: Chapter, notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """`notebook` (the chapter's source) with the outputs of its fresh record.

    Raises:
        BookError: the chapter has no record that still holds.
    """
    record, reason = fresh_record(chapter)
    if record is None:
        raise BookError(f"{chapter.path}: no run stands for it ({reason}). Call `make book`.")
    ran = [cell for cell in code_cells(record) if cell.get("id") != "setup"]
    for cell, source in zip(ran, code_cells(notebook), strict=True):
        source.outputs = copy.deepcopy(cell.outputs)
        source.execution_count = cell.execution_count
    notebook.metadata["seqcourse"] = {
        **notebook.metadata.get("seqcourse", {}),
        **record.metadata["seqcourse"],
    }
    return notebook
