"""MNIST-1D in three orders: as it is, one shuffle for all, a shuffle for each example.

Rates and numbers of steps were chosen on the data as they are, and are the same for all three
orders; the accuracy is that of the last step.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqcourse.data import mnist1d
from seqcourse.experiments import Fit, by_setting
from seqcourse.models.classifiers import KINDS, STEPS, accuracy, train

CHAPTER = 1
FAMILY = "shuffled"
SEEDS = (0, 1, 2, 3, 4)
ORDERS = ("as it is", "one shuffle for all", "each its own shuffle")


def reordered(x: np.ndarray, order: str, rng: np.random.Generator) -> np.ndarray:
    """The same numbers (N, T) in another order; for 'one shuffle for all' the rng decides which.

    Raises:
        ValueError: the order is none of `ORDERS`.
    """
    if order not in ORDERS:
        raise ValueError(f"reordered got order={order!r}: give one of {ORDERS}.")
    if order == ORDERS[0]:
        return x.copy()
    if order == ORDERS[1]:
        return x[:, rng.permutation(x.shape[1])]
    return rng.permuted(x, axis=1)


def settings() -> list[dict[str, Any]]:
    """Each kind of model with each order."""
    return [{"kind": kind, "order": order} for kind in KINDS for order in ORDERS]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """Test accuracy of one model; the seed sets the shuffle, the initial weights, the batches."""
    data = mnist1d()
    both = np.concatenate([data.train_x, data.test_x])  # (5000, 40)
    cut = len(data.train_x)
    x = reordered(both, setting["order"], np.random.default_rng(seed))
    model = train(setting["kind"], x[:cut], data.train_y, seed=seed)
    return {
        "accuracy": accuracy(model, x[cut:], data.test_y),
        "parameters": sum(weight.numel() for weight in model.parameters()),
    }


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracies, {kind: {order: one for each seed}}; steps and parameters of each kind."""
    found: dict[str, dict[str, list[float]]] = {kind: {} for kind in KINDS}
    parameters = {}
    for setting, group in by_setting(trials):
        found[setting["kind"]][setting["order"]] = [one["accuracy"] for one in group]
        parameters[setting["kind"]] = group[0]["parameters"]
    seeds = [one["seed"] for one in group]
    return {"accuracy": found, "steps": STEPS, "parameters": parameters, "seeds": seeds}
