"""Addition modulo 53, with weight decay and without: learnt by heart at once, understood later.

All sums that are for training are one batch. The others are asked for on the way; no sum stands on
one side and its mirror image, b + a for a + b, on the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqcourse.experiments import Fit, by_setting
from seqcourse.models.modular import ModularAdder, Sums, spectrum, sums

CHAPTER = 18
FAMILY = "sums"
SEEDS = (0, 1, 2)

MODULUS, SHARE = 53, 0.7
WIDTH, HEADS, HIDDEN = 128, 4, 128
RATE, BETAS, STEPS, EVERY = 2e-3, (0.9, 0.98), 4000, 50
DECAYS = (1.0, 0.0)
WAVES = 5  # the strongest, of 26

Batch = tuple[Tensor, Tensor]


def halves(drawn: Sums) -> tuple[Batch, Batch]:
    """Training's and the test's questions and answers."""
    train, train_answer, test, test_answer = map(torch.from_numpy, drawn)
    return (train, train_answer), (test, test_answer)


def net() -> ModularAdder:
    """An untrained net."""
    return ModularAdder(MODULUS, WIDTH, HEADS, HIDDEN)


def loss(model: ModularAdder, batch: Batch) -> Tensor:
    """Cross-entropy of the answers."""
    return model.loss(*batch)


@torch.no_grad()
def progress(model: ModularAdder, train: Batch, test: Batch) -> dict[str, float]:
    """Right and lost on both sides; the weights' length; what few waves hold of the embeddings."""
    found: dict[str, float] = {}
    for name, (questions, answers) in (("train", train), ("test", test)):
        logits = model(questions)
        right = (logits.argmax(1) == answers).double().mean()
        lost = torch.nn.functional.cross_entropy(logits.double(), answers)
        found |= {name: round(float(right), 4), f"{name}_loss": float(f"{lost:.4g}")}
    length = torch.cat([p.flatten() for p in model.parameters()]).norm()
    waves = spectrum(model).sort(descending=True).values[:WAVES].sum()
    return found | {"length": round(float(length), 2), "waves": round(float(waves), 4)}


def settings() -> list[dict[str, Any]]:
    """With weight decay and without."""
    return [{"decay": decay} for decay in DECAYS]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net from chance to the last step."""
    torch.manual_seed(seed)
    model = net()
    train, test = halves(sums(MODULUS, SHARE, np.random.default_rng(seed)))
    decay = setting["decay"]
    history = fit(
        model,
        loss,
        lambda rng: train,
        steps=STEPS,
        optimizer=torch.optim.AdamW(model.parameters(), lr=RATE, betas=BETAS, weight_decay=decay),
        seed=seed,
        evaluate=lambda model: progress(model, train, test),
        every=EVERY,
    )
    return {
        "step": history.step,
        "progress": history.value,
        "sums": [len(train[1]), len(test[1])],
        "numbers": sum(p.numel() for p in model.parameters()),
        "spectrum": [round(float(share), 4) for share in spectrum(model)],
    }


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Curves by weight decay, a run a seed, and when each side was right."""
    nets = []
    for setting, runs in by_setting(trials):
        kept = []
        for run in runs:
            curves = {key: [p[key] for p in run["progress"]] for key in run["progress"][0]}
            entry = {key: run[key] for key in ("seed", "seconds", "spectrum")} | curves
            for side in ("train", "test"):
                entry[f"{side}_right"] = next(
                    (s for s, v in zip(run["step"], curves[side], strict=True) if v >= 0.99), None
                )
            kept.append(entry)
        nets.append(setting | {"runs": kept})
    found = {key: trials[0][key] for key in ("step", "sums", "numbers")}
    return found | {"modulus": MODULUS, "nets": nets}
