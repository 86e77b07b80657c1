"""The spelling ladder: its stored rungs are what the models pay today."""

from __future__ import annotations

import numpy as np
import pytest

from seqcourse.data import spellings
from seqcourse.experiments import result
from seqcourse.models import ngram

FOUND = result("spelling")
RUNGS = FOUND["rungs"]


def test_rungs_are_whole_and_fall() -> None:
    assert FOUND["unit"] == "nats per character"
    for rung in RUNGS:
        assert set(rung) == {"chapter", "model", "size", "dev", "test", "seeds"}
        assert isinstance(rung["model"], str) and rung["size"] >= 0 and rung["seeds"] >= 1
    for part in ("dev", "test"):
        losses = [rung[part] for rung in RUNGS if rung["chapter"] == 3]
        assert losses == sorted(losses, reverse=True)
        assert losses[0] == pytest.approx(np.log(27))


@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_stored_losses_hold(order: int) -> None:
    train, dev, test = spellings()
    model, rung = ngram.add_alpha(train, order), RUNGS[order + 1]
    found = {"dev": model.loss(dev), "test": model.loss(test)}
    assert found == pytest.approx({"dev": rung["dev"], "test": rung["test"]}, rel=1e-9)
    assert rung["size"] == len(model.tables[order].counts)


def test_the_best_was_chosen_on_the_dev_words() -> None:
    """Its neighbours in order and discount pay more there; the test words are not asked."""
    train, dev, _ = spellings()
    order, discount = FOUND["chosen"]["order"], FOUND["chosen"]["discount"]
    best = next(rung["dev"] for rung in RUNGS if rung["model"].startswith("Kneser–Ney"))
    assert ngram.kneser_ney(train, order, discount).loss(dev) == pytest.approx(best, rel=1e-9)
    for k, D in (
        (order - 1, discount),
        (order + 1, discount),
        (order, discount - 0.05),
        (order, discount + 0.05),
    ):
        assert ngram.kneser_ney(train, k, D).loss(dev) > best
