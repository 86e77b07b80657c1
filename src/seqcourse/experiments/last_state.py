"""Commands read word by word: what they mean, and how much of each word the last state still holds.

A network learns what a command means from its states. Then, on commands whose words are dealt
anew, a linear probe tries to name each word from the state after the last one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.data import intents
from seqcourse.data.intents import words_of
from seqcourse.data.padding import Vocabulary, pad
from seqcourse.data.splits import split_by_group
from seqcourse.experiments import Fit, by_setting, spread
from seqcourse.models.probe import readable, redeal
from seqcourse.models.sequence_classifier import Pooling, SequenceClassifier
from seqcourse.nn import RNN

CHAPTER = 4
FAMILY = "commands"
SEEDS = (0, 1, 2)

STEPS = 1200
EMBEDDING = 32
LENGTHS = (5, 8)  # of the commands that are probed
DEALT = 6000


class Commands(NamedTuple):
    """All commands side by side.

    Args:
        tokens: (N, T) int64, the words' numbers, padded with 0.
        lengths: (N,) int64.
        label: (N,) int64, the place of its intent in `intents`.
        train, test: indices; no template wrote sentences of both.
        intents: the names of the classes.
        vocabulary: of the training sentences.
    """

    tokens: Tensor
    lengths: Tensor
    label: Tensor
    train: np.ndarray
    test: np.ndarray
    intents: tuple[str, ...]
    vocabulary: Vocabulary


Batch = tuple[Tensor, Tensor, Tensor]


def commands() -> Commands:
    """The English commands of `intents`, all of its classes, split by template."""
    data = intents()
    words = [words_of(sentence) for sentence in data.sentence]
    train, test = split_by_group(data.template.tolist(), 0.8)
    vocabulary = Vocabulary(words[i] for i in train)
    names = tuple(sorted(set(data.intent)))
    tokens, mask = pad([vocabulary.encode(sentence) for sentence in words])
    return Commands(
        torch.from_numpy(tokens),
        torch.from_numpy(mask.sum(1)),
        torch.tensor([names.index(name) for name in data.intent]),
        train,
        test,
        names,
        vocabulary,
    )


def batches(data: Commands) -> Callable[[np.random.Generator], Batch]:
    """What draws 64 training commands; a rare intent comes oftener than its share.

    (An intent with 100 times the sentences is drawn 10 times as often.)
    """
    label = data.label.numpy()[data.train]
    p = np.bincount(label)[label] ** -0.5
    p /= p.sum()

    def draw(rng: np.random.Generator) -> Batch:
        some = torch.from_numpy(rng.choice(data.train, 64, p=p))
        lengths = data.lengths[some]
        return data.tokens[some, : int(lengths.max())], lengths, data.label[some]

    return draw


def classifier(data: Commands, layer: nn.Module, pooling: Pooling = "last") -> SequenceClassifier:
    """From commands to scores of the intents."""
    embedding = nn.Embedding(len(data.vocabulary), EMBEDDING)
    return SequenceClassifier(layer, len(data.intents), embedding, pooling)


def loss(model: SequenceClassifier, batch: Batch) -> Tensor:
    """Mean cross-entropy."""
    tokens, lengths, label = batch
    return F.cross_entropy(model(tokens, lengths), label)


@torch.no_grad()
def accuracy(
    model: SequenceClassifier, data: Commands, *, ask: bool = False, padded: bool = False
) -> float:
    """Share of the test commands whose intent the model names.

    Args:
        model, data: what is asked, and of what.
        ask: put a question mark, which no training sentence has, behind each command.
        padded: do not tell the model where a command ends.
    """
    tokens, lengths = data.tokens[data.test], data.lengths[data.test]
    if ask:
        tokens = F.pad(tokens, (0, 1))
        tokens[torch.arange(len(tokens)), lengths] = data.vocabulary.encode("?")[0]
        lengths = lengths + 1
    scores = model(tokens) if padded else model(tokens, lengths)
    return float((scores.argmax(1) == data.label[data.test]).double().mean())


@torch.no_grad()
def by_place(
    model: SequenceClassifier, data: Commands, length: int, seed: int
) -> list[list[float]]:
    """For each place of redealt commands: how often a probe names its word, and the commonest."""
    same = data.train[data.lengths[data.train].numpy() == length]
    dealt = redeal(data.tokens[same, :length].numpy(), DEALT, np.random.default_rng(seed))
    states = model.pooled(torch.from_numpy(dealt)).numpy()
    return [list(readable(states, dealt[:, place])) for place in range(length)]


def settings() -> list[dict[str, Any]]:
    """Last, mean and max; and the last state of a wider network."""
    narrow = [{"pooling": pooling, "hidden": 64} for pooling in ("last", "mean", "max")]
    return [*narrow, {"pooling": "last", "hidden": 128}]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One network: what it gets right, and what its state holds before training and after."""
    data = commands()
    model = classifier(
        data, RNN(EMBEDDING, setting["hidden"], batch_first=True), setting["pooling"]
    )
    lengths = LENGTHS if setting["pooling"] == "last" else ()
    before = {str(n): by_place(model, data, n, seed) for n in lengths}
    history = fit(model, loss, batches(data), steps=STEPS, lr=3e-3, clip=1.0, seed=seed, every=100)
    return {
        "curve": history.plain(),
        "accuracy": accuracy(model, data),
        "asked": accuracy(model, data, ask=True),
        "padded": accuracy(model, data, padded=True),
        "before": before,
        "after": {str(n): by_place(model, data, n, seed) for n in lengths},
    }


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Means and spreads of each setting; `before` and `after` hold a row for each seed."""
    found = []
    for setting, runs in by_setting(trials):
        rates = {k: spread(run[k] for run in runs) for k in ("accuracy", "asked", "padded")}
        probes = {
            k: {n: [run[k][n] for run in runs] for n in runs[0][k]} for k in ("before", "after")
        }
        found.append(setting | rates | (probes if setting["pooling"] == "last" else {}))
    return {"settings": found}
