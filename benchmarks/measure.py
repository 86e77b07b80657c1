"""Times and bytes of several ways to compute the same thing, side by side in one process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from seqcourse.nn import most_bytes

Call = Callable[[], Any]
SLICE = 0.01  # seconds: a shorter call is repeated until it has taken so long


def interleaved(calls: dict[str, Call], repeats: int) -> dict[str, list[float]]:
    """Seconds of processor time of each call, in each of the repeats.

    In a repeat every call has its turn, and each repeat begins with another of them: what slows the
    machine down for a while slows all of them down.
    """
    counts = {name: _count(call) for name, call in calls.items()}
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    names = list(calls)
    for repeat in range(repeats):
        for i in range(len(names)):
            name = names[(repeat + i) % len(names)]
            start = time.process_time()
            for _ in range(counts[name]):
                calls[name]()
            seconds[name].append((time.process_time() - start) / counts[name])
    return seconds


def _count(call: Call) -> int:
    call()  # the first call allocates
    start = time.process_time()
    call()
    return max(1, round(SLICE / max(time.process_time() - start, 1e-6)))


def summary(seconds: dict[str, list[float]], reference: str) -> dict[str, dict[str, float]]:
    """Of each call the median in ms, and of the quotients with the reference, each taken within one
    repeat, the median and the quartiles."""
    found = {}
    for name, own in seconds.items():
        quotients = [a / b for a, b in zip(own, seconds[reference], strict=True)]
        low, middle, high = statistics.quantiles(quotients, n=4, method="inclusive")
        found[name] = {
            "ms": round(1e3 * statistics.median(own), 4),
            "ratio": round(middle, 3),
            "low": round(low, 3),
            "high": round(high, 3),
        }
    return found


def megabytes(call: Call) -> float:
    """The most that the call's tensors hold at once: `seqcourse.nn.most_bytes`."""
    return round(most_bytes(call) / 1e6, 3)


def operations(call: Call) -> int:
    """How many of torch's operations the call is: each has to be started."""
    with _Counting() as counting:
        call()
    return counting.count


class _Counting(TorchDispatchMode):
    count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += not func.is_view
        return func(*args, **(kwargs or {}))


def training_step(module: torch.nn.Module, call: Callable[[], torch.Tensor]) -> Call:
    """There and back: gradients by all parameters, of a sum of squares (of one number: of it)."""

    def work() -> None:
        module.zero_grad()
        result = call()
        (result if not result.dim() else result.square().sum()).backward()

    return work


def inference_step(module: torch.nn.Module, call: Callable[[], torch.Tensor]) -> Call:
    """There alone, without a graph."""

    def work() -> None:
        with torch.no_grad():
            call()

    return work
