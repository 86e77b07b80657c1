"""Nets that learn to say up to 16 letters again, and are then asked for more.

They differ in how they are told where a letter stands, and in what they are told in training: the
places from 0 on; the same, begun anywhere among the places that the longest test needs; or begun
anywhere and with gaps, so that distances, too, are as large as there. The tests are always from 0
on, without gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from seqcourse.experiments import Fit, by_setting
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.models.language_model import LanguageModel
from seqcourse.models.placed_gpt import PlacedGPT
from seqcourse.nn import LSTM

CHAPTER = 16
FAMILY = "copying"
SEEDS = (0, 1, 2)

LETTERS = 10
START, SIGN = LETTERS, LETTERS + 1  # before the letters, and between them and their copy
LONGEST = 16  # in training
TESTED = (8, 16, 17, 20, 24, 32, 48)
REACH = 2 * max(TESTED) + 1  # places that the longest test needs
WIDTH, HEADS, LAYERS = 64, 4, 2
BATCH, RATE, CLIP, STEPS, EVERY = 32, 2e-3, 1.0, 3000, 100
HELD = 200  # sequences of each tested length
GAPS = 3  # at most so many places from one letter to the next

Batch = tuple[Tensor, Tensor | None]  # sequences, and their places


def settings() -> list[dict[str, Any]]:
    """Five encodings and an LSTM; those that can be told other places, twice more."""
    kinds = ["learned", "sinusoidal", "rotary", "alibi", "none", "lstm"]
    told = {
        "from 0": kinds,
        "shifted": ["learned", "sinusoidal"],
        "with gaps": ["learned", "sinusoidal", "rotary"],
    }
    return [{"positions": kind, "places": how} for how, some in told.items() for kind in some]


def network(positions: str) -> PlacedGPT | LanguageModel:
    """An untrained net; both sorts give logits and a state."""
    if positions == "lstm":
        return LanguageModel(LETTERS + 2, LSTM(WIDTH, 2 * WIDTH, batch_first=True), WIDTH)
    return PlacedGPT(
        LETTERS + 2,
        WIDTH,
        HEADS,
        LAYERS,
        positions=None if positions == "none" else positions,
        length=REACH if positions == "learned" else None,
    )


def sequences(count: int, length: int, rng: np.random.Generator) -> Tensor:
    """(B, 2 n + 2): start, n letters, the sign, the same letters."""
    letters = rng.integers(0, LETTERS, (count, length))
    first, second = (np.full((count, 1), symbol) for symbol in (START, SIGN))
    return torch.from_numpy(np.concatenate([first, letters, second, letters], 1))


def batches(places: str) -> Callable[[np.random.Generator], Batch]:
    """What draws sequences of one length, 1 to 16, the longer the more often, and their places."""

    def draw(rng: np.random.Generator) -> Batch:
        length = int(rng.integers(1, LONGEST + 1, 2).max())
        count = 2 * length + 1
        gap = int(rng.integers(1, GAPS + 1)) if places == "with gaps" else 1
        spare = REACH - 1 - gap * (count - 1)
        offset = 0 if places == "from 0" else int(rng.integers(0, spare + 1))
        at = None if places == "from 0" else offset + gap * torch.arange(count)
        return sequences(BATCH, length, rng), at

    return draw


def said(model: Any, inputs: Tensor, places: Tensor | None = None) -> Tensor:
    """Logits (B, n, V) for the copy, each from what stands before it."""
    if isinstance(model, PlacedGPT):
        model.places.chosen = places
    logits: Tensor = model(inputs)[0]
    return logits[:, inputs.shape[1] // 2 + 1 :]  # from the sign on


def loss(model: Any, batch: Batch) -> Tensor:
    """Mean cross-entropy of the copy."""
    tokens, places = batch
    logits = said(model, tokens[:, :-1], places)
    return F.cross_entropy(logits.flatten(0, 1), tokens[:, -logits.shape[1] :].flatten())


@torch.no_grad()
def copied(model: Any, length: int, places: Tensor | None = None) -> np.ndarray:
    """(B, n): whether each letter of the copy is right, given those before it."""
    tokens = sequences(HELD, length, np.random.default_rng(length))
    logits = said(model, tokens[:, :-1], places)
    found: np.ndarray = (logits.argmax(-1) == tokens[:, -length:]).numpy()
    return found


@torch.no_grad()
def misled(model: Any, length: int = LONGEST) -> float:
    """Share right where the letter just copied was exchanged: who goes by it errs.

    One letter in the middle of the copy is another one than that before the sign; what counts is
    the next.
    """
    rng = np.random.default_rng(0)
    tokens = sequences(HELD, length, rng)
    middle = length // 2
    inputs = tokens[:, :-1].clone()
    inputs[:, length + 2 + middle - 1] += torch.from_numpy(rng.integers(1, LETTERS, HELD))
    inputs[:, length + 2 + middle - 1] %= LETTERS
    right = said(model, inputs).argmax(-1)[:, middle] == tokens[:, -length:][:, middle]
    return right.double().mean().item()


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net as it learns, and what it copies."""
    torch.manual_seed(seed)
    model = network(setting["positions"])
    history = fit(
        model,
        loss,
        batches(setting["places"]),
        steps=STEPS,
        optimizer=FallingAdam(model.parameters(), RATE, STEPS),
        clip=CLIP,
        seed=seed,
        evaluate=lambda model: float(copied(model, LONGEST)[:50].mean()),
        every=EVERY,
    )
    found = {length: copied(model, length) for length in TESTED}
    return {
        "numbers": sum(weight.numel() for weight in model.parameters()),
        "curve": history.plain(),
        "letters": {str(n): float(hits.mean()) for n, hits in found.items()},
        "whole": {str(n): float(hits.all(1).mean()) for n, hits in found.items()},
        "by_place": {str(n): found[n].mean(0).round(3).tolist() for n in (16, 17, 24, 32)},
        "misled": misled(model),
    }


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """The trials of each setting, one a seed."""
    keys = ("numbers", "letters", "whole", "by_place", "misled", "seconds")
    return {
        "steps": STEPS,
        "tested": list(TESTED),
        "nets": [
            setting | {"runs": [{key: run[key] for key in keys} | _learning(run) for run in runs]}
            for setting, runs in by_setting(trials)
        ],
    }


def _learning(run: Mapping[str, Any]) -> dict[str, Any]:
    """Steps, and the share of 16 letters copied right then."""
    return {"step": run["curve"]["step"], "learnt": run["curve"]["value"]}
