"""The beginning of a stored result, made again: of its shortest trial, a minute at most.

The tests do it with one result of each family. `seqcourse run NAME --confirm` does it after a
change of code that should bear on nothing: where the beginning agrees, the result stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from seqcourse import experiments
from seqcourse.experiments._modules import PACKAGE
from seqcourse.experiments._pieces import Code
from seqcourse.experiments._plain import plain, to_text
from seqcourse.experiments._run import begin, load
from seqcourse.files import write_whole
from seqcourse.training import Diverged, History, fit

SECONDS, POINTS = 60.0, 5
# How far a loss may be from the stored one, relative to it: the first entry, and those after it.
# Measured on three tasks (a plain RNN, an LSTM and a GRU, at learning rates of 0.001 and 0.01),
# entries 50 steps apart: with SSE instead of AVX-512 instructions the first five differ by 7e-6 at
# most, later ones by 2e-4. A learning rate higher by a tenth moves the first entry by 8e-3 or more,
# another seed by 1.5e-2 or more. Later entries get more, as small differences grow in training.
RTOL_FIRST, RTOL = 2e-3, 2e-2
# What a whole trial gives, such as an accuracy, where it is no training by `fit`.
WHOLE = 0.02
# Where the first losses say whether a change bears on the result: what trains.
_TRAINS = re.compile(r"training\.py|(nn|gradients)/.*")


@dataclass(frozen=True)
class Comparison:
    """What was compared, in words, and what is wrong with it; nothing if it agrees."""

    text: str
    wrong: str


class Ended(BaseException):
    """The beginning is made; a BaseException, so that no trial catches it."""

    def __init__(self, history: History) -> None:
        self.history = history


def confirm(name: str) -> Comparison:
    """Begin a result again that code has changed since; where it agrees, note that it stands.

    The record keeps the fingerprints of the run, and beside them those that were confirmed.

    Returns:
        What was compared, and what is wrong; then the record stays as it was.

    Raises:
        KeyError: there is no such experiment, or it has no stored result.
    """
    record = experiments.stored(name)
    changed = experiments.out_of_date(name)
    if not changed:
        return Comparison(f"{name} is up to date", "")
    deep = [path for path in changed if not _TRAINS.fullmatch(path)]
    if deep and "curve" in record["opening"]:
        paths = ", ".join(f"seqcourse/{path}" for path in deep)
        return Comparison(name, f"{paths} may change what no loss shows: run it again.")
    found = compare(name)
    if not found.wrong:
        now = Code(f"experiments/{name}.py")
        before = experiments.standing(record)
        modules = {path: value for path, value in before.items() if (PACKAGE / path).is_file()}
        modules |= {path: now.full(path) for path in now.modules}
        record["confirmed"] = {"by": found.text, "modules": dict(sorted(modules.items()))}
        write_whole(experiments.RESULTS / f"{name}.json", to_text(record))
    return found


def compare(name: str) -> Comparison:
    """Make the beginning of an experiment's shortest trial again, beside the stored one."""
    opening = _opening(name)
    setting, seed = opening["setting"], opening["seed"]
    module, settings = load(name)
    head = f"{name}, {', '.join(f'{k}={v}' for k, v in setting.items())}, seed {seed}"
    if setting not in settings:
        return Comparison(head, "settings() no longer has this trial: run the experiment again.")
    torch.set_num_threads(1)
    begin(seed)
    curve = opening.get("curve")
    count = min(POINTS, len(curve["step"])) if curve else 0
    try:
        found = plain(module.trial(dict(setting), seed, _fit_to(count)))
    except Ended as end:
        assert curve is not None
        return _curves(head, plain(end.history.plain()), curve, count)
    if curve:
        return Comparison(head, "it no longer trains by fit: run the experiment again.")
    return _values(head, found, opening["found"])


def _opening(name: str) -> dict[str, Any]:
    return dict(experiments.stored(name)["opening"])


def _fit_to(count: int) -> Callable[..., History]:
    """A `fit` that ends the trial after so many entries, or a minute."""

    train: Callable[..., History] = fit

    def begun(*arguments: Any, stop: object = None, **options: Any) -> History:
        limits: dict[str, Any] = {"minutes": SECONDS / 60, "progress": False}
        enough = lambda history: len(history.step) >= count  # noqa: E731
        try:
            history = train(*arguments, **options, **limits, stop=enough)
        except Diverged as error:
            history = error.history
        raise Ended(history)

    return begun


def _curves(head: str, new: Mapping[str, Any], old: Mapping[str, Any], count: int) -> Comparison:
    made = min(count, len(new["step"]))
    steps = old["step"][:made]
    losses = [f"{a:.5g} ({b:.5g})" for a, b in zip(new["loss"], old["loss"], strict=False)][:made]
    text = f"{head}: loss at steps {', '.join(map(str, steps))}: {', '.join(losses)}"
    if new["step"][:made] != steps:
        return Comparison(text, f"it has entries at steps {new['step']}, stored are {steps}.")
    if not steps:
        return Comparison(text, "no entry is stored, or made: there is nothing to compare.")
    for i, step in enumerate(steps):
        far = abs(new["loss"][i] - old["loss"][i])
        if not far <= (RTOL if i else RTOL_FIRST) * abs(old["loss"][i]):
            return Comparison(text, f"at step {step} the loss is {far:.2g} away from the stored.")
    return Comparison(text, "")


def _values(head: str, new: Any, old: Any) -> Comparison:
    mine, stored = dict(_flat(new)), dict(_flat(old))
    text = f"{head}: all it gives, " + ", ".join(f"{key} {value}" for key, value in mine.items())
    if mine.keys() != stored.keys():
        return Comparison(text, f"stored are {', '.join(stored)}.")
    for key, value in stored.items():
        if isinstance(value, int | float) and isinstance(mine[key], int | float):
            if abs(mine[key] - value) <= WHOLE * (1 + abs(value)):
                continue
        if mine[key] != value:
            return Comparison(text, f"{key} is {mine[key]!r}, stored is {value!r}.")
    return Comparison(text, "")


def _flat(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a tree, by its place."""
    if isinstance(value, list | dict):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _flat(item, f"{place}.{key}".lstrip("."))
    else:
        yield place, value
