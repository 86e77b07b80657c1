"""How good a model is, in numbers that compare across models."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import numpy as np

from seqcourse.data.words import ALPHABET

Symbols = Sequence[Hashable]


def spelling_loss(model: Callable[[str], Any], words: Iterable[str]) -> float:
    """Mean loss of spelling words, the end of each counted as a character.

    Args:
        model: from the letters so far of a word, without dots, to p (27,) over `ALPHABET`, in
            which '.' comes first and stands for the end. It is asked once for each beginning.
        words: of the letters a to z.

    Returns:
        Nats per character.

    Raises:
        ValueError: there are no words; or the model gives something else than 27 finite numbers, of
            which none is negative and whose sum is 1 within 1e-6; or it gives 0 to what comes. The
            message names the letters it was asked for.
    """
    losses: dict[str, np.ndarray] = {}
    total, count = 0.0, 0
    for word in words:
        for place, symbol in enumerate(f"{word}."):
            context = word[:place]
            if context not in losses:
                with np.errstate(divide="ignore"):
                    losses[context] = -np.log(_law(model(context), context))
            loss = losses[context][ALPHABET.index(symbol)]
            if loss == np.inf:
                what = "the end" if symbol == "." else f"{symbol!r}"
                raise ValueError(
                    f"after {context!r} the model gives {what} probability 0, and {word!r} needs "
                    "it: the loss is infinite. Leave something for what was never seen."
                )
            total, count = total + float(loss), count + 1
    if not count:
        raise ValueError("there are no words to spell: give at least one.")
    return total / count


def _law(value: Any, context: str) -> np.ndarray:
    """A model's answer as an array, if it is a probability distribution."""
    if hasattr(value, "detach"):  # a tensor that knows its gradient
        value = value.detach().cpu()
    asked = f"asked for what follows {context!r}, the model gives"
    try:
        p = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        kind = "nothing (None)" if value is None else f"a {type(value).__name__}"
        raise ValueError(f"{asked} {kind}: return an array of 27 probabilities.") from None
    if p.shape != (len(ALPHABET),):
        what = "nothing (None)" if value is None else f"shape {p.shape}"
        raise ValueError(f"{asked} {what}: return shape (27,), '.' first, then a to z.")
    least, total = p.min(), p.sum()
    if not np.isfinite(total):
        raise ValueError(f"{asked} a number that is not finite (NaN or infinity).")
    if least < 0:
        raise ValueError(f"{asked} a negative probability, {least:.3g}.")
    if abs(total - 1) > 1e-6:
        raise ValueError(f"{asked} probabilities whose sum is {total:.6g}: it must be 1.")
    return p


def edit_distance(a: Symbols, b: Symbols) -> int:
    """The fewest symbols to insert, delete or replace that make one sequence the other.

    d(i, j), for the first i symbols of a and the first j of b, is the least of d(i-1, j) + 1 (a_i
    is deleted), d(i, j-1) + 1 (b_j is inserted) and d(i-1, j-1) + [a_i ≠ b_j]; one row of it is
    kept. That takes len(a) len(b) comparisons. Source: Wagner & Fischer (1974).

    Args:
        a, b: strings, lists or tuples.
    """
    row = list(range(len(b) + 1))  # d(0, j): j insertions
    for i, x in enumerate(a, 1):
        above, row = row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y)))
    return row[-1]


def phoneme_error_rate(
    hypotheses: Sequence[Symbols], references: Sequence[Sequence[Symbols]]
) -> float:
    """Edits in all answers, divided by the symbols of what they are compared with.

    Each answer is compared with the right answer nearest to it in edits; of equals with the
    shorter, so that the order of the references is nothing to it and a tie never flatters. Over
    words instead of phonemes this is what speech recognition calls the word error rate.

    Args:
        hypotheses: one answer each, a sequence of symbols.
        references: for each the list of its right answers, one or more.

    Returns:
        0 is perfect; it can be above 1, where too much is said.

    Raises:
        ValueError: there is nothing to compare, or the two do not fit together.

    Source: Bisani & Ney (2008), Joint-sequence models for grapheme-to-phoneme conversion.
    """
    edits = symbols = 0
    for hypothesis, right in _pairs(hypotheses, references):
        nearest = min((edit_distance(hypothesis, answer), len(answer)) for answer in right)
        edits, symbols = edits + nearest[0], symbols + nearest[1]
    if not symbols:
        raise ValueError("the right answers are all empty: there is no symbol to get wrong.")
    return edits / symbols


def word_error_rate(
    hypotheses: Sequence[Symbols], references: Sequence[Sequence[Symbols]]
) -> float:
    """Share of the answers that are none of their right answers: a word is right or wrong.

    This is the rate that goes with pronunciations. That of speech recognition counts edits: see
    `phoneme_error_rate`, whose arguments, errors and source this has.
    """
    pairs = _pairs(hypotheses, references)
    wrong = [tuple(given) not in {tuple(answer) for answer in right} for given, right in pairs]
    return sum(wrong) / len(wrong)


def ngram_matches(hypothesis: Symbols, right: Sequence[Symbols], n: int) -> tuple[int, int]:
    """How many of an answer's n-grams are in a right answer, and how many it has.

    An n-gram counts as often as it comes in the right answer that has it most often, no more.
    """
    given = _ngrams(hypothesis, n)
    allowed: Counter[Symbols] = Counter()
    for answer in right:
        allowed |= _ngrams(answer, n)  # the larger of both counts
    return (given & allowed).total(), given.total()


def bleu(
    hypotheses: Sequence[Symbols],
    references: Sequence[Sequence[Symbols]],
    *,
    longest: int = 4,
    smooth: bool = True,
) -> float:
    """BLEU of a whole corpus: geometric mean of the precisions of n-grams, times brevity penalty.

    Args:
        hypotheses: one answer each, already cut into tokens.
        references: for each the list of its right answers.
        longest: n-grams of 1 … `longest` tokens.
        smooth: where no n-gram of a length is right, a half of one counts, then a quarter, ….
            Without it one such length makes the whole 0.

    Returns:
        0 … 100, the number that sacrebleu gives for tokens (`tokenize="none"`). It is 0 where no
        token is right, or where no answer has as many tokens as `longest`.

    Raises:
        ValueError: there is nothing to compare, or the two do not fit together.

    Sources: Papineni et al. (2002), BLEU; Post (2018), A call for clarity in reporting BLEU scores.
    """
    correct, total = [0] * longest, [0] * longest
    ours = theirs = 0  # tokens
    for hypothesis, right in _pairs(hypotheses, references):
        if isinstance(hypothesis, str):
            raise ValueError(f"the answer {hypothesis!r} is one string: give lists of tokens.")
        for n in range(longest):
            matches = ngram_matches(hypothesis, right, n + 1)
            correct[n], total[n] = correct[n] + matches[0], total[n] + matches[1]
        ours += len(hypothesis)
        # the right answer nearest in length, of equals the shorter
        theirs += min((abs(len(a) - len(hypothesis)), len(a)) for a in right)[1]
    return 100 * _brevity(ours, theirs) * _mean_precision(correct, total, smooth)


def _brevity(ours: int, theirs: int) -> float:
    """What a corpus pays that is shorter than the right answers: precision alone would not."""
    return math.exp(min(0.0, 1 - theirs / ours)) if ours else 0.0


def _mean_precision(correct: list[int], total: list[int], smooth: bool) -> float:
    """Geometric mean of correct / total."""
    if not any(correct) or not all(total):
        return 0.0
    logs, share = [], 1.0
    for right, all_ in zip(correct, total, strict=True):
        if not right:
            share /= 2
        logs.append(math.log((right or share) / all_) if right or smooth else -math.inf)
    return math.exp(sum(logs) / len(logs))


def _ngrams(tokens: Symbols, n: int) -> Counter[Symbols]:
    """Each run of n tokens, and how often it comes."""
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def _pairs(
    hypotheses: Sequence[Symbols], references: Sequence[Sequence[Symbols]]
) -> list[tuple[Symbols, Sequence[Symbols]]]:
    """Each answer with its right answers, if they fit together."""
    if len(hypotheses) != len(references) or not len(hypotheses):
        raise ValueError(
            f"{len(hypotheses)} answers came with right answers for {len(references)}: "
            "give one list of right answers for each answer, and at least one answer."
        )
    for number, (hypothesis, right) in enumerate(zip(hypotheses, references, strict=True)):
        if isinstance(right, str) or not len(right):
            raise ValueError(f"answer {number} is to be compared with {right!r}: give a list.")
        for answer in right:
            fits = isinstance(answer, str) == isinstance(hypothesis, str)
            if not (fits and isinstance(answer, Sequence)):
                raise ValueError(
                    f"answer {number} is {hypothesis!r}, and one of its right answers {answer!r}: "
                    "give a list of right answers, each a sequence of symbols as the answer is."
                )
    return list(zip(hypotheses, references, strict=True))
