"""Digits told by a Vision Transformer, a CNN and a support vector machine, by how many they saw.

Both nets have about as many numbers, and as many steps of as many pictures; on the small pictures
each net's rate was chosen, with those of training alone. Pictures to learn from are drawn by the
seed, those of the test are the same for all. With shifts, each picture moves by a few pixels every
time it is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from seqcourse.data.images import Digits, digits, small_digits
from seqcourse.experiments import Fit, by_setting, spread
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.models.small_cnn import SmallCNN
from seqcourse.models.vit import ViT
from seqcourse.models.vit_rollout import rollout
from seqcourse.nn.positions_2d import place_similarity

CHAPTER = 19
FAMILY = "pictures"
SEEDS = (0, 1, 2)

CLASSES, WIDTH, HEADS, LAYERS = 10, 32, 4, 3
CHANNELS = (16, 32, 112)  # about as many numbers as the ViT has
EVERY = 50
DELETED = (0, 2, 4, 6, 8, 12, 16, 20, 24)  # patches taken away, of 49
AT_ONCE = 250  # pictures, in a test
SHOWN = 6  # test pictures whose maps are kept


class Kind(NamedTuple):
    """One of the two data sets.

    Args:
        size: pixels of a side.
        patch: of the ViT's patches.
        train: how many pictures, from the first on, may be learnt from.
        shift: pixels by which a picture moves at most.
        halved: of the CNN.
        steps, batch: of training.
        rates: of the nets, at first; they fall to nothing.
        counts: of pictures to learn from.
        shifted: those with which shifts are tried, too.
    """

    size: int
    patch: int
    train: int
    shift: int
    halved: int
    steps: int
    batch: int
    rates: dict[str, float]
    counts: tuple[int, ...]
    shifted: tuple[int, ...]


_SMALL, _LARGE = {"vit": 6e-3, "cnn": 1e-2}, {"vit": 3e-3, "cnn": 3e-3}
KINDS = {
    "8 × 8": Kind(8, 2, 898, 1, 1, 600, 64, _SMALL, (100, 300, 898), (100, 898)),
    "28 × 28": Kind(28, 4, 4000, 2, 2, 600, 32, _LARGE, (4000,), (4000,)),
}

Batch = tuple[Tensor, Tensor]


def load(data: str) -> tuple[Digits, Digits]:
    """All that may be learnt from, and the test."""
    whole = small_digits() if data == "8 × 8" else digits()
    cut = KINDS[data].train
    return Digits(*(part[:cut] for part in whole)), Digits(*(part[cut:] for part in whole))


def few(pictures: Digits, count: int, seed: int) -> Digits:
    """So many of them, drawn by the seed."""
    drawn = np.random.default_rng(seed).permutation(len(pictures.label))[:count]
    return Digits(*(part[drawn] for part in pictures))


def net(name: str, data: str, **options: Any) -> ViT | SmallCNN:
    """An untrained "vit" or "cnn"; options are the ViT's."""
    kind = KINDS[data]
    if name == "cnn":
        return SmallCNN(CLASSES, CHANNELS, kind.halved)
    return ViT(kind.size, kind.patch, CLASSES, WIDTH, HEADS, LAYERS, **options)


def tensors(pictures: Digits) -> Batch:
    """Pictures (N, 1, S, S), and labels."""
    return torch.from_numpy(pictures.image)[:, None], torch.from_numpy(pictures.label)


def shifted(images: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Each of (N, S, S) moved by up to `most` pixels down and across; paper comes in."""
    side = images.shape[1]
    wide = np.pad(images, ((0, 0), (most, most), (most, most)))
    windows = np.lib.stride_tricks.sliding_window_view(wide, (side, side), axis=(1, 2))
    down, across = rng.integers(0, 2 * most + 1, (2, len(images)))
    moved: np.ndarray = windows[np.arange(len(images)), down, across]
    return moved


def batches(pictures: Digits, size: int, shift: int = 0) -> Callable[[np.random.Generator], Batch]:
    """Draws batches of so many of them."""

    def draw(rng: np.random.Generator) -> Batch:
        at = rng.integers(0, len(pictures.label), size)
        images = pictures.image[at]
        moved = shifted(images, shift, rng) if shift else images
        return tensors(Digits(moved, pictures.label[at]))

    return draw


def loss(model: ViT | SmallCNN, batch: Batch) -> Tensor:
    """Cross-entropy."""
    return model.loss(*batch)


@torch.no_grad()
def right(model: ViT | SmallCNN, pictures: Digits) -> float:
    """The share of pictures that are told right."""
    images, labels = tensors(pictures)
    told = torch.cat(
        [
            model(part).argmax(1)
            for part in images.split(AT_ONCE)  # type: ignore[no-untyped-call]
        ]
    )
    return round(float((told == labels).double().mean()), 4)


def machine(train: Digits, test: Digits, shifts: bool = False) -> float:
    """What scikit-learn's support vector machine tells right, as it comes.

    With shifts it sees each picture five times: as it is, and a pixel to each of four sides.
    """
    from sklearn.svm import SVC

    images, labels = train.image, train.label
    if shifts:
        moves = [(0, 1), (0, -1), (1, 1), (1, -1)]
        images = np.concatenate([images, *(np.roll(images, by, axis + 1) for axis, by in moves)])
        labels = np.tile(labels, 5)
    fitted = SVC().fit(images.reshape(len(images), -1), labels)
    return round(float(fitted.score(test.image.reshape(len(test.image), -1), test.label)), 4)


def grid(data: str) -> list[dict[str, Any]]:
    """How many pictures, shifts, net."""
    kind = KINDS[data]
    found = []
    for pictures in kind.counts:
        for shifts in (False, True):
            if shifts and pictures not in kind.shifted:
                continue
            for name in ("vit", "cnn"):
                row = {"data": data, "pictures": pictures, "shifts": shifts, "net": name}
                found.append(row)
    return found


def settings() -> list[dict[str, Any]]:
    """Those of the small pictures; `larger` has the others."""
    return grid("8 × 8")


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net; beside the CNN, the support vector machine on the same pictures."""
    data, shifts, name = setting["data"], setting["shifts"], setting["net"]
    kind = KINDS[data]
    pool, test = load(data)
    train = few(pool, setting["pictures"], seed)
    torch.manual_seed(seed)
    model = net(name, data)
    history = fit(
        model,
        loss,
        batches(train, kind.batch, kind.shift if shifts else 0),
        steps=kind.steps,
        optimizer=FallingAdam(model.parameters(), kind.rates[name], kind.steps),
        seed=seed,
        every=EVERY,
    )
    found: dict[str, Any] = {
        "right": right(model, test),
        "learnt": right(model, Digits(*(part[: len(test.label)] for part in train))),
        "loss": float(f"{history.loss[-1]:.3g}"),
        "numbers": sum(p.numel() for p in model.parameters()),
        "machine": None,
        "looks": None,
    }
    if name == "cnn" and not (shifts and kind.size == 28):
        found["machine"] = machine(train, test, shifts)
    if isinstance(model, ViT) and shifts and kind.size == 28:
        found["looks"] = looks(model, test, seed)
    return found


def orders(model: ViT, pictures: Digits, seed: int) -> dict[str, np.ndarray]:
    """For each picture, its patches in the order in which they are taken away, (N, T)."""
    images, _ = tensors(pictures)
    weights = model.attention(images)
    flow = rollout(weights)[:, 0, 1:]  # from CLS to the patches
    last = weights[-1].mean(1)[:, 0, 1:]
    patch = model.embedding.patch
    ink = torch.nn.functional.avg_pool2d(images, patch).flatten(1)
    rng = np.random.default_rng(seed)
    lot = torch.from_numpy(rng.random(flow.shape))
    ranks = {"rollout": flow, "last layer": last, "ink": ink, "lot": lot, "least rollout": -flow}
    return {name: rank.argsort(1, descending=True).numpy() for name, rank in ranks.items()}


@torch.no_grad()
def looks(model: ViT, test: Digits, seed: int) -> dict[str, Any]:
    """What rollout names, what taking it away does, and how alike the learnt places are."""
    images, labels = tensors(test)
    deleted = {}
    for name, order in orders(model, test, seed).items():
        kept = []
        for count in DELETED:
            scores = model(images, torch.from_numpy(order[:, count:].copy()))
            kept.append(round(float((scores.argmax(1) == labels).double().mean()), 4))
        deleted[name] = kept
    some = images[:SHOWN]
    flow = rollout(model.attention(some))[:, 0, 1:]
    alike = place_similarity(model.patch_positions())
    return {
        "deleted": deleted,
        "maps": [[round(float(share), 4) for share in row] for row in flow],
        "similarity": [[round(float(cosine), 2) for cosine in row] for row in alike],
    }


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Each setting with the share told right over the seeds, and the seconds."""
    nets = []
    for setting, runs in by_setting(trials):
        entry = setting | {key: [run[key] for run in runs] for key in ("right", "learnt", "looks")}
        entry |= {"numbers": runs[0]["numbers"], "spread": spread(run["right"] for run in runs)}
        entry["seconds"] = [run["seconds"] for run in runs]
        machines = [run["machine"] for run in runs if run["machine"] is not None]
        nets.append(entry | {"machine": machines or None})
    kind = KINDS[trials[0]["setting"]["data"]]
    return {"nets": nets, "batch": kind.batch, "steps": kind.steps, "deleted": list(DELETED)}
