"""A language model over any recurrent layer: symbols in, scores of the next symbol out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.data.words import ALPHABET, END, IGNORE, batch, encode
from seqcourse.models.layers import batch_first_layer, output_size, require_tokens
from seqcourse.models.mode import mode

AT_ONCE = 1024  # words that are scored side by side


class LanguageModel(nn.Module):
    """One score for each symbol of the vocabulary at each place, from the places up to it.

    Args:
        vocabulary: V, how many symbols.
        layer: a recurrent layer of ours or of torch's, with batch_first=True, that reads one way.
            Its input size is V without an embedding, and `embedding_size` with one.
        embedding_size: E, trained numbers for each symbol; None gives a symbol as a one-hot row.

    Raises:
        TypeError, ValueError: the layer is none, reads both ways, has its batch second, or reads
            another number of features.
    """

    def __init__(
        self, vocabulary: int, layer: nn.Module, embedding_size: int | None = None
    ) -> None:
        super().__init__()
        batch_first_layer("LanguageModel", layer, embedding_size or vocabulary, both_ways=False)
        self.vocabulary = vocabulary
        self.embedding = nn.Embedding(vocabulary, embedding_size) if embedding_size else None
        self.layer = layer
        self.out = nn.Linear(output_size(layer), vocabulary)

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Scores and state.

        Args:
            tokens: (B, T) int, 0 … V - 1.
            state: what the layer takes for its state, such as the one returned for the steps
                before; None is zeros.

        Returns:
            logits (B, T, V): row t scores what comes after tokens 1 … t; and the last state.

        Raises:
            ValueError: the tokens are no (B, T) whole numbers from 0 to V - 1.
        """
        require_tokens("LanguageModel", tokens, self.vocabulary)
        if self.embedding is None:
            x = F.one_hot(tokens, self.vocabulary).to(self.out.weight.dtype)  # (B, T, V)
        else:
            x = self.embedding(tokens)  # (B, T, E)
        states, end = self.layer(x, state)  # (B, T, H)
        return self.out(states), end

    def loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy in nats, for targets (B, T); where they are IGNORE, none counts."""
        logits, _ = self(inputs)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE)


@torch.no_grad()
def spelling_nats(model: LanguageModel, words: Sequence[str]) -> float:
    """Nats per character of words, the end of each counted: `metrics.spelling_loss`, at once.

    Args:
        model: over `ALPHABET`; it is put into eval mode and back.
        words: at least one, of the letters a to z.

    Raises:
        ValueError: there is no word, or one holds another symbol.
    """
    if not words:
        raise ValueError("spelling_nats got no words: give at least one.")
    total, count = 0.0, 0
    words = sorted(words, key=len)  # so that little is padded
    with mode(model, training=False):
        for start in range(0, len(words), AT_ONCE):
            inputs, targets = map(torch.from_numpy, batch(words[start : start + AT_ONCE]))
            logits, _ = model(inputs)
            total += F.cross_entropy(
                logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE, reduction="sum"
            ).item()
            count += int((targets != IGNORE).sum())
    return total / count


def spelling_model(model: LanguageModel) -> Callable[[str], np.ndarray]:
    """The model as the ladder takes it, in eval mode: from a word's letters so far to p (27,)."""

    @torch.no_grad()
    def p(context: str) -> np.ndarray:
        symbols = encode([context])[:-1] if context else np.array([END])
        with mode(model, training=False):
            logits, _ = model(torch.from_numpy(symbols)[None])
        return torch.softmax(logits[0, -1].double(), -1).numpy()

    return p


@torch.no_grad()
def sample_words(
    model: LanguageModel, count: int, *, seed: int, temperature: float = 1.0, longest: int = 30
) -> list[str]:
    """Words drawn letter by letter, in eval mode, each letter fed back in.

    Args:
        model: over `ALPHABET`.
        count: how many words.
        seed: of the draws.
        temperature: above 0; below 1 the likely becomes likelier.
        longest: a word that has not ended by then is cut.

    Raises:
        ValueError: the temperature is not above 0, or a count below 1.
    """
    if not temperature > 0:
        raise ValueError(f"sample_words got temperature={temperature}: give a number above 0.")
    if count < 1 or longest < 1:
        raise ValueError(f"sample_words got count={count}, longest={longest}: give at least 1.")
    generator = torch.Generator().manual_seed(seed)
    symbol = torch.full((count, 1), END)
    state, drawn = None, []
    with mode(model, training=False):
        for _ in range(longest):
            logits, state = model(symbol, state)
            p = torch.softmax(logits[:, -1] / temperature, -1)  # (B, V)
            symbol = torch.multinomial(p, 1, generator=generator)
            drawn.append(symbol)
    rows = torch.cat(drawn, 1).tolist()
    return ["".join(ALPHABET[number] for number in row).split(".")[0] for row in rows]
