"""A number without a source, and a source without a reader, fail the build."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqcourse.publish.book import Book, BookError
from seqcourse.publish.reading import Page
from seqcourse.publish.runner import run_stale
from seqcourse.publish.site import build_site
from seqcourse.publish.sources import faults, unsourced

from .conftest import write_chapter

CITE = "{cite:p}`k`"
TABLES = {  # a table, and the numbers in it that have no source
    "each cell cites": (f"| ours | published |\n|---|---|\n| $1.5$ | 93 {CITE} |\n", []),
    "one cell does not": (
        f"| ours | published |\n|---|---|\n| $1.5$ | 93 {CITE} |\n| $1.5$ | 94 |\n",
        ["'94'"],
    ),
    "a formula is published, too": ("| a | Published |\n|---|---|\n| b | $93$ |\n", ["'$93$'"]),
    "nothing there": ("| ours | published |\n|---|---|\n| $1.5$ | |\n", []),
    "glued": ("| ours | published |\n|---|---|\n| a | {glue:text}`x` |\n", []),
    "glued beside typed": ("| a | published |\n|---|---|\n| a | {glue:text}`x`, 5 |\n", ["5'"]),
    "a citation above": (
        f"| what | published |\n|---|---|\n| **old** | {CITE} |\n| a | 93 |\n| b | 0.5 |\n",
        [],
    ),
    "a citation below": (
        f"| what | published |\n|---|---|\n| a | 93 |\n| **old** | {CITE} |\n| b | 0.5 |\n",
        ["'93'"],
    ),
    "above, in another column": (
        f"| ours | published |\n|---|---|\n| {CITE} | |\n| a | 93 |\n",
        ["'93'"],
    ),
    "the row cites": (f"| who | a | b |\n|---|---|---|\n| {CITE}, as it is | 32% | 0.5 |\n", []),
    "the row does not": (
        f"| who | a | b |\n|---|---|---|\n| {CITE} | 32% | 0.5 |\n| b | 33% | 0.6 |\n",
        ["33", "0.6"],
    ),
    "the header": ("| 0.9 | b |\n|---|---|\n| a | 93 |\n", ["0.9"]),
    "in code and in links": ("| a | [0.9](https://k.org) |\n|---|---|\n| `0.9` | 93 |\n", []),
}


@pytest.mark.parametrize("kind", TABLES)
def test_tables(kind: str) -> None:
    table, wrong = TABLES[kind]
    said = [text for _, text in unsourced(Page(Path("page.md"), f"# T\n\n{table}"))]
    assert len(said) == len(wrong)
    assert all(number in text for number, text in zip(wrong, said, strict=True)), said


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It is 0.5.", 1),
        ("Chapter 2 has 30 claims, since 1927.", 0),
        (f"It is 0.5 {CITE}.", 0),
        (f"Read {CITE}.\n\nIt is 0.5.", 1),
        ("- It is .5.", 1),
        ("It is $0.5$, `0.5`, {glue:text}`x:.2f` and [0.5](https://k.org).", 0),
        ("> ✓ It is 0.5.", 0),  # quotes a claim; another test compares
        (":::{note}\nIt is 0.5.\n:::", 1),
        ("```python\n0.5\n```", 0),
    ],
)
def test_prose(text: str, count: int) -> None:
    assert len(list(unsourced(Page(Path("page.md"), f"# T\n\n{text}\n")))) == count


def test_lines_are_the_files_own() -> None:
    text = (
        f"# T\n\nFine.\n\n| a | published |\n|---|---|\n| a | 9 {CITE} |\n| b | 8 |\n\nIt is 0.5.\n"
    )
    assert sorted(line for line, _ in unsourced(Page(Path("page.md"), text))) == [8, 10]


@pytest.mark.parametrize(
    ("place", "text", "mark", "says"),
    [
        ("chapters/02_two.md", "It is 0.5.", "It is", "0.5 is typed into the text"),
        ("index.md", "| a | published |\n|---|---|\n| a | 93 |", "| a | 93", "'93' is published"),
        ("references.bib", "@misc{l, title={L}, doi={10.1/2}}", "@misc", "nothing cites l"),
        ("references.bib", "@misc{l,\n title={L}}", "@misc", "l does not say where it can be"),
    ],
)
def test_a_strict_build_fails(
    small_book: Book,
    capfd: pytest.CaptureFixture[str],
    place: str,
    text: str,
    mark: str,
    says: str,
) -> None:
    write_chapter(small_book.root, "02_two", "# Two\n\n$$ a = a $$ (eq-two)\n", "print('two')")
    path = small_book.root / place
    lines = path.read_text().split("\n")
    below = lines.index("# Two") + 1 if "# Two" in lines else len(lines)
    lines[below:below] = ["", *text.split("\n")]
    path.write_text("\n".join(lines))
    line = next(n for n, line in enumerate(lines, 1) if line.startswith(mark))
    run_stale(small_book)
    with pytest.raises(BookError, match="not built"):
        build_site(small_book)
    error = capfd.readouterr().err
    assert f"{path}:{line}: WARNING: " in error
    assert says in error
    with pytest.raises(BookError, match="not built"):  # nor the second time
        build_site(small_book)


def test_only_entries_that_are_cited_and_say_where_they_are(tmp_path: Path) -> None:
    path = tmp_path / "r.bib"
    path.write_text(
        "@article{a,\n  doi = {10.1/2},\n  note = {Read: abstract only}\n}\n\n"
        "@book{b,\n  title = {A url = none}\n}\n@misc{c, \n url={https://c.org}}\n"
    )
    said = [(line, text.split(":")[0]) for line, text in faults(path, {"a", "b"})]
    assert said == [(6, "b does not say where it can be read"), (9, "nothing cites c")]
    path.write_text("")
    assert list(faults(path, set())) == []
