"""Run by torchrun, or alone: trains small models by `fit`, and prints what became of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqcourse.models.sequence_classifier import SequenceClassifier
from seqcourse.parallel import team
from seqcourse.training import History, fit

torch.set_num_threads(1)
FOLDER = Path(sys.argv[1])


class Killed(Exception):
    pass


def network(dropout: float = 0.0) -> nn.Module:
    torch.manual_seed(team().rank)  # the first one's weights are everyone's
    layers = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 1))
    layers.register_module("spare", nn.Linear(2, 2))
    return layers


def draw(rng: np.random.Generator, rows: int = 15) -> dict[str, Any]:
    x = rng.standard_normal((rows, 3)).astype(np.float32)
    return {"x": torch.from_numpy(x), "y": (x.sum(1, keepdims=True),), "name": "rows"}


def loss(model: Any, batch: dict[str, Any]) -> Tensor:
    out = model[3](model[2](model[1](model[0](batch["x"]))))
    return (out - torch.from_numpy(batch["y"][0])).square().mean()


def recurrent() -> dict[str, Any]:
    """A classifier on sequences, by lengths, from one seed in all processes."""
    torch.manual_seed(5)
    model = SequenceClassifier(nn.GRU(3, 6, batch_first=True), 4)
    asked = lambda model, batch: nn.functional.cross_entropy(model(batch[0], batch[1]), batch[2])  # noqa: E731

    def sequences(rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        x = torch.from_numpy(rng.standard_normal((8, 5, 3)).astype(np.float32))
        lengths = torch.from_numpy(rng.integers(1, 6, 8))
        return x, lengths, torch.from_numpy(rng.integers(0, 4, 8))

    return told(fit(model, asked, sequences, steps=12, every=4, clip=1.0, progress=False), model)


def padded() -> dict[str, Any]:
    """A mean over the places that are real: rows have different numbers of them."""
    torch.manual_seed(6)
    model = nn.Linear(3, 1)

    def batch(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        real = np.arange(9) < rng.integers(1, 10, (8, 1))
        return rng.standard_normal((8, 9, 3)).astype(np.float32), real

    def asked(model: Any, batch: Any) -> Tensor:
        x, real = map(torch.from_numpy, batch)
        return (model(x)[..., 0] - 1).square()[real].mean()

    count = lambda batch: batch[1].sum()  # noqa: E731
    return told(fit(model, asked, batch, steps=12, every=4, count=count, progress=False), model)


def told(history: History, model: nn.Module) -> dict[str, Any]:
    entries = {key: value for key, value in history.plain().items() if key != "seconds"}
    return entries | {"weights": [p.flatten().tolist() for p in model.parameters()]}


def trained(
    steps: int = 20, die: bool = False, checkpoint: Path | None = None, **options: Any
) -> dict[str, Any]:
    model = network()
    batches = 0

    def counted(rng: np.random.Generator) -> dict[str, Any]:
        nonlocal batches
        batches += 1
        if die and batches == 13:
            raise Killed
        return draw(rng)

    settings: dict[str, Any] = {"every": 5, "lr": 0.01, "clip": 1.0, "progress": False} | options
    try:
        history = fit(model, loss, counted, steps=steps, checkpoint=checkpoint, **settings)
    except Killed:
        return {}
    return told(history, model)


def failing(error: str) -> str:
    """What fit says where something is wrong in one process, or in all."""

    def evaluate(_: nn.Module) -> float:
        if error == "evaluate":
            raise ArithmeticError("only the first one evaluates")
        return 0.0

    batch = (lambda rng: draw(rng, 1)) if error == "rows" else draw
    asked = (lambda model, batch: 3.0) if error == "loss" else loss
    try:
        fit(network(), asked, batch, steps=3, every=1, evaluate=evaluate, progress=False)  # type: ignore[arg-type]
    except Exception as found:
        return f"{type(found).__name__}: {found}"
    return "nothing"


def main() -> None:
    import seqcourse.training

    seqcourse.training.SECONDS = 0.0  # a checkpoint at each entry
    seen: list[int] = []
    path = FOLDER / "kept.checkpoint"
    found: dict[str, Any] = {"recurrent": recurrent(), "padded": padded()}
    found["plain"] = trained()
    found["again"] = trained(die=True, checkpoint=path) or trained(checkpoint=path)
    found["dropout"] = told(
        fit(network(0.5), loss, draw, steps=20, every=20, progress=False), network()
    )["loss"]
    found["values"] = trained(evaluate=lambda model: seen.append(1) or team().rank)["value"]
    found["stopped"] = trained(stop=lambda history: team().rank == team().size - 1)["step"]
    found["late"] = trained(minutes=1e-9 if team().first else None)["step"]
    found["errors"] = {error: failing(error) for error in ("rows", "evaluate", "loss")}
    found["evaluated"] = len(seen)
    name = FOLDER / f"{team().rank}-of-{team().size}.json"
    name.write_text(json.dumps(found), "utf-8")


main()
