"""The skeleton of a new chapter: every element in its place, with one exercise that works."""

from __future__ import annotations

import re
from pathlib import Path

from seqcourse.files import write_whole
from seqcourse.publish.book import Book, BookError

_FILES = Path(__file__).parent / "skeleton_files"


def write_skeleton(book: Book, name: str) -> list[Path]:
    """Write a chapter, its checkers and their wrong answers, with one small exercise that works.

    The chapter is a draft: it is run and built, but exempt from the anatomy check.

    Args:
        book: the checkout.
        name: two digits and words joined by underscores, such as `04_recurrent_networks`.

    Returns:
        The chapter, the checkers' module, and the module of wrong answers. The chapter is listed in
        `_toc.yml`, behind the one before it.

    Raises:
        BookError: the name has another form, its number is taken, or a file is there already.
    """
    if not re.fullmatch(r"\d\d_[a-z0-9_]+", name):
        raise BookError(f"{name!r}: a chapter is named like 04_recurrent_networks.")
    for chapter in book.chapters():
        if chapter.number == int(name[:2]):
            raise BookError(f"{chapter.path} is chapter {chapter.number} already.")
    number, title = name[:2], name[3:].replace("_", " ").capitalize()
    words = {"NUMBER": str(int(number)), "TITLE": title, "SLUG": f"c{number}"}
    places = {
        "chapter.md": book.root / "chapters" / f"{name}.md",
        "checker.py": book.root / "src/seqcourse/lesson/exercises" / f"ch{number}.py",
        "wrong.py": book.root / "tests/lesson/exercises" / f"wrong_ch{number}.py",
    }
    for path in places.values():
        if path.exists():
            raise BookError(f"{path} is there already: move it, or take another number.")
    for source, path in places.items():
        text = (_FILES / f"{source}.txt").read_text("utf-8")
        write_whole(path, re.sub("|".join(words), lambda found: words[found[0]], text))
    _list(book, name)
    return list(places.values())


def _list(book: Book, name: str) -> None:
    """Add the chapter to `_toc.yml`, behind the last chapter of a lower number, if there is one."""
    path = book.root / "_toc.yml"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    found = [re.match(r"( *- file: chapters/)(\d\d)_", line) for line in lines]
    if before := [n for n, entry in enumerate(found) if entry and entry[2] < name[:2]]:
        entry = found[before[-1]]
        assert entry is not None
        lines.insert(before[-1] + 1, f"{entry[1]}{name}\n")
        write_whole(path, "".join(lines))
