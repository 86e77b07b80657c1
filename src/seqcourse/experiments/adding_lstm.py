"""The adding problem once more, by an LSTM: sizes, batches and clipping are `adding`'s.

Three starts. torch's own, where every gate is about one half. One whose forget gates keep a share
1 - 1/T at each step, which a bias of log(T - 1) does. And one whose input gates, besides, are as
good as shut: their bias is -log(T - 1).

The rate is three times `adding`'s, so a plain tanh net gets that, too, at the smaller length.
The layer is torch's, which is the faster one; ours gives its numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import jacrev, vmap

from seqcourse.experiments import Fit, adding
from seqcourse.experiments.adding import (
    BATCH,
    CLIP,
    EVERY,
    HIDDEN,
    LIMIT,
    SOLVED,
    draw,
    squared_error,
)
from seqcourse.gradients import products
from seqcourse.models.sequence_classifier import SequenceClassifier
from seqcourse.training import History

CHAPTER = 7
FAMILY = "adding"
SEEDS = (0, 1, 2)
LIMITS = {50: LIMIT, 150: 3_000}
RATE = 3e-3
STARTS = ("torch's", "forget bias from T", "both biases from T")
PLAIN = "plain, tanh"


def net(start: str, length: int) -> SequenceClassifier:
    """An LSTM, or the plain net, with one output; its weights come from torch's generator."""
    if start == PLAIN:
        return adding.net("torch's, tanh")
    layer: Any = nn.LSTM(2, HIDDEN, batch_first=True)
    signs = {"torch's": (), "forget bias from T": (0, 1), "both biases from T": (-1, 1)}[start]
    with torch.no_grad():
        for gate, sign in enumerate(signs):  # in the order i, f, g, o
            if sign:
                rows = slice(gate * HIDDEN, (gate + 1) * HIDDEN)
                layer.bias_ih_l0[rows] = sign * math.log(length - 1)
                layer.bias_hh_l0[rows] = 0.0
    return SequenceClassifier(layer, 1)


@torch.no_grad()
def reach(model: SequenceClassifier, x: Tensor) -> dict[str, list[float]]:
    """log10 of the norm of dc_T/dc_{T-k} for k = 0 … T, the median over sequences x (B, T, 2).

    Returns:
        cell: along the cell alone, a product of forget gates; all: along every path.
    """
    layer: Any = model.layer
    weight_ih, weight_hh = layer.weight_ih_l0.double(), layer.weight_hh_l0.double()
    bias = (layer.bias_ih_l0 + layer.bias_hh_l0).double()
    inputs = x.double().transpose(0, 1) @ weight_ih.T + bias  # (T, B, 4 H)

    def step(a: Tensor, state: Tensor) -> Tensor:
        h, c = state.chunk(2, -1)
        i, f, g, o = (a + h @ weight_hh.T).chunk(4, -1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.cat([torch.sigmoid(o) * torch.tanh(c), c], -1)

    slope = vmap(jacrev(step, argnums=1))
    state = inputs.new_zeros(len(x), 2 * HIDDEN)
    jacobians = []
    for a in inputs:
        jacobians.append(slope(a, state))  # (B, 2 H, 2 H)
        state = step(a, state)
    kept = torch.stack(jacobians)
    cells = kept[..., HIDDEN:, HIDDEN:].diagonal(dim1=-2, dim2=-1)  # f_t, (T, B, H)
    alone = torch.cat([torch.ones_like(cells[:1]), cells.flip(0).cumprod(0)]).amax(-1)
    whole = [torch.linalg.matrix_norm(p[:, HIDDEN:, HIDDEN:], 2) for p in products(kept)]
    norms = {"cell": alone, "all": torch.stack(whole)}  # (T + 1, B)
    return {
        name: [round(float(k), 2) for k in norm.log10().median(1).values]
        for name, norm in norms.items()
    }


def settings() -> list[dict[str, Any]]:
    """Every length from every start, and the plain net."""
    gated = [{"length": length, "start": start} for length in LIMITS for start in STARTS]
    return [*gated, {"length": min(LIMITS), "start": PLAIN}]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net until it solves the length, or to the last step."""
    torch.manual_seed(seed)
    length = setting["length"]
    model = net(setting["start"], length)
    held = draw(np.random.default_rng(1000 + length), length, 1000)
    some = held[0][:4]
    is_plain = setting["start"] == PLAIN
    before = None if is_plain else reach(model, some)

    def solved(history: History) -> bool:
        return bool(history.value[-1] < SOLVED)

    history = fit(
        model,
        squared_error,
        partial(draw, length=length, count=BATCH),
        steps=LIMITS[length],
        lr=RATE,
        clip=CLIP,
        seed=seed,
        evaluate=lambda model: float(squared_error(model, held)),
        every=EVERY,
        stop=solved,
    )
    return {
        "error": [round(value, 4) for value in history.value],
        "before": before,
        "after": None if is_plain else reach(model, some),
    }


def summary(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Every curve, and the step at which it fell below half the baseline and below 0.01."""
    runs = []
    for trial in trials:
        error = trial["error"]
        steps = EVERY * len(error)
        early = steps < LIMITS[trial["setting"]["length"]]
        runs.append(
            dict(trial["setting"])
            | {
                "seed": trial["seed"],
                "seconds": round(trial["seconds"]),
                "steps": steps,
                "found": next((EVERY * (i + 1) for i, e in enumerate(error) if e < 1 / 12), None),
                # It stops where it has solved the length; what is stored is rounded.
                "solved": steps if early or error[-1] < SOLVED else None,
            }
            | {key: trial[key] for key in ("error", "before", "after")}
        )
    return {
        "every": EVERY,
        "limits": list(LIMITS.values()),
        "rate": RATE,
        "starts": list(STARTS),
        "runs": runs,
    }
