"""Find and read submissions: as data, whatever they are."""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

LARGEST = 20 * 2**20  # bytes of one notebook
_MOST = 50  # notebooks that are looked at for one student
_ALL = 4 * LARGEST  # bytes of all notebooks in a student's zip files


@dataclass(frozen=True)
class Candidate:
    """A file of a student's that may be the submission."""

    name: str
    data: bytes = field(repr=False, default=b"")
    trouble: str = ""


@dataclass(frozen=True)
class Submitted:
    """What one student handed in.

    Args:
        student: as the file or the folder is called.
        candidates: the notebooks, by name.
        notes: what is odd about the files.
    """

    student: str
    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Of all that was handed in."""
        whole = hashlib.sha256(repr((self.student, self.notes)).encode())
        for candidate in self.candidates:
            own = hashlib.sha256(candidate.data).hexdigest()
            whole.update(repr((candidate.name, candidate.trouble, own)).encode())
        return whole.hexdigest()


class SubmissionsError(Exception):
    """There is nothing to mark."""


def find_submissions(
    path: Path, assignment: str, say: Callable[[str], object] = lambda line: None
) -> list[Submitted]:
    """Every student's submission, sorted by name.

    Args:
        path: a folder with `STUDENT.ipynb`, `STUDENT.zip`, `STUDENT/…` or nbgrader's
            `STUDENT/ASSIGNMENT/…`; or a zip file of such a folder.
        assignment: its name.
        say: called with files that are left out.

    Raises:
        SubmissionsError: there is no submission; the message says what was looked for.
    """
    if path.is_file() and path.suffix == ".zip":
        found = _class_zip(path)
    elif path.is_dir():
        found = _folder(path, assignment, say)
    else:
        raise SubmissionsError(f"{path} is neither a folder nor a zip file.")
    if not found:
        raise SubmissionsError(
            f"{path} holds no submission. Looked for: STUDENT.ipynb, STUDENT.zip, "
            f"STUDENT/*.ipynb and STUDENT/{assignment}/*.ipynb."
        )
    return [
        Submitted(name, tuple(sorted(files, key=lambda c: c.name))[:_MOST], tuple(sorted(notes)))
        for name, (files, notes) in sorted(found.items())
    ]


_Found = dict[str, tuple[list[Candidate], set[str]]]


def _folder(path: Path, assignment: str, say: Callable[[str], object]) -> _Found:
    found: _Found = {}
    for entry in sorted(path.iterdir()):
        if entry.name.startswith((".", "__MACOSX")):
            continue
        if entry.is_file() and not entry.is_symlink() and not _may_be_meant(entry.name):
            say(f"{entry.name} is no submission: left out.")
            continue
        student = entry.name if entry.is_dir() and not entry.is_symlink() else entry.stem
        student = student.encode(errors="backslashreplace").decode()  # a name in no encoding
        files, notes = found.setdefault(student, ([], set()))
        if entry.is_symlink():
            notes.add(f"{entry.name} is a link, and was not followed.")
        elif entry.is_dir():
            own = entry / assignment
            _walk(own if own.is_dir() and not own.is_symlink() else entry, files, notes)
        else:
            _take(entry, entry.name, files, notes)
    return found


def _may_be_meant(name: str) -> bool:
    """Whether a file may be what a student hands in, rather than a list that lies beside it."""
    return ".ipynb" in name or name.endswith((".zip", ".py", ".html", ".pdf", ".docx"))


def _walk(folder: Path, files: list[Candidate], notes: set[str]) -> None:
    for home, folders, names in os.walk(folder):  # follows no links
        folders[:] = sorted(n for n in folders if not n.startswith((".", "__MACOSX")))
        for name in sorted(names):
            path = Path(home, name)
            if not name.startswith("."):
                _take(path, path.relative_to(folder).as_posix(), files, notes)


def _take(path: Path, name: str, files: list[Candidate], notes: set[str]) -> None:
    if path.is_symlink():
        notes.add(f"{name} is a link, and was not followed.")
    elif not path.is_file():
        notes.add(f"{name} is no ordinary file, and was not read.")
    elif path.suffix == ".zip":
        left = _ALL - sum(len(file.data) for file in files)  # 200 GB may be packed into a few MB
        held = islice(_unzipped(path, left), max(_MOST - len(files), 0))
        files += [Candidate(f"{name}/{inner}", data, bad) for inner, data, bad in held]
    elif path.suffix == ".ipynb":
        files.append(_read(path, name))
    elif path.suffix in (".py", ".html", ".pdf", ".md", ".txt", ".docx", ".json"):
        notes.add(f"{name} is no notebook (.ipynb).")


def _read(path: Path, name: str) -> Candidate:
    try:
        if path.stat().st_size > LARGEST:
            return Candidate(name, trouble=_too_large(path.stat().st_size))
        return Candidate(name, path.read_bytes())
    except OSError as error:
        return Candidate(name, trouble=f"it cannot be read: {error.strerror}")


def _too_large(size: int) -> str:
    return f"it has {size / 2**20:.0f} MB: clear the outputs and save it again"


def _unzipped(path: Path, most: float = math.inf) -> Iterator[tuple[str, bytes, str]]:
    """Name, content and trouble of each notebook in a zip file; nothing is written anywhere.

    Args:
        path: the file.
        most: bytes of all notebooks together.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            for info in archive.infolist()[:10_000]:
                name = PurePosixPath(info.filename)
                hidden = any(part.startswith((".", "__MACOSX")) for part in name.parts)
                if name.suffix != ".ipynb" or hidden or info.is_dir():
                    continue
                if info.file_size > min(LARGEST, most):
                    yield str(name), b"", _too_large(info.file_size)
                else:
                    most -= info.file_size
                    yield str(name), *_member(archive, info)
    except Exception as error:  # a name in no encoding, a broken field: each has its own
        yield "?", b"", f"the zip file cannot be read ({error})"


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[bytes, str]:
    try:
        return archive.open(info).read(LARGEST), ""
    except Exception as error:  # of zlib, of lzma, …
        return b"", f"the zip file cannot be read ({error})"


def _class_zip(path: Path) -> _Found:
    """Students of a zip file of the whole class: its folders, or its notebooks' names."""
    listed = list(_unzipped(path))
    first = {PurePosixPath(name).parts[0] for name, _, _ in listed}
    nested = len(first) == 1 and all(len(PurePosixPath(n).parts) > 2 for n, _, _ in listed)
    found: _Found = {}
    for name, data, bad in listed:
        parts = PurePosixPath(name).parts[1 if nested else 0 :]
        student = parts[0] if len(parts) > 1 else PurePosixPath(parts[0]).stem
        found.setdefault(student, ([], set()))[0].append(Candidate(name, data, bad))
    return found


def read_notebook(candidate: Candidate) -> tuple[list[dict[str, Any]], Any, str]:
    """A notebook's cells (`kind`, `source`, `grade_id`, `id`) and metadata, or why it has none."""
    if candidate.trouble:
        return [], None, candidate.trouble
    if not candidate.data.strip():
        return [], None, "the file is empty: save the notebook and hand it in again"
    try:
        book = json.loads(candidate.data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return [], None, "it is no notebook: not a text in UTF-8"
    except (ValueError, RecursionError) as error:
        return [], None, f"it is no valid notebook, perhaps half-saved ({str(error)[:80]})"
    if not isinstance(book, dict):
        return [], None, "it is no notebook: its JSON holds no cells"
    cells = book.get("cells")
    if cells is None and isinstance(book.get("worksheets"), list):  # nbformat 3
        sheets = [s for s in book["worksheets"] if isinstance(s, dict)]
        cells = [c for s in sheets for c in (s.get("cells") or [])]
    if not isinstance(cells, list):
        return [], None, "it is no notebook: its JSON holds no cells"
    return [_cell(cell) for cell in cells if isinstance(cell, dict)], book.get("metadata"), ""


def _cell(cell: dict[str, Any]) -> dict[str, Any]:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = marks.get("grade_id") if isinstance(marks, dict) else None
    return {
        "kind": "code" if cell.get("cell_type") == "code" else "text",
        "source": source if isinstance(source, str) else "",
        "grade_id": grade_id if isinstance(grade_id, str) else "",
        "id": cell["id"] if isinstance(cell.get("id"), str) else "",
    }


def kernel_note(metadata: Any) -> str:
    """What to say where a notebook names another language than Python; '' otherwise."""
    try:
        language = metadata["kernelspec"].get("language") or metadata["language_info"]["name"]
    except (KeyError, TypeError, AttributeError):
        return ""
    if not isinstance(language, str) or language.lower() in ("python", "python3", "ipython", ""):
        return ""
    shown = re.sub(r"[^\w .+#-]", "", language)[:30]
    return f"The notebook names the language {shown}: it was run as Python."
