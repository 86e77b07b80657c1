"""What can still be read from a state: a linear probe, and sentences without a connection.

In a real sentence one word betrays another, so that a probe may *guess* what the state no longer
holds. Sentences whose words are dealt anew have no such connection.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

FITTED = 0.75  # the part of the examples that a probe is fitted to; the others judge it


def redeal(sentences: ArrayLike, count: int, rng: np.random.Generator) -> np.ndarray:
    """Sentences whose word at each place is drawn by itself from the words that stood there.

    Args:
        sentences: (N, T) int, words as numbers, all of one length.
        count: how many to draw.
        rng: of the draws.

    Returns:
        (count, T) int: at each place as before, and no word tells anything about another.

    Raises:
        ValueError: the sentences are no table, or there is none.
    """
    table = np.asarray(sentences)
    if table.ndim != 2 or not table.size:
        raise ValueError(f"redeal got shape {table.shape}: give (N, T), N and T at least 1.")
    return np.stack([rng.choice(column, count) for column in table.T], 1)


def readable(states: ArrayLike, words: ArrayLike) -> tuple[float, float]:
    """How often a linear probe names the word, on examples that it was not fitted to.

    Least squares, from the state to one column for each word; the largest is the answer.

    Args:
        states: (N, H).
        words: (N,) int.

    Returns:
        Its share of right answers, and that of always naming the commonest word.

    Raises:
        ValueError: the shapes do not fit, or there are fewer than 8 examples.
    """
    x, names = np.asarray(states, dtype=float), np.asarray(words)
    if x.ndim != 2 or names.shape != (len(x),) or len(x) < 8:
        raise ValueError(
            f"readable got states of shape {x.shape} and words of shape {names.shape}: give (N, H) "
            "and (N,), N at least 8."
        )
    known, label = np.unique(names, return_inverse=True)
    cut = int(FITTED * len(x))
    x = np.column_stack([x, np.ones(len(x))])  # (N, H + 1)
    target = np.eye(len(known))[label[:cut]]  # (cut, words)
    weight = np.linalg.lstsq(x[:cut], target, rcond=None)[0]  # (H + 1, words)
    answer = (x[cut:] @ weight).argmax(1)
    commonest = np.bincount(label[:cut]).argmax()
    return float(np.mean(answer == label[cut:])), float(np.mean(commonest == label[cut:]))
