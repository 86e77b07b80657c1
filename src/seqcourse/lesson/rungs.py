"""What a rung of each ladder is: how a learner's model is scored, and what stands in its row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

Figures = Mapping[str, float]


class Kind(NamedTuple):
    """A ladder.

    Args:
        score: from a learner's model to its figures on the dev words, of which "dev" orders the
            rungs, the largest first. A ValueError says what the model gave instead of an answer.
        figures: their names; the file of the learner's rungs holds these.
        said: the figures in a sentence.
        caption: of the table; `{unit}` is the result's.
        header: of the columns behind the model's name.
        cells: of a stored rung, in these columns; `own` of a learner's.
        dev: what orders a stored rung.
        asked: what a model was asked, before its inputs; `slow`, what to do where it takes long.
    """

    score: Callable[[Callable[..., Any]], dict[str, float]]
    figures: tuple[str, ...]
    said: Callable[[Figures], str]
    caption: str
    header: tuple[str, ...]
    cells: Callable[[Mapping[str, Any]], tuple[str, ...]]
    own: Callable[[Figures], tuple[str, ...]]
    dev: Callable[[Mapping[str, Any]], float]
    asked: str
    slow: str


def _spelling(model: Callable[..., Any]) -> dict[str, float]:
    from seqcourse.data import spellings  # read where they are needed: a page may only show
    from seqcourse.metrics import spelling_loss

    return {"dev": spelling_loss(model, spellings().dev)}


def _pronouncing(model: Callable[..., Any]) -> dict[str, float]:
    from seqcourse.data.pronunciations import pronunciations

    return pronounced(model, pronunciations().dev)


def pronounced(model: Callable[[str], Any], words: Sequence[Any]) -> dict[str, float]:
    """PER, under "dev", and WER of a function from a word to its phonemes, in percent.

    Args:
        words: each a `data.Pronunciation`; the nearest of its pronunciations counts.

    Raises:
        ValueError: the function gives something else than phonemes; the message names the word.
    """
    from seqcourse.metrics import phoneme_error_rate, word_error_rate

    given = [_phonemes(model(word.word), word.word) for word in words]
    right = [word.spoken for word in words]
    per, wer = phoneme_error_rate(given, right), word_error_rate(given, right)
    return {"dev": 100 * per, "wer": 100 * wer}


def _phonemes(answer: Any, word: str) -> tuple[str, ...]:
    """An answer, if it is phonemes."""
    from seqcourse.data.pronunciations import PHONEMES

    asked = f"asked how {word!r} is said, the model gives"
    if answer is None or not isinstance(answer, Sequence):
        what = "nothing (None)" if answer is None else f"a {type(answer).__name__}"
        raise ValueError(f"{asked} {what}: return a tuple of phonemes, such as ('DH', 'AH').")
    if isinstance(answer, str):
        raise ValueError(
            f"{asked} the text {answer!r:.40}: return a tuple of phonemes, such as ('DH', 'AH'); "
            "text.split() makes them of 'DH AH'."
        )
    for phoneme in answer:
        if not isinstance(phoneme, str):
            raise ValueError(
                f"{asked} {phoneme!r:.40} for a phoneme: return their names, such as ('DH', 'AH'); "
                "seqcourse.data.phonemes(numbers) makes them of numbers."
            )
        if phoneme not in PHONEMES:
            raise ValueError(
                f"{asked} {phoneme!r:.20}, which is none of the 39 phonemes of `PHONEMES`: write "
                "them in capitals and without stress."
            )
    return tuple(answer)


def _pronouncing_cells(rung: Mapping[str, Any]) -> tuple[str, ...]:
    seconds = rung["seconds"]
    rates = [rung[part][rate] for part in ("dev", "test") for rate in ("per", "wer")]
    return (
        f"{rung['size']:,}",
        f"{rung['steps']:,}" if rung["steps"] else "–",
        f"{seconds['mean']:.0f}" if seconds else "–",
        *map(_with_spread, rates),
    )


def _with_spread(rate: Figures) -> str:
    """A mean over the seeds, and half of the way from the least to the largest."""
    half = (rate["max"] - rate["min"]) / 2
    return f"{rate['mean']:.1f}" + (f" ± {half:.1f}" if half else "")


SPELLING = Kind(
    score=_spelling,
    figures=("dev",),
    said=lambda figures: f"{figures['dev']:.3f}",
    caption="The spelling ladder, in {unit}: lower is better. Numbers: what a model stores.",
    header=("numbers", "dev", "test"),
    cells=lambda rung: (f"{rung['size']:,}", f"{rung['dev']:.3f}", f"{rung['test']:.3f}"),
    own=lambda figures: ("–", f"{figures['dev']:.3f}", "–"),
    dev=lambda rung: float(rung["dev"]),
    asked="asked for what follows",
    slow="Count once, outside of the model, and only look up inside.",
)

PRONOUNCING = Kind(
    score=_pronouncing,
    figures=("dev", "wer"),
    said=lambda figures: f"PER {figures['dev']:.1f}%, WER {figures['wer']:.1f}%",
    caption=(
        "The pronunciation ladder, in {unit} of the phonemes (PER) and of the words (WER) that are "
        "wrong: lower is better. Numbers: what a model stores. Seconds: of one core, to train. "
        "±: half of the range over the seeds."
    ),
    header=("numbers", "steps", "seconds", "PER, dev", "WER, dev", "PER, test", "WER, test"),
    cells=_pronouncing_cells,
    own=lambda own: ("–", "–", "–", f"{own['dev']:.1f}", f"{own['wer']:.1f}", "–", "–"),
    dev=lambda rung: float(rung["dev"]["per"]["mean"]),
    asked="asked how to say",
    slow="Train once, outside of the model, and only ask the network inside.",
)

KINDS = {"spelling": SPELLING, "pronouncing": PRONOUNCING}
