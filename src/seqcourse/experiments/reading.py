"""Strips of handwritten digits, read by a window that slides over them and an LSTM.

Two nets learn by CTC, which is told what stands there and not where; one of them reads both ways.
A third, like the first, is told at each step which digit is nearest, and knows no blank. All learn
on strips as they are; then they read the same strips stretched, too.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from seqcourse.data.strips import Strips, strip_batch, strips
from seqcourse.decoding import ctc_best_path, ctc_prefix_beam
from seqcourse.experiments import Fit, by_setting
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.metrics import phoneme_error_rate
from seqcourse.models.ctc_recogniser import BLANK, CTCRecogniser, SlidingWindow
from seqcourse.nn import LSTM

CHAPTER = 12
FAMILY = "strips"
SEEDS = (0, 1, 2)

HEIGHT, SYMBOLS = 28, 11  # pixels in a column; ten digits and the blank
WIDTH, STRIDE, FEATURES = 8, 2, 32  # columns that the window sees, and by which it moves on
UNITS = {"both ways": 32, "one way": 48}  # about as many numbers
BATCH, RATE, CLIP, STEPS, EVERY = 16, 1e-2, 1.0, 1000, 50
HELD = 300  # strips of dev, and of test
PAIRS = 2000  # strips of two test digits, of which those with twins are kept
STRETCHES = (1.0, 1.5, 2.0, 3.0)

Batch = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


def recogniser(ways: str) -> CTCRecogniser:
    """An untrained net that reads "both ways" or "one way"."""
    both = ways == "both ways"
    layer = LSTM(FEATURES, UNITS[ways], batch_first=True, bidirectional=both)
    return CTCRecogniser(layer, SYMBOLS, SlidingWindow(HEIGHT, WIDTH, FEATURES, STRIDE))


def prepared(drawn: Strips) -> Batch:
    """Columns (B, T, 28), lengths, targets (B, U), their lengths; the digit nearest to each step.

    The last is (T', B): the symbol of the digit whose edges are nearest to the step's middle.
    """
    batch = strip_batch(drawn)
    middle = STRIDE * (np.arange(-(-batch.columns.shape[1] // STRIDE)) + 0.5)  # (T',)
    nearest = []
    for edges, target in zip(drawn.edges, batch.targets, strict=True):
        off = np.maximum(edges[:, 0] - middle[:, None], middle[:, None] - edges[:, 1])
        nearest.append(target[np.maximum(off, 0).argmin(1)])
    columns, lengths, targets, sizes = (torch.from_numpy(part) for part in batch)
    return columns, lengths, targets, sizes, torch.from_numpy(np.stack(nearest, 1))


def draw(rng: np.random.Generator) -> Batch:
    """A batch of training strips."""
    return prepared(strips(BATCH, rng))


def held(part: Any, stretch: float = 1.0, count: int = HELD, size: int = 0) -> Strips:
    """The same strips at each call, of 1 to 5 digits or of `size`."""
    least, most = (size, size) if size else (1, 5)
    rng = np.random.default_rng(1)
    return strips(count, rng, part=part, least=least, most=most, stretch=stretch)


def ctc(model: CTCRecogniser, batch: Batch) -> Tensor:
    """CTC's loss."""
    return model.loss(*batch[:4])


def step_by_step(model: CTCRecogniser, batch: Batch) -> Tensor:
    """Cross-entropy against the nearest digit, over all real steps."""
    log_probs, steps = model(*batch[:2])
    real = torch.arange(len(log_probs))[:, None] < steps  # (T', B)
    return F.nll_loss(log_probs[real], batch[4][real])


def settings() -> list[dict[str, Any]]:
    """How it is told, and which way it reads."""
    return [
        {"told": "what", "ways": "both ways"},
        {"told": "what", "ways": "one way"},
        {"told": "where", "ways": "both ways"},
    ]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net as it learns, and what it reads off test strips."""
    torch.manual_seed(seed)
    model = recogniser(setting["ways"])
    dev = held("dev")
    history = fit(
        model,
        ctc if setting["told"] == "what" else step_by_step,
        draw,
        steps=STEPS,
        optimizer=FallingAdam(model.parameters(), RATE, STEPS),
        clip=CLIP,
        seed=seed,
        evaluate=lambda model: progress(model, dev),
        every=EVERY,
    )
    by_ctc = setting["told"] == "what"
    found = {"numbers": sum(p.numel() for p in model.parameters()), "curve": history.plain()}
    found["stretched"] = [stretched(model, stretch) for stretch in STRETCHES]
    found["twins"] = twins(model)
    found["places"] = places(model, held("test")) if by_ctc else None
    found["decoded"] = decoded(model, held("test")) if by_ctc else None
    found["shown"] = shown(model, held("test"))
    return found


@torch.no_grad()
def outputs(model: CTCRecogniser, drawn: Strips) -> tuple[Tensor, Tensor]:
    """Log-probabilities (T', B, 11), and steps (B,)."""
    log_probs, steps = model(*prepared(drawn)[:2])
    return log_probs, steps


def paths(model: CTCRecogniser, drawn: Strips) -> list[list[int]]:
    """Of each strip, the likeliest symbol at each step."""
    log_probs, steps = outputs(model, drawn)
    rows = log_probs.argmax(-1).t().tolist()
    return [row[:count] for row, count in zip(rows, steps.tolist(), strict=True)]


def unmerged(path: list[int]) -> tuple[int, ...]:
    """What a path says when each step counts: blanks dropped, nothing merged."""
    return tuple(symbol for symbol in path if symbol != BLANK)


def collapse(path: list[int]) -> tuple[int, ...]:
    """What a path says: repeats merged, then blanks dropped."""
    return tuple(symbol for symbol, _ in groupby(path) if symbol != BLANK)


def error(read: list[tuple[int, ...]], drawn: Strips) -> float:
    """Edits for each digit that stands there."""
    return phoneme_error_rate(read, [[tuple(d + 1 for d in label)] for label in drawn.label])


def progress(model: CTCRecogniser, drawn: Strips) -> dict[str, float]:
    """Error, and the share of steps that say blank."""
    found = paths(model, drawn)
    said = [symbol for path in found for symbol in path]
    return {
        "error": error([collapse(path) for path in found], drawn),
        "blank": said.count(BLANK) / len(said),
    }


def stretched(model: CTCRecogniser, stretch: float) -> dict[str, float]:
    """Test strips made wider: symbols for each digit, unmerged and merged, and errors."""
    drawn = held("test", stretch)
    found, digits = paths(model, drawn), sum(map(len, drawn.label))
    raw, merged = [unmerged(path) for path in found], [collapse(path) for path in found]
    return {
        "stretch": stretch,
        "steps": sum(map(len, found)) / digits,
        "raw": sum(map(len, raw)) / digits,
        "merged": sum(map(len, merged)) / digits,
        "raw_error": error(raw, drawn),
        "error": error(merged, drawn),
    }


def twins(model: CTCRecogniser) -> dict[str, float]:
    """Of test strips of two equal digits, the share that is read as two symbols, and as one."""
    drawn = held("test", count=PAIRS, size=2)
    sizes = [
        len(collapse(path))
        for path, (one, other) in zip(paths(model, drawn), drawn.label, strict=True)
        if one == other
    ]
    share = {name: sizes.count(n) / len(sizes) for name, n in (("one", 1), ("two", 2))}
    return {"count": len(sizes)} | share


def places(model: CTCRecogniser, drawn: Strips) -> dict[str, Any]:
    """Where a digit is said, on strips that are read without a mistake.

    Returns:
        `at`: of each digit, where the middle of its symbol's steps lies: 0 at its left edge, 1 at
        its right; `steps`: how many steps say it; `blank`: the share of all steps that say blank;
        `covered`: the share of steps whose middle lies between a digit's edges.
    """
    at, lengths = [], []
    said, inside, total = 0, 0, 0
    for path, label, edges in zip(paths(model, drawn), drawn.label, drawn.edges, strict=True):
        middle = STRIDE * (np.arange(len(path)) + 0.5)
        total += len(path)
        said += len(unmerged(path))
        inside += int(((middle[:, None] >= edges[:, 0]) & (middle[:, None] < edges[:, 1])).sum())
        if collapse(path) != tuple(d + 1 for d in label):
            continue
        begin, runs = 0, []
        for symbol, run in groupby(path):
            size = len(list(run))
            if symbol != BLANK:
                runs.append((begin, size))
            begin += size
        for (begin, size), (left, right) in zip(runs, edges, strict=True):
            at.append(round((STRIDE * (begin + size / 2) - left) / (right - left), 3))
            lengths.append(size)
    return {"at": at, "steps": lengths, "blank": 1 - said / total, "covered": inside / total}


def decoded(model: CTCRecogniser, drawn: Strips) -> dict[str, Any]:
    """Best path against prefix beam search: errors, whole strips right, and those that differ."""
    log_probs, steps = outputs(model, drawn)
    best = [found.tokens for found in ctc_best_path(log_probs, steps)]
    beams = [found[0].tokens for found in ctc_prefix_beam(log_probs, steps, beam=8)]
    differ = [i for i, (a, b) in enumerate(zip(best, beams, strict=True)) if a != b]
    right = [tuple(d + 1 for d in label) for label in drawn.label]
    return {
        "best": error(best, drawn),
        "beam": error(beams, drawn),
        "strips": len(right),
        "differ": len(differ),
        "best_right": sum(map(tuple.__eq__, best, right)),
        "beam_right": sum(map(tuple.__eq__, beams, right)),
    }


def shown(model: CTCRecogniser, drawn: Strips, count: int = 4) -> list[Any]:
    """Probabilities (T', 11) on a few strips, to look at."""
    some = Strips(*(part[:count] for part in drawn))  # type: ignore[arg-type]
    log_probs, steps = outputs(model, some)
    return [
        log_probs[:size, i].exp().numpy().round(3).tolist() for i, size in enumerate(steps.tolist())
    ]


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """The trials of each setting, one a seed."""
    keys = ("numbers", "curve", "stretched", "twins", "places", "decoded", "shown")
    return {
        "steps": STEPS,
        "nets": [
            setting | {"runs": [{key: run[key] for key in keys} for run in runs]}
            for setting, runs in by_setting(trials)
        ],
    }
