"""One process against two: the same `fit`, started by torchrun, on the same batches.

Seconds are those of the clock on the wall, as nothing else shows what a second process brings; they
mean something on a machine with two cores that has nothing else to do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqcourse.data import spellings
from seqcourse.data.words import ALPHABET, batch
from seqcourse.experiments import Fit, by_setting
from seqcourse.files import write_whole
from seqcourse.models.gpt import GPT
from seqcourse.parallel import team
from seqcourse.training import History, fit

CHAPTER = 21
FAMILY = "processes"
SEEDS = (0, 1, 2)

PROCESSES = 2
WIDTH, HEADS, LAYERS, LENGTH = 96, 4, 2, 40
STEPS, EVERY = 60, 6
RATE = 2e-3

Tokens = tuple[Tensor, Tensor]


def settings() -> list[dict[str, Any]]:
    """Letters in a batch of all processes together, about: as on the spelling ladder, and more."""
    return [{"letters": 512}, {"letters": 8192}]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """The same training twice: by this process, and by two that torchrun starts.

    Raises:
        RuntimeError: it was itself started by torchrun.
    """
    if team().size > 1:
        raise RuntimeError("This experiment starts its own processes: call it without torchrun.")
    alone = trained(fit, setting["letters"], seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.json"
        several = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={PROCESSES}"]
        arguments = [str(setting["letters"]), str(seed), str(path)]
        subprocess.run(
            [sys.executable, *several, "-m", __name__, *arguments],
            check=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        together = History(**json.loads(path.read_text("utf-8")))
    return {"alone": told(alone), "together": told(together), "step": alone.step}


def trained(fit: Callable[..., History], letters: int, seed: int) -> History:
    """A small GPT on the course's words, for a few steps."""
    torch.manual_seed(seed)
    model: Any = GPT(len(ALPHABET), WIDTH, HEADS, LAYERS, length=LENGTH)
    return fit(
        model,
        lambda model, tokens: model.loss(*tokens),
        batches(letters),
        steps=STEPS,
        every=EVERY,
        lr=RATE,
        clip=1.0,
        seed=seed,
    )


def batches(letters: int) -> Callable[[np.random.Generator], Tokens]:
    """What draws words of one length, so many letters in all, as inputs and targets (B, T)."""
    lengths: dict[int, list[str]] = {}
    for word in spellings().train:
        lengths.setdefault(len(word) + 1, []).append(word)
    common = {length: words for length, words in lengths.items() if len(words) >= 1000}
    share = np.array([length * len(words) for length, words in common.items()], float)

    def draw(rng: np.random.Generator) -> Tokens:
        length = list(common)[rng.choice(len(common), p=share / share.sum())]
        some = rng.integers(0, len(common[length]), round(letters / length))
        inputs, targets = batch([common[length][i] for i in some])
        return torch.from_numpy(inputs), torch.from_numpy(targets)

    return draw


def told(history: History) -> dict[str, Any]:
    """Its losses, and the seconds of a step: the middle one of all stretches between entries."""
    stretches = np.diff(history.seconds) / EVERY
    return {"loss": history.loss, "seconds": float(np.median(stretches))}


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Of each setting: the curves of all seeds, and how many times as fast two processes are."""
    return {
        "processes": PROCESSES,
        "step": trials[0]["step"],
        "runs": [
            setting
            | {key: [run[key] for run in runs] for key in ("alone", "together")}
            | {
                "faster": [run["alone"]["seconds"] / run["together"]["seconds"] for run in runs],
                "apart": max(
                    float(np.abs(np.subtract(run["alone"]["loss"], run["together"]["loss"])).max())
                    for run in runs
                ),
            }
            for setting, runs in by_setting(trials)
        ],
    }


def main(letters: str, seed: str, path: str) -> None:
    """What each of the processes does."""
    torch.set_num_threads(1)
    history = trained(partial(fit, progress=False), int(letters), int(seed))
    if team().first:
        write_whole(Path(path), json.dumps(history.plain()))


if __name__ == "__main__":
    main(*sys.argv[1:])
