"""What beams find, over eight seeds: `translating`'s plain nets at two early stages of training.

And what follows a first mistake there: fed the right words or its own, in answers that have the
right length, and in those of another, where each later word stands at another's place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from seqcourse.data.pairs import Pairs, pair_batch
from seqcourse.data.words import END, IGNORE
from seqcourse.experiments import Fit, translating
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.models.seq2seq import EncoderDecoder

CHAPTER = 10
FAMILY = "translating"
SEEDS = (0, 1, 2, 3, 4, 5, 6, 7)


def settings() -> list[dict[str, Any]]:
    """Nets that have just begun to learn, and nets that are on their way."""
    return [{"steps": steps} for steps in translating.EARLIER]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net: what beams find, ranked by log p, and by log p / length."""
    known = translating.task()
    model = translating.network(len(known.source), len(known.target))
    fit(
        model,
        translating.paid,
        lambda rng: translating.some(known.train, rng),
        steps=setting["steps"],
        optimizer=FallingAdam(model.parameters(), translating.RATE, setting["steps"]),
        clip=translating.CLIP,
        seed=seed,
    )
    model.eval()
    asked = translating.first(known.test, translating.ASKED)
    found = [
        {"beam": beam, "alpha": alpha} | translating.searched(model, asked, beam, alpha)
        for alpha in translating.ALPHAS
        for beam in translating.BEAMS
    ]
    return {
        "beams": found,
        "places": translating.by_place(model, asked),
        "after": after_mistake(model, asked),
    }


@torch.no_grad()
def after_mistake(model: EncoderDecoder, pairs: Pairs) -> dict[str, dict[str, float]]:
    """Share of words right behind a first mistake, in answers of the right length and in others.

    At the same places, fed its own words and fed the right ones. A stop counts as a word; fed its
    own, a net writes on after its stop symbol, while the right answer goes on.
    """
    source, lengths, target_in, wanted = map(torch.from_numpy, pair_batch(pairs))
    forced = model(source, target_in, lengths).argmax(-1)  # (B, U)
    state, token, free = model.encode(source, lengths), target_in[:, 0], []
    for _ in range(wanted.shape[1]):
        law, state = model.step(token, state)
        token = law.argmax(-1)
        free.append(token)
    own, real = torch.stack(free, 1), wanted != IGNORE
    wrong = (own != wanted) & real
    behind = (wrong.cumsum(1) - wrong.long() > 0) & real
    same = (first_stop(own) == first_stop(wanted))[:, None]

    def share(right: Tensor, counted: Tensor) -> float:
        return float((right & counted).sum() / counted.sum().clamp(min=1))

    return {
        name: {
            "count": float(counted.sum()),
            "own": share(own == wanted, counted),
            "forced": share(forced == wanted, counted),
        }
        for name, counted in (("same", behind & same), ("other", behind & ~same))
    }


def first_stop(words: Tensor) -> Tensor:
    """(B,) the place of the first stop in (B, U) symbols; U where there is none."""
    going = (words != END).long().cumprod(1)
    return going.sum(1)


def summary(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The runs, as they are."""
    runs = [
        {key: run[key] for key in ("seed", "beams", "places", "after")}
        | {"steps": run["setting"]["steps"]}
        for run in trials
    ]
    return {"asked": translating.ASKED, "searched": runs}
