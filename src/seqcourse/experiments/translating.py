"""Numbers from Korean to English: syllables in, words out, and one state between them.

'삼십오' becomes 'thirty five'. One small encoder–decoder as it should be; and others with one thing
changed each: the source turned round, the encoder left as it was drawn, the padding counted in the
loss, the stop symbol left out of it. Of the first: what beams find. And, with states of several
sizes, strings of digits that are to be repeated, for what fits into one state.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from seqcourse import decoding, metrics
from seqcourse.data import number_pairs
from seqcourse.data.pairs import Numbers, PairBatch, Pairs, pair_batch
from seqcourse.data.words import END, IGNORE
from seqcourse.experiments import Fit, by_setting, spread
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.models.seq2seq import Decoder, Encoder, EncoderDecoder
from seqcourse.nn import GRU

CHAPTER = 10
FAMILY = "translating"
SEEDS = (0, 1, 2)

EMBEDDING, HIDDEN, BATCH, RATE, CLIP, STEPS = 16, 64, 32, 1e-2, 1.0, 1000
ASKED = 300  # test numbers that are decoded
LONGEST = 20  # words after which an answer is cut; the longest right one has 8
BEAMS = (1, 2, 4, 8, 16, 32, 64)
ALPHAS = (0.0, 1.0)  # the score is log p / length^alpha
EARLIER = (100, 300)  # steps of nets of which no more is asked than of the plain one
NETS = ("plain", "reversed", "frozen", "padding counts", "no stop")
STATES, DIGITS = (16, 32, 64), 12  # units of a state; digits of the longest string
MANY = 100  # strings of each length that are asked


class Task(NamedTuple):
    """Pairs as numbers, and the symbols that they stand for; 0 is END."""

    train: Pairs
    dev: Pairs
    test: Pairs
    source: tuple[str, ...]
    target: tuple[str, ...]


@cache
def task() -> Task:
    """Some 1,500 numbers below 10,000 to learn from, 500 dev, 1,000 test."""
    parts = [
        (
            [tuple(text) for text in part.source],
            [tuple(re.findall("[a-z]+", text)) for text in part.target],
        )
        for part in number_pairs("ko", "en")[:3]
    ]
    symbols = [
        (".", *sorted({symbol for part in parts for text in part[side] for symbol in text}))
        for side in (0, 1)
    ]
    pairs = [
        Pairs(*(_numbers(side, known) for side, known in zip(part, symbols, strict=True)))
        for part in parts
    ]
    return Task(*pairs, *symbols)  # type: ignore[arg-type]


def _numbers(texts: Sequence[Sequence[str]], symbols: Sequence[str]) -> tuple[Numbers, ...]:
    place = {symbol: number for number, symbol in enumerate(symbols)}
    return tuple(tuple(place[symbol] for symbol in text) for text in texts)


def turned(pairs: Pairs) -> Pairs:
    """The same with every source read from its end."""
    return Pairs(tuple(source[::-1] for source in pairs.source), pairs.target)


def network(source: int, target: int, hidden: int = HIDDEN) -> EncoderDecoder:
    """A GRU that reads, a GRU that writes; from one to the other goes one state.

    Args:
        source, target: how many symbols there are, END among them.
    """
    return EncoderDecoder(
        Encoder(source, GRU(EMBEDDING, hidden, batch_first=True), EMBEDDING),
        Decoder(target, GRU(EMBEDDING, hidden, batch_first=True), EMBEDDING, hidden),
    )


def some(pairs: Pairs, rng: np.random.Generator) -> PairBatch:
    """A batch of BATCH pairs, drawn with replacement."""
    rows = rng.integers(0, len(pairs.source), BATCH)
    return pair_batch(Pairs(*(tuple(side[row] for row in rows) for side in pairs)))


def first(pairs: Pairs, count: int) -> Pairs:
    """The first so many pairs."""
    return Pairs(pairs.source[:count], pairs.target[:count])


def paid(model: EncoderDecoder, batch: PairBatch, net: str = "plain") -> Tensor:
    """Nats a symbol; with what `net` says counted, too, or left out."""
    source, lengths, target_in, target_out = map(torch.from_numpy, batch)
    if net == "padding counts":
        target_out = target_out.where(target_out != IGNORE, torch.tensor(END))
    if net == "no stop":
        target_out = target_out.where(target_out != END, torch.tensor(IGNORE))
    logits = model(source, target_in, lengths)
    return F.cross_entropy(logits.flatten(0, 1), target_out.flatten(), ignore_index=IGNORE)


def begun(model: EncoderDecoder, pairs: Pairs) -> Any:
    """The decoder's first state for each source."""
    batch = pair_batch(pairs)
    with torch.no_grad():
        return model.encode(torch.from_numpy(batch.source), torch.from_numpy(batch.lengths))


def quality(answers: Sequence[decoding.Hypothesis], pairs: Pairs) -> dict[str, float]:
    """Of answers: numbers wrong, words wrong, words written for each wanted, nats, those cut."""
    written, right = [answer.tokens for answer in answers], [[t] for t in pairs.target]
    return {
        "wrong": metrics.word_error_rate(written, right),
        "words": metrics.phoneme_error_rate(written, right),
        "length": sum(map(len, written)) / sum(map(len, pairs.target)),
        "nats": -float(np.mean([answer.log_probability for answer in answers])),
        "cut": float(np.mean([not answer.ended for answer in answers])),
    }


def searched(model: EncoderDecoder, pairs: Pairs, beam: int, alpha: float) -> dict[str, float]:
    """What a beam finds, ranked by log p / length^alpha."""
    found = decoding.beam_search(
        model.step,
        begun(model, pairs),
        start=END,
        stop=END,
        beam=beam,
        max_steps=LONGEST,
        length_penalty=lambda n: float(n**alpha),
    )
    return quality([answers[0] for answers in found], pairs)


@torch.no_grad()
def by_place(model: EncoderDecoder, pairs: Pairs) -> dict[str, list[float]]:
    """Share of words right at each place: fed the right ones, or its own.

    Of its own, too, apart: those of the answers which are right at every place before, and of the
    others. Fed its own, a net writes on after its stop symbol, while the right answer goes on.
    """
    source, lengths, target_in, wanted = map(torch.from_numpy, pair_batch(pairs))
    forced = model(source, target_in, lengths).argmax(-1) == wanted  # (B, U)
    state, token, free = model.encode(source, lengths), target_in[:, 0], []
    for place in range(wanted.shape[1]):
        law, state = model.step(token, state)
        token = law.argmax(-1)
        free.append(token == wanted[:, place])
    own, real = torch.stack(free, 1), wanted != IGNORE
    before = own.long().cumprod(1).roll(1, 1).bool()
    before[:, 0] = True

    def share(right: Tensor, counted: Tensor) -> list[float]:
        return [round(float(s), 4) for s in (right & counted).sum(0) / counted.sum(0).clamp(min=1)]

    return {
        "count": [float(n) for n in real.sum(0)],
        "forced": share(forced, real),
        "own": share(own, real),
        "right so far": share(own, real & before),
        "wrong before": share(own, real & ~before),
        "wrong before, forced": share(forced, real & ~before),
    }


def digits(rng: np.random.Generator, count: int, length: int) -> Pairs:
    """Strings of so many digits, to be repeated; a digit's number is 1 … 10."""
    drawn = tuple(map(tuple, rng.integers(1, 11, (count, length)).tolist()))
    return Pairs(drawn, drawn)


def settings() -> list[dict[str, Any]]:
    """Numbers: the net as it should be, trained shorter, with one thing changed. Digits."""
    plain = [{"net": "plain", "steps": steps} for steps in EARLIER]
    nets = [{"net": net, "steps": STEPS} for net in NETS]
    return [*plain, *nets, *({"digits": hidden} for hidden in STATES)]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net, on numbers or on digits."""
    torch.manual_seed(seed)
    if "digits" in setting:
        return repeating(setting["digits"], seed, fit)
    return translating(setting["net"], setting["steps"], seed, fit)


def translating(net: str, steps: int, seed: int, fit: Fit) -> dict[str, Any]:
    """What a net pays as it learns, and how well it decodes; the plain one with beams, too."""
    known = task()
    train, dev, test = (turned(p) if net == "reversed" else p for p in known[:3])
    model = network(len(known.source), len(known.target))
    model.encoder.requires_grad_(net != "frozen")
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    held = pair_batch(dev)
    history = fit(
        model,
        lambda model, batch: paid(model, batch, net),
        lambda rng: some(train, rng),
        steps=steps,
        optimizer=FallingAdam(trained, RATE, steps),
        clip=CLIP,
        seed=seed,
        evaluate=lambda model: paid(model, held).item(),
        every=50,
    )
    model.eval()
    asked = first(test, ASKED)
    greedy = decoding.greedy(
        model.step, begun(model, asked), start=END, stop=END, max_steps=LONGEST
    )
    found: dict[str, Any] = {
        "dev": history.value,
        "loss": [round(value, 5) for value in history.loss],
        "paid": paid(model, pair_batch(asked)).item(),
        "greedy": quality(greedy, asked),
    }
    if net == "plain":
        found["places"] = by_place(model, asked)
        found["beams"] = [
            {"beam": beam, "alpha": alpha} | searched(model, asked, beam, alpha)
            for alpha in ALPHAS
            for beam in BEAMS
        ]
    return found


def repeating(hidden: int, seed: int, fit: Fit) -> dict[str, Any]:
    """The share of strings repeated without a mistake, for each length."""
    model = network(11, 11, hidden)
    history = fit(
        model,
        lambda model, batch: paid(model, batch),
        lambda rng: pair_batch(digits(rng, BATCH, int(rng.integers(1, DIGITS + 1)))),
        steps=STEPS,
        optimizer=FallingAdam(model.parameters(), RATE, STEPS),
        clip=CLIP,
        seed=seed,
        every=100,
    )
    model.eval()
    right, rng = [], np.random.default_rng(1)
    for length in range(1, DIGITS + 1):
        asked = digits(rng, MANY, length)
        said = decoding.greedy(
            model.step, begun(model, asked), start=END, stop=END, max_steps=LONGEST
        )
        right.append(1 - quality(said, asked)["wrong"])
    return {"right": right, "loss": [round(value, 5) for value in history.loss]}


def summary(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """For each net the spread of what it pays and of how it decodes; the plain one's runs whole."""
    nets, repeated = [], []
    for setting, runs in by_setting(trials):
        if "digits" in setting:
            repeated.append(setting | {"right": [run["right"] for run in runs]})
            continue
        nets.append(
            setting
            | {"dev": [run["dev"] for run in runs], "paid": spread(run["paid"] for run in runs)}
            | {key: spread(run["greedy"][key] for run in runs) for key in runs[0]["greedy"]}
        )
    plain = [
        {key: run[key] for key in ("seed", "beams", "places")} | {"steps": run["setting"]["steps"]}
        for run in trials
        if run["setting"].get("net") == "plain"
    ]
    return {
        "steps": STEPS,
        "asked": ASKED,
        "nets": nets,
        "digits": repeated,
        "searched": plain,
    }
