"""The pronunciation ladder's first rungs, which need no network: a table, and the nearest word.

How many neighbours the table sees is chosen by the word error rate on the dev words; the test words
are scored once, by the tables so chosen. Nothing is drawn by lot, so one run stands for all seeds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seqcourse.data.pronunciations import pronunciations
from seqcourse.experiments import Fit, spread
from seqcourse.experiments._pronouncing import Answer, error_rates, tabled
from seqcourse.experiments._rungs import RATES, UNIT, rung
from seqcourse.models.letter_contexts import learn
from seqcourse.models.nearest_word import NearestWord

CHAPTER = 10
FAMILY = "letters and sounds"
SEEDS = (0,)
WIDEST = 8  # neighbours


def settings() -> list[dict[str, Any]]:
    """The models, from the first rung to the best."""
    return [{"model": name} for name in ("letter by letter", "nearest word", "letters in context")]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One rung: rates in percent, and how much is stored.

    `by_width` holds [neighbours, entries, PER, WER] on the dev words, for the table in context.
    """
    train, dev, test = pronunciations()
    by_width: list[list[float]] = []
    say: Callable[[str], Answer]
    if setting["model"] == "nearest word":
        say, size = NearestWord(train), sum(len(word.word) for word in train)
        size += sum(len(word.spoken[0]) for word in train)  # letters and phonemes
    else:
        table = learn(train, 0 if setting["model"] == "letter by letter" else WIDEST)
        for width in range(len(table.tables)):
            some = table.narrowed(width)
            rates = error_rates([some(word.word) for word in dev], dev)
            by_width.append([width, some.size, rates["per"], rates["wer"]])
        table = table.narrowed(min(range(len(by_width)), key=lambda width: by_width[width][3]))
        say, size = table, table.size
    found: dict[str, Any] = {
        name: tabled([say(word.word) for word in words], words)
        for name, words in {"dev": dev, "test": test}.items()
    }
    return found | {"size": size, "by_width": by_width}


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """The rungs, and what was found."""
    rungs = [
        rung(
            CHAPTER,
            found["setting"]["model"],
            found["size"],
            **{
                part: {rate: spread([found[part][rate]]) for rate in RATES}
                for part in ("dev", "test")
            },
            seeds=len(SEEDS),
        )
        for found in trials
    ]
    return {"unit": UNIT, "rungs": rungs, "runs": trials}
