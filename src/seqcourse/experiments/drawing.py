"""Captions to pictures: a codebook, a Transformer over words and codes, and who judges them.

A trial on shapes trains two VQ-VAEs, one that restarts dead codes and one that does not; over the
first one's codes a Transformer; and three readers of pictures. Two judge, and have seen every pair
of colour and shape. The third ranks drawings: it is built otherwise, has seen other pictures, and
none of a pair that is held out. A trial on digits trains a judge alone, to see whether it could be
trusted there.
"""

from __future__ import annotations

import base64
import io
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqcourse.data.captions import COLOURS, NAMES, captions
from seqcourse.data.shapes import FORMS, PLACES, SIDE, all_things, caption_of, shapes
from seqcourse.experiments import Fit, by_setting, spread
from seqcourse.models.picture_reader import Kind, PictureReader
from seqcourse.models.text_to_image import TextToImage
from seqcourse.models.vq_vae import VQVAE
from seqcourse.nn.vector_quantiser import IDLE

CHAPTER = 20
FAMILY = "shapes"
SEEDS = (0, 1, 2)

WORDS = ("a", "at", "the", *COLOURS, *FORMS, "top", "bottom", "left", "right")
COUNTS = (len(COLOURS), len(FORMS), len(PLACES))
CODES, GRID, VARIANCE = 64, SIDE // 4, 0.01
TRAIN, TEST = 6000, 1000
CHANNELS, VQ_BATCH, VQ_RATE, VQ_STEPS, VQ_EVERY = 48, 32, 2e-3, 1500, 50
WIDTH, HEADS, LAYERS, DROP = 96, 4, 3, 0.1
BATCH, RATE, STEPS, EVERY = 64, 2e-3, 650, 50
READ_BATCH, READ_RATE, READ_STEPS, READ_EVERY = 64, 2e-3, 1600, 50
DEV, ENOUGH = 600, 0.998  # a reader of shapes learns until it reads so many pictures so well
STRENGTHS = (0.0, 1.0, 1.5, 2.0, 3.0, 5.0)
DRAWS = 16  # pictures for each caption; of every strength but 1, a quarter
MANY = (1, 2, 4, 8, 16)
WHO = ("reranker", "judge", "second judge")


def pictures(seed: int, part: str, held_out: bool | None = False) -> tuple[Tensor, Tensor]:
    """Pictures and what they show, (N, 3); the same at each call, and others for each part."""
    parts = ("train", "judge", "second judge", "reranker", "test")
    rng = np.random.default_rng([seed, parts.index(part), int(held_out is True)])
    found = shapes(TEST if part == "test" else TRAIN, rng, held_out=held_out)
    return torch.from_numpy(found.image), torch.from_numpy(found.thing)


def autoencoder(restart: int | None = IDLE) -> VQVAE:
    """An untrained autoencoder."""
    return VQVAE(SIDE, CODES, channels=CHANNELS, restart=restart, variance=VARIANCE)


def painter() -> TextToImage:
    """An untrained Transformer."""
    return TextToImage(WORDS, 7, CODES, GRID**2, width=WIDTH, heads=HEADS, layers=LAYERS, drop=DROP)


def some(rng: np.random.Generator, count: int, *parts: Tensor) -> tuple[Tensor, ...]:
    """As many rows, drawn by lot, of each."""
    rows = torch.from_numpy(rng.integers(0, len(parts[0]), count))
    return tuple(part[rows] for part in parts)


def use(model: VQVAE, image: Tensor) -> dict[str, Any]:
    """How many codes occur, and the mean squared error."""
    rebuilt = model(image)
    error = torch.nn.functional.mse_loss(rebuilt.image, image)
    return {"codes": len(rebuilt.codes.unique()), "error": float(f"{error.item():.4g}")}


def rebuild(fit: Fit, seed: int, image: Tensor, test: Tensor, restart: int | None) -> Any:
    """A trained autoencoder, and its history."""
    torch.manual_seed(seed)
    model = autoencoder(restart)
    history = fit(
        model,
        lambda model, batch: model.loss(*batch),
        lambda rng: some(rng, VQ_BATCH, image),
        steps=VQ_STEPS,
        lr=VQ_RATE,
        seed=seed,
        evaluate=partial(use, image=test),
        every=VQ_EVERY,
    )
    return model.eval(), history


def reader(
    fit: Fit,
    seed: int,
    data: tuple[Tensor, Tensor],
    kind: Kind,
    size: int,
    counts: tuple[int, ...] = COUNTS,
) -> PictureReader:
    """A reader of pictures, trained until it reads the last DEV of them right, or to the end."""
    torch.manual_seed(seed)
    model = PictureReader(data[0].shape[1], counts, kind, size)
    train, dev = [part[:-DEV] for part in data], [part[-DEV:] for part in data]
    fit(
        model,
        lambda model, batch: model.loss(*batch),
        lambda rng: some(rng, READ_BATCH, *train),
        steps=READ_STEPS,
        lr=READ_RATE,
        seed=seed,
        evaluate=lambda model: share(right(model, *dev)),
        every=READ_EVERY,
        stop=lambda history: bool(history.value[-1] >= ENOUGH),
    )
    return model.eval()


def right(model: PictureReader, image: Tensor, thing: Tensor) -> Tensor:
    """Whether colour, shape and place are each read as they should be, (N, 3)."""
    return model.read(image) == thing


def share(found: Tensor) -> float:
    """The share of pictures on which all of (…, 3) hold, to four digits."""
    return round(float(found.all(-1).double().mean()), 4)


def drawings(
    model: TextToImage, vq: VQVAE, things: Tensor, draws: int, guidance: float
) -> list[Tensor]:
    """So many pictures (N, side, side, 3) of each thing."""
    words = model.read([caption_of(thing) for thing in things.tolist()])
    return [vq.picture(model.draw(words, guidance)) for _ in range(draws)]


def best_of(scores: Tensor, right: Tensor, many: int) -> float:
    """Share right of those with the best score in each group of so many draws.

    Args:
        scores, right: (draws, N).
        many: how many to choose from; groups share no draw.
    """
    groups = scores.reshape(-1, many, scores.shape[1])  # (groups, many, N)
    chosen = groups.argmax(1, keepdim=True)
    won = right.reshape(-1, many, right.shape[1]).gather(1, chosen)
    return round(float(won.double().mean()), 4)


def choices(readers: dict[str, PictureReader], drawn: list[Tensor], things: Tensor) -> Any:
    """By who chooses and who judges: the share right, for each of MANY."""
    scores = {who: torch.stack([m.score(x, things) for x in drawn]) for who, m in readers.items()}
    fine = {
        who: torch.stack([right(m, x, things).all(1) for x in drawn]).double()
        for who, m in readers.items()
        if who != "reranker"
    }
    return {
        chooser: {
            judge: [best_of(scores[chooser], fine[judge], many) for many in MANY] for judge in fine
        }
        for chooser in WHO
    }


def sheet(rows: list[Tensor]) -> str:
    """Pictures (N, side, side, 3), a row for each, as a PNG of 48 colours, in base64."""
    from PIL import Image

    tall = torch.cat([torch.cat(list(row), 1) for row in rows], 0)  # (rows · side, N · side, 3)
    pixels = (tall * 255).round().to(torch.uint8).numpy()
    file = io.BytesIO()
    Image.fromarray(pixels).quantize(48, dither=Image.Dither.NONE).save(file, "png", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


def settings() -> list[dict[str, Any]]:
    """Shapes, and the digits that were too hard to judge."""
    return [{"pictures": "shapes"}, {"pictures": "digits"}]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """All nets of one seed, and what they draw."""
    return _shapes(seed, fit) if setting["pictures"] == "shapes" else _digits(seed, fit)


def digits(seed: int, part: Any) -> tuple[Tensor, Tensor]:
    """Pictures with one digit, and its colour, name and place."""
    drawn = captions(TRAIN if part == "train" else 2 * TEST, np.random.default_rng(seed), part=part)
    rows = [i for i, text in enumerate(drawn.caption) if " at the " in text]
    found = []
    for i in rows:
        _, colour, name, *_, down, across = drawn.caption[i].split()
        place = PLACES.index(f"{down} {across}")
        found.append([list(COLOURS).index(colour), NAMES.index(name), place])
    return torch.from_numpy(drawn.image[rows]), torch.tensor(found)


def _digits(seed: int, fit: Fit) -> dict[str, Any]:
    counts = (len(COLOURS), len(NAMES), len(PLACES))
    judge = reader(fit, seed, digits(seed, "train"), "convolutions", 16, counts)
    image, thing = digits(seed + 100, "test")
    found = right(judge, image, thing)
    return {"right": share(found), "parts": [share(found[:, i : i + 1]) for i in range(3)]}


def _shapes(seed: int, fit: Fit) -> dict[str, Any]:
    image, thing = pictures(seed, "train")
    tests = {"seen": pictures(seed, "test"), "held out": pictures(seed, "test", True)}
    both = torch.cat([tests[side][0][:100] for side in tests])
    vq, restarted = rebuild(fit, seed, image, both, IDLE)
    frail, left = rebuild(fit, seed, image, both, None)
    readers = {
        "judge": reader(fit, 10 + seed, pictures(seed, "judge", None), "convolutions", 16),
        "second judge": reader(
            fit, 20 + seed, pictures(seed, "second judge", None), "convolutions", 12
        ),
        "reranker": reader(fit, 30 + seed, pictures(seed, "reranker"), "dense", 128),
    }
    judge = readers["judge"]
    torch.manual_seed(seed)
    model = painter()
    words, codes = model.read([caption_of(row) for row in thing.tolist()]), vq.tokens(image)
    history = fit(
        model,
        lambda model, batch: model.loss(*batch),
        lambda rng: some(rng, BATCH, words, codes),
        steps=STEPS,
        lr=RATE,
        clip=1.0,
        seed=seed,
        every=EVERY,
    )
    model.eval()
    torch.manual_seed(seed)
    found: dict[str, Any] = {
        "numbers": [sum(p.numel() for p in net.parameters()) for net in (vq, model)],
        "codes": {"restart": restarted.value, "none": left.value},
        "loss": history.loss,
        "real": {
            who: {side: share(right(net, *test)) for side, test in tests.items()}
            for who, net in readers.items()
        },
        "rebuilt": {},
        "guided": [],
        "chosen": {},
    }
    for name, net in (("restart", vq), ("none", frail)):
        found["rebuilt"][name] = {
            side: share(right(judge, net.picture(net.tokens(x)), y))
            for side, (x, y) in tests.items()
        }
    every = {side: torch.tensor(all_things(side != "seen")) for side in tests}
    every["held out"] = every["held out"].repeat(5, 1)  # 120 rows, too
    for strength in STRENGTHS:
        entry: dict[str, Any] = {"strength": strength}
        for side, things in every.items():
            drawn = drawings(model, vq, things, DRAWS if strength == 1 else DRAWS // 4, strength)
            good = torch.stack([right(judge, x, things) for x in drawn])  # (draws, N, 3)
            entry[side] = {
                "right": share(good),
                "parts": [share(good[..., i : i + 1]) for i in range(3)],
                "colour_and_shape": share(good[..., :2]),
                "varied": round(float(torch.stack(drawn).std(0).mean()), 4),
            }
            if strength == 1:
                found["chosen"][side] = choices(readers, drawn, things)
        found["guided"].append(entry)
    found |= _gallery(model, vq, readers, drawn_by=seed)
    return found


def _gallery(
    model: TextToImage, vq: VQVAE, readers: dict[str, PictureReader], drawn_by: int
) -> dict[str, Any]:
    """All 144 captions: how often each is drawn right, and of seed 0 the pictures."""
    things = torch.tensor(all_things())
    drawn = drawings(model, vq, things, DRAWS, 1.0)
    good = torch.stack([right(readers["judge"], x, things).all(1) for x in drawn])
    pairs = good.double().mean(0).view(COUNTS).mean(2)  # colour, shape
    found: dict[str, Any] = {"pairs": [[round(v, 4) for v in row] for row in pairs.tolist()]}
    if drawn_by:
        return found
    scores = torch.stack([readers["reranker"].score(x, things) for x in drawn])
    at = scores.argmax(0)
    best = torch.stack(drawn)[at, torch.arange(len(things))]
    grid = (COUNTS[0], -1, SIDE, SIDE, 3)
    found["gallery"] = {
        "first": sheet(list(drawn[0].reshape(grid))),
        "best": sheet(list(best.reshape(grid))),
        "first_right": good[0].int().tolist(),
        "best_right": good[at, torch.arange(len(things))].int().tolist(),
    }
    real, _ = pictures(0, "test")
    found["sheet"] = sheet([real[:12], vq.picture(vq.tokens(real[:12]))])
    return found


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """All runs on shapes as they are; the digits' judge by its spread."""
    found = {setting["pictures"]: runs for setting, runs in by_setting(trials)}
    return {
        "runs": [{k: v for k, v in run.items() if k != "setting"} for run in found["shapes"]],
        "digits": {
            "right": spread(run["right"] for run in found["digits"]),
            "parts": [spread(run["parts"][i] for run in found["digits"]) for i in range(3)],
        },
        "strengths": STRENGTHS,
        "many": MANY,
    }
