"""Run an experiment trial by trial; what is finished stays, whatever happens."""

from __future__ import annotations

import importlib
import math
import platform
import random
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from seqcourse import experiments
from seqcourse.experiments._pieces import Code, Pieces, Setting, folder
from seqcourse.experiments._plain import plain, to_text
from seqcourse.files import write_whole
from seqcourse.parallel import Team, team

if TYPE_CHECKING:
    from seqcourse.training import History

POINTS = 10  # of the first curve that are stored, to be compared on other machines
_PARTS = ("SEEDS", "settings", "trial", "summary")
Say = Callable[[str], None]


class OutOfTime(BaseException):
    """The time is over within a trial; a BaseException, so that no trial catches it."""


def run(
    name: str,
    *,
    seeds: int | None = None,
    minutes: float | None = None,
    fresh: bool = False,
    say: Say = print,
) -> Path | None:
    """Run what is not yet run of an experiment, on one thread; store its result at the end.

    Under `torchrun` every training is shared by its processes; the first one writes and speaks.

    Trials go seed by seed. Each is kept when it is finished, and within one `fit` keeps
    checkpoints, so that a run that was stopped goes on where it was, and ends in the same result.
    Call it in a process of its own: every module that is imported counts as one that was used.

    Args:
        name: of the experiment.
        seeds: how many; default: those that it names.
        minutes: after which to stop; the stored result stays as it was, and the next call goes on.
        fresh: forget what earlier calls finished.
        say: shows a line of progress.

    Returns:
        Where the result is stored, None if the time was over before, or another process stores it.

    Raises:
        KeyError: there is no such experiment.
        ValueError: seeds or minutes are too few, or a trial gives what JSON cannot hold.
        TypeError: the experiment's module lacks a part.
        ModuleNotFoundError: it needs a package that is not installed.
    """
    experiments.require(name)
    if seeds is not None and seeds < 1:
        raise ValueError(f"the number of seeds is {seeds}: give 1 or more.")
    if minutes is not None and not minutes > 0:
        raise ValueError(f"the budget is {minutes:g} minutes: give more than 0.")
    end = math.inf if minutes is None else time.monotonic() + 60 * minutes
    torch.set_num_threads(1)
    crew = team()
    say = say if crew.first else _say_nothing
    module, settings = load(name)
    pieces = Pieces(folder(name), Code(f"experiments/{name}.py"))
    if fresh and crew.first:
        shutil.rmtree(pieces.folder, ignore_errors=True)
    chosen = _seeds(tuple(module.SEEDS), seeds)
    wanted = [(seed, setting) for seed in chosen for setting in settings]
    done = crew.from_first(
        lambda: {i: piece for i, key in enumerate(wanted) if (piece := pieces.read(*key))}
    )
    for reason in pieces.refused(settings):
        say(reason)
    if done:
        say(f"{len(done)} of {len(wanted)} trials were finished before.")
    try:
        for i, (seed, setting) in enumerate(wanted):
            if i not in done:
                text = ", ".join(f"{key}={value}" for key, value in setting.items())
                label = f"{i + 1}/{len(wanted)}  seed {seed}  {text}"
                fit = Fit(pieces, seed, setting, end, label, say, crew)
                found = run_trial(module, seed, setting, fit)
                done[i] = crew.from_first(partial(pieces.keep, found))
                say(f"{label}  {_clock(done[i]['seconds'])}{_outlook(done, wanted)}")
    except OutOfTime:
        count = f"{len(done)} of {len(wanted)} trials done"
        say(f"The {minutes:g} minutes are over: {count}, call again to go on.")
        return None
    if not crew.first:
        return None
    return _store(module, name, chosen, [done[i] for i in range(len(wanted))], pieces.code, crew)


def load(name: str) -> tuple[ModuleType, list[Setting]]:
    """An experiment's module and its settings.

    Raises:
        TypeError: the module lacks a part.
        ValueError: there is no setting, or one stands there twice.
    """
    module = importlib.import_module(f"seqcourse.experiments.{name}")
    if lacking := [part for part in _PARTS if not hasattr(module, part)]:
        raise TypeError(f"experiments/{name}.py lacks {', '.join(lacking)}: see its neighbours.")
    settings = [plain(setting) for setting in module.settings()]
    if not settings:
        raise ValueError(f"settings() of experiments/{name}.py is empty: name one trial or more.")
    if twice := [setting for i, setting in enumerate(settings) if setting in settings[:i]]:
        raise ValueError(f"settings() of experiments/{name}.py holds {twice[0]} twice.")
    return module, settings


def run_trial(module: ModuleType, seed: int, setting: Setting, fit: Fit) -> dict[str, Any]:
    """Run one trial, with the global generators set, so that it does not depend on others.

    Raises:
        ValueError: it gives what JSON cannot hold.
        OutOfTime: the time was over.
    """
    if fit.is_over():
        raise OutOfTime
    begin(seed)
    start = time.process_time()  # not the clock on the wall: the machine may be busy with others
    found = plain(module.trial(dict(setting), seed, fit))
    if not isinstance(found, dict):
        raise ValueError(f"trial(…) of {module.__name__} gave {found!r:.80}: give a dict.")
    seconds = round(time.process_time() - start + fit.earlier, 3)
    about = {"setting": setting, "seed": seed, "seconds": seconds}
    return about | {"opening": fit.opening, "found": found}


def begin(seed: int) -> None:
    """Set the global generators, as every trial finds them."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


class Fit:
    """`seqcourse.training.fit` as a trial gets it: neither a kill nor the end of the time costs it.

    The trial's first call has the first checkpoint, and so on: when the trial is run again, calls
    that were finished come back at once from theirs.
    """

    def __init__(
        self,
        pieces: Pieces,
        seed: int,
        setting: Setting,
        end: float,
        label: str,
        say: Say,
        crew: Team,
    ) -> None:
        self.pieces, self.seed, self.setting = pieces, seed, setting
        self.end, self.label, self.say, self.crew = end, label, say, crew
        self.calls = 0
        self.earlier = 0.0  # seconds that went into the checkpoints before this process
        self.opening: dict[str, Any] | None = None  # how the first call's curve begins

    def __call__(self, *arguments: Any, **options: Any) -> History:
        from seqcourse.training import Diverged, fit  # counts as used, where it is

        checkpoint = self.crew.from_first(
            lambda: self.pieces.checkpoint(self.seed, self.setting, self.calls, self.say)
        )
        self.calls += 1
        start = time.monotonic()
        if self.is_over():
            raise OutOfTime
        try:
            history = fit(
                *arguments,
                **options,
                checkpoint=checkpoint,
                minutes=None if self.end == math.inf else (self.end - start) / 60,
                progress=self.label if sys.stderr.isatty() else False,
            )
        except Diverged as error:  # the trial may catch it
            self._note(error.history, start)
            raise
        if not history.finished:
            raise OutOfTime
        self._note(history, start)
        return history

    def is_over(self) -> bool:
        """Whether the time is, for any of the processes."""
        return self.crew.any(self.end <= time.monotonic())

    def _note(self, history: History, start: float) -> None:
        seconds = history.seconds[-1] if history.seconds else 0.0
        self.earlier += max(0.0, seconds - (time.monotonic() - start))
        if self.opening is None:
            self.opening = plain({"step": history.step[:POINTS], "loss": history.loss[:POINTS]})


def _store(
    module: ModuleType,
    name: str,
    seeds: tuple[int, ...],
    trials: list[dict[str, Any]],
    code: Code,
    crew: Team,
) -> Path:
    """Write the result, whole or not at all."""
    told = [{key: t[key] for key in ("setting", "seed", "seconds")} | t["found"] for t in trials]
    found = plain(module.summary(told))
    used: dict[str, str] = {}
    for trial in trials:
        used |= trial["modules"]
    used |= code.look() | {code.own: code.own_full}
    shortest = min(trials, key=lambda trial: (_is_brief(trial["opening"]), trial["seconds"]))
    opening = {key: shortest[key] for key in ("setting", "seed", "seconds")}
    kind = "curve" if shortest["opening"] else "found"
    opening[kind] = shortest["opening"] or shortest["found"]
    other = "" if seeds == tuple(module.SEEDS) else f" --seeds {len(seeds)}"
    start = f"torchrun --nproc-per-node {crew.size} -m " if crew.size > 1 else ""
    each = f"{crew.size} processes of " if crew.size > 1 else ""
    record = {
        "command": f"{start}seqcourse run {name}{other}",
        "seconds": round(sum(trial["seconds"] for trial in trials)),
        "machine": f"{platform.system()} {platform.machine()}, {each}one thread",
        "versions": code.versions,
        "modules": dict(sorted(used.items())),
        "seeds": list(seeds),
        "opening": opening,
        "result": found,
    }
    path = experiments.RESULTS / f"{name}.json"
    write_whole(path, to_text(record))
    return path


def _say_nothing(_: str) -> None:
    """What the others say; the first one speaks for all."""


def _is_brief(curve: dict[str, Any] | None) -> bool:
    """Whether a trial that was trained has too few entries to be compared: it diverged, say."""
    return curve is not None and len(curve["step"]) < 3


def _seeds(named: tuple[int, ...], count: int | None) -> tuple[int, ...]:
    """The first `count` of the experiment's own seeds, and the numbers that follow them."""
    if count is None:
        return named
    after = max(named) + 1
    return (*named, *range(after, after + count))[:count]


def _outlook(done: Mapping[int, dict[str, Any]], wanted: list[tuple[int, Setting]]) -> str:
    """How long the rest is likely to take, from what the same settings took."""
    rest = [setting for i, (_, setting) in enumerate(wanted) if i not in done]
    if not rest:
        return ""
    took = [(piece["setting"], piece["seconds"]) for piece in done.values()]
    mean = sum(seconds for _, seconds in took) / len(took)
    left = sum(next((s for known, s in took if known == setting), mean) for setting in rest)
    return f"  (about {_clock(left)} to go)"


def _clock(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
