"""The pronunciation ladder's GNMT in miniature: what each of its parts is worth, one at a time.

All have LSTM layers and about one size. The first is chapter 11's network with the additive score
in Luong's timing. Of the deep ones each adds one thing to the one before. What is added when a
network answers is measured on the trained networks: a beam on all, penalties and eight bits on the
last. Penalties are chosen on some of the dev words, and the test words are asked with that choice
alone.

All are trained for fewer steps than the ladder's other networks.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqcourse import decoding
from seqcourse.data.pairs import PairBatch, Pairs, pair_batches, pronunciation_pairs
from seqcourse.data.pronunciations import Pronunciation
from seqcourse.data.wordpieces import Wordpieces, learn_merges
from seqcourse.data.words import ALPHABET, END
from seqcourse.decoding import Hypothesis, beam_search, greedy
from seqcourse.experiments import Fit, by_setting, spread
from seqcourse.experiments import _pronouncing as ladder
from seqcourse.experiments._rungs import summed_up
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.models.gnmt import DeepDecoder, DeepEncoder
from seqcourse.models.quantised import rounded, stored_bytes
from seqcourse.models.seq2seq import EncoderDecoder
from seqcourse.nn import AdditiveAttention

CHAPTER = 13
FAMILY = "pronouncing"
SEEDS = (0, 1, 2)

STEPS = 700
WIDTHS = {1: 138, 4: 68}  # by depth: about one size
MERGES = 200
ALPHAS = (0.2, 0.6, 1.0)
BETAS = (0.1, 0.2, 0.4)
SOME = 5  # of the dev words, one in so many chooses the penalties
ALONE = 60  # words that are asked one by one

Cut = Callable[[str], tuple[int, ...]]


def settings() -> list[dict[str, Any]]:
    """A lone layer on each side; and deep ones, each with one thing more."""
    plain = {"depth": 4, "residual": False, "bottom": "forwards", "source": "letters"}
    return [
        {"depth": 1, "residual": False, "bottom": "both ways", "source": "letters"},
        plain,
        plain | {"residual": True},
        plain | {"residual": True, "bottom": "both ways"},
        plain | {"residual": True, "bottom": "both ways", "source": "pieces"},
    ]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One network on the training words, and what is added to it afterwards."""
    torch.manual_seed(seed)
    model, cut = model_of(setting), cut_of(setting["source"])
    train, dev, test = spoken()
    pairs = pronunciation_pairs(train)
    words = ["".join(ALPHABET[letter] for letter in source) for source in pairs.source]
    begun = time.process_time()
    steps = min(STEPS, ladder.STEPS)
    history = fit(
        model,
        loss,
        pair_batches(Pairs(tuple(map(cut, words)), pairs.target), symbols_of(words, cut)),
        steps=steps,
        optimizer=FallingAdam(model.parameters(), ladder.RATE, steps),
        clip=ladder.CLIP,
        seed=seed,
        evaluate=ladder.timed(lambda model: ladder.rates(said_by(model, cut), dev[:: ladder.SOME])),
        every=ladder.EVERY,
    )
    model.eval()
    curve = history.plain()
    say = partial(said_by, model, cut)
    found = {
        "numbers": sum(weight.numel() for weight in model.parameters()),
        "steps": steps,
        "training": ladder.training_seconds(curve),
        "curve": {key: curve[key] for key in ("step", "loss", "norm")}
        | {rate: [value[rate] for value in curve["value"]] for rate in ("per", "wer")},
        "says": ladder.said(say(), dev[:: ladder.SHOWN]),
    }
    ways: dict[str, ladder.Say] = {"greedy": say(), "beam 4": say(beam=4)}
    more: dict[str, Any] = {"alone": {way: alone(answer, dev) for way, answer in ways.items()}}
    if setting["source"] == "pieces":
        alpha, beta, more["tried"] = penalties(say, dev[::SOME])
        ways |= {
            "beam 4, lp": say(beam=4, alpha=alpha),
            "beam 4, lp, cp": say(beam=4, alpha=alpha, beta=beta),
            "beam 4, int8": said_by(rounded(model), cut, beam=4),
        }
        more |= {"alpha": alpha, "beta": beta, "kernel": None}
        if (kernel := in_eight_bits(model)) is not None:
            more["kernel"] = alone(said_by(kernel, cut), dev)
    return (
        found
        | more
        | {
            "bytes": {"float32": stored_bytes(model), "int8": stored_bytes(model, eight_bits=True)},
            "search": {
                way: {"dev": ladder.scored(answer, dev), "test": ladder.scored(answer, test)}
                for way, answer in ways.items()
            },
            "in all": time.process_time() - begun,
        }
    )


def model_of(setting: dict[str, Any]) -> EncoderDecoder:
    """A network as a setting wants it, untrained."""
    depth, residual = setting["depth"], setting["residual"]
    width = WIDTHS[depth]
    vocabulary = ladder.LETTERS if setting["source"] == "letters" else len(pieces().pieces())
    both = setting["bottom"] == "both ways"
    encoder = DeepEncoder(vocabulary, nn.LSTM, width, depth, residual, both)
    attention = AdditiveAttention(width, width, width // 2)
    decoder = DeepDecoder(ladder.SOUNDS, nn.LSTM, width, depth, attention, residual)
    return EncoderDecoder(encoder, decoder)


def spoken() -> tuple[Sequence[Pronunciation], ...]:
    """The ladder's words: to train on, to choose by, and to be asked in the end."""
    return tuple(ladder.pronunciations())  # type: ignore[attr-defined]


@cache
def pieces() -> Wordpieces:
    """Learnt from the spellings of the training words, each counted once."""
    return Wordpieces(learn_merges((word.word for word in spoken()[0]), MERGES))


def cut_of(source: str) -> Cut:
    """From a word to the numbers that a network reads."""
    cut = Wordpieces(()) if source == "letters" else pieces()
    known = {piece: number for number, piece in enumerate(cut.pieces())}
    return cache(lambda word: tuple(known[piece] for piece in cut.split(word)))


def symbols_of(words: Sequence[str], cut: Cut) -> int:
    """How many symbols make a batch of as many words as the ladder's letters do."""
    letters = sum(map(len, words))
    return max(1, round(ladder.SYMBOLS * sum(len(cut(word)) for word in words) / letters))


def loss(model: EncoderDecoder, batch: PairBatch) -> Tensor:
    """Cross-entropy of the phonemes."""
    source, _, target_in, target_out = map(torch.from_numpy, batch)
    return model.loss(source, None, target_in, target_out)


def said_by(
    model: Any, cut: Cut, beam: int = 1, alpha: float = 0.0, beta: float = 0.0
) -> ladder.Say:
    """What a network answers to letters: greedily, or by beam search with Wu et al.'s penalties."""

    @torch.no_grad()
    def say(source: Tensor) -> list[Hypothesis]:
        sources = [cut("".join(ALPHABET[letter] for letter in row)) for row in source.tolist()]
        lengths = torch.tensor([len(numbers) for numbers in sources])
        longest = int(lengths.max())
        padded = [numbers + (END,) * (longest - len(numbers)) for numbers in sources]
        state = model.encode(torch.tensor(padded), lengths)
        room: dict[str, Any] = {"start": END, "stop": END}
        room["max_steps"] = ladder.longest(source.shape[1])
        if beam == 1:
            return greedy(model.step, state, **room)
        lp = partial(decoding.length_penalty, alpha=alpha) if alpha else None
        found = beam_search(model.step, state, beam=beam, length_penalty=lp, coverage=beta, **room)
        return [answers[0] for answers in found]

    return say


def penalties(
    say: Callable[..., ladder.Say], words: Sequence[Pronunciation]
) -> tuple[float, float, list[list[float]]]:
    """α, then β with it: those with the fewest wrong phonemes, 0 for either too.

    Returns:
        both, and all that was tried: [α, β, PER, WER].
    """
    tried: list[list[float]] = []

    def per(alpha: float, beta: float) -> float:
        rates = ladder.rates(say(beam=4, alpha=alpha, beta=beta), words)
        tried.append([alpha, beta, rates["per"], rates["wer"]])
        return rates["per"]

    alpha = _best((alpha, per(alpha, 0.0)) for alpha in (0.0, *ALPHAS))
    rest = min(row[2] for row in tried)
    beta = _best([(0.0, rest), *((beta, per(alpha, beta)) for beta in BETAS)])
    return alpha, beta, tried


def _best(pairs: Iterable[tuple[float, float]]) -> float:
    """The value with the smallest rate; of equals the first."""
    return min(pairs, key=lambda pair: pair[1])[0]


def alone(say: ladder.Say, words: Sequence[Pronunciation]) -> float:
    """Milliseconds of one core for a word that is asked alone: the middle one of some."""
    some = words[:: max(1, len(words) // ALONE)]
    taken = []
    for word in some:
        source = torch.tensor([[ALPHABET.index(letter) for letter in word.word]])
        begun = time.process_time()
        say(source)
        taken.append(time.process_time() - begun)
    return 1e3 * float(np.median(taken))


def in_eight_bits(model: nn.Module) -> Any:
    """The network with torch's own eight-bit LSTM and linear layers; None where torch has none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are to be moved to another package
            from torch.ao.quantization import quantize_dynamic

            return quantize_dynamic(model, {nn.LSTM, nn.Linear}, torch.qint8)  # type: ignore[no-untyped-call]
    except (ImportError, AttributeError, RuntimeError):
        return None


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """A rung for each, a mean over the seeds; the seeds' curves and rates; what was added."""
    found = summed_up(CHAPTER, trials, _name)
    kept = ("alpha", "beta", "tried", "kernel", "bytes", "alone", "in all")
    for run, (_, alike) in zip(found["runs"], by_setting(trials), strict=True):
        run |= {key: [trial[key] for trial in alike] for key in kept if key in alike[0]}
        run["rates"] = {
            way: {
                part: {
                    rate: spread(one["search"][way][part][rate] for one in alike)
                    for rate in ("per", "wer")
                }
                for part in ("dev", "test")
            }
            for way in alike[0]["search"]
        }
    return found | {"merges": MERGES}


def _name(setting: dict[str, Any]) -> str:
    if setting["depth"] == 1:
        return "GNMT in miniature, one layer"
    added = ["plain"]
    if setting["residual"]:
        added = ["residual"]
    if setting["bottom"] == "both ways":
        added.append("two-way bottom")
    if setting["source"] == "pieces":
        added.append("wordpieces")
    return f"GNMT in miniature, {setting['depth']} layers, {', '.join(added)}"
