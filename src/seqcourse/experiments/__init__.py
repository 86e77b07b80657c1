"""Runs too long for a page, and their stored results.

One module an experiment, named like it: `run()` does it and returns plain values for JSON. Its
result is stored beside, in `results/NAME.json`, by `seqcourse run NAME`.
"""

from __future__ import annotations

import importlib
import json
import platform
import time
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def names() -> list[str]:
    """All experiments, in alphabetical order."""
    return sorted(p.stem for p in Path(__file__).parent.glob("*.py") if p.stem != "__init__")


def result(name: str) -> dict[str, Any]:
    """What `run()` of an experiment returned when it was last run.

    Raises:
        KeyError: there is no such experiment, or it has no stored result; the message says which.
    """
    return dict(stored(name)["result"])


def stored(name: str) -> dict[str, Any]:
    """The whole record of an experiment: command, seconds, versions, machine and result.

    Raises:
        KeyError: as `result` does.
    """
    path = RESULTS / f"{name}.json"
    if name not in names():
        raise KeyError(f"There is no experiment {name!r}; there are {names()}.")
    if not path.is_file():
        raise KeyError(f"Experiment {name!r} has no stored result: call `seqcourse run {name}`.")
    return dict(json.loads(path.read_text("utf-8")))


def run(name: str) -> Path:
    """Run an experiment on one thread and store its result; return where.

    The file is written whole, at the end: a run that dies leaves the old result as it was.

    Raises:
        KeyError: there is no such experiment.
    """
    import torch  # not above: reading a result needs none

    if name not in names():
        raise KeyError(f"There is no experiment {name!r}; there are {names()}.")
    torch.set_num_threads(1)
    start = time.perf_counter()
    found = importlib.import_module(f"seqcourse.experiments.{name}").run()
    record = {
        "command": f"seqcourse run {name}",
        "seconds": round(time.perf_counter() - start),
        "machine": f"{platform.system()} {platform.machine()}, one thread",
        "versions": {package: metadata.version(package) for package in ("numpy", "torch")},
        "result": found,
    }
    text = json.dumps(record, indent=1, allow_nan=False) + "\n"
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    part = path.with_suffix(".part")
    part.write_text(text, "utf-8")
    part.replace(path)
    return path
