"""Turn one MyST Markdown cell into plain Markdown that Jupyter, Colab and GitHub show as it is.

The text is parsed by myst-parser's own parser, so that only real constructs are touched, and is
changed in place: whatever is plain Markdown already passes unaltered. What is neither plain nor
known is an error, never passed through.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.directives import parse_directive_text
from myst_parser.parsers.mdit import create_md_parser

from seqcourse.publish.references import References, Target

# Blocks that Jupyter's Markdown knows, and inline pieces likewise.
_PLAIN_BLOCKS = frozenset(
    "heading_open paragraph_open bullet_list_open ordered_list_open list_item_open blockquote_open "
    "table_open thead_open tbody_open tr_open th_open td_open hr html_block code_block math_block "
    "inline".split()
)
_PLAIN_INLINE = frozenset(
    "text code_inline math_inline em_open em_close strong_open strong_close softbreak hardbreak "
    "link_close html_inline text_special s_open s_close".split()
)
_DIRECTIVE = re.compile(r"\{([^}\s]+)\}\s*(.*)", re.DOTALL)
_TITLED = re.compile(r"(.*?)\s*<([^<>]+)>", re.DOTALL)


class ConversionError(Exception):
    """A construct that cannot become plain Markdown; knows its file and line."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path, self.line, self.message = path, line, message


@dataclass(frozen=True)
class Directive:
    """A parsed directive.

    Args:
        name, argument, options, body: its parts as text.
        line: the first line of its body in the file.
    """

    name: str
    argument: str
    options: dict[str, Any]
    body: str
    line: int


@dataclass(frozen=True)
class Converter:
    """Converts the cells of one page.

    Args:
        path: the page's file, for messages and for paths relative to it.
        page: Sphinx' name of the page.
        references: the book's numbers, titles and addresses.
        glued: values that the page's cells glued, as printed, by key.
        root: the repository's root.
        config: the Markdown dialect.
    """

    path: Path
    page: str
    references: References
    glued: dict[str, str]
    root: Path
    config: MdParserConfig = field(default_factory=MdParserConfig)

    @cached_property
    def _parser(self) -> MarkdownIt:
        return create_md_parser(self.config, RendererHTML)

    def convert(self, text: str, line: int = 1) -> str:
        """Plain Markdown for `text`, whose first line is line `line` of the file.

        Raises:
            ConversionError: a construct is unknown, misplaced or refers to nothing.
        """
        lines = text.split("\n")
        tokens = self._parser.parse(text)
        edits: list[tuple[int, int, str]] = []
        cursors: dict[int, int] = {}  # where the next role of a line range is looked for
        for token in tokens:
            if token.nesting < 0:
                continue
            begin, end = token.map or (0, 0)
            at = line + begin
            if token.type == "inline":
                self._convert_inline(token, lines, cursors, at)
            elif (new := self._convert_block(token, at)) is not None:
                edits.append((begin, end, new))
        for begin, end, new in reversed(edits):
            lines[begin:end] = new.split("\n")
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")

    def fail(self, line: int, message: str) -> ConversionError:
        """An error at a line of this page."""
        return ConversionError(self.path, line, message)

    # Blocks

    def _convert_block(self, token: Token, line: int) -> str | None:
        """New text for a block, None where it is plain."""
        if token.type in ("fence", "colon_fence"):
            match = _DIRECTIVE.fullmatch(token.info.strip())
            if match is None:
                return None
            if token.level:
                raise self.fail(
                    line, f"directive {{{match[1]}}} inside a list or quote: move it out."
                )
            return self._convert_directive(match[1], match[2], token.content, line + 1)
        if token.type in ("myst_target", "myst_line_comment"):
            return ""
        if token.type == "math_block_label":
            equation = self._find(self.references.equations, token.info, "equation", line)
            return f"$$\n{token.content.strip()} \\tag{{{equation.number}}}\n$$"
        if token.type in _PLAIN_BLOCKS:
            return None
        raise self.fail(line, f"{token.type} has no plain Markdown form: write it another way.")

    def _convert_directive(self, name: str, argument: str, content: str, line: int) -> str:
        from seqcourse.publish.directives import DIRECTIVES

        if name not in DIRECTIVES:
            known = ", ".join(sorted(DIRECTIVES))
            raise self.fail(line - 1, f"unknown directive {{{name}}}. Known ones: {known}.")
        parsed = parse_directive_text(_AnyDirective, argument, content, validate_options=False)
        body = "\n".join(parsed.body)
        directive = Directive(
            name, argument.strip(), dict(parsed.options), body, line + parsed.body_offset
        )
        return DIRECTIVES[name](self, directive)

    # Inline

    def _convert_inline(
        self, token: Token, lines: list[str], cursors: dict[int, int], line: int
    ) -> None:
        """Replace the roles of one inline token, in place, in the order they stand in."""
        begin, end = token.map or (0, 0)
        region = "\n".join(lines[begin:end])
        cursor = cursors.get(begin, 0)
        for child in token.children or []:
            if child.type == "code_inline":  # a role's look-alike inside code is no role
                cursor = region.index(child.content.split("\n")[0], cursor) + len(child.content)
            elif child.type == "myst_role":
                name = child.meta["name"]
                pattern = _role_pattern(name, child.content)
                match = pattern.search(region, cursor)
                if match is None:
                    raise self.fail(
                        line, f"role {{{name}}}`{child.content}` not found in its text."
                    )
                new = self._convert_role(name, child.content, line)
                region = region[: match.start()] + new + region[match.end() :]
                cursor = match.start() + len(new)
            else:
                self._require_plain(child, line)
        cursors[begin] = cursor
        changed = region.split("\n")
        if len(changed) != end - begin:
            raise self.fail(line, "a role's text changed the number of lines.")
        lines[begin:end] = changed

    def _require_plain(self, child: Token, line: int) -> None:
        if child.type == "link_open":
            target = str(child.attrs.get("href", ""))
            if not target.startswith(("https://", "http://", "mailto:")):
                raise self.fail(
                    line, f"link to {target!r}: use {{doc}} or {{ref}} for places inside the book."
                )
        elif child.type == "image":
            raise self.fail(
                line, "an image: use the {image} or {figure} directive, with its alt text."
            )
        elif child.type not in _PLAIN_INLINE:
            raise self.fail(line, f"{child.type} has no plain Markdown form: write it another way.")

    def _convert_role(self, name: str, content: str, line: int) -> str:
        role = _ROLES.get(name)
        if role is None:
            known = ", ".join(sorted(_ROLES))
            raise self.fail(line, f"unknown role {{{name}}}. Known ones: {known}.")
        return role(self, content, line)

    # Look-ups

    def _find(self, table: dict[str, Target], label: str, kind: str, line: int) -> Target:
        if label not in table:
            hint = " Add it to book/references.bib." if table is self.references.citations else ""
            raise self.fail(line, f"no {kind} is labelled {label!r}.{hint}")
        return table[label]

    def label(self, label: str, line: int) -> Target:
        """The figure, exercise, section or theorem with this label."""
        return self._find(
            self.references.labels, label.lower(), "figure, exercise or section", line
        )

    def link(self, text: str, target: Target) -> str:
        """`text` linked to the target's place on the site; plain where that is this very page."""
        return text if target.page == self.page else f"[{text}]({self.references.url(target)})"

    def _eq(self, content: str, line: int) -> str:
        target = self._find(self.references.equations, content, "equation", line)
        return self.link(f"({target.number})", target)

    def _ref(self, content: str, line: int) -> str:
        title, label = _split_title(content)
        target = self.label(label, line)
        return self.link(title.replace("%s", target.number) or target.title, target)

    def _doc(self, content: str, line: int) -> str:
        title, path = _split_title(content)
        page = (self.path.parent / path.lstrip("/")).resolve()
        if path.startswith("/"):
            page = self.root / path[1:]
        name = page.relative_to(self.root).as_posix()
        target = self._find(self.references.pages, name, "page", line)
        return self.link(title or target.title, target)

    def _cite(self, content: str, line: int, template: str, joint: str) -> str:
        found = []
        for key in content.split(","):
            target = self._find(self.references.citations, key.strip(), "bibliography entry", line)
            text = template.format(author=target.title, year=target.number)
            found.append(self.link(text, target))
        return joint.join(found)

    def _cite_t(self, content: str, line: int) -> str:
        return self._cite(content, line, "{author} ({year})", ", ")

    def _cite_p(self, content: str, line: int) -> str:
        return "(" + self._cite(content, line, "{author}, {year}", "; ") + ")"

    def _glue(self, content: str, line: int) -> str:
        key, _, form = content.partition(":")
        if key not in self.glued:
            raise self.fail(line, f"no cell of this page glues {key!r}.")
        value = self.glued[key]
        return format(float(value), form) if form else value.strip("'\"")


_ROLES: dict[str, Callable[[Converter, str, int], str]] = {
    "eq": Converter._eq,
    "ref": Converter._ref,
    "numref": Converter._ref,
    "prf:ref": Converter._ref,
    "doc": Converter._doc,
    "cite:t": Converter._cite_t,
    "cite:p": Converter._cite_p,
    "glue:text": Converter._glue,
    "math": lambda converter, content, line: f"${content}$",
}


class _AnyDirective:
    """Tells myst-parser that there may be options and a body; the argument is split off before."""

    required_arguments = 0
    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: dict[str, Any] = {"any": str}  # empty would mean: none allowed


def _role_pattern(name: str, content: str) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, content.split()))
    return re.compile(rf"\{{{re.escape(name)}\}}(`+)\s*{words}\s*\1")


def _split_title(content: str) -> tuple[str, str]:
    """('text', 'label') of a role written as `text <label>`, else ('', 'label')."""
    match = _TITLED.fullmatch(content.strip())
    return (match[1], match[2]) if match else ("", content.strip())
