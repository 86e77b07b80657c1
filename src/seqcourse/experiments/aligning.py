"""German number words, read by letters, into English ones, with attention and without.

'fünfunddreißig' becomes 'thirty five': the order turns round. Which German letters make which
English word is known, so that the weights of attention can be held against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from seqcourse.data.numbers import NumberPairs, number_pairs
from seqcourse.data.pairs import PairBatch, Pairs, pair_batch, pair_batches
from seqcourse.experiments import Fit
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.models.attention_decoder import AttentionDecoder
from seqcourse.models.seq2seq import Decoder, Encoder, EncoderDecoder
from seqcourse.models.state import swapped
from seqcourse.nn import GRU, AdditiveAttention, DotProductAttention, GeneralAttention
from seqcourse.nn.attention_scores import attention_weights

CHAPTER = 11
FAMILY = "aligning"
SEEDS = (0, 1, 2)
HIDDEN, EMBEDDING, SYMBOLS, RATE, CLIP = 64, 24, 512, 1e-2, 1.0
STEPS, LONGER, EVERY = 400, 800, 100
MOST = 8  # words that are written before a translation is given up
SCORES = ("dot", "general", "additive")
LETTERS = "abcdefghilnrstuvwzßöü"
WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty "
    "ninety hundred thousand"
).split()


class Pieces(NamedTuple):
    """A number below 10,000 cut up: German pieces in their order, and what each becomes.

    Args:
        german: such as ('fünf', 'und', 'dreißig').
        english: such as ('five', '', 'thirty').
    """

    german: tuple[str, ...]
    english: tuple[str, ...]


def coded(part: NumberPairs) -> Pairs:
    """Letters and words as numbers, from 1 on; 'and', hyphens and commas are left out."""
    return Pairs(
        tuple(tuple(LETTERS.index(letter) + 1 for letter in text) for text in part.source),
        tuple(tuple(WORDS.index(word) + 1 for word in _english(text)) for text in part.target),
    )


def _english(text: str) -> list[str]:
    return [word for word in re.split(r"[ ,-]+", text) if word != "and"]


@cache
def data() -> tuple[Pairs, Pairs, Pairs]:
    """Training, dev and test pairs: numbers below 10,000."""
    split = number_pairs("de", "en")
    return coded(split.train), coded(split.dev), coded(split.test)


def pieces(number: int) -> Pieces:
    """Which German letters make which English word.

    Raises:
        ValueError: the number is not between 1 and 9,999.
    """
    if not 1 <= number < 10_000:
        raise ValueError(f"pieces got {number}: give a number from 1 to 9,999.")
    from seqcourse.data.text import number_words

    def pair(n: int, last: bool = False) -> tuple[str, str]:
        german, english = (number_words([n], language)[0] for language in ("de", "en"))
        return ("ein" if n == 1 and not last else german), english

    found = []
    for size, german, english in ((1000, "tausend", "thousand"), (100, "hundert", "hundred")):
        if digit := number // size % 10:
            found += [pair(digit), (german, english)]
    rest = number % 100
    if rest > 20 and rest % 10:
        found += [pair(rest % 10), ("und", ""), pair(rest - rest % 10)]
    elif rest:
        found.append(pair(rest, last=True))
    return Pieces(*(tuple(side) for side in zip(*found, strict=True)))


def own_letters(number: int) -> Tensor:
    """(U, T) bool: row u is true at the letters that make the English word u."""
    cut = pieces(number)
    ends = np.cumsum([len(piece) for piece in cut.german])
    table = torch.zeros(sum(map(bool, cut.english)), int(ends[-1]), dtype=torch.bool)
    for row, place in enumerate(order(cut)):
        table[row, ends[place] - len(cut.german[place]) : ends[place]] = True
    return table


def order(cut: Pieces) -> list[int]:
    """The places of the German pieces, in the order of the English words."""
    places = [place for place, word in enumerate(cut.english) if word]
    if "und" in cut.german:
        places[-2:] = places[:-3:-1]
    return places


def model_of(setting: Mapping[str, Any]) -> EncoderDecoder:
    """A network of `settings`: its attention (a score, or 'none') and timing."""
    encoder = Encoder(
        len(LETTERS) + 1,
        GRU(EMBEDDING, HIDDEN // 2, batch_first=True, bidirectional=True),
        EMBEDDING,
    )
    score, timing = setting["attention"], setting["timing"]
    reads = HIDDEN if timing == "bahdanau" else 0
    layer = GRU(EMBEDDING + reads, HIDDEN, batch_first=True)
    if score == "none":
        return EncoderDecoder(encoder, Decoder(len(WORDS) + 1, layer, EMBEDDING, HIDDEN))
    attention = attention_of(score)
    decoder = AttentionDecoder(len(WORDS) + 1, layer, EMBEDDING, HIDDEN, attention, timing)
    return EncoderDecoder(encoder, decoder)


def attention_of(score: str) -> nn.Module:
    """Luong's dot and general, Bahdanau's additive."""
    if score == "dot":
        return DotProductAttention(scale=1.0)
    if score == "general":
        return GeneralAttention(HIDDEN, HIDDEN)
    return AdditiveAttention(HIDDEN, HIDDEN, HIDDEN)


def loss(model: EncoderDecoder, batch: PairBatch) -> Tensor:
    """Nats a word."""
    return model.loss(*map(torch.from_numpy, batch))


@torch.no_grad()
def translate(model: EncoderDecoder, sources: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """The likeliest word at each step, until the end; sources of one length go side by side."""
    found: dict[int, tuple[int, ...]] = {}
    for rows in _by_length(sources):
        state = model.encode(torch.tensor([sources[row] for row in rows]))
        word, written = torch.zeros(len(rows), dtype=torch.long), []
        for _ in range(MOST):
            log_p, state = model.step(word, state)
            word = log_p.argmax(-1)
            written.append(word)
        for row, words in zip(rows, torch.stack(written, 1).tolist(), strict=True):
            found[row] = tuple(words[: words.index(0)] if 0 in words else words)
    return [found[row] for row in range(len(sources))]


def _by_length(sources: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    lengths = np.array([len(source) for source in sources])
    for length in np.unique(lengths):
        yield np.flatnonzero(lengths == length).tolist()


def wrong(model: EncoderDecoder, pairs: Pairs) -> np.ndarray:
    """(N,) bool: which are not translated without a mistake."""
    given = translate(model, pairs.source)
    return np.array([one != other for one, other in zip(given, pairs.target, strict=True)])


class Reading(NamedTuple):
    """What a decoder of Luong's timing makes of a given target: logits (B, U, V), weights."""

    logits: Tensor
    weights: Tensor


@torch.no_grad()
def reading(model: EncoderDecoder, batch: PairBatch, hide: Tensor | None = None) -> Reading:
    """Teacher forcing with some places hidden: hide (B, U, T) bool, true where nothing is read."""
    decoder: Any = model.decoder
    state = model.encode(torch.from_numpy(batch.source))
    x = decoder.embedding(torch.from_numpy(batch.target_in))
    states, _ = decoder.layer(x, swapped(state["layer"]))
    scores = decoder.attention.score(states, state["memory"])
    weights = attention_weights(scores, None if hide is None else ~hide)
    joined = torch.cat([weights @ state["memory"], states], -1)
    return Reading(decoder.out(torch.tanh(decoder.combine(joined))), weights)


def weights_and_reasons(model: EncoderDecoder, numbers: Iterable[int]) -> dict[str, float]:
    """Do the weights lie where a word comes from, and do they matter?

    Over all words of all numbers: `own` is the weight on the letters that make the word; `peak` the
    share of words whose largest weight lies there; the others say how many words come out
    otherwise when reading is forbidden at the place of the largest weight, at another place, and
    at all of the word's own letters.
    """
    sums = dict.fromkeys(("own", "peak", "without peak", "without another", "without own"), 0.0)
    count, rng = 0, torch.Generator().manual_seed(0)
    for number in numbers:
        cut = pieces(number)
        source = tuple(LETTERS.index(letter) + 1 for letter in "".join(cut.german))
        target = tuple(WORDS.index(cut.english[k]) + 1 for k in order(cut))
        batch, own = pair_batch(Pairs((source,), (target,))), own_letters(number)[None]
        U, T = own.shape[1:]
        logits, weights = reading(model, batch)
        peak = nn.functional.one_hot(weights.argmax(-1), T).bool()
        other = torch.rand(peak.shape, generator=rng).masked_fill(peak, -1).argmax(-1)
        hidden = {
            "without peak": peak,
            "without another": nn.functional.one_hot(other, T).bool(),
            "without own": torch.cat([own, torch.zeros(1, 1, T, dtype=torch.bool)], 1),
        }
        count += U
        sums["own"] += (weights[:, :U] * own).sum().item()
        sums["peak"] += (peak[:, :U] & own).sum().item()
        for name, hide in hidden.items():
            changed = reading(model, batch, hide).logits.argmax(-1) != logits.argmax(-1)
            sums[name] += changed[:, :U].sum().item()
    return {name: value / count for name, value in sums.items()}


def settings() -> list[dict[str, Any]]:
    """No attention; three scores in Luong's timing; one in Bahdanau's."""
    every = [("none", "luong"), *((score, "luong") for score in SCORES), ("additive", "bahdanau")]
    return [{"attention": score, "timing": timing} for score, timing in every]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One network: how it learns, and on the test words its mistakes and its weights."""
    train, dev, test = data()
    torch.manual_seed(seed)
    model = model_of(setting)
    steps = LONGER if setting["attention"] == "none" else STEPS
    history = fit(
        model,
        loss,
        pair_batches(train, SYMBOLS),
        steps=steps,
        optimizer=FallingAdam(model.parameters(), RATE, steps),
        clip=CLIP,
        seed=seed,
        evaluate=lambda model: float(wrong(model, dev).mean()),
        every=EVERY,
    )
    found: dict[str, Any] = {
        "size": sum(p.numel() for p in model.parameters()),
        "step": history.step,
        "dev": history.value,
        "loss": [round(value, 4) for value in history.loss],
        "wrong": wrong(model, test).astype(int).tolist(),
    }
    if setting["attention"] != "none" and setting["timing"] == "luong":
        numbers = [number for number in number_pairs("de", "en").test.number if number]
        found["weights"] = weights_and_reasons(model, numbers[:200])
    return found


def summary(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of each network how it learnt, its share of mistakes, and that by the letters of a word."""
    test = data()[2]
    lengths = np.array([len(source) for source in test.source])
    runs = []
    for trial in trials:
        wrong = np.array(trial["wrong"])
        by_length = [
            {
                "letters": [low, high],
                "words": int(inside.sum()),
                "wrong": float(wrong[inside].mean()),
            }
            for low, high in ((1, 20), (21, 28), (29, 32), (33, 36), (37, 45))
            if (inside := (lengths >= low) & (lengths <= high)).any()
        ]
        kept = {key: trial[key] for key in ("size", "step", "dev", "loss") if key in trial}
        runs.append(
            dict(trial["setting"])
            | {"seed": trial["seed"], "seconds": round(trial["seconds"], 1)}
            | kept
            | {"test": float(wrong.mean()), "by_length": by_length}
            | ({"weights": trial["weights"]} if "weights" in trial else {})
        )
    return {"steps": STEPS, "longer": LONGER, "every": EVERY, "runs": runs}
