"""A classifier of whole sequences over any recurrent layer: one output, at the end."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqcourse.models.layers import batch_first_layer, output_size, require_tokens

Pooling = Literal["last", "mean", "max"]


class SequenceClassifier(nn.Module):
    """One row of scores for each sequence, however long: what its states say together.

    With one output it is a regression.

    Args:
        layer: a recurrent layer of ours or of torch's, with batch_first=True. Its input size is
            the embedding's width, or without one that of the given numbers.
        outputs: how many scores.
        embedding: from (B, T) tokens to (B, T, E), such as nn.Embedding; None if the input is
            already numbers, (B, T, D).
        pooling: what the scores are made of: "last", the state after a sequence's own last step
            (of a layer that reads both ways, each direction's own last); "mean" and "max", over
            its steps.

    Raises:
        TypeError, ValueError: the layer is none, or does not fit; there is no such pooling.
    """

    def __init__(
        self,
        layer: nn.Module,
        outputs: int,
        embedding: nn.Embedding | None = None,
        pooling: Pooling = "last",
    ) -> None:
        super().__init__()
        if pooling not in get_args(Pooling):
            raise ValueError(
                f"SequenceClassifier got pooling={pooling!r}; it knows {get_args(Pooling)}."
            )
        features = getattr(layer, "input_size", 1) if embedding is None else embedding.embedding_dim
        batch_first_layer("SequenceClassifier", layer, features, both_ways=True)
        self.embedding = embedding
        self.layer = layer
        self.pooling = pooling
        self.out = nn.Linear(output_size(layer), outputs)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Scores (B, outputs).

        Args:
            x: (B, T) tokens with an embedding, (B, T, D) numbers without.
            lengths: (B,) how many steps of each sequence are real, 1 … T; what lies behind them
                changes nothing. None: all.

        Raises:
            ValueError: x has another number of dimensions, or holds no tokens of the embedding;
                lengths do not fit it.
        """
        scores: Tensor = self.out(self.pooled(x, lengths))
        return scores

    def pooled(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """What the scores are made of, (B, H); arguments and errors as `forward`."""
        if self.embedding is not None:
            require_tokens("SequenceClassifier", x, self.embedding.num_embeddings)
        elif x.dim() != 3:
            shape = tuple(x.shape)
            raise ValueError(f"SequenceClassifier got x of shape {shape}: give (B, T, D) numbers.")
        read = x if self.embedding is None else self.embedding(x)  # (B, T, D)
        if lengths is None:
            real = torch.ones(x.shape[:2], dtype=torch.bool)
            states, end = self.layer(read)
        else:
            lengths = _checked(lengths, x)
            packed = pack_padded_sequence(read, lengths, batch_first=True, enforce_sorted=False)
            states, end = self.layer(packed)
            states, _ = pad_packed_sequence(states, batch_first=True)  # zeros behind the end
            real = torch.arange(states.shape[1]) < lengths[:, None]
        real = real[..., None].to(states.device)  # (B, T, 1)
        if self.pooling == "last":
            return _ends(end, self.layer)
        if self.pooling == "mean":
            pooled: Tensor = states.sum(1) / real.sum(1)
        else:
            pooled = states.masked_fill(~real, -torch.inf).amax(1)
        return pooled


def _ends(end: Tensor | tuple[Tensor, ...], layer: nn.Module) -> Tensor:
    """(B, H): the last layer's state after each sequence's own last step."""
    h = end if isinstance(end, Tensor) else end[0]  # (layers × directions, B, H)
    return torch.cat([h[-2], h[-1]], -1) if layer.bidirectional else h[-1]


def _checked(lengths: Tensor, x: Tensor) -> Tensor:
    lengths = torch.as_tensor(lengths).cpu()
    each = lengths.shape == (len(x),) and len(x) > 0 and not lengths.is_floating_point()
    if not each or not 1 <= lengths.min() <= lengths.max() <= x.shape[1]:
        raise ValueError(
            f"SequenceClassifier got lengths {lengths.tolist()!s:.80} for x of shape "
            f"{tuple(x.shape)}: give each of the {len(x)} sequences its number of real steps, "
            f"from 1 to {x.shape[1]}."
        )
    return lengths
