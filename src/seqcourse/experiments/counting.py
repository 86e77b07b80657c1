"""aⁿbⁿ, read letter by letter: after each, is what came so far a string of the language?

Only after the last b it is. To know that one must have counted. Trained on n up to 50, asked up to
300; a net *counts to* N when it is right after every letter of all strings up to n = N.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.experiments import Fit
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.models.gates import hold_gate
from seqcourse.models.layers import output_size
from seqcourse.nn import GRU, LSTM

CHAPTER = 8
FAMILY = "counting"
SEEDS = (0, 1, 2, 3, 4)
HIDDEN, BATCH, RATE, CLIP, STEPS = 10, 16, 0.02, 1.0, 1500
SEEN, ASKED = 50, 300
RARE = 10.0  # weight of the one right yes among so many noes
WIDER = 12  # a GRU of so many units has a few weights more than an LSTM of HIDDEN
LAYERS = ("LSTM", "GRU", f"GRU, {WIDER} units", "LSTM, f = 1")

Strings = tuple[Tensor, Tensor, Tensor]


class Recogniser(nn.Module):
    """A score after each letter: above 0, what came so far is in the language."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer
        self.out = nn.Linear(output_size(layer), 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T) from letters (B, T, 2)."""
        scores: Tensor = self.out(self.layer(x)[0])[..., 0]
        return scores


def strings(n: Any) -> Strings:
    """aⁿbⁿ for each n of (B,): letters x (B, T, 2), y (B, T), and which places are real (B, T).

    y is 1 after the last b, and 0 before; T is twice the largest n, and behind a shorter string
    stand more b, which are not real.
    """
    n = torch.as_tensor(n)[:, None]
    t = torch.arange(2 * int(n.max()))
    first = t < n
    return torch.stack([first, ~first], -1).float(), (t == 2 * n - 1).float(), t < 2 * n


def draw(rng: np.random.Generator, most: int = SEEN) -> Strings:
    """A batch with n from 1 to `most`."""
    return strings(rng.integers(1, most + 1, BATCH))


def surprise(model: nn.Module, batch: Strings) -> Tensor:
    """Cross-entropy over the real places, the rare yes weighted."""
    x, y, real = batch
    weight = torch.tensor(RARE)
    return F.binary_cross_entropy_with_logits(model(x)[real], y[real], pos_weight=weight)


@torch.no_grad()
def counts_to(model: nn.Module, most: int = ASKED) -> int:
    """The largest n up to which every string is read without a mistake; 0 … `most`."""
    x, y, real = strings(np.arange(1, most + 1))
    right = (((model(x) > 0) == (y > 0)) | ~real).all(1)
    return most if right.all() else int((~right).int().argmax())


def layer_of(name: str) -> nn.Module:
    """A layer of `LAYERS`; the last is the LSTM of 1997 in this: it cannot forget."""
    width = WIDER if name.endswith("units") else HIDDEN
    layer = (GRU if name.startswith("GRU") else LSTM)(2, width, batch_first=True)
    if name == "LSTM, f = 1":
        hold_gate(layer, "f", 1)
    return layer


def settings() -> list[dict[str, Any]]:
    """All at equal width, but for one GRU at equal numbers."""
    return [{"layer": name} for name in LAYERS]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net, how far it counts as it learns, and its units while it reads one long string."""
    torch.manual_seed(seed)
    model = Recogniser(layer_of(setting["layer"]))
    history = fit(
        model,
        surprise,
        draw,
        steps=STEPS,
        optimizer=FallingAdam(model.parameters(), RATE, STEPS),
        clip=CLIP,
        seed=seed,
        evaluate=counts_to,
        every=100,
    )
    return {
        "counts_to": history.value,
        "loss": [round(value, 5) for value in history.loss],
        "weights": {
            name: [round(float(w), 5) for w in weight.flatten()]
            for name, weight in model.state_dict().items()
        },
    }


def summary(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of each net how far it counted at each hundredth step, and its weights."""
    kept = ("seed", "counts_to", "loss", "weights")
    runs = [
        dict(trial["setting"])
        | {"seconds": round(trial["seconds"])}
        | {key: trial[key] for key in kept}
        for trial in trials
    ]
    return {"steps": STEPS, "every": 100, "seen": SEEN, "asked": ASKED, "runs": runs}
