"""The spelling ladder: what each kind of model pays for the letters of words held back.

Order and discount are chosen on the dev words alone; the test words are scored once, by the models
so chosen. Nothing is drawn by lot, so one run stands for all seeds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from seqcourse.data import spellings
from seqcourse.models import ngram

SEEDS = (0,)
ORDERS = range(1, 9)
DISCOUNTS = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
NOTHING = ngram.NGram(0, {})  # no counts: every symbol is as likely as any other


def run() -> dict[str, Any]:
    """The rungs, from the first to the best; `size` counts the numbers that a model stores.

    `chosen` holds order and discount of the last one, both picked by the loss on the dev words.
    """
    train, dev, test = spellings()
    tried = {}
    for order in ORDERS:
        model = ngram.kneser_ney(train, order)
        for discount in DISCOUNTS:
            tried[order, discount] = replace(model, discount=discount).loss(dev)
    order, discount = min(tried, key=lambda pair: tried[pair])
    models = {
        "uniform": NOTHING,
        "unigram, add-one": ngram.add_alpha(train, 0),
        "bigram, add-one": ngram.add_alpha(train, 1),
        "trigram, add-one": ngram.add_alpha(train, 2),
        f"Kneser–Ney, k = {order}": ngram.kneser_ney(train, order, discount),
    }
    return {
        "unit": "nats per character",
        "rungs": [
            {
                "chapter": 3,
                "model": name,
                "size": sum(len(table.counts) for table in model.tables.values()),
                "dev": model.loss(dev),
                "test": model.loss(test),
                "seeds": len(SEEDS),
            }
            for name, model in models.items()
        ],
        "chosen": {"order": order, "discount": discount},
    }
