"""The directives a chapter may use, and the plain Markdown that each becomes in the notebook."""

from __future__ import annotations

import ast
from collections.abc import Callable
from html import escape

from seqcourse.publish.markdown import Converter, Directive

_PROOFS = (
    "theorem lemma proposition corollary definition example remark algorithm property conjecture"
)


def _quote(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _box(title: str, body: str) -> str:
    return _quote(f"**{title}**\n\n{body}" if body else f"**{title}**")


def _details(title: str, body: str) -> str:
    # Blank lines: only then is the body read as Markdown inside HTML.
    return f"<details>\n<summary>{escape(title)}</summary>\n\n{body}\n\n</details>"


def _admonition(converter: Converter, directive: Directive) -> str:
    body = directive.body
    if directive.name == "admonition":
        title = converter.convert(directive.argument, directive.line)
    else:
        title = {"seealso": "See also"}.get(directive.name, directive.name.capitalize())
        body = f"{directive.argument}\n{body}".strip()
    converted = converter.convert(body, directive.line)
    if "dropdown" in str(directive.options.get("class", "")):
        return _details(title, converted)
    return _box(title, converted)


def _dropdown(converter: Converter, directive: Directive) -> str:
    return _details(directive.argument, converter.convert(directive.body, directive.line))


def _numbered(converter: Converter, directive: Directive) -> str:
    """An exercise or a theorem: its number and title in bold, then its text."""
    label = str(directive.options.get("label", ""))
    if not label:
        raise converter.fail(directive.line, f"{{{directive.name}}} needs a :label:.")
    title = converter.label(label, directive.line).title
    if directive.argument:
        title += f". {converter.convert(directive.argument, directive.line)}"
    return _box(title, converter.convert(directive.body, directive.line))


def _proof(converter: Converter, directive: Directive) -> str:
    return _quote(f"*Proof.* {converter.convert(directive.body, directive.line)} ∎")


def _solution(converter: Converter, directive: Directive) -> str:
    exercise = converter.label(directive.argument, directive.line)
    body = converter.convert(directive.body, directive.line)
    return _details(f"Solution to {exercise.title}", body)


def _picture(converter: Converter, directive: Directive) -> str:
    alt = str(directive.options.get("alt", "")).strip()
    if not alt:
        raise converter.fail(directive.line, f"{{{directive.name}}} needs an :alt: text.")
    file = (converter.path.parent / directive.argument).resolve()
    if not file.is_file():
        raise converter.fail(directive.line, f"there is no picture {directive.argument}.")
    address = f"{converter.references.source}/{file.relative_to(converter.root).as_posix()}"
    picture = f"![{alt}]({address}?raw=true)"
    name = directive.options.get("name")
    if directive.name == "image" or not name:
        return picture
    title = converter.label(str(name), directive.line).title
    return f"{picture}\n\n**{title}.** {converter.convert(directive.body, directive.line)}"


def _literalinclude(converter: Converter, directive: Directive) -> str:
    file = (converter.path.parent / directive.argument).resolve()
    if not file.is_file():
        raise converter.fail(directive.line, f"there is no file {directive.argument}.")
    code, first, last = file.read_text("utf-8"), 1, 0
    name = directive.options.get("pyobject")
    if name:
        node: ast.AST | None = ast.parse(code)
        for part in str(name).split("."):
            node = next(
                (n for n in getattr(node, "body", []) if getattr(n, "name", "") == part), None
            )
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            raise converter.fail(directive.line, f"{directive.argument} defines no {name}.")
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        last = node.end_lineno or first
        code = "\n".join(code.split("\n")[first - 1 : last])
    place = file.relative_to(converter.root).as_posix()
    lines = f"#L{first}-L{last}" if last else ""
    language = directive.options.get("language", "python")
    source = f"[{place}]({converter.references.source}/{place}{lines})"
    return f"```{language}\n{code.rstrip()}\n```\n\n*From {source}.*"


def _code_block(converter: Converter, directive: Directive) -> str:
    return f"```{directive.argument}\n{directive.body}\n```"


DIRECTIVES: dict[str, Callable[[Converter, Directive], str]] = {
    **dict.fromkeys("note tip warning important caution seealso admonition".split(), _admonition),
    **dict.fromkeys([f"prf:{name}" for name in _PROOFS.split()], _numbered),
    "prf:proof": _proof,
    "exercise": _numbered,
    "solution": _solution,
    "dropdown": _dropdown,
    "figure": _picture,
    "image": _picture,
    "literalinclude": _literalinclude,
    "code-block": _code_block,
}
