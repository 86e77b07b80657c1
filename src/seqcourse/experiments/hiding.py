"""What attention's weights are worth: the readers of number words, with places hidden from them.

The networks and the training are those of `aligning`. Each word of an answer is asked for again,
after the right words before it, with some letters of the source hidden, with all, or with all but
its own. A word that comes out the same with *all* hidden never needed to read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from seqcourse.data.numbers import number_pairs
from seqcourse.data.pairs import PairBatch, Pairs, pair_batch, pair_batches
from seqcourse.experiments import Fit, aligning
from seqcourse.experiments.aligning import SCORES, own_letters, reading
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.models.seq2seq import EncoderDecoder
from seqcourse.models.state import swapped

CHAPTER = 11
FAMILY = "aligning"
SEEDS = (0, 1, 2)
ASKED, EVERY = 200, 100  # test numbers; steps between two looks at the dev words


class Asked(NamedTuple):
    """A number with U words and T letters: batch, and the letters that make each word (U, T)."""

    batch: PairBatch
    own: Tensor


def asked(numbers: Iterable[int]) -> Iterator[Asked]:
    """Numbers from 1 to 9,999, one a batch."""
    for number in numbers:
        cut = aligning.pieces(number)
        source = tuple(aligning.LETTERS.index(letter) + 1 for letter in "".join(cut.german))
        words = (cut.english[place] for place in aligning.order(cut))
        target = tuple(aligning.WORDS.index(word) + 1 for word in words)
        yield Asked(pair_batch(Pairs((source,), (target,))), own_letters(number))


def hidings(weights: Tensor, own: Tensor, rng: torch.Generator) -> dict[str, Tensor]:
    """What is hidden, (U, T) bool each.

    Args:
        weights: (U, T) of attention.
        own: (U, T), the letters that make each word.
        rng: for `others`, as many places as `own` has, or all there are, none of them its own.
    """
    lots = torch.rand(own.shape, generator=rng).masked_fill(own, -1)
    place = lots.argsort(-1, descending=True).argsort(-1)  # 0 for the largest lot of a row
    others = (place < own.sum(-1, keepdim=True)) & ~own
    peak = nn.functional.one_hot(weights.argmax(-1), own.shape[-1]).bool()
    return {"peak": peak, "own": own, "others": others, "all but own": ~own}


def worth(model: EncoderDecoder, numbers: Iterable[int]) -> dict[str, float]:
    """Shares, over the words that the network gets right after the right words before.

    `needs`: come out otherwise when it reads nothing. Of these: how many come out otherwise with
    each of `hidings`. Of all: `weight` on the word's own letters, `largest` weight there, `alike`:
    the largest weight is at the state that is most similar, by the cosine, to the one that asks;
    `chance` of that.
    """
    rng, rows = torch.Generator().manual_seed(0), []
    for batch, own in asked(numbers):
        read = reading(model, batch)
        words, weights = torch.from_numpy(batch.target_out)[0, :-1], read.weights[0, :-1]

        def same(hide: Tensor, batch: PairBatch = batch, words: Tensor = words) -> Tensor:
            hide = torch.cat([hide, torch.zeros(1, hide.shape[1], dtype=torch.bool)])
            return reading(model, batch, hide[None]).logits[0, :-1].argmax(-1) == words

        seen = {
            "right": read.logits[0, :-1].argmax(-1) == words,
            "needs": ~same(torch.ones_like(own)),
            "weight": (weights * own).sum(-1),
            "largest": own.gather(1, weights.argmax(-1, keepdim=True))[:, 0],
            "alike": nearest(model, batch)[:-1] == weights.argmax(-1),
            "chance": torch.full(words.shape, 1 / own.shape[1]),
        }
        seen |= {name: ~same(hide) for name, hide in hidings(weights, own, rng).items()}
        rows.append(torch.stack([value.double() for value in seen.values()]))
    table = dict(zip(seen, torch.cat(rows, 1), strict=True))
    right = table["right"].bool()
    found = {key: table[key][right].mean().item() for key in ("needs", *_OF_ALL)}
    right &= table["needs"].bool()
    return found | {key: table[key][right].mean().item() for key in _OF_THESE}


_OF_ALL = ("weight", "largest", "alike", "chance")
_OF_THESE = ("peak", "own", "others", "all but own")


@torch.no_grad()
def nearest(model: EncoderDecoder, batch: PairBatch) -> Tensor:
    """(U + 1,): where the encoder's state is most similar to the decoder's, of one number."""
    decoder: Any = model.decoder
    state = model.encode(torch.from_numpy(batch.source))
    x = decoder.embedding(torch.from_numpy(batch.target_in))
    states = decoder.layer(x, swapped(state["layer"]))[0]  # (1, U + 1, H)
    alike = nn.functional.cosine_similarity(states[0, :, None], state["memory"], dim=-1)
    return alike.argmax(-1)


def by_digits(model: EncoderDecoder) -> list[dict[str, int]]:
    """Of numbers with one and two, three, four digits: in training, in the test, wrong there."""
    split = number_pairs("de", "en")
    wrong = aligning.wrong(model, aligning.data()[2])
    train, test = (np.array(part.number) for part in (split.train, split.test))
    return [
        {
            "least": low,
            "train": int(((train >= low) & (train < end)).sum()),
            "test": int(((test >= low) & (test < end)).sum()),
            "wrong": int(wrong[(test >= low) & (test < end)].sum()),
        }
        for low, end in ((0, 100), (100, 1000), (1000, 10_000))
    ]


def settings() -> list[dict[str, Any]]:
    """Three scores, in Luong's timing; the general one for twice the steps, too."""
    every = [*((score, aligning.STEPS) for score in SCORES), ("general", aligning.LONGER)]
    return [{"attention": score, "timing": "luong", "steps": steps} for score, steps in every]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One network, and what its weights are worth."""
    train, dev, test = aligning.data()
    torch.manual_seed(seed)
    model = aligning.model_of(setting)
    history = fit(
        model,
        aligning.loss,
        pair_batches(train, aligning.SYMBOLS),
        steps=setting["steps"],
        optimizer=FallingAdam(model.parameters(), aligning.RATE, setting["steps"]),
        clip=aligning.CLIP,
        seed=seed,
        evaluate=lambda model: float(aligning.wrong(model, dev).mean()),
        every=EVERY,
    )
    numbers = [number for number in number_pairs("de", "en").test.number if number][:ASKED]
    return {
        "loss": [round(value, 4) for value in history.loss],
        "test": float(aligning.wrong(model, test).mean()),
        "worth": worth(model, numbers),
        "by_digits": by_digits(model),
    }


def summary(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Each network's shares and mistakes."""
    kept = ("seed", "loss", "test", "worth", "by_digits")
    return {
        "numbers": ASKED,
        "runs": [dict(trial["setting"]) | {key: trial[key] for key in kept} for trial in trials],
    }
