"""A fence that ends too early, or never, is found before it swallows what follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqcourse.publish.book import Book, BookError
from seqcourse.publish.fences import open_fence

from .conftest import write_chapter

SOLUTION = """\
Text with ``` in it, and `` ` `` too.

FENCE{solution} ar-one
:class: dropdown

Think:

```python
x = 1
```
FENCE

```{code-cell} ipython3
text = "```{note}"
```

:::{note}
```
plain
```
:::
"""


@pytest.mark.parametrize("fence", ["````", "`````", ":::", "~~~"])
def test_what_is_right_is_let_through(fence: str) -> None:
    assert open_fence(SOLUTION.replace("FENCE", fence).split("\n")) is None


@pytest.mark.parametrize(
    ("text", "line", "inside"),
    [
        (SOLUTION.replace("FENCE", "```"), 8, "{solution}"),
        ("a\n\n```python\nx\n", 3, ""),
        ("````{note}\n```{tip}\n```python\nx\n```\n```\n````", 3, "{tip}"),
        ("````{note}\n```\n````\nmore", 2, "{note}"),
        (":::{note}\ntext", 1, ""),
    ],
)
def test_what_has_no_end_is_found(text: str, line: int, inside: str) -> None:
    assert open_fence(text.split("\n")) == (line, inside)


def test_the_build_names_file_and_line(small_book: Book) -> None:
    text = "# Two\n\n" + SOLUTION.replace("FENCE", "```")
    write_chapter(small_book.root, "02_two", text)
    path = small_book.root / "chapters" / "02_two.md"
    line = path.read_text("utf-8").split("\n").index("```python") + 1
    with pytest.raises(
        BookError, match=rf"02_two\.md:{line}: this fence .*{{solution}}.*four back"
    ):
        small_book.chapters()[0].read()


def test_the_books_own_chapters_are_right() -> None:
    for chapter in Book(Path(__file__).parents[2]).chapters():
        assert open_fence(chapter.path.read_text("utf-8").split("\n")) is None, chapter.path
