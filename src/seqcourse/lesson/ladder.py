"""The ladder: the models of the chapters so far on one task, and the learner's own among them."""

from __future__ import annotations

import json
import math
import re
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from IPython.display import display

from seqcourse.experiments import facts, has_result, names, result
from seqcourse.files import write_whole
from seqcourse.lesson import home
from seqcourse.lesson.check import is_own, is_stub
from seqcourse.lesson.guard import TooLong, limited
from seqcourse.lesson.provenance import what_changed
from seqcourse.lesson.rungs import KINDS, Figures
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
            as 'spelling_ch04' of chapter 4 and 'pronouncing_night', add theirs.
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
        name: of the ladder, 'spelling' or 'pronouncing'; the words are those of `spellings().dev`
            and of `pronunciations().dev`.
        model_name: what the rung is called; a new score of the same name replaces the old one.
        model: for 'spelling' a function `(context) -> p`: from the letters so far of a word,
            without dots, to the probabilities p (27,) of what comes next, over
            '.abcdefghijklmnopqrstuvwxyz', in which '.' is the word's end. For 'pronouncing' a
            function `(word) -> phonemes`, such as ('DH', 'AH') for 'the', without stress.
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
    known = ", ".join(map(repr, KINDS))
    if not isinstance(name, str) or name not in KINDS:
        raise NotClimbed(f"there is no ladder {name!r:.40}; there is {known}.")
    if not isinstance(model_name, str) or not model_name.strip():
        raise NotClimbed(f'give your model a name, in quotes: climb("{name}", "my model", model).')
    model_name = " ".join(model_name.split())[:_LONGEST]
    written = model.func if isinstance(model, partial) else model
    if written is None or written is ... or is_stub(written):
        raise NotClimbed(f"{model_name} is not written yet.")
    if not callable(model):
        raise NotClimbed("the model is not a function. Pass its name, without brackets.")
    figures = _scored(name, model)
    said = KINDS[name].said(figures)
    if home.is_strict():
        raise NotClimbed(f"the book's own runs write nothing ({model_name}: {said}).")
    notes = _record(home.home() / _FILE, name, model_name, figures)
    if home.is_fleeting():
        notes.append(home.FLEETING)
    return " ".join([f"on the ladder: {model_name}, {said} on the dev words.", *notes])


def _scored(name: str, model: Callable[..., Any]) -> dict[str, float]:
    """The model's figures.

    Raises:
        NotClimbed: it has none.
    """
    kind = KINDS[name]
    asked: list[Any] = []

    def watched(*inputs: Any) -> Any:
        asked[:] = inputs
        try:
            return model(*inputs)
        except Exception as error:
            raise NotClimbed(_stopped(kind.asked, error, inputs)) from None

    try:
        with limited(SECONDS):
            return kind.score(watched)
    except TooLong:
        raise NotClimbed(
            f"after {SECONDS:g} s it was not through, and was cut (at {_said(asked)}). {kind.slow}"
        ) from None
    except ValueError as error:
        raise NotClimbed(str(error)) from None
    except (NotClimbed, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit and its like
        raise NotClimbed(_stopped(kind.asked, error, asked)) from None


def _stopped(asked: str, error: BaseException, inputs: Any) -> str:
    """An exception of the learner's model, with the learner's own line."""
    try:
        said = f"{type(error).__name__}: {str(error) or 'no message':.200}"
    except BaseException:  # it may lie about itself
        said = "an exception that cannot be shown"
    own = [f for f in traceback.extract_tb(error.__traceback__) if is_own(f.filename)]
    line = f", at {own[-1].line.strip()!r}" if own and own[-1].line else ""
    return f"{asked} {_said(inputs)}, it raised {said}{line}."


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
    for name, ladder_ in found.items() if isinstance(found, dict) else [("", None)]:
        figures = KINDS[name].figures if name in KINDS else ("dev",)
        if not isinstance(ladder_, dict) or not all(
            isinstance(rung, dict) and isinstance(rung.get(figure), int | float)
            for rung in ladder_.values()
            for figure in figures
        ):
            raise ValueError("it does not hold what climb wrote")
    return dict(found)


def _record(path: Path, name: str, model_name: str, figures: dict[str, float]) -> list[str]:
    """Write a rung beside the others; what to tell about it."""
    notes = []
    try:
        rungs = _read(path)
    except ValueError:
        rungs = {}
        aside = home.copy_aside(path, "broken")
        notes.append(f"{path.name} was damaged: it lies beside as {aside.name}.")
    own = rungs.setdefault(name, {})
    said = KINDS[name].said
    if model_name in own and said(own[model_name]) != said(figures):
        notes.append(f"Before, it had {said(own[model_name])}.")
    own[model_name] = figures
    write_whole(path, json.dumps(rungs, indent=1, allow_nan=False) + "\n")
    return notes


def _show(
    name: str,
    own: Mapping[str, Figures],
    chapter: float,
    exercise: str = "",
    note: str = "",
) -> None:
    found, kind = result(name), KINDS[name]
    parts = [name, *_later(name, chapter)]
    rungs = [
        (kind.dev(rung), (str(rung["chapter"]), rung["model"], *kind.cells(rung)))
        for part in parts
        for rung in result(part)["rungs"]
        if rung["chapter"] <= chapter
    ]
    rungs += [
        (own[model]["dev"], ("–", f"{model} (yours)", *kind.own(own[model]))) for model in own
    ]
    rungs.sort(key=lambda rung: -rung[0])  # by the dev words, on which all were scored
    header = ("chapter", "model", *kind.header)
    caption = kind.caption.format(unit=found["unit"])
    if own:
        note = "yours: scored on the dev words; compare it within that column."
    elif not note:
        note = "yours: not yet." + (f" Exercise {exercise} puts it here." if exercise else "")
    note = " ".join([note, *filter(None, map(what_changed, parts))])
    display(bundle(header, [row for _, row in rungs], caption, note), raw=True)  # type: ignore[no-untyped-call]


def _later(name: str, chapter: float) -> list[str]:
    """The experiments that add rungs, up to a chapter; to the end of the book, those that ran."""
    found = []
    for part in names():
        adds = re.fullmatch(rf"{re.escape(name)}_(ch\d\d|night)", part)
        if adds and facts(part).chapter <= chapter and (chapter < math.inf or has_result(part)):
            found.append(part)
    return found
