"""The beginning of a stored result, made again: of its shortest trial, a minute at most.

The tests do it with one result of each family. `seqcourse run NAME --confirm` does it after a
change of code that should bear on nothing: where the beginning agrees, the result stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
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
# Some trials let rounding grow faster. So a loss that is farther is held against twins: the same
# run from weights nudged by a rounding, or by ten. It may be as many times as far as they are from
# it so far; where that is the loss itself, rounding decides, and nothing later is compared.
# Measured, one processor's results begun again on another's: four of 29 families have such a loss,
# at most three times as far as the twins.
NUDGES, TIMES, DECIDES = (1e-7, 1e-7, 1e-6, 1e-6), 5.0, 1.0
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
    curve = opening.get("curve")
    count = min(POINTS, len(curve["step"])) if curve else 0

    def run(twin: int = 0) -> Any:
        begin(seed)
        return plain(module.trial(dict(setting), seed, _fit_to(count, twin)))

    try:
        found = run()
    except Ended as end:
        assert curve is not None
        return _curves(head, end.history, curve, count, run)
    if curve:
        return Comparison(head, "it no longer trains by fit: run the experiment again.")
    return _values(head, found, opening["found"])


def _opening(name: str) -> dict[str, Any]:
    return dict(experiments.stored(name)["opening"])


def _fit_to(count: int, twin: int = 0) -> Callable[..., History]:
    """A `fit` that ends the trial after so many entries, or a minute; a twin's begins nudged."""

    train: Callable[..., History] = fit

    def begun(model: torch.nn.Module, *arguments: Any, stop: object = None, **options: Any) -> Any:
        limits: dict[str, Any] = {"minutes": SECONDS / 60, "progress": False}
        enough = lambda history: len(history.step) >= count  # noqa: E731
        if twin:
            _nudge(model, twin)
        try:
            history = train(model, *arguments, **options, **limits, stop=enough)
        except Diverged as error:
            history = error.history
        raise Ended(history)

    return begun


@torch.no_grad()
def _nudge(model: torch.nn.Module, twin: int) -> None:
    own = torch.Generator().manual_seed(twin)
    for weights in model.parameters():
        weights.mul_(1 + NUDGES[twin - 1] * torch.randn(weights.shape, generator=own))


def _curves(
    head: str, made: History, old: Mapping[str, Any], count: int, run: Callable[[int], object]
) -> Comparison:
    new = made.plain()
    steps, losses = new["step"][:count], new["loss"][:count]
    stored = old["loss"][: len(steps)]
    pairs = ", ".join(f"{a:.5g} ({b:.5g})" for a, b in zip(losses, stored, strict=False))
    text = f"{head}: loss at steps {', '.join(map(str, steps))}: {pairs}"
    if steps != old["step"][: len(steps)]:
        return Comparison(text, f"it has entries at steps {steps}, stored are {old['step']}.")
    if not steps:
        return Comparison(text, "no entry is stored, or made: there is nothing to compare.")
    limits = [RTOL_FIRST, *[RTOL] * (len(steps) - 1)]
    if (i := _far(losses, stored, limits)) is not None:
        spread = _spread(losses, run)
        text += f"; twins are {', '.join(f'{far:.1g}' for far in spread)} of it apart"
        limits = [max(one, TIMES * far) for one, far in zip(limits, spread, strict=False)]
        known = [limit for limit in limits if limit <= DECIDES]
        i = _far(losses, stored, known) if known else i
    if i is None:
        return Comparison(text, "")
    far = abs(losses[i] - stored[i])
    return Comparison(text, f"at step {steps[i]} the loss is {far:.2g} away from the stored.")


def _far(new: list[float], old: list[float], limits: list[float]) -> int | None:
    """The first loss farther from the other, relative to it, than its limit."""
    entries = enumerate(zip(new, old, limits, strict=False))
    return next((i for i, (a, b, limit) in entries if not abs(a - b) <= limit * abs(b)), None)


def _spread(losses: list[float], run: Callable[[int], object]) -> list[float]:
    """How far the twins have come from the run, relative to its losses: at most, so far."""
    apart = [0.0] * len(losses)
    for twin in range(1, len(NUDGES) + 1):
        try:
            run(twin)
        except Ended as end:
            pairs = zip(losses, end.history.plain()["loss"], apart, strict=False)
            apart = [max(far, abs(a - b) / abs(a)) for a, b, far in pairs]
    return list(accumulate(apart, max))


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
