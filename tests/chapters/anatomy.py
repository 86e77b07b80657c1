"""What every finished chapter holds: rules on its text, each a list of complaints.

A complaint names file and line, and what to do. Prose is headings, paragraphs, lists and quotes,
also those in notes, theorems and exercise statements; not code, tables, displayed equations,
captions, and what is folded (hints, solutions, the Korean summary).
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterable, Iterator

from seqcourse.publish.reading import (
    Cell,
    Exercise,
    Page,
    Passage,
    argument,
    calls,
    literal,
    python_fences,
    tree,
)
from seqcourse.publish.sources import unsourced

OPENING, CLOSING = "What you will be able to do", "What to take along"
TAGS = {"hide-input", "hide-output", "trained", "timed", "exercise"}
KINDS = {"derive", "build", "predict", "find the bug", "measure"}
# At least 1,500: what an earlier chapter explains is not explained again; the whole book was cut.
WORDS, KOREAN_WORDS = (1500, 3500), (100, 250)
MOST_BYTES = 400_000
FOLDED = {"dropdown", "solution"}


def prediction_comes_first(page: Page) -> Iterator[str]:
    """Before the first section that teaches, whatever its title."""
    teaching = next((line for title, line in page.sections if not title.startswith(OPENING)), 0)
    if not teaching:
        yield _at(page, 1, f"no section follows '{OPENING}': derive something.")
    elif not any(cell.line < teaching and calls(cell, "predict") for cell in page.code):
        text = "no predict(…) comes before this section: ask the question first."
        yield _at(page, teaching, text)


def closing_mirrors_opening(page: Page) -> Iterator[str]:
    counts = {}
    for title in (OPENING, CLOSING):
        begin, end = page.section(title)
        if not begin:
            yield _at(page, 1, f"there is no section '## {title}': add it.")
            return
        lines = page.text.split("\n")[begin - 1 : end - 1]
        counts[title] = sum(line.startswith(("- ", "* ")) for line in lines)
    if not 3 <= counts[OPENING] <= 5:
        line = page.section(OPENING)[0]
        yield _at(page, line, f"the list has {counts[OPENING]} bullets: write 3 to 5.")
    if counts[OPENING] != counts[CLOSING]:
        line = page.section(CLOSING)[0]
        text = f"{counts[CLOSING]} bullets close what {counts[OPENING]} opened: make them mirror."
        yield _at(page, line, text)


def equations_are_checked(page: Page) -> Iterator[str]:
    labels = dict(page.equations())
    checked: dict[str, int] = {}
    for cell in page.code:
        checked |= {label: cell.line for label in cell.checks}
    for label, line in labels.items():
        if not label.startswith("eq-"):
            yield _at(page, line, f"equation label {label!r}: begin it with eq-.")
        elif not label.startswith("eq-def-") and checked.get(label, 0) < line:
            text = f"write '# checks {label}' in a later cell that does so, or name it eq-def-…"
            yield _at(page, line, f"no later cell checks {label}: {text}")
    for label in sorted(set(checked) - set(labels)):
        yield _at(page, checked[label], f"this cell checks {label}, which no equation is labelled.")


def exercises_are_whole(page: Page) -> Iterator[str]:
    kinds = []
    for exercise in page.exercises:
        header = exercise.header
        if header is None or header.kind not in KINDS:
            text = f"begin it with a line like '●○○ · 10 min · build' (kinds: {_list(KINDS)})."
            yield _at(page, exercise.line, f"{exercise.slug}: {text}")
        else:
            kinds.append(header.kind)
        yield from (_at(page, exercise.line, f"{exercise.slug}: {t}") for t in _parts(exercise))
    line = page.section("Exercises")[0] or 1
    if not 4 <= len(page.exercises) <= 6:
        yield _at(page, line, f"there are {len(page.exercises)} exercises: write 4 to 6.")
    if len(set(kinds)) < 3:
        yield _at(page, line, f"the exercises are of {len(set(kinds))} kinds: take at least 3.")


def _parts(exercise: Exercise) -> Iterator[str]:
    if not exercise.slug:
        yield "give it a :label:."
    hints = [hint.argument for hint in exercise.hints]
    if hints != ["Hint 1", "Hint 2", "Hint 3"]:
        yield f"its hints are {hints}: write {{dropdown}} Hint 1, Hint 2 and Hint 3."
    fences = [code for s in exercise.solutions for code in python_fences(s.body)]
    if len(exercise.solutions) != 1 or len(fences) != 1:
        yield (
            f"{len(exercise.solutions)} solutions with {len(fences)} ```python fences follow: "
            "write one of each."
        )
    if len(exercise.stubs) != 1:
        yield f'{len(exercise.stubs)} cells call check("{exercise.slug}", …): write one.'
    is_build = exercise.header is not None and exercise.header.kind == "build"
    for stub in exercise.stubs:
        end = f"keep({exercise.answer(stub)})"
        if is_build and not _ends_in(stub, end):
            yield f"the cell of its stub does not end in {end}: what is built is kept."
        if "exercise" not in stub.tags:
            yield "tag the cell of its stub 'exercise'."
        if not _is_typed(stub):
            yield "its stub says no types: annotate the function, or the name of the answer."


def _ends_in(cell: Cell, code: str) -> bool:
    return bool(body := tree(cell).body) and ast.unparse(body[-1]) == code


def _is_typed(stub: Cell) -> bool:
    for node in ast.walk(tree(stub)):
        if isinstance(node, ast.FunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            named = [a for a in arguments if a.arg not in ("self", "cls")]
            if node.returns is not None and all(a.annotation for a in named):
                return True
        elif isinstance(node, ast.AnnAssign):
            return True
    return False


def figures_are_named(page: Page) -> Iterator[str]:
    names = []
    for cell in page.code:
        figure = cell.metadata.get("mystnb", {}).get("figure")
        if figure is not None:
            names.append((figure.get("name", ""), figure.get("caption", ""), cell.line))
        elif re.search(r"figures\.(show|frames)\(", cell.source):
            yield _at(page, cell.line, "this figure has no mystnb figure header: name and caption.")
    for directive in page.directives:
        if directive.name == "figure":
            names.append((directive.options.get("name", ""), directive.body, directive.line))
    for name, caption, line in names:
        if not str(name).startswith("fig-"):
            yield _at(page, line, f"figure name {name!r}: begin it with fig-.")
        if not str(caption).strip():
            yield _at(page, line, f"figure {name}: say in a caption what it shows.")
    if len(names) < 3:
        yield _at(page, 1, f"there are {len(names)} figures: show at least 3.")


def length_is_kept(page: Page) -> Iterator[str]:
    count = prose_words(page)
    if not WORDS[0] <= count <= WORDS[1]:
        yield _at(page, 1, f"the prose has {count} words: keep it to {WORDS[0]:,}–{WORDS[1]:,}.")


def prose_words(page: Page) -> int:
    """Number of words of prose; an inline formula, code span or role counts as one."""
    return sum(
        len([word for word in _prose(passage).split() if re.search(r"\w", word)])
        for passage in page.passages
        if passage.row < 0 and not FOLDED & set(passage.inside) and passage.inside != ("figure",)
    )


def _prose(passage: Passage) -> str:
    stand_in = {"softbreak": " ", "hardbreak": " "}
    stand_in |= dict.fromkeys(("code_inline", "math_inline", "myst_role"), "x")
    children = passage.token.children or []
    return "".join(c.content if c.type == "text" else stand_in.get(c.type, "") for c in children)


def korean_summary_is_folded(page: Page) -> Iterator[str]:
    found = [d for d in page.directives if d.name == "dropdown" and "한국어" in d.argument]
    if len(found) != 1:
        text = "fold one into a {dropdown} whose title holds 한국어."
        yield _at(page, 1, f"there are {len(found)} Korean summaries: {text}")
    for directive in found:
        count = len(re.findall(r"\S*[가-힣]\S*", directive.body))
        if not KOREAN_WORDS[0] <= count <= KOREAN_WORDS[1]:
            text = f"it has {count} 어절: keep it to {KOREAN_WORDS[0]}–{KOREAN_WORDS[1]}."
            yield _at(page, directive.line, text)


def claims_can_fail(page: Page) -> Iterator[str]:
    seen: dict[object, int] = {}
    for name, line in claim_ids(page):
        if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9-]+", name):
            yield _at(page, line, f"claim id {name!r}: write it out, in small letters and hyphens.")
        elif name in seen:
            yield _at(page, line, f"claim id {name!r} is that of line {seen[name]}: take another.")
        seen[name] = line
    for line, condition in constant_claims(page):
        text = f"the claim's condition `{condition}` holds no variable: compute it."
        yield _at(page, line, text)


def claims_are_plain_text(page: Page) -> Iterator[str]:
    for cell in page.code:
        for call in calls(cell, "claim"):
            said = literal(argument(call, 0, "sentence"))
            if isinstance(said, str) and (found := re.search(r"[`*$]", said)):
                yield _at(page, cell.line, f"a claim shows {found[0]!r} itself: write plain text.")


def claim_ids(page: Page) -> list[tuple[object, int]]:
    """The id of each claim (None where it is no text) and its cell's line."""
    return [
        (literal(argument(call, 9, "id")), cell.line)
        for cell in page.code
        for call in calls(cell, "claim")
    ]


def constant_claims(page: Page) -> list[tuple[int, str]]:
    """Line and condition of each claim whose condition is the same whatever is measured.

    What is built in, imported, or only ever a literal does not make it vary.
    """
    cells = [(cell, tree(cell)) for cell in page.code]
    fixed = set(dir(builtins)) | _literal_names([module for _, module in cells])
    found = []
    for cell, _ in cells:
        for call in calls(cell, "claim"):
            condition = argument(call, 1, "holds")
            if condition is not None and not _variables(condition) - fixed:
                found.append((cell.line, ast.unparse(condition)))
    return found


def _variables(condition: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(condition) if isinstance(node, ast.Name)}


def _literal_names(modules: Iterable[ast.Module]) -> set[str]:
    """Names that are imported, or never bound to anything but a literal."""
    imported: set[str] = set()
    literals: list[ast.expr] = []
    stored: list[ast.Name] = []
    for node in (node for module in modules for node in ast.walk(module)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            literals += node.targets
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            stored.append(node)
    known = {id(target) for target in literals}
    varying = {name.id for name in stored if id(name) not in known}
    return imported | ({name.id for name in stored} - varying)


def numbers_have_a_source(page: Page) -> Iterator[str]:
    """The build's own rule."""
    yield from (_at(page, line, text) for line, text in unsourced(page))


def tags_are_known(page: Page) -> Iterator[str]:
    for cell in page.code:
        for tag in cell.tags:
            if tag not in TAGS:
                yield _at(page, cell.line, f"tag {tag!r} is none of {_list(TAGS)}.")


def predictions_are_revealed(page: Page) -> Iterator[str]:
    asked = {literal(c.args[0]): cell.line for cell in page.code for c in calls(cell, "predict")}
    told = {literal(c.args[0]): cell.line for cell in page.code for c in calls(cell, "reveal")}
    for slug, line in told.items():
        if asked.get(slug, line + 1) > line:
            yield _at(page, line, f"reveal({slug!r}) has no predict({slug!r}) before it.")
    for slug in sorted(set(asked) - set(told)):
        yield _at(page, asked[slug], f"predict({slug!r}) is never answered: add its reveal.")


def results_say_where_they_come_from(page: Page) -> Iterator[str]:
    """Below what shows a stored result: its command, and that it is out of date if it is."""
    told: dict[object, int] = {}
    for cell in page.code:
        told |= {literal(call.args[0]): cell.line for call in calls(cell, "provenance")}
    for cell in page.code:
        for name in (literal(call.args[0]) for call in calls(cell, "result")):
            if told.get(name, 0) < cell.line:
                text = f"result({name!r}) is shown with no provenance({name!r}) below it: add it."
                yield _at(page, cell.line, text)


def notebook_is_light(page: Page) -> Iterator[str]:
    notebook = page.path.with_suffix(".ipynb")
    if not notebook.is_file():
        yield f"{notebook}: not there. Call `make book`."
    elif notebook.stat().st_size > MOST_BYTES:
        size = notebook.stat().st_size / 1000
        yield f"{notebook}: {size:.0f} kB, more than {MOST_BYTES / 1000:.0f}: lighten its figures."


RULES: tuple[Callable[[Page], Iterable[str]], ...] = (
    prediction_comes_first,
    closing_mirrors_opening,
    equations_are_checked,
    exercises_are_whole,
    figures_are_named,
    length_is_kept,
    korean_summary_is_folded,
    claims_can_fail,
    claims_are_plain_text,
    numbers_have_a_source,
    tags_are_known,
    predictions_are_revealed,
    results_say_where_they_come_from,
    notebook_is_light,
)


def _at(page: Page, line: int, text: str) -> str:
    return f"{page.path}:{line}: {text}"


def _list(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
