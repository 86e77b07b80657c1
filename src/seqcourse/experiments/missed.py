"""Which quarter of its patches a Vision Transformer misses most, left out or painted over.

The nets are those of `crossover` and `larger` without shifts, trained again. A quarter of each test
picture's patches is taken away, chosen in several ways: by attention rollout, by how much ink they
hold, by lot. Left out, they are no part of the sequence; painted over, they are paper.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from seqcourse.experiments import Fit, by_setting
from seqcourse.experiments.crossover import (
    EVERY,
    KINDS,
    batches,
    few,
    load,
    loss,
    net,
    right,
    tensors,
)
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.models.vit import ViT
from seqcourse.models.vit_rollout import rollout
from seqcourse.nn.patches import patchify, unpatchify

CHAPTER = 19
FAMILY = "pictures"
SEEDS = (0, 1, 2)

OTHERS = (1, 100, 400)  # how far off in the test the other picture stands whose map is used
LOTS = 3


def settings() -> list[dict[str, Any]]:
    """Which pictures, and how many are learnt from."""
    return [
        {"data": "8 × 8", "pictures": 300},
        {"data": "8 × 8", "pictures": 898},
        {"data": "28 × 28", "pictures": 4000},
    ]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One ViT, trained, and tested with patches taken away."""
    data = setting["data"]
    kind = KINDS[data]
    pool, test = load(data)
    train = few(pool, setting["pictures"], seed)
    torch.manual_seed(seed)
    model = net("vit", data)
    assert isinstance(model, ViT)
    fit(
        model,
        loss,
        batches(train, kind.batch),
        steps=kind.steps,
        optimizer=FallingAdam(model.parameters(), kind.rates["vit"], kind.steps),
        seed=seed,
        every=EVERY,
    )
    return {"right": right(model, test)} | away(model, *tensors(test), seed)


def ranks(flow: Tensor, ink: Tensor, seed: int) -> dict[str, list[Tensor]]:
    """For each way of choosing, one or more tables (N, T): the patches with most are chosen.

    Args:
        flow: of rollout, from CLS to the patches, (N, T).
        ink: of each patch, (N, T).
        seed: of the lots.
    """
    lots = torch.Generator().manual_seed(seed)
    return {
        "rollout": [flow],
        "another's": [flow.roll(by, 0) for by in OTHERS],
        "mean map": [flow.mean(0).expand_as(flow)],
        "least rollout": [-flow],
        "most ink": [ink],
        "least ink": [-ink],
        "lot": [torch.rand(flow.shape, generator=lots) for _ in range(LOTS)],
    }


@torch.no_grad()
def away(model: ViT, images: Tensor, labels: Tensor, seed: int) -> dict[str, Any]:
    """Shares told right with a quarter of the patches taken away, and which patches these are."""
    patch, size = model.embedding.patch, images.shape[-1]
    rows = patchify(images, patch)
    ink = rows.mean(-1)
    paper = ink == 0
    flow = rollout(model.attention(images))[:, 0, 1:]
    count = rows.shape[1] // 4

    def told(pictures: Tensor, keep: Tensor | None = None) -> float:
        return float((model(pictures, keep).argmax(1) == labels).double().mean())

    left_out, painted, blank = {}, {}, {}
    for name, tables in ranks(flow, ink, seed).items():
        orders = [table.argsort(dim=1, descending=True, stable=True) for table in tables]
        shown = [torch.ones_like(ink).scatter(1, order[:, :count], 0.0) for order in orders]
        covered = [unpatchify(rows * s[..., None], patch, (size, size)) for s in shown]
        chosen = [paper.gather(1, order[:, :count]).double().mean().item() for order in orders]
        left_out[name] = _mean([told(images, order[:, count:]) for order in orders])
        painted[name] = _mean([told(pictures) for pictures in covered])
        blank[name] = _mean(chosen)
    made = model.embedding(images).norm(dim=-1)
    lengths = {
        "place": model.patch_positions().norm(dim=-1),
        "paper": made[paper],
        "ink": made[~paper],
    }
    return {
        "left out": left_out,
        "painted": painted,
        "paper": blank | {"all": _mean(paper.double().flatten().tolist())},
        "lengths": {name: round(part.mean().item(), 2) for name, part in lengths.items()},
        "count": count,
    }


def _mean(shares: list[float]) -> float:
    return round(sum(shares) / len(shares), 4)


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Each setting with what each seed's net told right."""
    keys = ("right", "left out", "painted", "paper", "lengths", "seconds")
    nets = []
    for setting, runs in by_setting(trials):
        entry = setting | {key: [run[key] for run in runs] for key in keys}
        nets.append(entry | {"count": runs[0]["count"]})
    return {"nets": nets}
