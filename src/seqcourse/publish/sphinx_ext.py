"""The Sphinx extension: chapters read with their records, numbers from file names, notebooks."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from seqcourse.figures import inline
from seqcourse.files import write_whole
from seqcourse.publish import (
    citations,
    five_notes,
    front,
    gathered,
    glossary,
    ledger,
    rebuild,
    seconds,
    sources,
    speed,
    trim,
)
from seqcourse.publish.book import Book, Chapter, code_cells
from seqcourse.publish.markdown import ConversionError
from seqcourse.publish.notebook import make_notebook, same_but_for_seconds
from seqcourse.publish.records import digest, fresh_record, with_outputs
from seqcourse.publish.references import References, Target

logger = logging.getLogger(__name__)
_COPY_LAST = ("myst_nb", "sphinx_exercise", "sphinx_proof", "sphinx-mathjax-offline")
_RECORD = "seqcourse-record"
_CHAPTER = re.compile(r"chapters/(\d\d)_")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx. Priorities put each step behind the extensions it builds on."""
    citations.register()
    parts = (gathered, five_notes, front, glossary, ledger, rebuild, seconds, sources, speed, trim)
    for part in parts:
        part.register(app)
    app.connect("config-inited", _leave_out_notebooks)
    app.connect("builder-inited", _register_readers, priority=900)
    app.connect("env-get-outdated", _outdated)
    app.connect("doctree-read", _note_record)
    app.connect("write-started", _bring_styles)
    app.connect("env-get-updated", rebuild.recall_counts, priority=1)
    app.connect("env-get-updated", _number_by_file_name, priority=900)
    app.connect("html-page-context", _formulas_where_they_are, priority=900)
    app.connect("build-finished", _publish_notebooks, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _leave_out_notebooks(app: Sphinx, config: Config) -> None:
    """Sphinx would take a chapter's notebook, or a tool's hidden notes, for pages of the book."""
    config.exclude_patterns += ["chapters/*.ipynb", ".*", "**/.*"]


def read_chapter(text: str, path: str) -> nbformat.NotebookNode:
    """myst-nb's reader for a chapter: the source with its record's outputs, figures inline."""
    chapter = _chapters(Path(path).parent.parent)[Path(path).stem]
    notebook = with_outputs(chapter, chapter.read())
    for cell in code_cells(notebook):
        for output in cell.outputs:
            data = output.get("data", {})
            picture = data.pop("image/svg+xml", None) or data.get("text/html")
            if picture:
                data["text/html"] = trim.tables_by_class(inline(picture))
    return notebook


def _chapters(root: str | Path) -> dict[str, Chapter]:
    return {chapter.name: chapter for chapter in Book(Path(root)).chapters()}


def _register_readers(app: Sphinx) -> None:
    formats = app.env.mystnb_config.custom_formats  # type: ignore[attr-defined]
    for chapter in _chapters(app.srcdir).values():
        reader = ("seqcourse.publish.sphinx_ext.read_chapter", {"path": str(chapter.path)}, False)
        formats[f"/chapters/{chapter.path.name}"] = reader


def _outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Pages whose record is not the one they were read with: Sphinx looks at the text only."""
    return [
        chapter.docname
        for chapter in _chapters(app.srcdir).values()
        if env.metadata[chapter.docname].get(_RECORD) != _record_hash(chapter)
    ]


def _note_record(app: Sphinx, document: nodes.document) -> None:
    chapter = _chapters(app.srcdir).get(Path(app.env.docname).name)
    if chapter is not None and chapter.docname == app.env.docname:
        app.env.metadata[chapter.docname][_RECORD] = _record_hash(chapter)


def _record_hash(chapter: Chapter) -> str:
    """Fingerprint of what a page shows of its chapter's run."""
    record, _ = fresh_record(chapter)
    ran = [cell for cell in code_cells(record) if cell.get("id") != "setup"] if record else []
    outputs = [(cell.outputs, cell.execution_count) for cell in ran]
    return digest(json.dumps([outputs, seconds.seconds_of(chapter)]))


def _number_by_file_name(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Number chapters, equations, figures and exercises by the file's name, not by its place.

    Returns:
        The pages to write again because others have changed.
    """
    rebuild.remember_counts(env)
    pages = [page for page in env.toc_secnumbers if _CHAPTER.match(page)]
    for page in pages:
        number = int(_CHAPTER.match(page)[1])  # type: ignore[index]

        def renumber(numbers: Iterable[int], number: int = number) -> tuple[int, ...]:
            return (number, *tuple(numbers)[1:])

        sections = env.toc_secnumbers[page]
        env.toc_secnumbers[page] = {k: renumber(v) if v else v for k, v in sections.items()}
        for node in (env.titles[page], *env.tocs[page].findall()):
            if getattr(node, "attributes", {}).get("secnumber"):
                node["secnumber"] = renumber(node["secnumber"])
        for kind, numbers in env.toc_fignumbers.get(page, {}).items():
            before = min(v[-1] for v in numbers.values()) - 1  # Sphinx counts on in the next part
            env.toc_fignumbers[page][kind] = {
                k: (*renumber(v)[:-1], v[-1] - before) for k, v in numbers.items()
            }
    return rebuild.to_write_again(env, collect_references(app, Book(Path(app.srcdir))))


def _formulas_where_they_are(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Take MathJax from the front page: Sphinx loads it where any page of the book needs it."""
    if not app.env.get_domain("math").data["has_equations"].get(page):
        files = context["script_files"]
        files[:] = [f for f in files if "mathjax" not in f"{f.filename} {f.attributes}".lower()]


def _bring_styles(app: Sphinx, builder: Builder) -> None:
    """Have extensions that copy their files when all is written do so before.

    Sphinx puts a file's checksum into the pages that it writes where the file is there: the first
    build of a book would write other pages than the second.
    """
    (Path(app.outdir) / "_static").mkdir(parents=True, exist_ok=True)
    for listener in app.events.listeners["build-finished"]:
        if listener.handler.__module__.split(".")[0] in _COPY_LAST:
            listener.handler(app, None)


def _publish_notebooks(app: Sphinx, exception: Exception | None) -> None:
    """Write each chapter's notebook and put it where the page's download button points."""
    if exception is not None or app.builder.name != "html":
        return
    book = Book(Path(app.srcdir))
    references = collect_references(app, book)
    references.write(book.build / "references.json")
    built = [chapter for chapter in book.chapters() if chapter.docname in app.env.all_docs]
    notebooks = rebuild.Notebooks(book, references)
    texts: dict[str, str] = {}
    for chapter in built:
        if notebooks.stands(chapter):
            continue
        try:
            texts[chapter.name] = make_notebook(chapter, references, app.env.myst_config)  # type: ignore[attr-defined]
        except ConversionError as error:
            logger.warning(error.message, location=f"{error.path}:{error.line}")
    if app._warncount:
        return  # the build fails: the notebooks stay as they were
    for chapter in built:
        if text := texts.get(chapter.name):
            old = chapter.notebook_path.read_text("utf-8") if chapter.notebook_path.exists() else ""
            if not same_but_for_seconds(old, text):
                write_whole(chapter.notebook_path, text)
            chapter.staged_path.unlink(missing_ok=True)
        download = Path(app.outdir) / "_sources" / "chapters" / chapter.notebook_path.name
        download.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(chapter.notebook_path, download)
    notebooks.note(built)


def collect_references(app: Sphinx, book: Book) -> References:
    """Every number, title and address that a text of the book may refer to."""
    env = app.env
    references = References(book.site, f"{book.repository}/blob/{book.branch}")
    for page, title in env.titles.items():
        number = ".".join(map(str, env.toc_secnumbers.get(page, {}).get("") or ()))
        references.pages[page] = Target("page", number, title.astext(), page, "")
    for label, (page, _) in env.get_domain("math").data["objects"].items():
        anchor = f"equation-{label}"
        number = _number(env, page, "displaymath", anchor)
        references.equations[label] = Target("equation", number, f"({number})", page, anchor)
    for label, target in _labels(app):
        references.labels[label] = target
    cite = env.get_domain("cite")
    for citation in cite.citations:  # type: ignore[attr-defined]
        entry = cite.bibdata.data.entries[citation.key]  # type: ignore[attr-defined]
        page = env.bibtex_bibliography_page if hasattr(env, "bibtex_bibliography_page") else ""
        page = page or citation.bibliography_key.docname
        people = entry.persons.get("author", [])  # a name's braces are LaTeX, not text
        names = [" ".join(map(str, person.rich_last_names)) for person in people]
        authors = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
        references.citations[citation.key] = Target(
            "citation", entry.fields.get("year", ""), authors, page, citation.citation_id
        )
    return references


def _number(env: BuildEnvironment, page: str, kind: str, anchor: str) -> str:
    return ".".join(map(str, env.toc_fignumbers.get(page, {}).get(kind, {}).get(anchor, ())))


def _labels(app: Sphinx) -> Iterable[tuple[str, Target]]:
    """Labels of sections, figures, exercises and theorems, with what a reader calls them."""
    env = app.env
    standard = env.get_domain("std")
    places = {label: (page, anchor) for label, (page, anchor) in standard.anonlabels.items()}  # type: ignore[attr-defined]
    for label, entry in getattr(env, "sphinx_exercise_registry", {}).items():
        places[label] = (entry["docname"], entry["node"]["ids"][0])
    proofs = getattr(env, "proof_list", {})  # theorems and their kin
    for label, entry in proofs.items():
        places[label] = (entry["docname"], entry["ids"][0])
    titles = {label: str(title) for label, (_, _, title) in standard.labels.items()}  # type: ignore[attr-defined]
    for label, (page, anchor) in places.items():
        if page not in env.titles:  # Sphinx' own pages, such as the index
            continue
        kinds = [k for k, ids in env.toc_fignumbers.get(page, {}).items() if anchor in ids]
        if kinds:
            number = _number(env, page, kinds[0], anchor)
            # 'Figure', whatever 'Fig.' Sphinx would say; a lemma may share the theorems' count.
            kind = proofs[label]["realtype"] if label in proofs else kinds[0]
            yield label, Target(kind, number, f"{kind.capitalize()} {number}", page, anchor)
        elif label in titles:
            yield label, Target("section", "", titles[label], page, anchor)
