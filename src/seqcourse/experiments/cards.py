"""Two questions about ten cards, by one head or by many, with the same number of weights.

On a table lie ten cards, a handwritten digit on each, and beside it a letter. Two digits are asked
for, in other handwriting: which letters lie beside them? One layer of self-attention must find
both at once. In the easier half only the first is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from seqcourse.data.images import small_digits
from seqcourse.experiments import Fit, by_setting
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.models.cards import CardReader

CHAPTER = 15
FAMILY = "cards"
SEEDS = (0, 1, 2)

CARDS, LETTERS, PIXELS = 10, 10, 64
WIDTH, HEADS = 64, (1, 2, 4, 8, 16, 32, 64)
BATCH, RATE, STEPS, LONGER, EVERY = 64, 3e-3, 800, 2400, 40
TRAIN, HELD = 1200, 2000  # images to train with; tables to test on
MOST = 8  # heads of which more is measured


class Tables(NamedTuple):
    """Tables with cards, and two questions about each.

    Args:
        images: (B, 10, 64) float32, the cards' digits, each digit once; shades less their mean.
        values: (B, 10) int64, the letters.
        asked: (B, 2, 64) float32, the digits asked for; other images than the cards'.
        answer: (B, 2) int64, the letters beside them.
        place: (B, 2) int64, on which cards these are.
    """

    images: Tensor
    values: Tensor
    asked: Tensor
    answer: Tensor
    place: Tensor


@cache
def pixels() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """All images, (N, 64), and by part the numbers of those of each digit, (10, some)."""
    image, label = small_digits()
    mean, deviation = image[:TRAIN].mean(0), image[:TRAIN].std()
    pools = {}
    for part, (begin, end) in {"train": (0, TRAIN), "test": (TRAIN, len(image))}.items():
        of = [begin + np.flatnonzero(label[begin:end] == digit) for digit in range(10)]
        least = min(map(len, of))
        pools[part] = np.stack([numbers[:least] for numbers in of])
    return ((image - mean) / deviation).reshape(len(image), -1), pools


def tables(rng: np.random.Generator, count: int = BATCH, part: str = "train") -> Tables:
    """Tables drawn by lot."""
    image, pools = pixels()
    digit = rng.permuted(np.tile(np.arange(CARDS), (count, 1)), axis=1)
    value = rng.integers(0, LETTERS, (count, CARDS))
    place = rng.random((count, CARDS)).argsort(1)[:, :2]
    cards = rng.integers(0, pools[part].shape[1], digit.shape)
    # another image of the same digit: 1 … all but one further on
    further = rng.integers(1, pools[part].shape[1], place.shape)
    asked = (np.take_along_axis(cards, place, 1) + further) % pools[part].shape[1]
    chosen = (
        image[pools[part][digit, cards]],
        value,
        image[pools[part][np.take_along_axis(digit, place, 1), asked]],
    )
    answer = np.take_along_axis(value, place, 1)
    return Tables(*map(torch.from_numpy, (*chosen, answer, place)))


def held(count: int = HELD) -> Tables:
    """The same test tables at each call, of images that no training shows."""
    return tables(np.random.default_rng(1), count, "test")


def reader(setting: Mapping[str, Any]) -> CardReader:
    """An untrained network of `settings`."""
    return CardReader(PIXELS, LETTERS, WIDTH, setting["heads"], setting["feedforward"])


def loss_of(questions: int) -> Any:
    """Nats a question, of both or of the first alone."""

    def loss(model: CardReader, batch: Tables) -> Tensor:
        logits, _ = model(batch.images, batch.values, batch.asked)
        cost = torch.nn.functional.cross_entropy(
            logits[:, :questions].flatten(0, 1), batch.answer[:, :questions].flatten()
        )
        return cost

    return loss


@torch.no_grad()
def answered(model: CardReader, drawn: Tables, without: int | None = None) -> np.ndarray:
    """(B, 2) bool: which questions are answered right."""
    logits, _ = model(drawn.images, drawn.values, drawn.asked, without)
    return np.asarray((logits.argmax(-1) == drawn.answer).numpy())


@torch.no_grad()
def looks(model: CardReader, drawn: Tables) -> np.ndarray:
    """(n, 2): each head's mean weight on the card first asked for, and on the second."""
    _, weights = model(drawn.images, drawn.values, drawn.asked)
    at = drawn.place[:, None].expand(-1, weights.shape[1], -1)
    return np.asarray(weights.gather(2, at).mean(0).numpy())


def settings() -> list[dict[str, Any]]:
    """Heads by questions; a network behind one head, and behind two; one head, three times as
    long."""
    every = [(n, 2, False, STEPS) for n in HEADS]
    every += [(n, 1, False, STEPS) for n in (1, 2, 8, 64)]
    every += [(n, 2, True, STEPS) for n in (1, 2)]
    every += [(1, 2, False, LONGER), (1, 2, True, LONGER)]
    names = ("heads", "questions", "feedforward", "steps")
    return [dict(zip(names, values, strict=True)) for values in every]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One network: how it learns, what it answers, where its heads look, and what each is worth."""
    torch.manual_seed(seed)
    model = reader(setting)
    history = fit(
        model,
        loss_of(setting["questions"]),
        tables,
        steps=setting["steps"],
        optimizer=FallingAdam(model.parameters(), RATE, setting["steps"]),
        seed=seed,
        every=EVERY,
    )
    test = held()
    right = answered(model, test)
    found = {
        "numbers": sum(p.numel() for p in model.parameters()),
        "step": history.step,
        "loss": [round(value, 4) for value in history.loss],
        "right": right.mean(0).tolist(),
        "both": float(right.all(1).mean()),
    }
    if 1 < setting["heads"] <= MOST:
        found["looks"] = looks(model, test).round(4).tolist()
        found["without"] = [
            answered(model, test, head).mean(0).tolist() for head in range(setting["heads"])
        ]
    return found


def summary(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The trials of each setting, one a seed."""
    keys = ("numbers", "step", "loss", "right", "both", "looks", "without")
    return {
        "nets": [
            setting
            | {"runs": [{key: run[key] for key in keys if key in run} for run in runs]}
            | {"seconds": round(sum(run["seconds"] for run in runs) / len(runs), 1)}
            for setting, runs in by_setting(trials)
        ]
    }
