"""How long a training step of each recurrent layer takes, against torch's: one core, one thread.

`python benchmarks/recurrent.py [repeats]` prints a table; nothing is gated. Seconds of processor
time, the best of the repeats, for a forward pass, a summed square of the output, and backward.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import torch

import seqcourse.nn

SIZES = [  # T, B, I, H: a chapter's sizes
    (12, 64, 27, 128),
    (20, 32, 27, 64),
    (50, 64, 2, 64),
    (150, 64, 2, 64),
    (150, 16, 2, 100),
    (35, 64, 128, 256),
    (200, 1, 32, 32),
]


def milliseconds(work: Callable[[], Any], repeats: int) -> float:
    """The best of several repeats, each long enough to be timed."""
    work()
    start = time.process_time()
    work()
    count = max(1, round(0.05 / max(time.process_time() - start, 1e-4)))
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        for _ in range(count):
            work()
        best = min(best, (time.process_time() - start) / count)
    return 1e3 * best


def training_step(layer: torch.nn.Module, x: torch.Tensor) -> Callable[[], None]:
    def work() -> None:
        layer.zero_grad()
        layer(x)[0].square().sum().backward()

    return work


def main(repeats: int) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, one thread; ms for a training step, and times torch's")
    heads = ("torch", "ours", "loop", "ours/torch", "loop/torch")
    print(f"{'layer, T, B, I, H':>25}" + "".join(f"{head:>11}" for head in heads))
    for name in ("RNN", "LSTM", "GRU"):
        for size in SIZES:
            steps, batch, inputs, hidden = size
            theirs = getattr(torch.nn, name)(inputs, hidden)
            ours = getattr(seqcourse.nn, name)(inputs, hidden)
            plain = getattr(seqcourse.nn, name)(inputs, hidden, step=ours.standard_step())
            x = torch.randn(steps, batch, inputs)
            t, o, p = (
                milliseconds(training_step(layer, x), repeats) for layer in (theirs, ours, plain)
            )
            cells = "".join(f"{value:11.2f}" for value in (t, o, p, o / t, p / t))
            print(f"{f'{name} {size}':>25}{cells}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
