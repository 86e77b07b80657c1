"""Each letter of a word tagged silent or sounded: one way, one way some letters late, both ways.

All nets have about as many trained numbers, but for one both ways with as many units each way as
the others have one way. The letters of a batch come from words of one length,
so that nothing is padding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqcourse.data import pronunciations
from seqcourse.data.pronunciations import Pronunciation
from seqcourse.data.words import ALPHABET
from seqcourse.experiments import Fit, by_setting, spread
from seqcourse.experiments.spelling_ch04 import SYMBOLS, FallingAdam
from seqcourse.models.letter_sounds import laws, sounded
from seqcourse.models.tagger import Tagger
from seqcourse.nn import LSTM

CHAPTER = 9
FAMILY = "silent"
SEEDS = (0, 1, 2)

STEPS = 2500
EMBEDDING = 16
ONE_WAY, EACH_WAY = 64, 43  # units; twice 43 have as many weights as 64
RATE = 5e-3
CLIP = 1.0
DELAYS = (0, 1, 2, 3, 4, 6)

Words = list[tuple[Tensor, Tensor]]  # letters (N, T) and whether they are silent, for each length T


def tagged(words: Sequence[Pronunciation]) -> Words:
    """Words as numbers and their tags, those of one length together, the shortest first."""
    lengths: dict[int, list[tuple[list[int], np.ndarray]]] = {}
    for word, made in zip(words, sounded(laws(), words), strict=True):
        if made is not None:
            numbers = [ALPHABET.index(letter) for letter in word.word]
            lengths.setdefault(len(numbers), []).append((numbers, made == 0))
    return [
        (torch.tensor([n for n, _ in same]), torch.from_numpy(np.array([s for _, s in same])))
        for _, same in sorted(lengths.items())
    ]


def batches(words: Words) -> Callable[[np.random.Generator], tuple[Tensor, Tensor]]:
    """What draws letters and tags (B, T): words of one length, about 512 letters."""
    letters = np.array([tokens.numel() for tokens, _ in words])

    def draw(rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        tokens, tags = words[rng.choice(len(words), p=letters / letters.sum())]
        size = max(1, round(SYMBOLS / tokens.shape[1]))
        some = torch.from_numpy(rng.integers(0, len(tokens), size))
        return tokens[some], tags[some]

    return draw


def net(both_ways: bool, delay: int = 0, units: int | None = None) -> Tagger:
    """A tagger; its weights come from torch's generator."""
    units = units or (EACH_WAY if both_ways else ONE_WAY)
    layer = LSTM(EMBEDDING, units, batch_first=True, bidirectional=both_ways)
    return Tagger(layer, EMBEDDING, delay)


@torch.no_grad()
def errors(model: Tagger, words: Words) -> dict[str, Any]:
    """Shares of letters and of words tagged wrongly, and of each letter of the alphabet."""
    wrong, seen = np.zeros(len(ALPHABET)), np.zeros(len(ALPHABET))
    words_wrong = 0
    for tokens, tags in words:
        off = (model(tokens) > 0) != tags  # (N, T)
        wrong += np.bincount(tokens[off].numpy(), minlength=len(ALPHABET))
        seen += np.bincount(tokens.flatten().numpy(), minlength=len(ALPHABET))
        words_wrong += int(off.any(1).sum())
    by_letter = {a: round(w / n, 4) for a, w, n in zip(ALPHABET, wrong, seen, strict=True) if n}
    return {
        "letters": float(wrong.sum() / seen.sum()),
        "words": words_wrong / sum(len(tokens) for tokens, _ in words),
        "by_letter": by_letter,
    }


def settings() -> list[dict[str, Any]]:
    """Both ways first; `units` is the number in each direction."""
    both = [{"both_ways": True, "delay": 0, "units": units} for units in (EACH_WAY, ONE_WAY)]
    return both + [{"both_ways": False, "delay": d, "units": ONE_WAY} for d in DELAYS]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net, and what it gets wrong on the dev and on the test words."""
    data = pronunciations()
    train, dev, test = (tagged(words) for words in (data.train, data.dev, data.test))
    torch.manual_seed(seed)
    model = net(setting["both_ways"], setting["delay"], setting["units"])
    history = fit(
        model,
        lambda model, batch: model.loss(*batch),
        batches(train),
        steps=STEPS,
        optimizer=FallingAdam(model.parameters(), RATE, STEPS),
        clip=CLIP,
        seed=seed,
        every=250,
    )
    return {
        "curve": history.plain(),
        "numbers": sum(weight.numel() for weight in model.parameters()),
        "dev": errors(model, dev),
        "test": errors(model, test),
    }


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Of each setting the test errors over the seeds, and those of each letter on average."""
    found = []
    for setting, runs in by_setting(trials):
        rates = {k: spread(run["test"][k] for run in runs) for k in ("letters", "words")}
        by_letter = {
            letter: round(float(np.mean([run["test"]["by_letter"][letter] for run in runs])), 4)
            for letter in runs[0]["test"]["by_letter"]
        }
        more = {"numbers": runs[0]["numbers"], "by_letter": by_letter}
        dev = {"dev": spread(run["dev"]["letters"] for run in runs)}
        seconds = {"seconds": round(sum(run["seconds"] for run in runs) / len(runs))}
        found.append(setting | rates | dev | more | seconds)
    return {"settings": found}
