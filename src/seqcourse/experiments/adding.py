"""The adding problem, and plain recurrent nets that differ only in where their weights begin.

The marked numbers stand one in each half of the sequence, so the first must be carried over T/2
steps on average, at most T - 1. A net counts as having *solved* a length when its squared error on
1,000 sequences of their own falls below 0.01, a seventeenth of what the mean pays (1/6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqcourse.data import adding
from seqcourse.experiments import Fit
from seqcourse.gradients import (
    identity_,
    initialise_recurrent_,
    jacobian_profile,
    orthogonal_,
    step_jacobians,
)
from seqcourse.models.sequence_classifier import SequenceClassifier
from seqcourse.nn import RNN
from seqcourse.training import History

CHAPTER = 6
FAMILY = "adding"
SEEDS = (0, 1, 2)
LENGTHS = (10, 20, 50, 150)
HIDDEN, BATCH, RATE, CLIP = 64, 64, 1e-3, 1.0
LIMIT, EVERY, SOLVED = 12_000, 100, 0.01
# name: (nonlinearity, what fills W_hh; None leaves torch's uniform numbers)
STARTS: dict[str, tuple[str, Callable[[Tensor], Tensor] | None]] = {
    "identity, relu": ("relu", identity_),
    "torch's, relu": ("relu", None),
    "torch's, tanh": ("tanh", None),
    "orthogonal, tanh": ("tanh", orthogonal_),
}


def net(start: str) -> SequenceClassifier:
    """A plain recurrent net with one output; its weights come from torch's generator."""
    nonlinearity, fill = STARTS[start]
    layer = RNN(2, HIDDEN, nonlinearity=nonlinearity, batch_first=True)
    if fill is not None:
        initialise_recurrent_(layer, fill)
    return SequenceClassifier(layer, 1)


def draw(rng: np.random.Generator, length: int, count: int = BATCH) -> tuple[Tensor, Tensor]:
    """x (B, T, 2) and y (B,)."""
    x, y = adding(count, length, rng)
    return torch.from_numpy(x), torch.from_numpy(y)


def squared_error(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """The mean, over a batch."""
    x, y = batch
    error: Tensor = ((model(x)[:, 0] - y) ** 2).mean()
    return error


@torch.no_grad()
def reach(model: SequenceClassifier, x: Tensor) -> list[float]:
    """log10 of the norm of dh_T/dh_{T-k} for k = 0 … T, the median over sequences x (B, T, 2)."""
    layer: Any = model.layer
    weight_hh = layer.weight_hh_l0.double()
    h = layer(x)[0].transpose(0, 1).double()  # (T, B, H)
    norm = jacobian_profile(step_jacobians(h, weight_hh, layer.nonlinearity)).norm  # (T + 1, B)
    return [round(float(k), 2) for k in norm.log10().median(1).values]


def settings() -> list[dict[str, Any]]:
    """The cheapest first."""
    return [{"length": length, "start": start} for length in LENGTHS for start in STARTS]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net until it solves the length, or to the last step."""
    torch.manual_seed(seed)
    length = setting["length"]
    model = net(setting["start"])
    held = draw(np.random.default_rng(1000 + length), length, 1000)
    some = held[0][:32]
    before = reach(model, some)

    def solved(history: History) -> bool:
        return bool(history.value[-1] < SOLVED)

    history = fit(
        model,
        squared_error,
        partial(draw, length=length),
        steps=LIMIT,
        lr=RATE,
        clip=CLIP,
        seed=seed,
        evaluate=lambda model: float(squared_error(model, held)),
        every=EVERY,
        stop=solved,
    )
    return {
        "error": [round(value, 4) for value in history.value],
        "largest_norm": max(history.norm),
        "before": before,
        "after": reach(model, some),
        "baseline": float(((1 - held[1]) ** 2).mean()),
    }


def summary(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Every curve, and the step at which it fell below half the baseline and below 0.01."""
    runs = []
    for trial in trials:
        run = dict(trial["setting"]) | {"seed": trial["seed"], "seconds": round(trial["seconds"])}
        steps, last = EVERY * len(trial["error"]), trial["error"][-1]
        run["found"] = _first(trial["error"], 1 / 12)
        # It stops where it has solved the length; what is stored of that error is rounded.
        run["solved"] = steps if steps < LIMIT or last < SOLVED else None
        kept = ("error", "before", "after", "largest_norm", "baseline")
        runs.append(run | {key: trial[key] for key in kept})
    return {"every": EVERY, "limit": LIMIT, "starts": list(STARTS), "runs": runs}


def _first(errors: Sequence[float], below: float) -> int | None:
    """The step at which a curve is first below a value; None if never."""
    return next(((i + 1) * EVERY for i, error in enumerate(errors) if error < below), None)
