"""What torch.compile and bfloat16 gain on one CPU core, and what they cost.

A layer of a Transformer, most of whose time is products of matrices; and a loop, most of whose
time is in starting small operations. Seconds of a step are of the process, medians of rounds in
which all ways take turns. Seconds to compile are of the process and of the C++ compiler that it
calls; nothing compiled before is used again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqcourse.experiments import Fit, by_setting
from seqcourse.experiments.costs import in_turns
from seqcourse.models.gpt_block import Block
from seqcourse.nn.scan import scan_loop

CHAPTER = 21
FAMILY = "costs"
SEEDS = (0, 1, 2)

WIDTH, HEADS, LAYERS = 128, 4, 1
BATCH, PLACES, RATE = 8, 32, 1e-3
ROUNDS, STEPS, EVERY = 10, 20, 2


class Transformer(nn.Module):
    """Causal blocks, from rows (B, T, d) to rows."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(WIDTH, HEADS, 4 * WIDTH) for _ in range(LAYERS))

    def forward(self, x: Tensor) -> Tensor:
        T = x.shape[1]
        bias = x.new_full((T, T), -torch.inf).triu(1)
        for block in self.blocks:
            x, _ = block(x, bias=bias)
        return x


class Loop(nn.Module):
    """`MinGRU` place after place: many small operations, one waiting for the other."""

    def __init__(self) -> None:
        super().__init__()
        self.update, self.candidate = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        z = torch.sigmoid(self.update(x))
        return scan_loop(1 - z, z * self.candidate(x))


NETS: dict[str, Callable[[], nn.Module]] = {"Transformer": Transformer, "loop": Loop}


def draw(rng: np.random.Generator) -> Tensor:
    """Numbers by lot, (B, T, d)."""
    return torch.from_numpy(rng.normal(size=(BATCH, PLACES, WIDTH)).astype(np.float32))


def loss(model: Any, x: Tensor) -> Tensor:
    """How far the outputs are from the means of all inputs so far."""
    means = x.cumsum(1) / torch.arange(1, x.shape[1] + 1)[:, None]
    found: Tensor = (model(x) - means).square().mean()
    return found


def in_half(model: Any, x: Tensor) -> Tensor:
    """The same, with products of matrices in bfloat16."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return loss(model, x)


def gradients(model: nn.Module, x: Tensor, call: Callable[[Any, Tensor], Tensor]) -> list[Tensor]:
    """Of all weights."""
    return list(torch.autograd.grad(call(model, x), list(model.parameters())))


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


def seconds() -> float:
    """Of this process and of those it called that have ended."""
    return sum(os.times()[:4])


def far(found: Sequence[Tensor], right: Sequence[Tensor]) -> float:
    """How far gradients are from the right ones, relative to their length."""
    off, size = (
        torch.cat([x.flatten() for x in xs]).double().norm()
        for xs in ([a - b for a, b in zip(found, right, strict=True)], right)
    )
    return float(f"{(off / size).item():.3g}")


def settings() -> list[dict[str, Any]]:
    """A Transformer, and a loop."""
    return [{"net": name} for name in NETS]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net: its losses in 32 bits and in 16, then the seconds of all ways."""
    found: dict[str, Any] = {"last": {}}
    make, x = NETS[setting["net"]], draw(np.random.default_rng(seed + 1))
    for name, call in (("plain", loss), ("bfloat16", in_half)):
        torch.manual_seed(seed)
        model = make()
        history = fit(model, call, draw, steps=STEPS, lr=RATE, seed=seed, every=EVERY)
        found["last"][name] = round(history.loss[-1], 5)
    right = gradients(model, x, loss)
    with alone():
        compiled = torch.compile(loss)
        begun = seconds()
        same = gradients(model, x, compiled)
        found["compiling"] = round(seconds() - begun, 2)
        found["off"] = {
            "compiled": far(same, right),
            "bfloat16": far(gradients(model, x, in_half), right),
        }
        calls = {"plain": loss, "compiled": compiled, "bfloat16": in_half}
        found["step"] = in_turns(
            {name: partial(gradients, model, x, call) for name, call in calls.items()}, ROUNDS
        )
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
