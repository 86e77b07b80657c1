"""The ladder: the models of the chapters so far on one task, and the learner's own among them."""

from __future__ import annotations

import json
import math
import re
import traceback
from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from IPython.display import display

from seqcourse.experiments import has_result, names, result
from seqcourse.files import write_whole
from seqcourse.lesson import home
from seqcourse.lesson.check import is_own, is_stub
from seqcourse.lesson.guard import TooLong, limited
from seqcourse.lesson.provenance import what_changed
from seqcourse.lesson.table import bundle

SECONDS = 60.0  # after which a model that is scored is cut
_FILE = "my_rungs.json"
_LONGEST = 40  # characters of a model's name


class NotClimbed(Exception):
    """There is no score, or it is not recorded; the message says why and what to do."""


def ladder(name: str, chapter: int, exercise: str = "") -> None:
    """Display the rungs of all chapters so far, the learner's own among them.

    Args:
        name: of the ladder, which is that of its first experiment, such as 'spelling'; others, such
            as 'spelling_ch04' of chapter 4, add theirs.
        chapter: results of later chapters are not even read: a new one changes no earlier page.
        exercise: the exercise that puts the learner's rung there.

    Raises:
        KeyError: there is no experiment of that name, or one of these chapters has no result.
    """
    note = ""
    try:
        own = {} if home.is_strict() else dict(_read(home.home() / _FILE).get(name, {}))
    except (OSError, ValueError, RuntimeError) as error:
        own, note = {}, f"yours: {_FILE} cannot be read ({error})."
    _show(name, own, chapter, exercise, note)


def climb(name: str, model_name: str, model: Any) -> None:
    """Score your own model on a ladder's words, and put its rung there. Never raises.

    Args:
        name: of the ladder: 'spelling', whose words are those of `spellings().dev`.
        model_name: what the rung is called; a new score of the same name replaces the old one.
        model: a function `(context) -> p`: from the letters so far of a word, without dots, to the
            probabilities p (27,) of what comes next, over '.abcdefghijklmnopqrstuvwxyz', in which
            '.' is the word's end.
    """
    try:
        text = _climb(name, model_name, model)
    except NotClimbed as reason:
        text = f"not on the ladder: {reason}"
    except OSError as error:
        text = f"not on the ladder: {_FILE} cannot be written ({error})."
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a learner may pass anything
        text = f"not on the ladder: this is our mistake, tell us ({type(error).__name__})."
    text = text.encode(errors="backslashreplace").decode()
    html = f'<div class="sq-climb" style="margin:.25em 0">{escape(text)}</div>'
    display({"text/plain": text, "text/html": html}, raw=True)  # type: ignore[no-untyped-call]
    if text.startswith("on the ladder"):
        _show(name, dict(_read(home.home() / _FILE)[name]), math.inf)


def _climb(name: str, model_name: str, model: Any) -> str:
    known = ", ".join(map(repr, _SCORES))
    if not isinstance(name, str) or name not in _SCORES:
        raise NotClimbed(f"there is no ladder {name!r:.40}; there is {known}.")
    if not isinstance(model_name, str) or not model_name.strip():
        raise NotClimbed('give your model a name, in quotes: climb("spelling", "my model", model).')
    model_name = " ".join(model_name.split())[:_LONGEST]
    written = model.func if isinstance(model, partial) else model
    if written is None or written is ... or is_stub(written):
        raise NotClimbed(f"{model_name} is not written yet.")
    if not callable(model):
        raise NotClimbed("the model is not a function. Pass its name, without brackets.")
    score = _scored(name, model)
    if home.is_strict():
        raise NotClimbed(f"the book's own runs write nothing ({model_name}: {score:.3f}).")
    notes = _record(home.home() / _FILE, name, model_name, score)
    if home.is_fleeting():
        notes.append(home.FLEETING)
    return " ".join([f"on the ladder: {model_name}, {score:.3f} on the dev words.", *notes])


def _scored(name: str, model: Callable[..., Any]) -> float:
    """The model's loss.

    Raises:
        NotClimbed: it has none.
    """
    asked: list[Any] = []

    def watched(*inputs: Any) -> Any:
        asked[:] = inputs
        try:
            return model(*inputs)
        except Exception as error:
            raise NotClimbed(_stopped(error, inputs)) from None

    try:
        with limited(SECONDS):
            return _SCORES[name](watched)
    except TooLong:
        raise NotClimbed(
            f"after {SECONDS:g} s it was not through, and was cut (at {_said(asked)}). Count once, "
            "outside of the model, and only look up inside."
        ) from None
    except ValueError as error:
        raise NotClimbed(str(error)) from None
    except (NotClimbed, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit and its like
        raise NotClimbed(_stopped(error, asked)) from None


def _spelling(model: Callable[..., Any]) -> float:
    from seqcourse.data import spellings  # read where they are needed: a page may only show
    from seqcourse.metrics import spelling_loss

    return spelling_loss(model, spellings().dev)


_SCORES: dict[str, Callable[[Callable[..., Any]], float]] = {"spelling": _spelling}


def _stopped(error: BaseException, inputs: Any) -> str:
    """An exception of the learner's model, with the learner's own line."""
    try:
        said = f"{type(error).__name__}: {str(error) or 'no message':.200}"
    except BaseException:  # it may lie about itself
        said = "an exception that cannot be shown"
    own = [f for f in traceback.extract_tb(error.__traceback__) if is_own(f.filename)]
    line = f", at {own[-1].line.strip()!r}" if own and own[-1].line else ""
    return f"asked for what follows {_said(inputs)}, it raised {said}{line}."


def _said(inputs: Any) -> str:
    return ", ".join(repr(value)[:60] for value in inputs)


def _read(path: Path) -> dict[str, dict[str, dict[str, float]]]:
    """The learner's rungs: by ladder, by model.

    Raises:
        ValueError: the file holds something else.
    """
    if not path.exists():
        return {}
    found = json.loads(path.read_bytes().decode())
    for ladder_ in found.values() if isinstance(found, dict) else [None]:
        if not isinstance(ladder_, dict) or not all(
            isinstance(rung, dict) and isinstance(rung.get("dev"), int | float)
            for rung in ladder_.values()
        ):
            raise ValueError("it does not hold what climb wrote")
    return dict(found)


def _record(path: Path, name: str, model_name: str, score: float) -> list[str]:
    """Write a rung beside the others; what to tell about it."""
    notes = []
    try:
        rungs = _read(path)
    except ValueError:
        rungs = {}
        aside = home.copy_aside(path, "broken")
        notes.append(f"{path.name} was damaged: it lies beside as {aside.name}.")
    own = rungs.setdefault(name, {})
    old = own.get(model_name, {}).get("dev")
    if old is not None and f"{old:.3f}" != f"{score:.3f}":
        notes.append(f"Before, it had {old:.3f}.")
    own[model_name] = {"dev": score}
    write_whole(path, json.dumps(rungs, indent=1, allow_nan=False) + "\n")
    return notes


def _show(
    name: str,
    own: dict[str, dict[str, float]],
    chapter: float,
    exercise: str = "",
    note: str = "",
) -> None:
    found = result(name)
    parts = [name, *_later(name, chapter)]
    rungs = [
        (rung["dev"], rung["chapter"], rung["model"], f"{rung['size']:,}", f"{rung['test']:.3f}")
        for part in parts
        for rung in result(part)["rungs"]
        if rung["chapter"] <= chapter
    ]
    rungs += [(rung["dev"], "–", f"{model} (yours)", "–", "–") for model, rung in own.items()]
    rungs.sort(key=lambda rung: -rung[0])  # the loss on the dev words, on which all have one
    rows = [(place, model, size, f"{dev:.3f}", test) for dev, place, model, size, test in rungs]
    header = ("chapter", "model", "numbers", "dev", "test")
    caption = (
        f"The {name} ladder, in {found['unit']}: lower is better. Numbers: what a model stores."
    )
    if own:
        note = "yours: scored on the dev words; compare it within that column."
    elif not note:
        note = "yours: not yet." + (f" Exercise {exercise} puts it here." if exercise else "")
    note = " ".join([note, *filter(None, map(what_changed, parts))])
    display(bundle(header, rows, caption, note), raw=True)  # type: ignore[no-untyped-call]


def _later(name: str, chapter: float) -> list[str]:
    """The experiments that add rungs, up to a chapter; to the end of the book, those that ran."""
    found = []
    for part in names():
        of = re.fullmatch(rf"{re.escape(name)}_ch(\d\d)", part)
        if of and int(of[1]) <= chapter and (chapter < math.inf or has_result(part)):
            found.append(part)
    return found
