"""What each gate buys: LSTMs and GRUs with one part taken away, and both at equal size.

Two tasks that ask for different things: the adding problem (carry a number over half of the
sequence, and leave the others out) and aⁿbⁿ (count). And the adding problem and copying for LSTM
and GRU at equal widths and at equal numbers of weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.data import copy_memory
from seqcourse.experiments import Fit, adding, counting
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.models.gates import coupled, hold_gate, no_output_tanh
from seqcourse.models.language_model import LanguageModel
from seqcourse.models.sequence_classifier import SequenceClassifier
from seqcourse.nn import GRU, LSTM
from seqcourse.training import History

CHAPTER = 8
FAMILY = "gates"
SEEDS = (0, 1, 2)

# name: layer, its step (None: its own), the gate that is held, and at what
VARIANTS: dict[str, tuple[type[nn.Module], Callable[..., Any] | None, str, int]] = {
    "LSTM": (LSTM, None, "", 0),
    "no input gate": (LSTM, None, "i", 1),
    "no forget gate": (LSTM, None, "f", 1),
    "no output gate": (LSTM, None, "o", 1),
    "no output tanh": (LSTM, no_output_tanh, "", 0),
    "coupled": (LSTM, coupled, "", 0),
    "GRU": (GRU, None, "", 0),
    "no reset gate": (GRU, None, "r", 1),
    "no update gate": (GRU, None, "z", 0),
}
# name: layer and width. By their recurrent weights the middle two are alike, and the outer two.
SIZES: dict[str, tuple[type[nn.Module], int]] = {
    "LSTM, 32": (LSTM, 32),
    "LSTM, 27": (LSTM, 27),
    "GRU, 32": (GRU, 32),
    "GRU, 37": (GRU, 37),
}

LENGTH, WIDTH, ADDING_RATE, LIMIT, EVERY = 50, 32, 3e-3, 1500, 50
SEEN, ASKED, COUNTING_STEPS = 30, 150, 2000
KEPT, LAG, COPY_RATE, COPY_STEPS, COPY_EVERY = 5, 20, 1e-2, 2500, 100


def layer_of(variant: str, inputs: int, width: int) -> nn.Module:
    """The layer with one part taken away."""
    kind, step, gate, value = VARIANTS[variant]
    layer = kind(inputs, width, batch_first=True, step=step)
    if gate:
        hold_gate(layer, gate, value)
    return layer


def settings() -> list[dict[str, Any]]:
    """Both tasks for each variant, then both for each size (but for those that are variants)."""
    found = [{"task": task, "net": net} for task in ("adding", "counting") for net in VARIANTS]
    found += [{"task": "adding", "net": net} for net in ("LSTM, 27", "GRU, 37")]
    return found + [{"task": "copying", "net": net} for net in SIZES]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net on one task: its curve, and how many weights its layer trains."""
    torch.manual_seed(seed)
    net, task = setting["net"], TASKS[setting["task"]]

    def make(inputs: int, width: int) -> nn.Module:
        if net in SIZES:
            kind, width = SIZES[net]
            return kind(inputs, width, batch_first=True)
        return layer_of(net, inputs, width)

    layer, history = task(make, seed, fit)
    return {
        "value": [round(float(value), 5) for value in history.value],
        "step": history.step,
        "clock": round(history.seconds[-1], 1),
        "weights": sum(weight.numel() for weight in layer.parameters()),
    }


Make = Callable[[int, int], nn.Module]


def _adding(make: Make, seed: int, fit: Fit) -> tuple[nn.Module, History]:
    """Squared error on sequences of its own, until it is below 0.01."""
    model = SequenceClassifier(make(2, WIDTH), 1)
    held = adding.draw(np.random.default_rng(1000 + LENGTH), LENGTH, 1000)
    history = fit(
        model,
        adding.squared_error,
        partial(adding.draw, length=LENGTH, count=32),
        steps=LIMIT,
        lr=ADDING_RATE,
        clip=1.0,
        seed=seed,
        evaluate=lambda model: float(adding.squared_error(model, held)),
        every=EVERY,
        stop=lambda history: bool(history.value[-1] < adding.SOLVED),
    )
    return model.layer, history


def _counting(make: Make, seed: int, fit: Fit) -> tuple[nn.Module, History]:
    """How far it counts."""
    model = counting.Recogniser(make(2, counting.HIDDEN))
    history = fit(
        model,
        counting.surprise,
        partial(counting.draw, most=SEEN),
        steps=COUNTING_STEPS,
        optimizer=FallingAdam(model.parameters(), counting.RATE, COUNTING_STEPS),
        clip=1.0,
        seed=seed,
        evaluate=lambda model: counting.counts_to(model, ASKED),
        every=100,
    )
    return model.layer, history


def _copying(make: Make, seed: int, fit: Fit) -> tuple[nn.Module, History]:
    """Nats for each symbol that is to be said again; ln 8 for who guesses."""
    model = LanguageModel(10, make(10, WIDTH))

    def draw(rng: np.random.Generator, count: int = 32) -> tuple[Tensor, Tensor]:
        inputs, targets = copy_memory(count, KEPT, LAG, rng)
        return torch.from_numpy(inputs), torch.from_numpy(targets)

    held = draw(np.random.default_rng(1000), 500)

    def recall(model: LanguageModel) -> float:
        logits = model(held[0])[0][:, -KEPT:]
        return float(F.cross_entropy(logits.flatten(0, 1), held[1][:, -KEPT:].flatten()))

    history = fit(
        model,
        lambda model, batch: model.loss(*batch),
        draw,
        steps=COPY_STEPS,
        optimizer=FallingAdam(model.parameters(), COPY_RATE, COPY_STEPS),
        clip=1.0,
        seed=seed,
        evaluate=recall,
        every=COPY_EVERY,
    )
    return model.layer, history


TASKS = {"adding": _adding, "counting": _counting, "copying": _copying}


def summary(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Every curve; of the adding problem also the step at which it was solved."""
    runs = []
    for trial in trials:
        run = dict(trial["setting"]) | {"seed": trial["seed"]}
        run |= {key: trial[key] for key in ("value", "step", "clock", "weights")}
        if run["task"] == "adding":
            run["solved"] = run["step"][-1] if run["value"][-1] < adding.SOLVED else None
        runs.append(run)
    limits = {"adding": LIMIT, "counting": COUNTING_STEPS, "copying": COPY_STEPS}
    return {"length": LENGTH, "seen": SEEN, "asked": ASKED, "steps": limits, "runs": runs}
