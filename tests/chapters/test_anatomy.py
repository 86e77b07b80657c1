"""Every finished chapter has the eight elements; and each rule finds what it is there for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from seqcourse.publish.book import Book
from seqcourse.publish.reading import Page

from . import anatomy

BOOK = Book(Path(__file__).parents[2])
PAGES = [Page(c.path.relative_to(BOOK.root), c.path.read_text("utf-8")) for c in BOOK.chapters()]
FINISHED = [page for page in PAGES if not page.is_draft]
Rule = Callable[[Page], Iterable[str]]

each_rule = pytest.mark.parametrize("rule", anatomy.RULES, ids=lambda rule: rule.__name__)


@each_rule
@pytest.mark.parametrize("page", FINISHED, ids=lambda page: page.path.stem)
def test_a_chapter_keeps_the_rule(page: Page, rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BOOK.root)
    complaints = list(rule(page))
    assert not complaints, "\n" + "\n".join(complaints)


def test_claim_ids_are_unique_in_the_book() -> None:
    places: dict[object, str] = {}
    for page in PAGES:
        for name, line in anatomy.claim_ids(page):
            place = f"{page.path}:{line}"
            assert name not in places, f"{place}: claim id {name!r} is that of {places[name]}"
            places[name] = place


def _exercise(number: int, kind: str) -> str:
    hints = "\n".join(f"```{{dropdown}} Hint {k}\nAsk {k}.\n```\n" for k in (1, 2, 3))
    return f"""
```{{exercise}} Task {number}
:label: ar-{number}

●○○ · 10 min · {kind}

Find it, near $0.5$.
```

{hints}
```{{code-cell}} ipython3
:tags: [exercise]

def task_{number}(x: float) -> float:
    ...


check("ar-{number}", task_{number})
{f"keep(task_{number})" if kind == "build" else ""}
```

````{{solution}} ar-{number}
:class: dropdown

```python
task_{number} = abs
```
````
"""


FIGURE = """
```{code-cell} ipython3
---
mystnb:
  figure:
    name: fig-%d
    caption: A line near `0.5`.
---
figures.show(figure, alt="A line that rises from left to right")
```
"""

GOOD = f"""\
---
kernelspec: {{display_name: Python 3, language: python, name: python3}}
---

# Title

```{{code-cell}} ipython3
import numpy as np

predict("next", "What follows?", ["a", "b"])
```

{" ".join(["word"] * 1900)}

## What you will be able to do

- One.
- Two.
- Three.

## Derive

$$ x = 1 $$ (eq-one)

$$ x := 1 $$ (eq-def-two)

```{{code-cell}} ipython3
:tags: [hide-output]

x = np.ones(3)
limit = 2
# checks eq-one
claim("It is {{x}}.", x.max() < limit, x=x, id="one")
reveal("next", ["a", "b"], 0, "It was {{x}}.", x=1)
found = result("mine")
provenance("mine")
```
{FIGURE % 1}{FIGURE % 2}{FIGURE % 3}
As found before, 0.5 of them {{cite:p}}`yule1927`.

| ours | published |
|---|---|
| $0.5$ | 0.6 {{cite:p}}`yule1927` |

## Exercises
{_exercise(1, "build")}{_exercise(2, "derive")}{_exercise(3, "find the bug")}{_exercise(4, "build")}
## What to take along

- One.
- Two.
- Three.

```{{dropdown}} 한국어 요약
{" ".join(["낱말"] * 120)}
```
"""


@pytest.fixture
def chapter(tmp_path: Path) -> Path:
    path = tmp_path / "02_sample.md"
    path.with_suffix(".ipynb").write_text("{}")
    return path


@each_rule
def test_a_good_sample_is_let_through(rule: Rule, chapter: Path) -> None:
    assert not list(rule(Page(chapter, GOOD)))


@pytest.mark.parametrize(
    ("rule", "old", "new", "says"),
    [
        ("prediction_comes_first", "predict(", "print(", "no predict"),
        ("prediction_comes_first", "\n## ", "\n### ", "no section follows"),
        ("closing_mirrors_opening", "- One.\n- Two.\n- Three.\n\n## D", "- One.\n\n## D", "3 to 5"),
        ("closing_mirrors_opening", "- Three.\n\n```{d", "```{d", "2 bullets close what 3"),
        ("equations_are_checked", "# checks eq-one", "", "no later cell checks eq-one"),
        ("equations_are_checked", "checks eq-one", "checks eq-six", "checks eq-six, which no"),
        ("equations_are_checked", "(eq-def-two)", "(two)", "begin it with eq-"),
        ("exercises_are_whole", "●○○ · 10 min · derive", "Easy.", "ar-2: begin it with a line"),
        ("exercises_are_whole", "· derive", "· guess", "ar-2: begin it with a line"),
        ("exercises_are_whole", "· derive", "· build", "of 2 kinds"),
        ("exercises_are_whole", "{dropdown} Hint 2", "{dropdown} Hint 3", "its hints are"),
        ("exercises_are_whole", _exercise(4, "build"), "", "there are 3 exercises"),
        ("exercises_are_whole", "```python\ntask_2 = abs\n```", "Easy.", "0 ```python fences"),
        ("exercises_are_whole", 'check("ar-3"', 'check("ar-2"', "ar-3: 0 cells call check"),
        ("exercises_are_whole", "tags: [exercise]", "tags: [trained]", "tag the cell"),
        ("exercises_are_whole", "(x: float) -> float", "(x)", "says no types"),
        ("exercises_are_whole", "keep(task_1)", "", "ar-1: the cell of its stub does not end in"),
        ("exercises_are_whole", "keep(task_1)", "keep(task_4)", "does not end in keep(task_1)"),
        ("exercises_are_whole", "· derive", "· build", "ar-2: the cell of its stub does not end"),
        ("figures_are_named", "name: fig-1", "name: one", "begin it with fig-"),
        ("figures_are_named", FIGURE % 2, "", "2 figures"),
        ("figures_are_named", "caption: A line near `0.5`.", "caption: ''", "say in a caption"),
        ("length_is_kept", "word word word", "word", "keep it to 1,500"),
        ("korean_summary_is_folded", "한국어 요약", "Summary", "0 Korean"),
        ("korean_summary_is_folded", "낱말 낱말", "낱말", "60 어절"),
        ("claims_can_fail", "x.max() < limit", "np.abs(-1) < limit", "holds no variable"),
        ("claims_can_fail", 'id="one"', 'id="The One"', "claim id"),
        ("claims_are_plain_text", '"It is {x}."', '"It is `{x}`."', "write plain text"),
        ("numbers_have_a_source", "## Derive", "## Derive\n\nIt is 0.5.", "0.5 is typed"),
        ("numbers_have_a_source", "0.6 {cite:p}`yule1927`", "0.6", "but where?"),
        ("numbers_have_a_source", "near `0.5`", "near 0.5", "0.5 is typed"),
        ("tags_are_known", "hide-output", "remove-input", "'remove-input' is none of"),
        ("predictions_are_revealed", 'reveal("next"', 'print("next"', "is never answered"),
        ("predictions_are_revealed", 'reveal("next"', 'reveal("last"', "no predict('last')"),
        ("results_say_where_they_come_from", 'provenance("mine")', "", "no provenance('mine')"),
        ("results_say_where_they_come_from", 'result("mine")', 'result("yours")', "e('yours') bel"),
    ],
)
def test_a_rule_finds_what_it_is_for(
    rule: str, old: str, new: str, says: str, chapter: Path
) -> None:
    assert old in GOOD
    complaints = list(getattr(anatomy, rule)(Page(chapter, GOOD.replace(old, new))))
    assert any(says in text for text in complaints), complaints
    assert all(text.startswith(f"{chapter}:") for text in complaints)


def test_a_heavy_notebook_is_found(chapter: Path) -> None:
    chapter.with_suffix(".ipynb").write_text(" " * 400_001)
    assert "400 kB" in next(iter(anatomy.notebook_is_light(Page(chapter, GOOD))))
    chapter.with_suffix(".ipynb").unlink()
    assert "make book" in next(iter(anatomy.notebook_is_light(Page(chapter, GOOD))))


def test_lines_are_the_files_own(chapter: Path) -> None:
    text = GOOD.replace("## Derive", "## Derive\n\nIt is 0.5.")
    line = text.split("\n").index("It is 0.5.") + 1
    complaint = next(iter(anatomy.numbers_have_a_source(Page(chapter, text))))
    assert complaint.startswith(f"{chapter}:{line}:")


def test_words_are_counted_as_the_rule_says(chapter: Path) -> None:
    text = (
        "# One\n\ntwo $x + y$ four `f(x)` {eq}`eq-one` seven –\n\n- eight\n\n| no | no |\n|--|--|\n"
    )
    text += (
        "\n:::{note}\nnine\n:::\n\n```{dropdown} No\nno\n```\n\n$$ no $$\n\n```python\nno\n```\n"
    )
    assert anatomy.prose_words(Page(chapter, text)) == 9


def test_a_draft_says_so(chapter: Path) -> None:
    assert Page(chapter, GOOD.replace("---\n\n#", "seqcourse: {draft: true}\n---\n\n#", 1)).is_draft
    assert not Page(chapter, GOOD).is_draft
