"""'The chef who knows the guests was': does the verb agree with its subject, however far away?

A small language: a subject, some relative clauses, each with a noun of its own, and 'was' or
'were', which agrees with the subject alone. A language model learns sentences of up to four clauses
and is asked for the verb after up to sixteen, all of whose nouns have the other number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.experiments import Fit
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.nn import LSTM, RNN, GeneralAttention
from seqcourse.nn.attention_scores import attention_weights

CHAPTER = 11
FAMILY = "agreement"
SEEDS = (0, 1, 2, 3, 4)
HIDDEN, EMBEDDING, BATCH, RATE, CLIP, STEPS, EVERY = 32, 16, 32, 1e-2, 1.0, 600, 100
SEEN, ASKED, SENTENCES = 4, (0, 1, 2, 3, 4, 6, 8, 12, 16), 200
NOUNS = (
    "chef",
    "guest",
    "waiter",
    "cook",
    "baker",
    "farmer",
    "doctor",
    "singer",
    "driver",
    "lawyer",
)
WORDS = (".", "the", "who", "knows", "know", "was", "were", *NOUNS, *(noun + "s" for noun in NOUNS))
THE, WHO, KNOWS, WAS, FIRST = 1, 2, 3, 5, 7


def sentences(plural: np.ndarray, noun: np.ndarray) -> np.ndarray:
    """Sentences as numbers of `WORDS`, from full stop to full stop.

    Args:
        plural: (B, n + 1) 0 or 1: of the subject, and of the noun in each of n relative clauses.
        noun: (B, n + 1), which of `NOUNS`.

    Returns:
        (B, 4 n + 5).
    """
    B, n = plural.shape[0], plural.shape[1] - 1
    word = FIRST + noun + len(NOUNS) * plural
    columns = [np.zeros(B, int), np.full(B, THE), word[:, 0]]
    for k in range(n):
        columns += [np.full(B, WHO), KNOWS + plural[:, k], np.full(B, THE), word[:, k + 1]]
    return np.stack([*columns, WAS + plural[:, 0], np.zeros(B, int)], 1)


def draw(rng: np.random.Generator) -> Tensor:
    """A batch with 0 to `SEEN` clauses, all of one length, the numbers of all nouns at random."""
    size = BATCH, int(rng.integers(SEEN + 1)) + 1
    return torch.from_numpy(sentences(rng.integers(0, 2, size), rng.integers(0, len(NOUNS), size)))


def asked(clauses: int) -> tuple[Tensor, Tensor]:
    """Sentences up to the verb, whose other nouns all have another number than the subject.

    Returns:
        (2 N, T) words, in which row N + i is row i with all numbers turned round; and (2 N,)
        whether the subject is plural.
    """
    rng = np.random.default_rng(clauses)
    noun = np.tile(rng.integers(0, len(NOUNS), (SENTENCES, clauses + 1)), (2, 1))
    subject = np.repeat([0, 1], SENTENCES)
    plural = np.repeat(1 - subject[:, None], clauses + 1, 1)
    plural[:, 0] = subject
    return torch.from_numpy(sentences(plural, noun)[:, :-2]), torch.from_numpy(subject)


class Read(NamedTuple):
    """What stands before the last layer: states (B, T, H), what is read (B, T, H), weights."""

    states: Tensor
    found: Tensor
    weights: Tensor


class Model(nn.Module):
    """A language model; with attention, each state asks all states before it.

    Args:
        layer: RNN or LSTM.
        attends: whether it has attention.
    """

    def __init__(self, layer: type[nn.Module], attends: bool) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(WORDS), EMBEDDING)
        self.layer = layer(EMBEDDING, HIDDEN, batch_first=True)
        self.attention = GeneralAttention(HIDDEN, HIDDEN) if attends else None
        self.combine = nn.Linear(2 * HIDDEN, HIDDEN) if attends else None
        self.out = nn.Linear(HIDDEN, len(WORDS))

    def forward(self, words: Tensor) -> Tensor:
        """Logits (B, T, V) of the word after each of (B, T)."""
        if self.attention is None:
            return self.said(self.layer(self.embedding(words))[0], None)
        read = self.read(words)
        return self.said(read.states, read.found)

    def read(self, words: Tensor) -> Read:
        """What each state finds in those before it; the first finds nothing."""
        assert self.attention is not None
        states = self.layer(self.embedding(words))[0]  # (B, T, H)
        before = torch.ones(2 * [states.shape[1]], dtype=torch.bool).tril(-1)  # (T, T)
        weights = attention_weights(self.attention.score(states, states), before)
        return Read(states, weights @ states, weights)

    def said(self, states: Tensor, found: Tensor | None) -> Tensor:
        """Logits of states and of what they found."""
        if self.combine is not None and found is not None:
            states = torch.tanh(self.combine(torch.cat([found, states], -1)))
        logits: Tensor = self.out(states)
        return logits


def surprise(model: Model, words: Tensor) -> Tensor:
    """Nats a word."""
    return F.cross_entropy(model(words[:, :-1]).flatten(0, 1), words[:, 1:].flatten())


def says_plural(logits: Tensor) -> Tensor:
    """Whether 'were' is likelier than 'was', of logits (…, V)."""
    return logits[..., WAS + 1] > logits[..., WAS]


@torch.no_grad()
def right(model: Model, clauses: int) -> float:
    """Share of verbs that agree with their subjects."""
    words, plural = asked(clauses)
    return (says_plural(model(words)[:, -1]) == plural).float().mean().item()


@torch.no_grad()
def exchanged(model: Model, clauses: int = SEEN) -> dict[str, Any]:
    """Which way the number comes: two sentences that differ in all numbers exchange what is read.

    `follows`: of the verbs that are right before it, the share that then agree with the other
    sentence's subject; `weights`: on each place, the mean over all sentences.
    """
    words, plural = asked(clauses)
    states, found, weights = model.read(words)
    before = says_plural(model.said(states[:, -1], found[:, -1])) == plural
    after = says_plural(model.said(states[:, -1], found[:, -1].roll(SENTENCES, 0))) == plural
    return {
        "follows": ((before & ~after).sum() / before.sum()).item(),
        "weights": [round(w, 4) for w in weights[:, -1].mean(0).tolist()],
    }


def settings() -> list[dict[str, Any]]:
    """Two layers, with attention and without."""
    return [{"layer": layer, "attends": a} for layer in ("RNN", "LSTM") for a in (False, True)]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One language model, and how often its verbs are right after so many clauses."""
    torch.manual_seed(seed)
    model = Model({"RNN": RNN, "LSTM": LSTM}[setting["layer"]], setting["attends"])
    history = fit(
        model,
        surprise,
        draw,
        steps=STEPS,
        optimizer=FallingAdam(model.parameters(), RATE, STEPS),
        clip=CLIP,
        seed=seed,
        evaluate=lambda model: right(model, SEEN),
        every=EVERY,
    )
    found: dict[str, Any] = {
        "loss": [round(value, 4) for value in history.loss],
        "course": history.value,
        "right": [right(model, clauses) for clauses in ASKED],
    }
    return found | (exchanged(model) if setting["attends"] else {})


def summary(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of each model the share of right verbs after each number of clauses."""
    kept = ("seed", "right", "course", "loss", "follows", "weights")
    runs = [
        dict(trial["setting"]) | {key: trial[key] for key in kept if key in trial}
        for trial in trials
    ]
    return {"steps": STEPS, "seen": SEEN, "asked": list(ASKED), "runs": runs}
