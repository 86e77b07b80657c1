"""Read a chapter's text: cells, sections, directives, exercises, passages of prose."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

DIALECT = MdParserConfig(enable_extensions={"colon_fence", "dollarmath"})
_DIRECTIVE = re.compile(r"\{([^}\s]+)\}\s*(.*)")
_OPTION = re.compile(r":([\w-]+):\s*(.*)")
_FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADER = re.compile(r"([●○]{3}) · (\d+) min · ([a-z ]*[a-z])")
_CHECKS = re.compile(r"#\s*checks\s+(.+)")


@dataclass(frozen=True)
class Cell:
    """A cell; `line` is that of its first line of text, from 1, after a code cell's fence."""

    kind: str
    source: str
    line: int
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def tags(self) -> list[str]:
        return list(self.metadata.get("tags", ()))

    @property
    def checks(self) -> list[str]:
        """Labels of the equations that it says to check: `# checks eq-one, eq-two`."""
        texts = _CHECKS.findall(self.source)
        return [label for text in texts for label in re.findall(r"eq-[\w-]+", text)]


@dataclass(frozen=True)
class Directive:
    """A directive; `inside` names those around it, from the outermost."""

    name: str
    argument: str
    options: dict[str, str]
    body: str
    line: int
    inside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Passage:
    """A block of Markdown that is no directive, with the directives around it."""

    token: Token
    line: int
    inside: tuple[str, ...] = ()
    heading: int = 0  # level of a heading, 0 for other text
    table: int = -1  # line of its table, and of its row in it; -1 outside tables
    row: int = -1
    column: int = -1


class Header(NamedTuple):
    """An exercise's first line: `●●○ · 10 min · build`."""

    level: int
    minutes: int
    kind: str


@dataclass(frozen=True)
class Exercise:
    """An exercise: its statement, and what stands between it and the next one or section."""

    slug: str
    title: str
    line: int
    body: str
    directives: tuple[Directive, ...]
    cells: tuple[Cell, ...]
    solutions: tuple[Directive, ...]

    @property
    def header(self) -> Header | None:
        """How hard, how long and of what kind it is; None where it does not say so."""
        match = _HEADER.search(self.body.strip().split("\n")[0])
        return Header(match[1].count("●"), int(match[2]), match[3]) if match else None

    @property
    def hints(self) -> list[Directive]:
        return [d for d in self.directives if d.name == "dropdown" and d.argument[:4] == "Hint"]

    @property
    def stubs(self) -> list[Cell]:
        return [cell for cell in self.cells if self.answer(cell)]

    def answer(self, cell: Cell) -> str:
        """The second argument of the cell's `check("slug", …)`, empty where there is none."""
        for call in calls(cell, "check"):
            if len(call.args) == 2 and literal(call.args[0]) == self.slug:
                return ast.unparse(call.args[1])
        return ""


@dataclass(frozen=True)
class Page:
    """A chapter's text."""

    path: Path
    text: str

    @staticmethod
    def at(path: Path) -> Page:
        """The page in a file: the same object as long as the file's text is the same."""
        return _page(path, path.read_text("utf-8"))

    @cached_property
    def _notebook(self) -> nbformat.NotebookNode:
        return read_notebook(self.text, self.path)

    @property
    def is_draft(self) -> bool:
        return bool(self._notebook.metadata.get("seqcourse", {}).get("draft"))

    @cached_property
    def cells(self) -> list[Cell]:
        lines = self.text.split("\n")
        found = []
        for cell, line in zip(
            self._notebook.cells, self._notebook.metadata["source_map"], strict=True
        ):
            while cell.source and not lines[line].strip():  # left out of the source, not of the map
                line += 1
            found.append(Cell(cell.cell_type, cell.source, line + 1, dict(cell.metadata)))
        return found

    @property
    def code(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.kind == "code"]

    @cached_property
    def title(self) -> str:
        """Its first heading, as Markdown; '' without one."""
        return next((p.token.content for p in self.passages if p.heading == 1), "")

    @cached_property
    def directives(self) -> list[Directive]:
        """All of them, nested ones after those that hold them."""
        return [b for b in self._blocks if isinstance(b, Directive)]

    @cached_property
    def passages(self) -> list[Passage]:
        """All text, in reading order, that of directives included."""
        return [b for b in self._blocks if isinstance(b, Passage)]

    @cached_property
    def sections(self) -> list[tuple[str, int]]:
        """Title and line of each section of the second level."""
        return [(p.token.content, p.line) for p in self.passages if p.heading == 2 and not p.inside]

    def section(self, title: str) -> tuple[int, int]:
        """First line of a section and of what follows it; (0, 0) where there is none."""
        lines = [line for _, line in self.sections] + [len(self.text.split("\n")) + 1]
        for index, (name, line) in enumerate(self.sections):
            if name.startswith(title):
                return line, lines[index + 1]
        return 0, 0

    @cached_property
    def exercises(self) -> list[Exercise]:
        starts = [d for d in self.directives if d.name == "exercise"]
        headings = [p.line for p in self.passages if p.heading and not p.inside]
        ends = sorted([d.line for d in starts] + headings)
        found = []
        for start in starts:
            end = next((line for line in ends if line > start.line), 10**9)
            slug = start.options.get("label", "")
            found.append(
                Exercise(
                    slug,
                    start.argument,
                    start.line,
                    start.body,
                    tuple(d for d in self.directives if start.line <= d.line < end),
                    tuple(c for c in self.code if start.line <= c.line < end),
                    tuple(d for d in self.directives if (d.name, d.argument) == ("solution", slug)),
                )
            )
        return found

    def equations(self) -> list[tuple[str, int]]:
        """Label and line of each labelled equation."""
        labelled = [p for p in self.passages if p.token.type == "math_block_label"]
        return [(p.token.info, p.line) for p in labelled]

    @cached_property
    def _blocks(self) -> list[Directive | Passage]:
        texts = [cell for cell in self.cells if cell.kind == "markdown"]
        return [block for cell in texts for block in _walk(cell.source, cell.line, ())]


@cache
def _page(path: Path, text: str) -> Page:
    return Page(path, text)


def read_notebook(
    text: str, path: Path, extensions: frozenset[str] = frozenset(DIALECT.enable_extensions)
) -> nbformat.NotebookNode:
    """A MyST text as a notebook of one's own; `metadata.source_map` holds the cells' first lines.

    One build asks for a chapter's cells some twenty times: a text is parsed once.
    """
    return copy.deepcopy(_parsed(text, path, extensions))


@cache
def _parsed(text: str, path: Path, extensions: frozenset[str]) -> nbformat.NotebookNode:
    config = MdParserConfig(enable_extensions=set(extensions))
    return read_myst_markdown_notebook(text, config, add_source_map=True, path=path)


@cache
def _parser() -> MarkdownIt:
    return create_md_parser(DIALECT, RendererHTML)


def _walk(text: str, line: int, inside: tuple[str, ...]) -> Iterator[Directive | Passage]:
    heading, table, row, column = 0, -1, -1, -1
    for token in _parser().parse(text):
        at = line + (token.map or (0, 0))[0]
        if token.type in ("fence", "colon_fence"):
            match = _DIRECTIVE.fullmatch(token.info.strip())
            if match is None:
                continue
            body, options, skipped = _split_options(token.content)
            yield Directive(match[1], match[2].strip(), options, body, at, inside)
            if match[1] not in ("literalinclude", "code-block"):
                yield from _walk(body, at + 1 + skipped, (*inside, match[1]))
        elif token.type == "heading_open":
            heading = int(token.tag[1])
        elif token.type == "heading_close":
            heading = 0
        elif token.type == "table_open":
            table = at
        elif token.type == "tr_open":
            row, column = at, -1
        elif token.type in ("th_open", "td_open"):
            column += 1
        elif token.type == "table_close":
            table = row = column = -1
        elif token.type in ("inline", "math_block", "math_block_label"):
            yield Passage(token, at, inside, heading, table, row, column)


def _split_options(content: str) -> tuple[str, dict[str, str], int]:
    """Body, options and the number of lines that the options took."""
    lines = content.split("\n")
    options = {}
    while lines and (match := _OPTION.fullmatch(lines[0].strip())):
        options[match[1]] = match[2].strip()
        lines.pop(0)
    return "\n".join(lines), options, len(options)


def python_fences(text: str) -> list[str]:
    """The plain ```python fences in a text."""
    return _FENCE.findall(text if text.endswith("\n") else text + "\n")


def tree(cell: Cell) -> ast.Module:
    """The cell's code, its IPython commands left out.

    Raises:
        SyntaxError: it is no Python; the message names the cell's line.
    """
    lines = [("pass" if re.match(r"[%!]", text) else text) for text in cell.source.split("\n")]
    try:
        return ast.parse("\n".join(lines))
    except SyntaxError as error:
        raise SyntaxError(f"the cell at line {cell.line} is no Python: {error}") from error


def calls(cell: Cell, name: str) -> list[ast.Call]:
    """The cell's calls of a function by its plain name."""
    return [
        node
        for node in ast.walk(tree(cell))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]


def argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    """A call's argument, given by position or by name."""
    if len(call.args) > position:
        return call.args[position]
    return next((k.value for k in call.keywords if k.arg == name), None)


def literal(node: ast.expr | None) -> Any:
    """The value of a constant, None for anything else."""
    return node.value if isinstance(node, ast.Constant) else None
