"""Runs too long for a page, and their stored results.

One module an experiment, named like it. It holds:

- `CHAPTER`, the first that shows it; `FAMILY`, a word for what is trained on what; `SEEDS`.
- `settings() -> list[dict]`: what is varied, as plain values. Each setting is one trial a seed.
- `trial(setting, seed, fit) -> dict`: one of them, from data to plain values. The global generators
  of Python, NumPy and torch start from `seed`. All training goes through `fit`, which is
  `seqcourse.training.fit` with checkpoints: a run that is killed goes on where it was.
- `summary(trials) -> dict`: what `result` gives. Each trial is what `trial` returned, with its
  `setting`, `seed` and `seconds`. It may change without the trials being run again.

`seqcourse run NAME` does it and stores the result in `results/NAME.json`. Where the code of a layer
or of the training changed and should give the same numbers, `seqcourse run NAME --confirm` begins
it again and notes that it does.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from seqcourse.experiments._modules import changed

if TYPE_CHECKING:
    from seqcourse.training import History

Fit = Callable[..., "History"]  # seqcourse.training.fit without checkpoint, minutes and progress
RESULTS = Path(__file__).parent / "results"
_FOLDER = Path(__file__).parent


class Facts(NamedTuple):
    """What an experiment's module says of itself."""

    chapter: int
    family: str
    seeds: tuple[int, ...]


def names() -> list[str]:
    """All experiments, in alphabetical order."""
    return sorted(p.stem for p in _FOLDER.glob("*.py") if not p.stem.startswith("_"))


def facts(name: str) -> Facts:
    """Chapter, family and seeds of an experiment, read without importing it.

    Raises:
        KeyError: there is no such experiment.
        ValueError: its module does not say them.
    """
    path = _FOLDER / f"{require(name)}.py"
    found = {
        target.id: node.value
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    try:
        values = [ast.literal_eval(found[word]) for word in ("CHAPTER", "FAMILY", "SEEDS")]
    except (KeyError, ValueError):
        raise ValueError(
            f"{path.name} must say CHAPTER, FAMILY and SEEDS, as in SEEDS = (0, 1, 2)."
        ) from None
    return Facts(values[0], values[1], tuple(values[2]))


def require(name: str) -> str:
    """The name, if there is such an experiment.

    Raises:
        KeyError: there is none; the message names those there are.
    """
    if name not in names():
        raise KeyError(f"There is no experiment {name!r}; there are {', '.join(names())}.")
    return name


def result(name: str) -> dict[str, Any]:
    """What `summary` of an experiment returned when it was last run.

    Raises:
        KeyError: there is no such experiment, or it has no stored result; the message says which.
    """
    return dict(stored(name)["result"])


def stored(name: str) -> dict[str, Any]:
    """The whole record of an experiment.

    It holds the command; the seconds that all trials together took of one core; machine, versions
    and seeds; by their paths in the package, fingerprints of the modules that had a part in it; the
    result; and how its shortest trial began, so that it can be compared elsewhere.

    Raises:
        KeyError: as `result` does.
    """
    if not has_result(require(name)):
        raise KeyError(f"Experiment {name!r} has no stored result: call `seqcourse run {name}`.")
    return dict(json.loads((RESULTS / f"{name}.json").read_text("utf-8")))


def has_result(name: str) -> bool:
    """Whether a result of that name is stored."""
    return (RESULTS / f"{name}.json").is_file()


def out_of_date(name: str) -> list[str]:
    """The modules that changed since an experiment's result was stored, such as 'models/ngram.py'.

    A change after which the result was confirmed (`seqcourse run NAME --confirm`) does not count.
    Comments, docstrings and layout do not count.

    Raises:
        KeyError: as `result` does.
    """
    return changed(standing(stored(name)))


def standing(record: Mapping[str, Any]) -> dict[str, str]:
    """The fingerprints for which a record stands: those of its run, or confirmed since."""
    return dict(record.get("confirmed", record)["modules"])


def spread(values: Iterable[float]) -> dict[str, float]:
    """Mean, least and largest of a figure over the seeds.

    Raises:
        ValueError: there is none.
    """
    found = [float(value) for value in values]
    if not found:
        raise ValueError("spread got no value: give it one for each seed.")
    return {"mean": sum(found) / len(found), "min": min(found), "max": max(found)}


def by_setting(
    trials: Sequence[Mapping[str, Any]],
) -> list[tuple[dict[str, Any], list[Mapping[str, Any]]]]:
    """The trials of each setting, one for each seed, in the order of `settings()`."""
    found: list[tuple[dict[str, Any], list[Mapping[str, Any]]]] = []
    for trial in trials:
        alike = next((group for setting, group in found if setting == trial["setting"]), None)
        if alike is None:
            found.append((dict(trial["setting"]), [trial]))
        else:
            alike.append(trial)
    return found
