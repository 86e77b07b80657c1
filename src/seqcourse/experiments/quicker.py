"""What torch.compile and bfloat16 gain on one CPU core, and what they cost.

Seconds of a step of training are of the process, medians of rounds in which all ways take turns.
Seconds to compile are on the clock, as a C++ compiler works in a process of its own; nothing
compiled before is used again.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from seqcourse.experiments import Fit, by_setting
from seqcourse.experiments.costs import in_turns
from seqcourse.experiments.recalling import CLIP, KEYS, PAIRS, VALUES, Batch, draw, held
from seqcourse.models.gpt import GPT
from seqcourse.models.language_model import LanguageModel
from seqcourse.nn.scan import scan_loop

CHAPTER = 21
FAMILY = "quicker"
SEEDS = (0, 1, 2)

WIDTH, HEADS, LAYERS, RATE = 128, 4, 2, 1e-3
ROUNDS, STEPS, EVERY = 10, 100, 10


class Loop(nn.Module):
    """`MinGRU` place after place: many small operations, one waiting for the other."""

    batch_first = True
    bidirectional = False

    def __init__(self, size: int) -> None:
        super().__init__()
        self.input_size = self.hidden_size = size
        self.update, self.candidate = nn.Linear(size, size), nn.Linear(size, size)

    def forward(self, x: Tensor, state: None = None) -> tuple[Tensor, None]:
        """(B, T, H) of (B, T, H)."""
        z = torch.sigmoid(self.update(x))
        return scan_loop(1 - z, z * self.candidate(x)), None


def net(kind: str) -> nn.Module:
    """An untrained net: "GPT", or "loop"."""
    symbols = KEYS + VALUES
    if kind == "GPT":
        return GPT(symbols, WIDTH, HEADS, LAYERS, length=3 * PAIRS)
    return LanguageModel(symbols, Loop(WIDTH), WIDTH)


def loss(model: Any, batch: Batch) -> Tensor:
    """Cross-entropy of the values asked for."""
    found: Tensor = model.loss(*batch)
    return found


def in_half(model: Any, batch: Batch) -> Tensor:
    """The same, with products of matrices in bfloat16."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return loss(model, batch)


def gradients(
    model: nn.Module, batch: Batch, call: Callable[[Any, Batch], Tensor] = loss
) -> list[Tensor]:
    """Of all weights."""
    return list(torch.autograd.grad(call(model, batch), list(model.parameters())))


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Compile in this process, and from nothing."""
    import torch._inductor.config as config

    before = config.compile_threads, config.force_disable_caches
    config.compile_threads, config.force_disable_caches = 1, True
    try:
        yield
    finally:
        config.compile_threads, config.force_disable_caches = before
        torch.compiler.reset()


def far(found: Sequence[Tensor], right: Sequence[Tensor]) -> float:
    """How far gradients are from the right ones, relative to their length."""
    off, size = (
        torch.cat([x.flatten() for x in xs]).double().norm()
        for xs in ([a - b for a, b in zip(found, right, strict=True)], right)
    )
    return float(f"{(off / size).item():.3g}")


def settings() -> list[dict[str, Any]]:
    """A Transformer, and a loop."""
    return [{"model": "GPT"}, {"model": "loop"}]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net: its losses in 32 bits and in 16, then the seconds of all ways."""
    found: dict[str, Any] = {"last": {}}
    batch = held(32)
    for name, call in (("plain", loss), ("bfloat16", in_half)):
        torch.manual_seed(seed)
        model = net(setting["model"])
        options = {"steps": STEPS, "lr": RATE, "clip": CLIP, "seed": seed, "every": EVERY}
        history = fit(model, call, draw, **options)
        found["last"][name] = round(history.loss[-1], 4)
    right = gradients(model, batch)
    with alone():
        compiled = torch.compile(loss)
        begun = time.perf_counter()
        same = gradients(model, batch, lambda model, batch: compiled(model, batch))
        found["compiling"] = round(time.perf_counter() - begun, 2)
        found["off"] = {
            "compiled": far(same, right),
            "bfloat16": far(gradients(model, batch, in_half), right),
        }
        calls = {
            "plain": partial(gradients, model, batch),
            "compiled": partial(gradients, model, batch, compiled),
            "bfloat16": partial(gradients, model, batch, in_half),
        }
        found["step"] = in_turns(calls, ROUNDS)
    return found


def summary(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """By net, an entry a seed."""
    keys = ("step", "compiling", "off", "last")
    return {
        "nets": [
            setting | {"runs": [{key: run[key] for key in keys} for run in runs]}
            for setting, runs in by_setting(trials)
        ],
    }
