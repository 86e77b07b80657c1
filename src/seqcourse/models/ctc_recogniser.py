"""A recogniser for CTC: at each step a symbol or a blank; what they spell has no fixed place."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.models.layers import batch_first_layer, output_size, require_tokens
from seqcourse.models.state import checked_lengths, read
from seqcourse.nn.functional import ctc_loss

BLANK = 0


class SlidingWindow(nn.Module):
    """A window that slides over a strip: max(0, W x + b) of the columns that it sees.

    A strip of T columns gives ceil(T / stride) rows; beyond its ends the window sees paper, 0.

    Args:
        height: numbers in a column.
        width: columns that the window sees at once.
        features: numbers that it gives.
        stride: columns from one place to the next, at most `width`.

    Raises:
        ValueError: a number below 1, or a stride above the width, which would leave columns out.
    """

    def __init__(self, height: int, width: int, features: int, stride: int = 1) -> None:
        super().__init__()
        if min(height, width, features, stride) < 1 or stride > width:
            raise ValueError(
                f"SlidingWindow got height={height}, width={width}, features={features}, "
                f"stride={stride}: give at least 1 of each, and no stride above the width."
            )
        self.width, self.stride = width, stride
        self.embedding_dim = features  # the name that nn.Embedding has for it
        self.convolution = nn.Conv1d(height, features, width, stride)

    def forward(self, columns: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """From (B, T, height) columns to (B, ceil(T / stride), features), and the new lengths.

        Args:
            columns: of each strip, `lengths` are real; what lies behind them changes nothing.
        """
        count = columns.shape[1]
        real = torch.arange(count) < lengths[:, None]
        paper = columns.masked_fill(~real[..., None].to(columns.device), 0.0)
        before = (self.width - self.stride) // 2
        behind = (-(-count // self.stride) - 1) * self.stride + self.width - before - count
        seen = F.pad(paper.transpose(1, 2), (before, behind))  # (B, height, …)
        found = torch.relu(self.convolution(seen)).transpose(1, 2)
        return found, -(-lengths // self.stride)


class CTCRecogniser(nn.Module):
    """At each step the log-probabilities of the blank, 0, and of the symbols, 1 … V - 1.

    Args:
        layer: a recurrent layer of ours or of torch's, with batch_first=True; one way or both.
        outputs: V, the symbols and the blank.
        embedding: what the layer reads: `nn.Embedding` of (B, T) symbols, `SlidingWindow` over
            (B, T, height) columns, or None for numbers (B, T, D) as they are.
        frames: how many steps of output a step of the layer gives. CTC writes at most one symbol a
            step, and a blank between equal ones: where the target may be longer than the source, as
            'x' is said in two phonemes, give 2.

    Raises:
        TypeError, ValueError: the layer is none, or does not fit; no frame.
    """

    def __init__(
        self,
        layer: nn.Module,
        outputs: int,
        embedding: nn.Embedding | SlidingWindow | None = None,
        frames: int = 1,
    ) -> None:
        super().__init__()
        if frames < 1:
            raise ValueError(f"CTCRecogniser got frames={frames}: give at least 1.")
        features = getattr(layer, "input_size", 1) if embedding is None else embedding.embedding_dim
        batch_first_layer("CTCRecogniser", layer, features, both_ways=True)
        self.embedding = embedding
        self.layer = layer
        self.outputs, self.frames = outputs, frames
        self.out = nn.Linear(output_size(layer), frames * outputs)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Log-probabilities and lengths, laid out as CTC's loss takes them: steps first.

        Args:
            x: as the embedding takes it, (B, T) or (B, T, D).
            lengths: (B,) how many steps of each are real, 1 … T; what lies behind them changes
                nothing. None: all.

        Returns:
            (T', B, V), and how many of the T' steps belong to each sequence, (B,).

        Raises:
            ValueError: x or the lengths do not fit.
        """
        if isinstance(self.embedding, nn.Embedding):
            require_tokens("CTCRecogniser", x, self.embedding.num_embeddings)
        elif x.dim() != 3:
            raise ValueError(f"CTCRecogniser got x of shape {tuple(x.shape)}: give (B, T, D).")
        if lengths is None:
            lengths = torch.full((len(x),), x.shape[1])
        lengths = checked_lengths("CTCRecogniser", lengths, x)
        if isinstance(self.embedding, SlidingWindow):
            x, lengths = self.embedding(x, lengths)
        elif self.embedding is not None:
            x = self.embedding(x)
        states, _ = read(self.layer, x, lengths)  # (B, T, H)
        logits = self.out(states).unflatten(-1, (self.frames, self.outputs)).flatten(1, 2)
        return F.log_softmax(logits, -1).transpose(0, 1), lengths * self.frames

    def loss(
        self, x: Tensor, lengths: Tensor | None, targets: Tensor, target_lengths: Tensor
    ) -> Tensor:
        """CTC's loss, each target's divided by its length, and the mean of them.

        A target for which there are too few steps counts as 0.

        Args:
            x, lengths: as `forward`.
            targets: (B, U) symbols from 1 on; target_lengths: (B,).
        """
        log_probs, steps = self(x, lengths)
        return ctc_loss(log_probs, targets, steps, target_lengths, blank=BLANK, zero_infinity=True)
