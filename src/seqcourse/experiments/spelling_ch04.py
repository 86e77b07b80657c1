"""The spelling ladder's recurrent rungs, and the same network on words spelled backwards.

Sizes, rate and number of steps were chosen on the dev words; the test words are scored here alone.
A batch holds words of one length, so that nothing is padding: the length is drawn by its share of
the symbols, so that every symbol of the training words is as likely as any other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqcourse.data import spellings
from seqcourse.data.words import ALPHABET, batch
from seqcourse.experiments import Fit, by_setting
from seqcourse.models.language_model import LanguageModel, sample_words, spelling_nats
from seqcourse.nn import RNN

CHAPTER = 4
FAMILY = "spelling"
SEEDS = (0, 1, 2)

STEPS = 12_000
SYMBOLS = 512  # in a batch, about
EMBEDDING = 32
RATE = 4e-3  # falls to nothing in a straight line
CLIP = 1.0

Tokens = tuple[Tensor, Tensor]


class FallingAdam(torch.optim.Adam):
    """Adam whose rate falls in a straight line to nothing over `steps` steps.

    The rate of its groups stays what it was at first: how far it has fallen is counted by Adam's
    own state, which a checkpoint keeps.
    """

    def __init__(self, parameters: Any, lr: float, steps: int) -> None:
        super().__init__(parameters, lr=lr)
        self.first, self.steps = lr, steps

    def step(self, closure: Any = None) -> Any:
        done = max((float(kept["step"]) for kept in self.state.values()), default=0.0)
        for group in self.param_groups:
            group["lr"] = self.first * max(1 - done / self.steps, 0.0)
        found = super().step(closure)
        for group in self.param_groups:
            group["lr"] = self.first
        return found


def settings() -> list[dict[str, Any]]:
    """The small one both ways, and the larger one."""
    return [
        {"hidden": 64, "backwards": False},
        {"hidden": 64, "backwards": True},
        {"hidden": 256, "backwards": False},
    ]


def batches(words: Sequence[str]) -> Callable[[np.random.Generator], Tokens]:
    """What draws inputs and targets (B, T) from words: B words of one length, T symbols each."""
    lengths: dict[int, list[str]] = {}
    for word in words:
        lengths.setdefault(len(word) + 1, []).append(word)
    tokens = [tuple(map(torch.from_numpy, batch(same))) for same in lengths.values()]
    symbols = np.array([inputs.numel() for inputs, _ in tokens])

    def draw(rng: np.random.Generator) -> Tokens:
        inputs, targets = tokens[rng.choice(len(tokens), p=symbols / symbols.sum())]
        size = max(1, round(SYMBOLS / inputs.shape[1]))
        some = torch.from_numpy(rng.integers(0, len(inputs), size))
        return inputs[some], targets[some]

    return draw


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One network on the training words: its curve on the dev words, and what it pays."""
    turn = -1 if setting["backwards"] else 1
    train, dev, test = ([word[::turn] for word in part] for part in spellings())
    torch.manual_seed(seed)
    layer = RNN(EMBEDDING, setting["hidden"], batch_first=True)
    model = LanguageModel(len(ALPHABET), layer, EMBEDDING)
    history = fit(
        model,
        lambda model, tokens: model.loss(*tokens),
        batches(train),
        steps=STEPS,
        optimizer=FallingAdam(model.parameters(), RATE, STEPS),
        clip=CLIP,
        seed=seed,
        evaluate=lambda model: spelling_nats(model, dev),
        every=2000,
    )
    return {
        "curve": history.plain(),
        "numbers": sum(weight.numel() for weight in model.parameters()),
        "dev": spelling_nats(model, dev),
        "test": spelling_nats(model, test),
        "drawn": [word[::turn] for word in sample_words(model, 12, seed=seed)],
    }


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """The rungs, means over the seeds; and of each setting its seeds' curves and losses."""
    groups = by_setting(trials)
    return {
        "unit": "nats per character",
        "rungs": [
            {
                "chapter": CHAPTER,
                "model": f"RNN, H = {setting['hidden']}",
                "size": runs[0]["numbers"],
                "dev": float(np.mean([run["dev"] for run in runs])),
                "test": float(np.mean([run["test"] for run in runs])),
                "seeds": len(runs),
            }
            for setting, runs in groups
            if not setting["backwards"]
        ],
        "runs": [
            setting
            | {key: [run[key] for run in runs] for key in ("seconds", "dev", "curve", "drawn")}
            for setting, runs in groups
        ],
    }
