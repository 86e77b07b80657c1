"""The pronunciation ladder's long run: one network for a laptop's night, tuned on the dev words.

CTC and attention share an encoder. The rate rises, then falls to nothing; what is asked is not the
weights themselves but their running mean. When training is over they are rounded to eight bits, and
those are what is scored: dev by every search, and test once, by the search that dev liked best. A
search may ask the decoder alone, CTC alone, or both of what either found.

The rounded network is what the package ships: its weights are left beside the run's pieces.
"""

from __future__ import annotations

import io
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqcourse.data.pairs import PairBatch, pair_batches, phonemes, pronunciation_pairs
from seqcourse.data.pronunciations import Pronunciation, pronunciations
from seqcourse.decoding import Hypothesis, ctc_best_path, ctc_prefix_beam
from seqcourse.experiments import Fit
from seqcourse.experiments import _pronouncing as ladder
from seqcourse.experiments._pieces import folder
from seqcourse.files import write_whole
from seqcourse.models.joint_pronouncer import JointPronouncer, candidates, ranked
from seqcourse.models.quantised import rounded

CHAPTER = 21
FAMILY = "pronouncing-night"
SEEDS = (0,)

STEPS = 33_000
SYMBOLS = 512  # letters in a batch, about
RATE, WARM, DECAY = 3e-3, 400, 0.02
KEPT = 0.999  # of the weights' mean, at each step
CLIP = 1.0
SMOOTHING = 0.1
SHARE = 0.4  # of CTC's loss
SIZES = {"embedding": 64, "encoder": 192, "layers": 2, "below": 192, "above": 256, "hidden": 128}
DROPOUT = 0.2
EVERY = 25  # steps from one loss to the next
ASKED, AT_FIRST = 1_000, 200  # steps from one look at the dev words to the next; before the first
BEAM = 8
CTC_SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)  # in what ranks the candidates of both

FOUND = "weights.npz"  # in the run's folder


def settings() -> list[dict[str, Any]]:
    """One network."""
    return [SIZES | {"dropout": DROPOUT, "symbols": SYMBOLS, "steps": STEPS}]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """It is trained on the training words; its curve on the dev words, and what it reaches."""
    torch.manual_seed(seed)
    model = JointPronouncer(**{key: setting[key] for key in SIZES}, dropout=setting["dropout"])
    optimizer = MeanAdamW(model.parameters(), setting["steps"])
    train, dev, test = pronunciations()
    some = dev[:: ladder.SOME]

    def look(model: JointPronouncer) -> dict[str, float]:
        done = optimizer.done()
        if done % (ASKED if done > ASKED else AT_FIRST) and done != setting["steps"]:
            return {}
        own = optimizer.swap()
        rates = ladder.rates(ladder.written(model), some)  # type: ignore[arg-type]
        optimizer.swap(own)
        return rates

    history = fit(
        model,
        loss,
        pair_batches(pronunciation_pairs(train), setting["symbols"]),
        steps=setting["steps"],
        optimizer=optimizer,
        clip=CLIP,
        seed=seed,
        evaluate=ladder.timed(look),
        every=EVERY,
    )
    optimizer.swap()
    whole = model.eval()
    exact = scored({"greedy": ladder.answers(ladder.written(whole), dev)}, dev)["greedy"]  # type: ignore[arg-type]
    model = rounded(whole)  # type: ignore[assignment]
    write_whole(folder("pronouncing_night") / FOUND, packed(model))
    begun = time.process_time()
    tried = scored(asked(model, dev), dev)
    seconds = time.process_time() - begun
    best = min(tried, key=lambda name: tried[name]["wer"])
    return {
        "numbers": sum(weight.numel() for weight in model.parameters()),
        "steps": setting["steps"],
        "words": len(train),
        "curve": curve(history.plain()),
        "dev, unrounded": exact,
        "dev": tried,
        "seconds of dev": seconds,
        "chosen": best,
        "test": scored(asked(model, test, best), test)[best],
        "says": said(model, best, dev[:: ladder.SHOWN]),
    }


def loss(model: JointPronouncer, batch: PairBatch) -> Tensor:
    """Smoothed cross-entropy and CTC's loss, together."""
    return model.loss(batch, SMOOTHING, SHARE)


class MeanAdamW(torch.optim.AdamW):
    """AdamW with a rate that rises and falls, and a running mean of the weights.

    The groups' own rate stays what it was at first; how many steps are done is counted by Adam's
    state, where the means are, too: a checkpoint keeps both.
    """

    def __init__(self, parameters: Any, steps: int) -> None:
        super().__init__(parameters, lr=RATE, betas=(0.9, 0.98), weight_decay=DECAY)
        self.steps = steps

    def done(self) -> int:
        """How many steps were done."""
        return int(max((float(kept["step"]) for kept in self.state.values()), default=0.0))

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        done = self.done()
        rate = RATE * min((done + 1) / WARM, 1 - done / self.steps)
        for group in self.param_groups:
            group["lr"] = rate
        found = super().step(closure)
        kept = min(KEPT, (done + 1) / (done + 10))
        for group in self.param_groups:
            group["lr"] = RATE
            for weight in group["params"]:
                if "mean" not in self.state[weight]:
                    self.state[weight]["mean"] = weight.clone()
                self.state[weight]["mean"].lerp_(weight, 1 - kept)
        return found

    @torch.no_grad()
    def swap(self, values: Sequence[Tensor] | None = None) -> list[Tensor]:
        """Put the means, or these values, in the weights' place; what stood there."""
        weights = [weight for group in self.param_groups for weight in group["params"]]
        own = [weight.clone() for weight in weights]
        for place, weight in enumerate(weights):
            weight.copy_(self.state[weight]["mean"] if values is None else values[place])
        return own


def curve(history: Mapping[str, Any]) -> dict[str, Any]:
    """The rates on some of the dev words where they were asked, and the mean loss up to there.

    Seconds are of one core, for all steps so far: each stretch between two entries is counted as
    the middle one of all, as `training_seconds` does.
    """
    seconds = ladder.training_seconds(history) / history["step"][-1]
    rows: dict[str, list[float]] = {key: [] for key in ("step", "seconds", "loss", "per", "wer")}
    losses: list[float] = []
    for step, value, own in zip(*(history[k] for k in ("step", "value", "loss")), strict=True):
        losses.append(own)
        if "wer" in value:
            rows["step"].append(step)
            rows["seconds"].append(round(step * seconds, 1))
            rows["loss"].append(float(np.mean(losses)))
            rows["per"].append(value["per"])
            rows["wer"].append(value["wer"])
            losses = []
    return rows | {"training": seconds * history["step"][-1]}


def asked(
    model: JointPronouncer, words: Sequence[Pronunciation], alone: str | None = None
) -> dict[str, list[Hypothesis]]:
    """What each search answers, or one alone."""
    names = [alone] if alone else list(searches())
    say: dict[str, ladder.Say] = {}
    known: dict[tuple[int, ...], list[list[Hypothesis]]] = {}

    def found(source: Tensor) -> list[list[Hypothesis]]:
        """The first of the joint searches asks the beams, and the others take what they found."""
        key = tuple(source.flatten().tolist())
        if key not in known:
            known[key] = candidates(model, source, BEAM, ladder.longest(source.shape[1]))
        return known[key]

    for name in names:
        share = searches()[name]
        beam = BEAM if "beam" in name else 0
        if share is not None:
            say[name] = _joint(found, share)
        elif "CTC" in name:
            say[name] = _heard(model, beam)
        else:
            say[name] = ladder.written(model, beam or 1)  # type: ignore[arg-type]
    return {name: ladder.answers(say[name], words) for name in names}


def searches() -> dict[str, float | None]:
    """By name, CTC's share in what ranks the candidates; None where one of the two is alone."""
    alone = {"greedy": None, f"beam {BEAM}": None, "CTC": None, f"CTC, beam {BEAM}": None}
    return alone | {f"both, CTC {share:g}": share for share in CTC_SHARES}


def _joint(found: Any, share: float) -> ladder.Say:
    def say(source: Tensor) -> list[Hypothesis]:
        return [ranked(answers, share)[0] for answers in found(source)]

    return say


def _heard(model: JointPronouncer, beam: int) -> ladder.Say:
    @torch.no_grad()
    def say(source: Tensor) -> list[Hypothesis]:
        log_probs = model.heard(model.encode(source))
        lengths = [len(log_probs)] * len(source)
        if not beam:
            return ctc_best_path(log_probs, lengths)
        return [answers[0] for answers in ctc_prefix_beam(log_probs, lengths, beam=beam)]

    return say


def scored(
    found: Mapping[str, Sequence[Hypothesis]], words: Sequence[Pronunciation]
) -> dict[str, Any]:
    """PER and WER of each search, by the word's length too."""
    return {
        name: ladder.tabled([phonemes(answer.tokens) for answer in answers], words)
        for name, answers in found.items()
    }


def said(model: JointPronouncer, search: str, words: Sequence[Pronunciation]) -> list[list[str]]:
    """As `ladder.said`, of a search by its name."""
    answers = asked(model, words, search)[search]
    return [
        [word.word, " ".join(phonemes(answer.tokens)), *map(" ".join, word.spoken)]
        for word, answer in zip(words, answers, strict=True)
    ]


def packed(model: nn.Module) -> bytes:
    """All weights as an npz file."""
    file = io.BytesIO()
    np.savez(file, **{name: value.numpy() for name, value in model.state_dict().items()})
    return file.getvalue()


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """A rung, by the search that dev chose; and what the trial found."""
    from seqcourse.experiments import spread
    from seqcourse.experiments._rungs import RATES, UNIT, rung

    (found,) = trials
    parts = {"dev": found["dev"][found["chosen"]], "test": found["test"]}
    own = rung(
        CHAPTER,
        "CTC and attention, a long run",
        found["numbers"],
        **{part: {rate: spread([one[rate]]) for rate in RATES} for part, one in parts.items()},
        steps=found["steps"],
        seconds=spread([found["curve"]["training"]]),
        search=found["chosen"],
        seeds=len(trials),
    )
    return {"unit": UNIT, "rungs": [own]} | found
