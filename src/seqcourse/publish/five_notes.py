"""*The five notes, answered*: each claim of the notes with our verdict and the cells that show it.

`book/five_notes.yml` lists what the notes say; which cells answer it stands in the chapters'
records. A verdict is printed only where a cell has shown it, and the build fails where the two
disagree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from seqcourse.publish import gathered
from seqcourse.publish.book import Book, BookError, Chapter, code_cells
from seqcourse.publish.records import fresh_record, read_notebook

logger = logging.getLogger(__name__)

PLACE = Path("book") / "five_notes.yml"
VERDICTS = ("right", "partly", "wrong", "gap", "topic")
MARKS = {"right": "✓", "partly": "◐", "wrong": "✗", "gap": "∅", "topic": "·"}
WORDS = {
    "en": {
        "right": "right",
        "partly": "partly right",
        "wrong": "not right",
        "gap": "left open",
        "topic": "named",
        "later": "Chapter {chapter} will show it.",
        "place": "Its place is chapter {chapter}.",
        "shown": "Chapter {chapter}: ",
        "also": "Also {others}.",
        "elsewhere": "What this note says as well, and where it stands: {pairs}.",
        "count": "Claims: {all}. Answered so far: {answered} ({each}). Waiting for their chapters: "
        "{later}. Subjects that a note only names: {topic}.",
    },
    "ko": {
        "right": "맞음",
        "partly": "일부 맞음",
        "wrong": "맞지 않음",
        "gap": "남은 물음",
        "topic": "언급",
        "later": "{chapter}장에서 확인합니다.",
        "place": "{chapter}장에서 다룹니다.",
        "shown": "{chapter}장: ",
        "also": "{others}에도 나옵니다.",
        "elsewhere": "이 노트에도 나오지만 다른 항목에서 다룬 것입니다: {pairs}.",
        "count": "주장 {all}개 가운데 지금까지 {answered}개에 답했습니다({each}). {later}개는 해당 "
        "장에서 답합니다. 이름만 나온 주제는 {topic}개입니다.",
    },
}
_KEYS = {"id", "chapter", "en", "ko", "verdict", "en_why", "ko_why", "expected"}


@dataclass(frozen=True)
class Problem:
    """Something that must not be published, and where it stands ('path:line')."""

    place: str
    message: str


@dataclass(frozen=True)
class Entry:
    """One claim of a note.

    Args:
        line: where it begins in the file.
        fields: what the file says of it.
    """

    line: int
    fields: dict[str, Any]

    @property
    def id(self) -> str:
        """Its permanent name, such as 'S0-3'."""
        return str(self.fields["id"])

    @property
    def note(self) -> str:
        """The note it stands in: 'S0'."""
        return self.id.split("-")[0]

    @property
    def same_as(self) -> str:
        """The entry that says the same, or ''."""
        return str(self.fields.get("same_as", ""))

    @property
    def chapter(self) -> int:
        """Where it is tested (0 for one that says the same as another)."""
        value = self.fields.get("chapter", 0)
        return value if isinstance(value, int) else 0

    @property
    def verdict(self) -> str:
        """One of `VERDICTS`, or '' where there is none yet."""
        return str(self.fields.get("verdict", ""))


@dataclass(frozen=True)
class Answer:
    """A claim of a chapter that answers entries of the notes."""

    chapter: Chapter
    id: str
    sentence: str
    holds: bool
    answers: tuple[str, ...]

    def place(self, name: str) -> str:
        """Where the chapter's text names the entry, or else the claim."""
        lines = self.chapter.path.read_text("utf-8").split("\n")
        start = next((n for n, line in enumerate(lines) if f'id="{self.id}"' in line), 0)
        near = range(max(0, start - 12), min(len(lines), start + 12))
        named = [n for n in near if f'"{name}"' in lines[n]]
        return f"{self.chapter.path}:{(named or [start])[0] + 1}"


@dataclass(frozen=True)
class Notes:
    """The file: the notes themselves, and their claims in order."""

    path: Path
    notes: list[dict[str, Any]]
    entries: list[Entry]

    @cached_property
    def by_id(self) -> dict[str, Entry]:
        """The entries by their names."""
        return {entry.id: entry for entry in self.entries}

    def meant(self, name: str) -> str:
        """The entry that `name` stands for: itself, or the one that says the same."""
        entry = self.by_id.get(name)
        return entry.same_as or name if entry else name

    def place(self, entry: Entry) -> str:
        """Where an entry stands."""
        return f"{self.path}:{entry.line}"


def read_notes(path: Path) -> Notes:
    """The notes' file.

    Raises:
        BookError: it is no YAML, or not of the form that its head describes.
    """
    return _notes(path, path.read_text("utf-8"))


@cache
def _notes(path: Path, text: str) -> Notes:
    # libyaml's parser where PyYAML has it: its own takes seconds
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        data, tree = yaml.load(text, loader), yaml.compose(text, loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise BookError(f"{path}:{mark.line + 1 if mark else 1}: {error.problem}.") from error
    if not isinstance(data, dict) or not {"notes", "claims"} <= set(data):
        raise BookError(f"{path}: it has a list of notes and one of claims; see its first lines.")
    places = next(value.value for key, value in tree.value if key.value == "claims")
    entries = []
    for place, fields in zip(places, data["claims"], strict=True):
        line = place.start_mark.line + 1
        if not isinstance(fields, dict) or "id" not in fields:
            raise BookError(f"{path}:{line}: a claim begins with its id.")
        entries.append(Entry(line, fields))
    return Notes(path, data["notes"], entries)


def answers_of(chapter: Chapter) -> Iterator[Answer]:
    """The claims in a chapter's record that answer the notes.

    A stale record counts here, so that it is not taken for missing answers; the chapter's own page
    refuses it.
    """
    record = fresh_record(chapter)[0] or read_notebook(chapter.notebook_path)
    if record is None:
        return
    for cell in code_cells(record):
        for output in cell.outputs:
            claim = output.get("metadata", {}).get("seqcourse", {}).get("claim")
            if claim and claim["answers"]:
                yield Answer(
                    chapter, claim["id"], claim["sentence"], claim["holds"], tuple(claim["answers"])
                )


def problems(notes: Notes, answers: list[Answer], finished: Iterable[int]) -> Iterator[Problem]:
    """Everything that is wrong with the file, or between it and the chapters.

    Args:
        notes: the file.
        answers: the claims of all chapters that answer something.
        finished: numbers of the chapters that exist and are no drafts.
    """
    for entry in notes.entries:
        yield from (Problem(notes.place(entry), f"{entry.id}: {m}") for m in _faults(notes, entry))
    for answer in answers:
        for name in answer.answers:
            if name not in notes.by_id:
                yield Problem(
                    answer.place(name),
                    f"claim {answer.id!r} answers {name!r}, which {PLACE} does not have.",
                )
            elif not answer.holds:
                yield Problem(answer.place(name), f"claim {answer.id!r} does not hold.")
    answered = {notes.meant(name) for answer in answers for name in answer.answers}
    done = set(finished)
    for entry in notes.entries:
        if entry.same_as or entry.verdict == "topic":
            continue
        place = notes.place(entry)
        if entry.chapter in done and entry.id not in answered:
            yield Problem(
                place,
                f"{entry.id}: chapter {entry.chapter} is finished and no claim of it answers this. "
                f'Add answers="{entry.id}" to the claim that shows it, or move it to the chapter '
                "that will.",
            )
        if entry.id in answered:
            needed = ("verdict", "en_why", "ko_why")
            missing = [key for key in needed if not entry.fields.get(key)]
            if missing:
                instead = " in place of 'expected'" if "expected" in entry.fields else ""
                text = f"it is answered; give its {' and '.join(missing)}{instead}."
                yield Problem(place, f"{entry.id}: {text}")


def _faults(notes: Notes, entry: Entry) -> Iterator[str]:
    """What is wrong with one entry by itself."""
    if notes.by_id[entry.id] is not entry:
        yield f"this id stands in line {notes.by_id[entry.id].line} as well."
    if entry.note not in {note["id"] for note in notes.notes}:
        yield f"there is no note {entry.note}."
    if "same_as" in entry.fields:
        other = notes.by_id.get(entry.same_as)
        if other is None:
            yield f"it is the same as {entry.same_as!r}, which does not exist."
        elif other.same_as:
            yield f"it is the same as {other.id}, itself the same as {other.same_as}: name that."
        if extra := set(entry.fields) - {"id", "same_as"}:
            yield f"it is the same as another, and so has no {', '.join(sorted(extra))}."
        return
    if unknown := set(entry.fields) - _KEYS:
        yield f"no entry has {', '.join(sorted(unknown))}; it may have {', '.join(sorted(_KEYS))}."
    if not entry.chapter:
        yield "give its chapter, a number."
    for key in ("en", "ko"):
        if not entry.fields.get(key):
            yield f"give its {key}."
    if entry.verdict and entry.verdict not in VERDICTS:
        yield f"the verdict {entry.verdict!r} is none of {', '.join(VERDICTS)}."
    if entry.verdict and "expected" in entry.fields:
        yield "it has a verdict: take its 'expected' out."
    expected = str(entry.fields.get("expected", ""))
    if expected and expected.split(".")[0] not in VERDICTS:
        yield f"'expected' begins with one of {', '.join(VERDICTS)} and a full stop."


class FiveNotes(SphinxDirective):
    """`{five-notes}` with `:lang: en` or `:lang: ko`: all five notes, claim by claim."""

    option_spec = {"lang": lambda argument: directives.choice(argument, list(WORDS))}
    has_content = False

    def run(self) -> list[nodes.Node]:
        """A count, then a section for each note."""
        self.lang = self.options.get("lang", "en")
        self.words = WORDS[self.lang]
        book = Book(Path(self.env.srcdir))
        self.notes = read_notes(book.root / PLACE)
        self.env.note_dependency(str(book.root / PLACE))
        gathered.mark(self.env)
        self.shown: dict[str, list[Answer]] = {}
        for chapter in gathered.chapters_with_pages(self.env):
            for answer in answers_of(chapter):
                for name in dict.fromkeys(map(self.notes.meant, answer.answers)):
                    self.shown.setdefault(name, []).append(answer)
        return [self._count(), *(self._note(note) for note in self.notes.notes)]

    def _inline(self, text: str) -> list[nodes.Node]:
        return list(self.state.inline_text(text, self.lineno)[0])

    def _paragraph(self, text: str, *classes: str) -> nodes.paragraph:
        return nodes.paragraph("", "", *self._inline(text), classes=list(classes))

    def _verdict(self, name: str) -> nodes.inline:
        """The mark and the word: never the colour alone."""
        text = f"{MARKS[name]} {self.words[name]}."
        return nodes.inline("", text, classes=["sq-verdict", f"sq-{name}"])

    def _settled(self, entry: Entry) -> bool:
        return entry.id in self.shown and entry.verdict in VERDICTS

    def _count(self) -> nodes.Node:
        claims = [e for e in self.notes.entries if not e.same_as and e.verdict != "topic"]
        each = Counter(entry.verdict for entry in claims if self._settled(entry))
        answered = sum(each.values())
        text = ", ".join(
            f"{MARKS[v]} {each[v]} {self.words[v]}"
            if self.lang == "en"
            else f"{MARKS[v]} {self.words[v]} {each[v]}개"
            for v in VERDICTS
            if each[v]
        )
        sentence = self.words["count"].format(
            all=len(claims),
            answered=answered,
            each=text or "–",
            later=len(claims) - answered,
            topic=sum(entry.verdict == "topic" for entry in self.notes.entries),
        )
        return self._paragraph(sentence, "sq-notes-count")

    def _note(self, note: dict[str, Any]) -> nodes.section:
        """A note: what it is, its claims, and where its other items stand."""
        title = f"{note['id']}. {note[self.lang]}"
        section = nodes.section("", nodes.title(title, title), ids=[f"note-{note['id']}"])
        section["names"].append(nodes.fully_normalize_name(title))
        section += self._paragraph(note[f"{self.lang}_about"])
        mine = [entry for entry in self.notes.entries if entry.note == note["id"]]
        items = [self._card(entry) for entry in mine if not entry.same_as]
        if items:
            section += nodes.definition_list("", *items, classes=["sq-notes"])
        if others := [entry for entry in mine if entry.same_as]:
            section += self._elsewhere(others)
        return section

    def _card(self, entry: Entry) -> nodes.definition_list_item:
        """One claim: its name and text, the verdict and why, the cells that show it."""
        name = nodes.inline("", entry.id, classes=["sq-id"])
        term = nodes.term("", "", name, nodes.Text(" "), *self._inline(entry.fields[self.lang]))
        term["ids"].append(entry.id)
        same = [other.id for other in self.notes.entries if other.same_as == entry.id]
        also = self.words["also"].format(others=", ".join(same)) if same else ""
        body = nodes.definition()
        if entry.verdict == "topic":
            body += self._judged(entry, self.words["place"].format(chapter=entry.chapter))
        elif self._settled(entry):
            body += self._judged(entry, entry.fields[f"{self.lang}_why"])
            links = map(self._link, self.shown[entry.id])
            body += nodes.bullet_list("", *links, classes=["sq-shown"])
        else:
            term["classes"].append("sq-waiting")
            also = f"{self.words['later'].format(chapter=entry.chapter)} {also}".strip()
        if also:
            body += self._paragraph(also, "sq-also")
        return nodes.definition_list_item("", term, body)

    def _judged(self, entry: Entry, why: str) -> nodes.paragraph:
        verdict = self._verdict(entry.verdict)
        return nodes.paragraph("", "", verdict, nodes.Text(" "), *self._inline(why))

    def _link(self, answer: Answer) -> nodes.list_item:
        """A link to the very cell; what it says is English on every page."""
        page = self.env.app.builder.get_relative_uri(self.env.docname, answer.chapter.docname)
        link = nodes.reference(
            "",
            answer.sentence,
            refuri=f"{page}#claim-{answer.id}",
            internal=True,
            classes=[] if self.lang == "en" else ["language-en"],
        )
        where = nodes.Text(self.words["shown"].format(chapter=answer.chapter.number))
        return nodes.list_item("", nodes.paragraph("", "", where, link))

    def _elsewhere(self, others: list[Entry]) -> nodes.paragraph:
        before, after = self.words["elsewhere"].split("{pairs}")
        parts: list[nodes.Node] = [nodes.Text(before)]
        for n, entry in enumerate(others):
            link = nodes.reference("", entry.same_as, refuri=f"#{entry.same_as}", internal=True)
            name = nodes.inline("", f"{entry.id} → ", ids=[entry.id])
            parts += [nodes.Text(", ")] * bool(n) + [name, link]
        return nodes.paragraph("", "", *parts, nodes.Text(after), classes=["sq-elsewhere"])


def check(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Before anything is read: name every problem with its file and line; a strict build fails."""
    book = Book(Path(app.srcdir))
    path = book.root / PLACE
    if not path.exists():
        return
    chapters = gathered.chapters_with_pages(env)
    answers = [answer for chapter in chapters for answer in answers_of(chapter)]
    finished = [chapter.number for chapter in chapters if not chapter.is_draft]
    for problem in problems(read_notes(path), answers, finished):
        logger.warning(problem.message, location=problem.place)


def language_of_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """A page whose front matter says `lang: ko` tells browsers and screen readers so."""
    if lang := app.env.metadata.get(pagename, {}).get("lang"):
        context["language"] = lang


def register(app: Sphinx) -> None:
    """Add the directive and its checks to Sphinx."""
    app.add_directive("five-notes", FiveNotes)
    app.connect("env-before-read-docs", check)
    app.connect("html-page-context", language_of_page)
