"""What a page makes a browser fetch: no rule, icon or script that no page of the book uses.

The theme brings whole libraries, of which this book needs a few parts. The style sheets lose the
rules for classes that stand in no page and no script, icons that no rule shows leave their fonts,
plain code has no mark-up, and scripts wait until the text is there.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import tinycss2
from pygments.formatters import HtmlFormatter
from pygments.token import Name, Punctuation, Text, Whitespace, _TokenType
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge

from seqcourse.lesson.table import _CELL

# Classes that a script puts together: bootstrap's tooltips.
_MADE = ("bs-tooltip-auto",)
_PLAIN = {Name, Punctuation, Text, Whitespace}  # in the colour of the text, as the style has it
_NAMED = re.compile(
    r"""@font-face\{.*?font-family:\s*["']?([^"';}]*)|@(?:-webkit-)?keyframes ([\w-]+)"""
)
_NOW = "documentation_options.js"  # a script within the page reads what it sets


def register(app: Sphinx) -> None:
    """Register with Sphinx."""
    PygmentsBridge.html_formatter = _Plain
    # By its parts (`loader` in _config.yml); its extension, which asks for the whole, came before.
    app.config.mathjax_path = "mathjax/startup.js"
    app.connect("html-page-context", _scripts_wait, priority=900)
    app.connect("build-finished", _trim, priority=950)


def tables_by_class(html: str) -> str:
    """A page's part whose tables' cells leave their style to the site's own sheet."""
    return re.sub(
        rf' style="text-align:(left|right);{re.escape(_CELL)}(?:;font-weight:normal)?"',
        lambda found: ' class="l"' if found[1] == "left" else "",
        html,
    )


class _Plain(HtmlFormatter):  # type: ignore[misc]  # pygments is not typed
    """Code without a tag round each name, bracket and space: half of a page's bytes."""

    def _get_css_classes(self, ttype: _TokenType) -> str:
        return "" if ttype in _PLAIN else str(super()._get_css_classes(ttype))

    def _format_lines(self, tokensource: Iterable[tuple[_TokenType, str]]) -> Iterator[Any]:
        for flag, line in super()._format_lines(tokensource):  # a '<' in the code is escaped
            yield flag, re.sub(r'<span class="(\w+)">', r"<span class=\1>", line)


def _scripts_wait(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Let the browser show the text before it has read the scripts; their order stays."""
    for script in context["script_files"]:
        if script.filename and not str(script.filename).endswith(_NOW):
            script.attributes.setdefault("defer", "defer")


def _trim(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.name == "html":
        trim(Path(app.outdir))


def trim(site: Path) -> None:
    """Take from a built site's style sheets and icon fonts what none of its pages uses."""
    static = site / "_static"
    pages = [path for path in site.rglob("*.html") if static not in path.parents]
    scripts = [path for path in static.rglob("*.js") if not {"mathjax", "js"} & set(path.parts)]
    words = set(_MADE)
    for path in pages:
        for value in re.findall(r'\b(?:class|id)=("[^"]*"|\w+)', path.read_text("utf-8")):
            words.update(value.strip('"').split())
    for path in scripts:
        words.update(re.findall(r"[\w-]+", path.read_text("utf-8")))
    sheets = {path: trimmed(path.read_text("utf-8"), words) for path in static.rglob("*.css")}
    # Fonts keep their icons where no alphabet has a letter.
    icons = {ord(sign) for text in sheets.values() for sign in re.findall("[\ue000-\uf8ff]", text)}
    for path, text in sheets.items():
        path.write_text(_with_few_icons(path, text, icons), "utf-8")


@cache
def parsed(sheet: str) -> list[Any]:
    """A style sheet's rules."""
    return list(tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True))


def trimmed(sheet: str, words: set[str]) -> str:
    """A style sheet without comments, needless space, and rules for what is not in `words`."""
    kept = list(_kept(parsed(sheet), words))
    # A font or a movement goes with the last rule that names it.
    spoken = "".join(rule for rule in kept if not _NAMED.match(rule)).replace("\\", "")
    text = "".join(
        rule for rule in kept if not (named := _NAMED.match(rule)) or _name(named) in spoken
    )
    licence = re.match(r"\s*(/\*!.*?\*/)", sheet, re.DOTALL)
    return (licence[1] if licence else "") + text


def _name(found: re.Match[str]) -> str:
    return (found[1] or found[2]).replace("\\", "")


def _kept(rules: Iterable[Any], words: set[str]) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [one for one in _parts(rule.prelude) if _used(one, words)]
            if selectors and (content := _short(rule.content)):
                yield f"{','.join(map(_short, selectors))}{{{content}}}"
        elif rule.type == "at-rule":
            name, prelude = f"@{rule.at_keyword}", _short(rule.prelude)
            head = f"{name} {prelude}" if prelude else name
            if rule.content is None:
                yield f"{head};"
            elif rule.lower_at_keyword in ("media", "supports", "layer"):
                inner = tinycss2.parse_rule_list(
                    rule.content, skip_comments=True, skip_whitespace=True
                )
                if content := "".join(_kept(inner, words)):
                    yield f"{head}{{{content}}}"
            else:
                yield f"{head}{{{_short(rule.content)}}}"


def _parts(prelude: Iterable[Any]) -> Iterator[list[Any]]:
    """Selectors, at the commas between them."""
    part: list[Any] = []
    for token in prelude:
        if token == ",":
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _used(selector: list[Any], words: set[str]) -> bool:
    """Whether its classes and ids all are among the words; what is within ':not(…)' may be none."""
    for before, token in zip([None, *selector], selector, strict=False):
        name = None
        if before == "." and token.type == "ident":
            name = token.value
        elif token.type == "hash":
            name = token.value
        if name is not None and name not in words:
            return False
    return True


def _short(tokens: Iterable[Any]) -> str:
    """Without comments; space as one blank, and none at the ends or after what separates."""
    text = ""
    for token in tokens:
        if token.type == "whitespace":
            text += "" if text.endswith((";", ":", " ")) else " "
        elif token.type != "comment":
            text = text.rstrip() if token == ";" else text
            text += token.serialize()
    return text.strip().rstrip(";")


def _with_few_icons(path: Path, sheet: str, icons: set[int]) -> str:
    """A style sheet whose icon fonts hold the icons that are shown, and no other."""

    def small(found: re.Match[str]) -> str:
        full = path.parent / f"{found[1]}.ttf"
        _subset(full, full.with_suffix(".woff"), icons)
        return f'src:url({found[1]}.woff) format("woff")'

    return re.sub(r"""src:url\(([^)]*/fa-[\w-]+)\.woff2\) format\("woff2"\),[^;}]*""", small, sheet)


def _subset(full: Path, small: Path, icons: set[int]) -> None:
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    logging.getLogger("fontTools.subset").setLevel(logging.WARNING)
    font = TTFont(full, recalcTimestamp=False)
    subsetter = Subsetter(Options(notdef_outline=True, layout_features=[], hinting=False))
    subsetter.populate(unicodes=icons & set(font.getBestCmap()))
    subsetter.subset(font)
    font.flavor = "woff"
    font.save(small)
