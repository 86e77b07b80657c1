"""Numbers from Korean words to English ones, letter by letter, through one state.

'삼십오' becomes 'thirty-five'. One small encoder–decoder as it should be; and others with one thing
changed each: the source turned round, the encoder left as it was drawn, its state read at every
step, the padding counted in the loss, the stop symbol left out of it. Then: what beams find.
"""

from __future__ import annotations

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
from seqcourse.models.seq2seq import Context, Decoder, Encoder, EncoderDecoder
from seqcourse.nn import GRU

CHAPTER = 10
FAMILY = "translating"
SEEDS = (0, 1, 2)

EMBEDDING, HIDDEN, BATCH, RATE, CLIP, STEPS = 16, 64, 16, 1e-2, 1.0, 600
ASKED = 200  # test numbers that are decoded
LONGEST = 80  # letters after which an answer is cut; the longest right one has 53
BEAMS = (1, 2, 4, 8, 16, 32)
ALPHAS = (0.0, 1.0)  # the score is log p / length^alpha
PLACES = 40
NETS = ("plain", "reversed", "frozen", "each", "padding counts", "no stop")


class Task(NamedTuple):
    """Pairs as numbers, and the symbols that they stand for; 0 is END."""

    train: Pairs
    dev: Pairs
    test: Pairs
    source: str
    target: str


@cache
def task() -> Task:
    """Some 1,500 numbers below 10,000 to learn from, 500 dev, 1,000 test."""
    split = number_pairs("ko", "en")
    symbols = [
        "." + "".join(sorted(set("".join(text for part in split for text in part[side]))))
        for side in (1, 2)
    ]
    parts = [
        Pairs(*(_numbers(part[side], symbols[side - 1]) for side in (1, 2))) for part in split[:3]
    ]
    return Task(*parts, *symbols)


def _numbers(texts: Sequence[str], symbols: str) -> tuple[Numbers, ...]:
    place = {symbol: number for number, symbol in enumerate(symbols)}
    return tuple(tuple(place[symbol] for symbol in text) for text in texts)


def turned(pairs: Pairs) -> Pairs:
    """The same with every source read from its end."""
    return Pairs(tuple(source[::-1] for source in pairs.source), pairs.target)


def network(context: Context = "first") -> EncoderDecoder:
    """A GRU that reads, a GRU that writes; from one to the other goes one state."""
    width = EMBEDDING + (HIDDEN if context == "each" else 0)
    return EncoderDecoder(
        Encoder(len(task().source), GRU(EMBEDDING, HIDDEN, batch_first=True), EMBEDDING),
        Decoder(
            len(task().target), GRU(width, HIDDEN, batch_first=True), EMBEDDING, HIDDEN, context
        ),
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
    """Of answers: numbers and letters wrong, letters written for each wanted, nats, those cut."""
    written, right = [answer.tokens for answer in answers], [[t] for t in pairs.target]
    return {
        "wrong": metrics.word_error_rate(written, right),
        "letters": metrics.phoneme_error_rate(written, right),
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
    """Share of letters right at each place: fed the right ones, fed its own, and own until wrong.

    The third is that of the answers which are right at every place before, the fourth that of the
    others. Fed its own, a net writes on after its stop symbol, as long as the right answer goes on.
    """
    batch = pair_batch(pairs)
    source, lengths, target_in, wanted = map(torch.from_numpy, batch)
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
        totals = counted.sum(0)[:PLACES].clamp(min=1)
        return [round(float(s), 4) for s in (right & counted).sum(0)[:PLACES] / totals]

    return {
        "forced": share(forced, real),
        "free": share(own, real),
        "so far right": share(own, real & before),
        "after an error": share(own, real & ~before),
    }


def settings() -> list[dict[str, Any]]:
    """The net as it should be, and five with one thing changed."""
    return [{"net": net} for net in NETS]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net: what it pays as it learns, how well it decodes; the plain one with beams, too."""
    net = setting["net"]
    train, dev, test = (turned(part) if net == "reversed" else part for part in task()[:3])
    torch.manual_seed(seed)
    model = network("each" if net == "each" else "first")
    model.encoder.requires_grad_(net != "frozen")
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    held = pair_batch(first(dev, ASKED))
    history = fit(
        model,
        lambda model, batch: paid(model, batch, net),
        lambda rng: some(train, rng),
        steps=STEPS,
        optimizer=FallingAdam(trained, RATE, STEPS),
        clip=CLIP,
        seed=seed,
        evaluate=lambda model: paid(model, held).item(),
        every=100,
    )
    model.eval()
    asked = first(test, ASKED)
    greedy = decoding.greedy(
        model.step, begun(model, asked), start=END, stop=END, max_steps=LONGEST
    )
    found: dict[str, Any] = {
        "dev": history.value,
        "loss": [round(value, 5) for value in history.loss],
        "test": paid(model, pair_batch(asked)).item(),
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


def summary(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """For each net the spread of what it pays and of how it decodes; the plain one's runs whole."""
    nets = []
    for setting, runs in by_setting(trials):
        nets.append(
            setting
            | {"dev": [run["dev"] for run in runs], "test": spread(run["test"] for run in runs)}
            | {key: spread(run["greedy"][key] for run in runs) for key in runs[0]["greedy"]}
        )
    plain = [trial for trial in trials if trial["setting"]["net"] == "plain"]
    return {
        "steps": STEPS,
        "asked": ASKED,
        "nets": nets,
        "beams": [run["beams"] for run in plain],
        "places": [run["places"] for run in plain],
    }
