"""What the rungs of the pronunciation ladder share: data, training, search and score.

Every network gets the same number of steps on batches of the same size, drawn alike, with the same
falling rate. Choices were made on the dev words; the test words are asked here alone, once, when a
trial is over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqcourse.data.pairs import PairBatch, letters, pair_batches, phonemes, pronunciation_pairs
from seqcourse.data.pronunciations import Pronunciation, pronunciations
from seqcourse.data.words import END
from seqcourse.decoding import Hypothesis, beam_search, greedy
from seqcourse.experiments import Fit
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.metrics import phoneme_error_rate, word_error_rate
from seqcourse.models.seq2seq import Encoder, EncoderDecoder

STEPS = 3_000
SYMBOLS = 512  # letters in a batch, about
RATE = 3e-3  # falls to nothing in a straight line
CLIP = 1.0
EVERY = 200
LETTERS, SOUNDS = 27, 40  # each with END
EMBEDDING, HIDDEN = 64, 192
BEAMS = (4, 16)
ON_DEV_ALONE = "beam 16"  # it only shows what a wider beam does
SOME = 10  # of the dev words, one in so many makes the curves
SHOWN = 400  # of the dev words, one in so many is stored with what the network says

Answer = tuple[str, ...]
Say = Callable[[Tensor], list[Hypothesis]]  # from letters (B, T) of words of one length


def trained(
    model: nn.Module,
    loss: Callable[[Any, PairBatch], Tensor],
    searches: Mapping[str, Callable[[Any], Say]],
    seed: int,
    fit: Fit,
) -> dict[str, Any]:
    """A network trained on the training words: how, and what each search makes of it.

    Args:
        model: as it was made, with its first weights.
        loss: (model, batch) -> a mean, in nats.
        searches: by its name, from the model to what answers; the first one makes the curve.
        seed, fit: as a trial gets them.
    """
    train, dev, test = pronunciations()
    first = next(iter(searches.values()))
    history = fit(
        model,
        loss,
        pair_batches(pronunciation_pairs(train), SYMBOLS),
        steps=STEPS,
        optimizer=FallingAdam(model.parameters(), RATE, STEPS),
        clip=CLIP,
        seed=seed,
        evaluate=timed(lambda model: rates(first(model), dev[::SOME])),
        every=EVERY,
    )
    model.eval()
    curve = history.plain()
    return {
        "numbers": sum(weight.numel() for weight in model.parameters()),
        "steps": STEPS,
        "training": training_seconds(curve),
        "curve": {key: curve[key] for key in ("step", "loss", "norm")}
        | {rate: [value[rate] for value in curve["value"]] for rate in ("per", "wer")},
        "search": {
            name: {"dev": scored(make(model), dev)}
            | ({} if name == ON_DEV_ALONE else {"test": scored(make(model), test)})
            for name, make in searches.items()
        },
        "says": said(first(model), dev[::SHOWN]),
    }


def timed(evaluate: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    """The same, with the processor's time before and after added to what it gives."""

    def around(model: Any) -> dict[str, Any]:
        begun = time.process_time()
        return evaluate(model) | {"begun": begun, "ended": time.process_time()}

    return around


def training_seconds(curve: Mapping[str, Any]) -> float:
    """Seconds of one core for all steps, without what is `timed`; of at least three entries.

    A stretch between two entries is counted by the middle one of all such stretches: a run that was
    killed begins at nought again, and others who use the machine slow some stretches down.
    """
    ends = [value["ended"] for value in curve["value"][:-1]]
    begins = [value["begun"] for value in curve["value"][1:]]
    stretches = [after - before for before, after in zip(ends, begins, strict=True)]
    steps = curve["step"][1] - curve["step"][0]
    middle = np.median([seconds for seconds in stretches if seconds > 0])
    return float(middle * curve["step"][-1] / steps)


def encoder(both: bool) -> Encoder:
    """A GRU that reads the letters, both ways or one; its summary has the same size."""
    size = HIDDEN // 2 if both else HIDDEN
    layer = nn.GRU(EMBEDDING, size, batch_first=True, bidirectional=both)
    return Encoder(LETTERS, layer, EMBEDDING)


def encoder_decoder_loss(
    model: EncoderDecoder, batch: PairBatch, backwards: bool = False
) -> Tensor:
    """Cross-entropy of the phonemes; `backwards` reads the letters from the last to the first."""
    source, _, target_in, target_out = map(torch.from_numpy, batch)
    return model.loss(source.flip(1) if backwards else source, None, target_in, target_out)


def written(model: EncoderDecoder, beam: int = 1, backwards: bool = False) -> Say:
    """What an encoder–decoder says: symbol by symbol, greedily or by beam search."""

    @torch.no_grad()
    def say(source: Tensor) -> list[Hypothesis]:
        state = model.encode(source.flip(1) if backwards else source)
        room: dict[str, Any] = {"start": END, "stop": END, "max_steps": longest(source.shape[1])}
        if beam == 1:
            return greedy(model.step, state, **room)
        return [found[0] for found in beam_search(model.step, state, beam=beam, **room)]

    return say


def searches(backwards: bool = False) -> dict[str, Callable[[Any], Say]]:
    """The searches of every encoder–decoder."""
    beams = {f"beam {beam}": partial(written, beam=beam, backwards=backwards) for beam in BEAMS}
    return {"greedy": partial(written, backwards=backwards), **beams}


def longest(length: int) -> int:
    """How many symbols an answer to so many letters may have, its end counted."""
    return 2 * length + 8


def answers(say: Say, words: Sequence[Pronunciation]) -> list[Hypothesis]:
    """What is said of each word, in the words' order; words of one length go side by side."""
    found: dict[str, Hypothesis] = {}
    for _, same in groupby(sorted(words, key=_length), key=_length):
        group = list(same)
        source = torch.tensor([letters(word.word) for word in group])
        found |= zip((word.word for word in group), say(source), strict=True)
    return [found[word.word] for word in words]


def rates(say: Say, words: Sequence[Pronunciation]) -> dict[str, float]:
    """PER and WER of what is said, in percent."""
    return error_rates([phonemes(answer.tokens) for answer in answers(say, words)], words)


def error_rates(given: Sequence[Answer], words: Sequence[Pronunciation]) -> dict[str, float]:
    """PER and WER in percent; a word that is said in several ways counts the nearest of them."""
    right = [word.spoken for word in words]
    return {
        "per": 100 * phoneme_error_rate(given, right),
        "wer": 100 * word_error_rate(given, right),
    }


def scored(say: Say, words: Sequence[Pronunciation]) -> dict[str, Any]:
    """What `tabled` gives; the answers' mean log-probability; seconds of one core to answer."""
    begun = time.process_time()
    found = answers(say, words)
    seconds = time.process_time() - begun
    nats = sum(answer.log_probability for answer in found) / len(found)
    cut = sum(not answer.ended for answer in found)
    given = [phonemes(answer.tokens) for answer in found]
    return tabled(given, words) | {"nats": nats, "cut": cut, "seconds": round(seconds, 2)}


def tabled(given: Sequence[Answer], words: Sequence[Pronunciation]) -> dict[str, Any]:
    """PER and WER in percent, `by_length` of the word too: [letters, words, PER, WER].

    `length` is how long the answers are, all together, beside the first right answers.
    """
    rows = []
    both = sorted(zip(words, given, strict=True), key=lambda pair: _length(pair[0]))
    for length, same in groupby(both, key=lambda pair: _length(pair[0])):
        group, theirs = zip(*same, strict=True)
        found = error_rates(theirs, group)
        rows.append([length, len(group), round(found["per"], 2), round(found["wer"], 2)])
    ratio = sum(map(len, given)) / sum(len(word.spoken[0]) for word in words)
    return error_rates(given, words) | {"length": ratio, "by_length": rows}


def said(say: Say, words: Sequence[Pronunciation]) -> list[list[str]]:
    """[word, what is said of it, what is right, …], phonemes with spaces between them."""
    return [
        [word.word, " ".join(phonemes(answer.tokens)), *map(" ".join, word.spoken)]
        for word, answer in zip(words, answers(say, words), strict=True)
    ]


def _length(word: Pronunciation) -> int:
    return len(word.word)
