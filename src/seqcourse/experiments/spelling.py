"""The spelling ladder: what each kind of model pays for the letters of words held back.

Order and discount are chosen on the dev words alone; the test words are scored once, by the models
so chosen. Nothing is drawn by lot, so one run stands for all seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from seqcourse.data import spellings
from seqcourse.experiments import Fit
from seqcourse.models import ngram

CHAPTER = 3
FAMILY = "counts"
SEEDS = (0,)
ORDERS = range(1, 9)
DISCOUNTS = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
ADD_ONE = {"unigram, add-one": 0, "bigram, add-one": 1, "trigram, add-one": 2}
NOTHING = ngram.NGram(0, {})  # no counts: every symbol is as likely as any other


def settings() -> list[dict[str, Any]]:
    """The models, from the first rung to the best."""
    return [{"model": name} for name in ("uniform", *ADD_ONE, "Kneser–Ney")]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One rung; `size` counts the numbers that a model stores.

    `chosen` holds order and discount of Kneser–Ney, both picked by the loss on the dev words.
    """
    name, chosen = setting["model"], {}
    train, dev, test = spellings()
    if name == "uniform":
        model = NOTHING
    elif name in ADD_ONE:
        model = ngram.add_alpha(train, ADD_ONE[name])
    else:
        model = _best(train, dev)
        chosen = {"order": model.order, "discount": model.discount}
        name = f"{name}, k = {model.order}"
    rung = {
        "chapter": CHAPTER,
        "model": name,
        "size": sum(len(table.counts) for table in model.tables.values()),
        "dev": model.loss(dev),
        "test": model.loss(test),
        "seeds": len(SEEDS),
    }
    return {"rung": rung, "chosen": chosen}


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """The rungs, from the first to the best."""
    return {
        "unit": "nats per character",
        "rungs": [found["rung"] for found in trials],
        "chosen": trials[-1]["chosen"],
    }


def _best(train: Sequence[str], dev: Sequence[str]) -> ngram.NGram:
    """Kneser–Ney with the order and the discount that pay least on the dev words."""
    tried = (
        replace(model, discount=discount)
        for model in (ngram.kneser_ney(train, order) for order in ORDERS)
        for discount in DISCOUNTS
    )
    return min(tried, key=lambda model: model.loss(dev))
