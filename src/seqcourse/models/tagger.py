"""A tagger over any recurrent layer: one score a letter, at once or some steps late."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.data.words import ALPHABET, END
from seqcourse.models.layers import batch_first_layer, output_size, require_tokens


class Tagger(nn.Module):
    """One score for each letter: above zero says yes.

    Args:
        layer: a recurrent layer of ours or of torch's, with batch_first=True; one way or both.
        embedding_size: trained numbers for each letter; the layer's input size.
        delay: the score of a letter is read so many steps later, when as many more letters have
            been seen. Behind the word they are END.

    Raises:
        TypeError, ValueError: the layer is none, or does not fit.
        ValueError: the delay is negative.
    """

    def __init__(self, layer: nn.Module, embedding_size: int, delay: int = 0) -> None:
        super().__init__()
        if delay < 0:
            raise ValueError(f"Tagger got delay={delay}: give the number of steps, 0 or more.")
        batch_first_layer("Tagger", layer, embedding_size, both_ways=True)
        self.embedding = nn.Embedding(len(ALPHABET), embedding_size)
        self.layer = layer
        self.delay = delay
        self.out = nn.Linear(output_size(layer), 1)

    def forward(self, tokens: Tensor) -> Tensor:
        """Scores (B, T) for words of one length, (B, T).

        Raises:
            ValueError: the tokens are no (B, T) letters.
        """
        require_tokens("Tagger", tokens, len(ALPHABET))
        late = F.pad(tokens, (0, self.delay), value=END)  # (B, T + delay)
        states = self.layer(self.embedding(late))[0]
        scores: Tensor = self.out(states[:, self.delay :])[..., 0]
        return scores

    def loss(self, tokens: Tensor, tags: Tensor) -> Tensor:
        """Mean cross-entropy of tags (B, T), true or false."""
        return F.binary_cross_entropy_with_logits(self(tokens), tags.to(self.out.weight.dtype))
