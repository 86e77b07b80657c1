"""Keep an answer that passed its check in the learner's own `my_nn.py`."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import linecache
import re
import sys
import traceback
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from html import escape
from io import StringIO
from pathlib import Path
from types import FunctionType, ModuleType

from IPython.display import display

from seqcourse.files import write_whole
from seqcourse.lesson import home
from seqcourse.lesson.blocks import (
    IMPORTS,
    Damaged,
    Part,
    block,
    clash,
    orphaned,
    parse,
    salvage,
    with_block,
    with_imports,
)
from seqcourse.lesson.check import SECONDS, grade, last_check
from seqcourse.lesson.exercises import slugs
from seqcourse.lesson.guard import TooLong, limited
from seqcourse.lesson.sources import MINE, NoSource, Source, gather

# The names under which a new file is tried before it is written.
_TRIAL, _FILE = f"_{MINE}_on_trial", f"<{MINE}.py>"


class NotKept(Exception):
    """Nothing was written; the message says why and what to do."""


def keep(answer: object) -> None:
    """Collect an answer that has just passed its check in `my_nn.py`. Never raises.

    The next chapter can then say `from my_nn import …`. The file is written whole or not at all,
    and what it held before is not lost: what you write outside its marked blocks stays, an earlier
    version of the same answer goes to `my_nn_earlier.txt`, and a file that is damaged is copied
    aside. In the book's own runs nothing is written.

    Args:
        answer: the function or class that `check` has passed.
    """
    slug, done = "", False
    try:
        slug, state = last_check(answer) or ("", "")
        text = _keep(slug, state, answer)
        done = True
    except NotKept as reason:
        text = f"not kept: {reason}"
    except OSError as error:
        text = f"not kept: {MINE}.py cannot be written ({error})."
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # an answer may be anything
        text = f"not kept: this is our mistake, tell us ({type(error).__name__})."
    text = text.encode(errors="backslashreplace").decode()
    display(  # type: ignore[no-untyped-call]
        {
            "text/plain": text,
            "text/html": '<div class="sq-keep" style="margin:.25em 0;padding-left:.9em;'
            f'font-size:.85em;overflow-wrap:anywhere">{escape(text)}</div>',
        },
        raw=True,
        metadata={"seqcourse": {"keep": {"slug": slug, "kept": done}}},
    )


def _keep(slug: str, state: str, answer: object) -> str:
    if not slug:
        raise NotKept('no check has seen this answer. Run check("…", …) on it first.')
    if state != "passed":
        raise NotKept(f"{slug} has not passed yet.")
    if home.is_strict():
        raise NotKept("the book's own runs write nothing.")
    if not isinstance(answer, type) and type(inspect.unwrap(answer)) is not FunctionType:  # type: ignore[arg-type]
        kind = type(answer).__name__
        raise NotKept(f"{MINE}.py collects functions and classes; this is of type {kind}.")
    if getattr(answer, "__module__", "") == MINE:
        raise NotKept(f"this answer comes from {MINE}.py, where it stands already.")
    try:
        source = gather(answer)
    except NoSource as reason:
        raise NotKept(str(reason)) from None
    if source.missing:
        raise NotKept(_lacks(source.missing[0], source.name))
    path = home.home() / f"{MINE}.py"
    for _ in range(3):  # another notebook may write at the same time
        before = path.read_bytes() if path.exists() else None
        renewal = _renewed(before, slug, source)
        if before == (path.read_bytes() if path.exists() else None):
            break
    else:
        raise NotKept(f"another notebook is writing {path.name}. Run this cell again.")
    notes = _write(path, before, renewal, slug)
    count = f"{renewal.count} answer{'s' * (renewal.count > 1)} so far"
    return " ".join([f"kept as {MINE}.{source.name} ({count}).", *notes])


@dataclass(frozen=True)
class _Renewal:
    """A new file, tried and not yet written.

    Args:
        text: the file's.
        count: how many answers it holds.
        damage: why the old file cannot be read, empty where it can.
        earlier: the old block of the answer, where it was another one.
    """

    text: str
    count: int
    damage: str
    earlier: str


def _renewed(before: bytes | None, slug: str, source: Source) -> _Renewal:
    old, damage = "", ""
    try:
        old = (before or b"").decode().replace("\r\n", "\n")
        parts = parse(old) if old.strip() else salvage("")
    except UnicodeDecodeError:
        parts, damage = salvage((before or b"").decode(errors="replace")), "it is not UTF-8"
    except Damaged as error:
        parts, damage = salvage(old), str(error)
    chapter = re.search(r"\d+", slugs().get(slug, ""))
    new = block(slug, int(chapter[0]) if chapter else None, source.code)
    _refuse_conflicts(parts, new, source)
    parts = with_imports(parts, source.imports)
    earlier = next((part.text for part in parts if part.slug == slug), "")
    failures = []
    # In its old place; or at the end, as it may need what stands below that.
    for last in (False, True) if earlier else (False,):
        renewed = with_block(parts, new, last=last)
        failure = _trial(renewed, slug, source.name)
        if not failure:
            count = len({part.slug for part in renewed} - {"", IMPORTS})
            text = "".join(part.text for part in renewed)
            return _Renewal(text, count, damage, earlier if earlier != new.text else "")
        failures.append(failure)
    raise NotKept(failures[0])


def _refuse_conflicts(parts: list[Part], new: Part, source: Source) -> None:
    if taken := clash(parts, new, source.imports):
        name, place = taken
        raise NotKept(
            f"{MINE}.py has another {name} already ({place}), and {new.slug} would change it. Give "
            f"{name} another name in this notebook, run its cell, and check and keep again."
        )
    if needed := orphaned(parts, new):
        name, place = needed
        raise NotKept(
            f"{place} uses {name} from the {new.slug} kept before, and this one has no {name}. "
            f"Call it {name} again, or copy the old {name} out of its block in {MINE}.py."
        )


def _trial(parts: list[Part], slug: str, name: str) -> str:
    """Import a new file under a private name and check the answer again; what failed, or ''."""
    text = "".join(part.text for part in parts)
    try:
        if [p for p in parse(text) if p.slug] != [p for p in parts if p.slug]:
            raise Damaged("a mark was misread")
    except Damaged:
        return f"{name} holds a line like one of the marks of {MINE}.py. Change that line."
    module = ModuleType(_TRIAL)
    linecache.cache[_FILE] = (len(text), None, text.splitlines(True), _FILE)
    sys.modules[_TRIAL] = module  # where a dataclass looks for it
    try:
        with redirect_stdout(StringIO()), limited(SECONDS):
            exec(compile(text, _FILE, "exec"), vars(module))
        report = grade(slug, vars(module)[name])
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the learner's own lines may raise anything
        return _why(error, parts, slug, name)
    finally:
        del sys.modules[_TRIAL], linecache.cache[_FILE]
    if report.state == "passed":
        return ""
    lacking = re.search(r"NameError: name '(\w+)'", str(report))
    if lacking:
        return _lacks(lacking[1], name)
    return (
        f"its copy in {MINE}.py does not pass ({report.lines[0].rstrip('.')}). Something it uses "
        "has changed since its cell ran: restart the kernel, run all cells, and look again."
    )


def _why(error: BaseException, parts: list[Part], slug: str, name: str) -> str:
    """Why a new file does not run."""
    if isinstance(error, TooLong):
        return (
            f"importing {MINE}.py would take more than {SECONDS:g} s. What {name} uses from the "
            "notebook is computed there: pass it as an argument instead."
        )
    trace = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == _FILE]
    row = (trace[0].lineno or 1) if trace else 1
    place, end = parts[-1], 0
    for part in parts:
        end += part.text.count("\n")
        if row <= end:
            place = part
            break
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    line = "".join(part.text for part in parts).split("\n")[row - 1].strip()
    if place.slug != slug:
        return f"{MINE}.py stops at {line!r} ({place.place}; {said}). Mend it there first."
    if isinstance(error, NameError) and error.name:
        return _lacks(error.name, name)
    return f"it does not run in a file of its own: {said}, at {line!r}."


def _lacks(missing: str, name: str) -> str:
    return (
        f"{MINE}.py lacks {missing}, which {name} uses. Define {missing} in a cell of its own (or "
        f"import it there, or make it an argument), run that cell, and check and keep {name} again."
    )


def _write(path: Path, before: bytes | None, renewal: _Renewal, slug: str) -> list[str]:
    """Write the file, after what it will not hold any more; what to tell about it."""
    notes = []
    if renewal.damage:
        aside = home.copy_aside(path, "broken")
        notes.append(
            f"{path.name} was damaged ({renewal.damage}): it lies beside as {aside.name}, and its "
            "whole blocks stay. Copy back from there what you miss."
        )
    if renewal.earlier:
        earlier = path.with_name(f"{MINE}_earlier.txt")
        known = earlier.read_text("utf-8") if earlier.exists() else ""
        if renewal.earlier not in known:
            head = f"Until {datetime.now():%Y-%m-%d %H:%M}:"
            write_whole(earlier, f"{known}{head}\n{renewal.earlier}\n\n")
        notes.append(f"The one before is in {earlier.name}.")
    if renewal.text.encode() != before:
        write_whole(path, renewal.text)
    if not _reloaded(path):
        notes.append("Restart the kernel before you import it.")
    if home.is_fleeting():
        notes.append(home.FLEETING)
    return notes


def _reloaded(path: Path) -> bool:
    """Let an import see the new file, here and now."""
    # Python tells a new file by the second and the size, which may be the same.
    Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
    importlib.invalidate_caches()
    if MINE in sys.modules:
        try:
            with redirect_stdout(StringIO()):
                importlib.reload(sys.modules[MINE])
        except Exception:
            return False
    return True
