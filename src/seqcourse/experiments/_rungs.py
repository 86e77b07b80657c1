"""From the trials of the pronunciation ladder to its rungs: what `summary` needs, no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seqcourse.experiments import by_setting, spread

UNIT = "percent"
SEARCH = "beam 4"
RATES = ("per", "wer")


def rung(chapter: int, model: str, size: int, dev: Any, test: Any, **more: Any) -> dict[str, Any]:
    """One row of the ladder.

    Args:
        dev, test: {"per": …, "wer": …}, each as `spread` gives it.
        more: "steps" and "seconds" of training, where there was one; "search", how it answers.
    """
    nothing = {"steps": 0, "seconds": None, "search": None}
    known = {"chapter": chapter, "model": model, "size": size, "dev": dev, "test": test}
    return known | nothing | more


def summed_up(
    chapter: int, trials: Sequence[Mapping[str, Any]], name: Callable[[dict[str, Any]], str]
) -> dict[str, Any]:
    """A rung for each setting, by a beam of 4; and all that was found, seed by seed.

    Args:
        name: from a setting to what its rung is called.
    """
    rungs, each = [], []
    for setting, runs in by_setting(trials):
        found = [run["search"][SEARCH] for run in runs]
        rungs.append(
            rung(
                chapter,
                name(setting),
                runs[0]["numbers"],
                **{
                    part: {rate: spread(one[part][rate] for one in found) for rate in RATES}
                    for part in ("dev", "test")
                },
                steps=runs[0]["steps"],
                seconds=spread(run["training"] for run in runs),
                search=SEARCH,
                seeds=len(runs),
            )
        )
        kept = ("seconds", "training", "curve", "search", "says")
        about = {"model": name(setting), "numbers": runs[0]["numbers"]}
        each.append(setting | about | {key: [run[key] for run in runs] for key in kept})
    return {"unit": UNIT, "rungs": rungs, "runs": each}
