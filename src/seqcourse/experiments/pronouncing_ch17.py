"""The pronunciation ladder's Transformer, with smoothed labels and without.

Steps, batches and search are those of the other rungs, and it has about as many weights as chapter
11's networks. Its rate first rises, and then falls as theirs does. Its height was chosen on the dev
words by trials of 600 steps.
"""

from __future__ import annotations

from typing import Any

import torch

from seqcourse.data.pairs import PairBatch, pair_batches, pronunciation_pairs
from seqcourse.data.pronunciations import pronunciations
from seqcourse.data.words import END
from seqcourse.decoding import Hypothesis, sample
from seqcourse.experiments import Fit, by_setting
from seqcourse.experiments import _pronouncing as ladder
from seqcourse.experiments._rungs import summed_up
from seqcourse.experiments.spelling_ch17 import WarmAdam
from seqcourse.models.transformer_seq2seq import TransformerSeq2Seq

CHAPTER = 17
FAMILY = "pronouncing"
SEEDS = (0, 1, 2)

WIDTH, HEADS, LAYERS, FEEDFORWARD = 80, 4, 2, 320
RATE, WARM = 3e-3, 300


def settings() -> list[dict[str, Any]]:
    """As labels are, and with a tenth of each given to all symbols alike."""
    return [{"smoothing": 0.0}, {"smoothing": 0.1}]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One network on the training words: how it was trained, and what each search makes of it."""
    torch.manual_seed(seed)
    model = TransformerSeq2Seq(ladder.LETTERS, ladder.SOUNDS, WIDTH, HEADS, LAYERS, FEEDFORWARD)

    def loss(model: TransformerSeq2Seq, batch: PairBatch) -> torch.Tensor:
        source, _, target_in, target_out = map(torch.from_numpy, batch)
        return model.loss(source, None, target_in, target_out, setting["smoothing"])

    train, dev, test = pronunciations()
    searches = ladder.searches()
    first = searches["greedy"]
    history = fit(
        model,
        loss,
        pair_batches(pronunciation_pairs(train), ladder.SYMBOLS),
        steps=ladder.STEPS,
        optimizer=WarmAdam(model.parameters(), RATE, ladder.STEPS, WARM),
        clip=ladder.CLIP,
        seed=seed,
        evaluate=ladder.timed(lambda model: ladder.rates(first(model), dev[:: ladder.SOME])),
        every=ladder.EVERY,
    )
    model.eval()
    curve = history.plain()
    return {
        "numbers": sum(weight.numel() for weight in model.parameters()),
        "steps": ladder.STEPS,
        "training": ladder.training_seconds(curve),
        "curve": {key: curve[key] for key in ("step", "loss", "norm")}
        | {rate: [value[rate] for value in curve["value"]] for rate in ("per", "wer")},
        "search": {
            name: {part: ladder.scored(make(model), words) for part, words in asked}
            for name, make in searches.items()
            for asked in [[("dev", dev)] + [("test", test)] * (name != ladder.ON_DEV_ALONE)]
        },
        "says": ladder.said(first(model), dev[:: ladder.SHOWN]),
        "drawn": ladder.rates(drawn(model, seed), dev),
    }


def drawn(model: Any, seed: int) -> ladder.Say:
    """What is said when each symbol is drawn from the model's own law."""
    generator = torch.Generator().manual_seed(seed)

    @torch.no_grad()
    def say(source: torch.Tensor) -> list[Hypothesis]:
        most = ladder.longest(source.shape[1])
        room: dict[str, Any] = {"start": END, "stop": END, "max_steps": most}
        return sample(model.step, model.encode(source), generator=generator, **room)

    return say


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """A rung for each, a mean over the seeds; and the seeds' curves and rates."""
    found = summed_up(CHAPTER, trials, _name)
    for run, (_, runs) in zip(found["runs"], by_setting(trials), strict=True):
        run["drawn"] = [one["drawn"] for one in runs]
    return found


def _name(setting: dict[str, Any]) -> str:
    return "Transformer" + (", smoothed labels" if setting["smoothing"] else "")
