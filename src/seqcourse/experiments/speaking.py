"""WaveNet in miniature on made vowels: what each of its parts is worth.

All see the same batches for as many steps, at one rate, chosen on the whole net by short runs. Each
variant has about as many numbers as the whole, but for the net without conditions. Without skips,
the output reads what the last block hands out; what the others would hand out is never computed.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from seqcourse.data.mu_law import levels_of, sound_of
from seqcourse.data.vowels import RATE, VOWELS, Vowels, vowels
from seqcourse.experiments import Fit, by_setting
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.models.wavenet import WaveNet, generate

CHAPTER = 14
FAMILY = "vowels"
SEEDS = (0, 1, 2)

VOICES, HELD, LENGTH = 200, 16, 8000  # to train on, held back; samples of each
BATCH, CROP, STEPS, EVERY, LEARNING, CLIP = 8, 500, 360, 12, 2e-2, 1.0
DOUBLING = (1, 2, 4, 8, 16, 32, 64, 128)
SAID = ("a", "i", "u")  # what is stored to be heard
A_VOWEL = 1600  # samples of each that is generated
TAKES = 3  # voices that say every vowel, to be recognised

Batch = tuple[Tensor, Tensor]


def conditions(vowel: np.ndarray) -> Tensor:
    """A one for the vowel of each sample: (N, 5, T) from (N, T)."""
    return F.one_hot(torch.from_numpy(vowel), len(VOWELS)).float().mT


def prepared(made: Vowels) -> Batch:
    """Levels (N, T) and conditions (N, 5, T)."""
    return torch.from_numpy(levels_of(made.wave)), conditions(made.vowel)


@cache
def training() -> Batch:
    """The voices to train on."""
    return prepared(vowels(VOICES, LENGTH, np.random.default_rng(0)))


@cache
def held() -> Batch:
    """Other voices."""
    return prepared(vowels(HELD, LENGTH // 2, np.random.default_rng(1)))


def draw(rng: np.random.Generator) -> Batch:
    """Crops of the training voices, from anywhere: (B, T) and (B, 5, T)."""
    sound, condition = training()
    rows = rng.integers(0, len(sound), BATCH)
    begins = rng.integers(0, sound.shape[1] - CROP, BATCH)
    crops = [
        (sound[i, at : at + CROP], condition[i, :, at : at + CROP])
        for i, at in zip(rows, begins, strict=True)
    ]
    sounds, told = zip(*crops, strict=True)
    return torch.stack(sounds), torch.stack(told)


def net(variant: str) -> WaveNet:
    """An untrained net of one of the variants.

    Raises:
        KeyError: there is no such variant.
    """
    options: dict[str, dict[str, Any]] = {
        "whole": {},
        "relu, no gate": {"gated": False, "channels": 29},
        "no skips": {"skips": False},
        "no condition": {"condition_channels": 0},
        "dilations 1, 2, 4, 8 twice": {"dilations": (1, 2, 4, 8) * 2},
        "no dilation": {"dilations": (1,) * 8},
    }
    usual: dict[str, Any] = {"dilations": DOUBLING, "condition_channels": len(VOWELS)}
    return WaveNet(**(usual | options[variant]))


def settings() -> list[dict[str, Any]]:
    """The variants."""
    names = ("whole", "relu, no gate", "no skips", "no condition")
    return [{"net": name} for name in (*names, "dilations 1, 2, 4, 8 twice", "no dilation")]


def loss(model: WaveNet, batch: Batch) -> Tensor:
    """Nats a sample; the condition is told where the model has one."""
    sound, condition = batch
    return model.loss(sound, condition if model.condition_channels else None)


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net: its curve, what it pays by how much it has heard, and what it says."""
    torch.manual_seed(seed)
    model = net(setting["net"])
    history = fit(
        model,
        loss,
        draw,
        steps=STEPS,
        optimizer=FallingAdam(model.parameters(), LEARNING, STEPS),
        clip=CLIP,
        seed=seed,
        every=EVERY,
    )
    sound, condition = held()
    with torch.no_grad():
        nats = float(loss(model, (sound, condition)))
    found = {
        "numbers": sum(p.numel() for p in model.parameters()),
        "field": model.receptive_field,
        "nats": nats,
        "curve": history.plain(),
        "heard": heard(model),
        "shares": gradient_shares(model),
        "recognised": recognised(model, seed),
    }
    if setting["net"] == "whole" and seed == 0:
        found["said"] = said(model)
    return found


@torch.no_grad()
def heard(model: WaveNet) -> list[float]:
    """Nats of a sample of which n = 1, 2, … samples before were heard, (CROP - 1,).

    Crops of the held voices begin anywhere, as in training: the net has learnt to begin so.
    """
    sound, condition = held()
    begins = range(0, sound.shape[1] - CROP, CROP // 2)
    cost = []
    for at in begins:
        crop = sound[:, at : at + CROP]
        told = condition[:, :, at + 1 : at + CROP] if model.condition_channels else None
        logits, _ = model(crop[:, :-1], told)
        cost.append(F.cross_entropy(logits.mT, crop[:, 1:], reduction="none"))
    return [round(float(nats), 4) for nats in torch.cat(cost).mean(0)]


def gradient_shares(model: WaveNet) -> list[float]:
    """Whence the gradient of a sample's loss comes: a share for each n = 0, 1, … samples back.

    The norm of the gradient by what stands there, as its embedding; summed over held voices, and
    divided by the sum over the receptive field.
    """
    sound, condition = held()
    field = model.receptive_field
    sizes = torch.zeros(field)
    for at in range(600, sound.shape[1] - 1, 400):
        crop = sound[:, at - field + 1 : at + 1]
        x = model.begin(crop).detach().requires_grad_()  # (N, field, C)
        hook = model.begin.register_forward_hook(lambda *_, x=x: x)
        told = condition[:, :, at - field + 2 : at + 2] if model.condition_channels else None
        logits, _ = model(crop, told)
        hook.remove()
        cost = F.cross_entropy(logits[:, -1], sound[:, at + 1], reduction="sum")
        (slope,) = torch.autograd.grad(cost, x)
        sizes += slope.norm(dim=-1).sum(0).flip(0)
    return [round(float(share), 5) for share in sizes / sizes.sum()]


def colour(wave: np.ndarray) -> np.ndarray:
    """The mean spectrum of sounds (N, T) in 24 bands, logarithmic, without loudness: (N, 24)."""
    size = 256
    frames = np.lib.stride_tricks.sliding_window_view(wave, size, axis=1)[:, ::64] * np.hanning(
        size
    )
    power = (np.abs(np.fft.rfft(frames)) ** 2).mean(1)[:, 1:]  # (N, 128)
    bands = np.log(power[:, :120].reshape(len(wave), 24, 5).mean(-1) + 1e-12)
    return np.asarray(bands - bands.mean(1, keepdims=True))


@cache
def colours() -> np.ndarray:
    """Of each vowel its mean colour, over 40 voices: (5, 24)."""
    rng = np.random.default_rng(2)
    return np.stack(
        [colour(sound_of(levels_of(vowels(40, A_VOWEL, rng, [v]).wave))).mean(0) for v in VOWELS]
    )


def nearest(wave: np.ndarray) -> list[int]:
    """The vowel whose colour is nearest to that of each sound (N, T)."""
    off = ((colour(wave)[:, None] - colours()) ** 2).sum(-1)  # (N, 5)
    return [int(v) for v in off.argmin(1)]


def recognised(model: WaveNet, seed: int) -> list[list[int]]:
    """Generated vowels, and what they are taken for: pairs of asked and nearest, TAKES of each."""
    asked = np.repeat(np.arange(len(VOWELS)), TAKES)
    told = F.one_hot(torch.from_numpy(asked), len(VOWELS)).float()
    condition = told if model.condition_channels else None
    level = generate(model, A_VOWEL, condition, seed=seed, batch=len(asked))
    wave = sound_of(level.numpy())[:, A_VOWEL // 4 :]
    return [[int(a), b] for a, b in zip(asked, nearest(wave), strict=True)]


def said(model: WaveNet) -> list[int]:
    """Levels of a sound that says `SAID`, one vowel after the other."""
    order = np.repeat([VOWELS.index(name) for name in SAID], A_VOWEL)[None]
    return [int(v) for v in generate(model, order.shape[1], conditions(order), seed=0)[0]]


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Each variant's trials, one a seed; one sound; how well the recogniser knows real vowels."""
    keys = ("nats", "seconds", "heard", "shares", "recognised", "curve")
    rng = np.random.default_rng(3)
    right = [nearest(vowels(20, A_VOWEL, rng, [v]).wave).count(i) for i, v in enumerate(VOWELS)]
    return {
        "steps": STEPS,
        "rate": RATE,
        "crop": CROP,
        "known": sum(right) / (20 * len(VOWELS)),
        "said": {"vowels": list(SAID), "levels": next(t["said"] for t in trials if "said" in t)},
        "nets": [
            setting
            | {"numbers": runs[0]["numbers"], "field": runs[0]["field"]}
            | {key: [run[key] for run in runs] for key in keys}
            for setting, runs in by_setting(trials)
        ],
    }
