"""The claims ledger and the exercise table: what they gather, and that they never fall behind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from seqcourse.publish.book import Book, BookError
from seqcourse.publish.ledger import claims_of, is_kept
from seqcourse.publish.reading import Page
from seqcourse.publish.runner import run_stale
from seqcourse.publish.site import build_site

from .conftest import write_chapter

ROOT = Path(__file__).parents[2]
CLAIMS = """\
# checks eq-two
from seqcourse.lesson import claim
one = 1
claim("One & one <are> {two}, *not* |three|.", one + one == 2, two=one + one, id="two-sum")
claim("Half of it is {half:.1f}.", one / 2 < 1, half=one / 2, id="two-half", answers="S0-1")"""
TEXT = """# The *two*

See {cite:t}`k`.

$$ a = a $$ (eq-two)

$$ b := a $$ (eq-def-name)

```{exercise} Count $x$
:label: two-count

●●○ · 10 min · build

Count it.
```

```{code-cell} ipython3
:tags: [exercise]
answer: int | None = None

%s
```

```{exercise} By hand
:label: two-hand

●○○ · 5 min · derive

Write it down.
```
"""
KEPT = 'check("two-count", answer)\nkeep(answer)'


@pytest.fixture
def gathering(small_book: Book) -> Book:
    """The small book with both pages, and a chapter 2 that has claims and exercises."""
    toc = small_book.root / "_toc.yml"
    toc.write_text(toc.read_text() + "      - file: claims\n      - file: exercises\n")
    (small_book.root / "claims.md").write_text("# Claims\n\n```{claims-ledger}\n```\n")
    (small_book.root / "exercises.md").write_text("# Exercises\n\n```{exercise-table}\n```\n")
    write_two(small_book, CLAIMS)
    return small_book


def write_two(book: Book, code: str, kept: str = KEPT) -> None:
    """Chapter 2, with stand-ins for what it would import."""
    helpers = "check = keep = lambda *anything: None"
    write_chapter(book.root, "02_two", TEXT % f"{helpers}\n{kept}", code)


def built(book: Book, page: str) -> str:
    """The text of a built page's article, tags and white space taken out but for links."""
    html = (book.build / "html" / f"{page}.html").read_text("utf-8")
    article = html[html.index("<article") : html.index("</article>")]
    plain = re.sub(r'<a [^>]*href="([^"]*)"[^>]*>', r" [\1] ", article)
    return " ".join(re.sub(r"<[^>]+>", "", plain).split())


def test_both_pages(gathering: Book) -> None:
    run_stale(gathering)
    build_site(gathering)
    claims = built(gathering, "claims")
    assert (
        "2 claims in 2 chapters, 0 of them in cells that train a model; all of them hold" in claims
    )
    assert "1 of 2 numbered equations are checked by a cell; definitions:" in claims
    assert "✓ One &amp; one &lt;are&gt; 2, *not* |three|." in claims
    assert "[chapters/02_two.html#claim-two-sum] two-sum · its cell checks" in claims
    assert "[chapters/02_two.html#equation-eq-two] (2.1)" in claims
    assert "· answers S0-1" in claims  # no link: this book has no page of the notes
    exercises = built(gathering, "exercises")
    assert "2 exercises, 15 minutes in 2 chapters: 1 × build, 1 × derive." in exercises
    assert "2 exercises, 15 minutes. 1 of them go into your my_nn.py." in exercises
    assert "[chapters/02_two.html#two-count] 2.1 Count" in exercises
    assert "●●○ 10 build" in exercises and "●○○ 5 derive" in exercises
    page = (gathering.build / "html" / "chapters" / "02_two.html").read_text("utf-8")
    assert all(f'id="{name}"' in page for name in ("two-count", "claim-two-sum"))


def test_a_new_run_reaches_the_ledger(gathering: Book) -> None:
    """It is read again although its own text, and then not even the chapter's, has changed."""
    run_stale(gathering)
    build_site(gathering)
    write_two(gathering, CLAIMS.replace("one = 1", "one = 4 - 3").replace("Half", "A half"))
    run_stale(gathering)
    build_site(gathering)
    assert "✓ A half of it is 0.5." in built(gathering, "claims")
    chapter = gathering.chapters()[0]
    record = chapter.notebook_path.read_text("utf-8")
    chapter.notebook_path.write_text(record.replace("A half of it", "A run of it"), "utf-8")
    build_site(gathering)
    assert "✓ A run of it is 0.5." in built(gathering, "claims")


def test_an_exercise_without_a_header_fails_the_build(
    gathering: Book, capfd: pytest.CaptureFixture[str]
) -> None:
    path = gathering.chapters()[0].path
    path.write_text(path.read_text().replace("●○○ · 5 min · derive", "Easy."))
    run_stale(gathering)
    with pytest.raises(BookError, match="not built"):
        build_site(gathering)
    assert "two-hand has no header" in capfd.readouterr().err


def test_trained_cells_and_kept_answers_are_told_apart(gathering: Book) -> None:
    path = gathering.chapters()[0].path
    first = "# checks eq-two"
    path.write_text(path.read_text().replace(first, f":tags: [trained]\n{first}"))
    run_stale(gathering, only=[2])
    (chapter, _) = gathering.chapters()
    assert [claim.trained for claim in claims_of(chapter)] == [True, True]
    page = Page(path, path.read_text())
    assert [is_kept(exercise) for exercise in page.exercises] == [True, False]
    write_two(gathering, CLAIMS, "check('two-count', answer)")
    assert not any(map(is_kept, Page(path, path.read_text()).exercises))


def test_numbers_in_the_table_are_those_on_the_pages() -> None:
    html = ROOT / "_build" / "html"
    if not (html / "book" / "exercises.html").exists():
        pytest.fail("There is no site: call `make book` first.")
    table = (html / "book" / "exercises.html").read_text("utf-8")
    listed = re.findall(r'href="\.\./(chapters/\w+\.html)#([\w-]+)">(\d+\.\d+) ', table)
    assert listed
    for page, slug, number in listed:
        text = (html / page).read_text("utf-8")
        place = text.index(f'id="{slug}"')
        assert f"Exercise {number}" in re.sub("<[^>]+>", "", text[place : place + 400])


def test_every_claim_of_the_ledger_has_its_anchor() -> None:
    html = ROOT / "_build" / "html"
    ledger = (html / "book" / "claims.html").read_text("utf-8")
    links = re.findall(r'href="\.\./(chapters/\w+\.html)#(claim-[\w-]+)"', ledger)
    assert len(links) == sum(len(claims_of(chapter)) for chapter in Book(ROOT).chapters())
    for page, anchor in links:
        assert f'id="{anchor}"' in (html / page).read_text("utf-8")
