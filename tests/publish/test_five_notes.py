"""The five notes: every mistake that must not be published, the file itself, and the pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from seqcourse.publish import five_notes
from seqcourse.publish.book import Book, BookError
from seqcourse.publish.five_notes import PLACE, Answer, Notes, answers_of, problems, read_notes
from seqcourse.publish.runner import run_stale
from seqcourse.publish.site import build_site

from .conftest import write_chapter

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).with_name("golden")
REAL = read_notes(ROOT / PLACE)
HANGUL = re.compile("[가-힣]")

SMALL: dict[str, Any] = {
    "notes": [
        {"id": id, "en": f"Note {id}", "ko": f"노트 {id}", "en_about": "A.", "ko_about": "가."}
        for id in ("S0", "S4")
    ],
    "claims": [
        {
            "id": "S0-1",
            "chapter": 2,
            "en": "Two is $x_1$.",
            "ko": "둘은 $x_1$입니다.",
            "verdict": "partly",
            "en_why": "Mostly.",
            "ko_why": "대체로 그렇습니다.",
        },
        {
            "id": "S0-2",
            "chapter": 13,
            "en": "Not yet tested.",
            "ko": "아직 시험하지 않았습니다.",
            "expected": "wrong. Nobody reads this.",
        },
        {"id": "S0-3", "chapter": 2, "en": "A link.", "ko": "주소입니다.", "verdict": "topic"},
        {"id": "S4-1", "same_as": "S0-1"},
    ],
}
CLAIM = """\
from seqcourse.lesson import claim
two = 1 + 1
claim(
    "One and one are {two}.", two == 2, two=two,
    id="two-sum", answers=["S4-1"],
)"""


def written(root: Path, data: dict[str, Any] = SMALL) -> Path:
    """The small book's file of notes."""
    path = root / PLACE
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "utf-8")
    return path


def changed(id: str, /, **fields: Any) -> dict[str, Any]:
    """The small file with one entry changed; None takes a field away."""
    claims = [dict(claim) for claim in SMALL["claims"]]
    entry = next(claim for claim in claims if claim["id"] == id)
    entry.update(fields)
    kept = [{k: v for k, v in claim.items() if v is not None} for claim in claims]
    return {**SMALL, "claims": kept}


@pytest.fixture
def answer(small_book: Book) -> Answer:
    """A claim of chapter 2 that answers S4-1, and so S0-1."""
    write_chapter(small_book.root, "02_two", "# Two\n", CLAIM)
    chapter = small_book.chapters()[0]
    return Answer(chapter, "two-sum", "One and one are 2.", True, ("S4-1",))


def found(notes: Notes, *answers: Answer, finished: tuple[int, ...] = (2,)) -> list[str]:
    return [problem.message for problem in problems(notes, list(answers), finished)]


def test_nothing_is_wrong_with_the_small_file(tmp_path: Path, answer: Answer) -> None:
    assert found(read_notes(written(tmp_path)), answer) == []


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (changed("S0-2", id="S0-1"), "S0-1: this id stands in line .* as well"),
        (changed("S4-1", same_as="S0-9"), "S4-1: .* 'S0-9', which does not exist"),
        (changed("S0-3", id="S4-3", same_as="S4-1"), "S4-3: .* itself the same as S0-1"),
        (changed("S4-1", en="Again."), "S4-1: .* and so has no en"),
        (changed("S0-2", id="S7-2"), "S7-2: there is no note S7"),
        (changed("S0-2", ko=None), "S0-2: give its ko"),
        (changed("S0-2", en=""), "S0-2: give its en"),
        (changed("S0-2", chapter=None), "S0-2: give its chapter"),
        (changed("S0-2", chapter="two"), "S0-2: give its chapter, a number"),
        (changed("S0-1", verdict="true"), "S0-1: the verdict 'true' is none of right"),
        (changed("S0-1", expected="right."), "S0-1: it has a verdict: take its 'expected' out"),
        (changed("S0-2", expected="perhaps"), "S0-2: 'expected' begins with one of right"),
        (changed("S0-2", why="?"), "S0-2: no entry has why"),
        (changed("S0-1", verdict=None), "S0-1: it is answered; give its verdict"),
        (changed("S0-1", en_why=None), "S0-1: it is answered; give its en_why"),
        (changed("S0-1", ko_why=None), "S0-1: it is answered; give its ko_why"),
        (changed("S0-2", chapter=2), "S0-2: chapter 2 is finished and no claim of it answers"),
    ],
)
def test_each_mistake_is_found(
    tmp_path: Path, answer: Answer, data: dict[str, Any], says: str
) -> None:
    messages = found(read_notes(written(tmp_path, data)), answer)
    assert any(re.search(says, message) for message in messages), messages


def test_a_finished_chapter_answers_its_claims(tmp_path: Path, answer: Answer) -> None:
    notes = read_notes(written(tmp_path))
    (message,) = found(notes)
    assert message.startswith("S0-1: chapter 2 is finished and no claim of it answers this")
    assert found(notes, finished=()) == []  # a draft may still have to


def test_what_another_chapter_answers_needs_its_verdict(tmp_path: Path, answer: Answer) -> None:
    other = Answer(answer.chapter, "two-sum", "One and one are 2.", True, ("S0-2",))
    messages = found(read_notes(written(tmp_path)), answer, other)
    (message,) = messages
    expected = (
        "S0-2: it is answered; give its verdict and en_why and ko_why in place of 'expected'."
    )
    assert message == expected


def test_an_unknown_answer_is_named_where_it_stands(tmp_path: Path, answer: Answer) -> None:
    wrong = Answer(answer.chapter, "two-sum", "One and one are 2.", True, ("S4-1", "S9-9"))
    notes = read_notes(written(tmp_path))
    (problem,) = problems(notes, [wrong], [])
    assert "claim 'two-sum' answers 'S9-9'" in problem.message
    line = int(problem.place.rsplit(":", 1)[1])
    text = answer.chapter.path.read_text().split("\n")
    assert 'id="two-sum"' in text[line - 1]
    false = Answer(answer.chapter, "two-sum", "One and one are 3.", False, ("S4-1",))
    assert "claim 'two-sum' does not hold." in found(notes, false)


def test_a_problem_names_the_line_of_its_entry(tmp_path: Path) -> None:
    path = written(tmp_path, changed("S4-1", same_as="S0-9"))
    (problem,) = problems(read_notes(path), [], [])
    line = int(problem.place.removeprefix(f"{path}:"))
    assert path.read_text("utf-8").split("\n")[line - 1] == "- id: S4-1"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("notes: []\nclaims:\n- id: S0-1\n  en: a: b\n", r"five_notes\.yml:4: mapping values"),
        ("notes: []\n", r"five_notes\.yml: it has a list of notes and one of claims"),
        ("notes: []\nclaims:\n- en: a\n", r"five_notes\.yml:3: a claim begins with its id"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "five_notes.yml"
    path.write_text(text)
    with pytest.raises(BookError, match=says):
        read_notes(path)


# --- The pages -----------------------------------------------------------------------------------


def with_pages(book: Book) -> None:
    """Both pages, in the small book's table of contents."""
    for lang, front in (("en", ""), ("ko", "---\nlang: ko\n---\n\n")):
        text = f"{front}# Notes\n\n```{{five-notes}}\n:lang: {lang}\n```\n"
        (book.root / f"notes_{lang}.md").write_text(text)
    toc = book.root / "_toc.yml"
    toc.write_text(toc.read_text() + "      - file: notes_en\n      - file: notes_ko\n")


def shown(book: Book, lang: str) -> str:
    """What the directive made, an element a line."""
    page = (book.build / "html" / f"notes_{lang}.html").read_text("utf-8")
    start = page.index('<p class="sq-notes-count">')
    article = page[start : page.index("</article>")]
    sections = article[: article.rindex("</section>\n</section>") + len("</section>\n")]
    return re.sub(r"(?<=>)\s*(?=<(?:dt|dd|li|p|ul|/dd|/ul|/dl))", "\n", sections).strip() + "\n"


def test_pages_are_as_they_were(small_book: Book) -> None:
    """After a deliberate change: delete the golden files, run twice, and read them."""
    write_chapter(small_book.root, "02_two", "# Two\n\n$$ a = a $$ (eq-two)\n", CLAIM)
    written(small_book.root)
    with_pages(small_book)
    run_stale(small_book)
    build_site(small_book)
    for lang in ("en", "ko"):
        golden = GOLDEN / f"five_notes_{lang}.html"
        if not golden.exists():
            golden.write_text(shown(small_book, lang), "utf-8")
            pytest.fail(f"{golden} was missing and is written: read it.")
        assert shown(small_book, lang) == golden.read_text("utf-8")
        page = (small_book.build / "html" / f"notes_{lang}.html").read_text("utf-8")
        assert "Nobody reads this" not in page
        assert f'<html lang="{lang}"' in page
    chapter = (small_book.build / "html" / "chapters" / "02_two.html").read_text("utf-8")
    assert 'id="claim-two-sum"' in chapter

    # The claim changes and the pages do not: they are made again all the same.
    write_chapter(
        small_book.root,
        "02_two",
        "# Two\n\n$$ a = a $$ (eq-two)\n",
        CLAIM.replace("One and one", "1 + 1"),
    )
    run_stale(small_book)
    build_site(small_book)
    assert "1 + 1 are 2." in shown(small_book, "en")


def test_a_strict_build_names_both_files(
    small_book: Book, capfd: pytest.CaptureFixture[str]
) -> None:
    code = CLAIM.replace("S4-1", "S9-9")
    write_chapter(small_book.root, "02_two", "# Two\n\n$$ a = a $$ (eq-two)\n", code)
    path = written(small_book.root)
    run_stale(small_book)
    with pytest.raises(BookError, match="not built"):
        build_site(small_book)
    error = capfd.readouterr().err
    assert re.search(r"02_two\.md:\d+: WARNING: claim 'two-sum' answers 'S9-9'", error)
    assert re.search(rf"{re.escape(str(path))}:\d+: WARNING: S0-1: chapter 2 is finished", error)


# --- The real file -------------------------------------------------------------------------------


def test_the_book_has_no_problem() -> None:
    chapters = Book(ROOT).chapters()
    answers = [answer for chapter in chapters for answer in answers_of(chapter)]
    finished = [chapter.number for chapter in chapters if not chapter.is_draft]
    assert found(REAL, *answers, finished=tuple(finished)) == []


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("S0-3", "independent and identically distributed"),
        ("S0-5", "Bayes"),
        ("S0-6", "not all of the past"),
        ("S0-7", "fixed length τ"),
        ("S0-20", "question"),
        ("S0-21", "Markov"),
        ("S4-5", "not all of the past"),
        ("S4-17", "fixed length τ"),
        ("S4-18", "throws much away"),
    ],
)
def test_ids_stay_with_their_claims(id: str, words: str) -> None:
    assert words in REAL.by_id[REAL.meant(id)].fields["en"]


def test_ids_are_in_order() -> None:
    for note in REAL.notes:
        ids = [entry.id for entry in REAL.entries if entry.note == note["id"]]
        numbers = [int(re.fullmatch(r"S\d-(\d+)[a-z]?", id)[1]) for id in ids]  # type: ignore[index]
        assert numbers == sorted(numbers)
        if note["id"] in ("S1", "S2", "S3"):  # the others count list items, headings among them
            assert numbers == list(range(1, len(numbers) + 1))


def test_both_languages_are_complete() -> None:
    texts = [note for note in REAL.notes] + [entry.fields for entry in REAL.entries]
    for fields in texts:
        for key, text in fields.items():
            if key in ("en", "en_why", "en_about", "expected"):
                assert not HANGUL.search(str(text)), text
            if key in ("ko", "ko_why", "ko_about"):
                assert HANGUL.search(str(text)), text
        for key in [key for key in fields if key.startswith("en")]:
            assert key.replace("en", "ko", 1) in fields, fields
        sources = [re.findall(r"\$[^$]+\$", str(fields.get(key, ""))) for key in ("en", "ko")]
        assert sorted(set(sources[0])) == sorted(set(sources[1])), fields


def test_korean_is_polite_throughout() -> None:
    """합니다체: every sentence ends in -니다, or asks with -까요."""
    for fields in [*REAL.notes, *(entry.fields for entry in REAL.entries)]:
        for key in ("ko", "ko_why", "ko_about"):
            if key == "ko" and "ko_about" in fields:
                continue  # a title
            text = str(fields.get(key, ""))
            text = text.strip("()") if text.startswith("(") else text
            text = re.sub(r"\$[^$]+\$|\([^)]*\)", "", text)
            for sentence in re.split(r"(?<=[.?!])\s+", text):
                assert not sentence or re.search(r"(니다\.|까요\?)$", sentence), sentence


def test_words_of_both_languages_say_the_same() -> None:
    english, korean = five_notes.WORDS["en"], five_notes.WORDS["ko"]
    assert english.keys() == korean.keys()
    for key, text in english.items():
        fields = [sorted(re.findall(r"\{\w+\}", words)) for words in (text, korean[key])]
        assert fields[0] == fields[1]
        assert HANGUL.search(korean[key]) and not HANGUL.search(text)
