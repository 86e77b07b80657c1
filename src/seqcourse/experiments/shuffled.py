"""MNIST-1D in three orders: as it is, one shuffle for all, a shuffle for each example.

Rates and numbers of steps were chosen on the data as they are, and are the same for all three
orders; the accuracy is that of the last step.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqcourse.data import mnist1d
from seqcourse.models.classifiers import KINDS, STEPS, accuracy, train

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


def run() -> dict[str, Any]:
    """Test accuracies, {kind: {order: one for each seed}}, with steps and parameters of each kind.

    A seed sets the shuffle, the initial weights and the batches.
    """
    data = mnist1d()
    both = np.concatenate([data.train_x, data.test_x])  # (5000, 40)
    cut = len(data.train_x)
    found: dict[str, dict[str, list[float]]] = {}
    for kind in KINDS:
        found[kind] = {order: [] for order in ORDERS}
        for order in ORDERS:
            for seed in SEEDS:
                x = reordered(both, order, np.random.default_rng(seed))
                model = train(kind, x[:cut], data.train_y, seed=seed)
                found[kind][order].append(accuracy(model, x[cut:], data.test_y))
    parameters = {
        kind: sum(weight.numel() for weight in make().parameters()) for kind, make in KINDS.items()
    }
    return {"accuracy": found, "steps": STEPS, "parameters": parameters, "seeds": list(SEEDS)}
