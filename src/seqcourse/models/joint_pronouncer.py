"""Letters to phonemes: CTC and attention over one encoder, trained together.

The encoder hears the whole word both ways. From its states CTC reads two steps of output a letter,
and a decoder that looks back by attention writes the phonemes one by one. In training each helps
the other; of an answer that the decoder found, CTC says too how likely it is.

Source: Hori, Watanabe, Zhang & Chan (2017), Advances in joint CTC-attention based end-to-end speech
recognition, arXiv:1706.02737. There CTC has its say within the beam search; here it helps to rank
what both beams found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.data.pairs import target_batch
from seqcourse.data.words import END, IGNORE
from seqcourse.decoding import Hypothesis, beam_search, ctc_prefix_beam
from seqcourse.models.layers import require_tokens
from seqcourse.nn import AdditiveAttention
from seqcourse.nn.functional import ctc_loss

LETTERS, SOUNDS = 27, 40  # each with END; for CTC the sounds' END is the blank
FRAMES = 2  # CTC's steps of output for a letter: 'x' is said in two phonemes
State = dict[str, Tensor]


class OneMask(nn.Module):
    """Dropout whose choice is the same at each step of a sequence.

    Source: Gal & Ghahramani (2016), A theoretically grounded application of dropout in recurrent
    neural networks, arXiv:1512.05287; here between the layers alone.

    Args:
        p: the share that is dropped.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """From (B, T, D) to (B, T, D); what is left is scaled by 1 / (1 - p)."""
        if not self.training or not self.p:
            return x
        kept = torch.rand(len(x), 1, x.shape[-1], dtype=x.dtype, device=x.device) >= self.p
        return x * (kept.to(x.dtype) / (1 - self.p))


class JointPronouncer(nn.Module):
    """p(phonemes | letters), twice: symbol by symbol, and summed over CTC's paths.

    Words come in batches of one length. GRUs are torch's, which here are as fast as our own.

    Args:
        embedding: numbers of each letter and each phoneme.
        encoder: of each direction of the encoder's layers.
        layers: of the encoder.
        below: of the decoder's first layer, which reads the phonemes and asks.
        above: of its second, which reads what attention found beside the first's states.
        hidden: of the additive score.
        dropout: the share dropped of what enters and leaves each layer.
    """

    def __init__(
        self,
        embedding: int = 64,
        encoder: int = 192,
        layers: int = 2,
        below: int = 192,
        above: int = 256,
        hidden: int = 128,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        memory = 2 * encoder
        self.letters = nn.Embedding(LETTERS, embedding)
        self.sounds = nn.Embedding(SOUNDS, embedding)
        self.encoder = nn.ModuleList(
            nn.GRU(memory if layer else embedding, encoder, batch_first=True, bidirectional=True)
            for layer in range(layers)
        )
        self.ctc = nn.Linear(memory, FRAMES * SOUNDS)
        self.sizes = [below, above]
        self.bridge = nn.Linear(memory, sum(self.sizes))
        self.below = nn.GRU(embedding, below, batch_first=True)
        self.attention = AdditiveAttention(below, memory, hidden)
        self.above = nn.GRU(below + memory, above, batch_first=True)
        self.out = nn.Linear(above, SOUNDS)
        self.drop = OneMask(dropout)

    def encode(self, source: Tensor) -> State:
        """From letters (B, T) to the decoder's first state; every tensor has the batch first.

        It holds the states of the decoder's two layers, and the encoder's, (B, T, H), as "memory".

        Raises:
            ValueError: the source is no (B, T) letters.
        """
        require_tokens("JointPronouncer", source, LETTERS)
        x = self.drop(self.letters(source))
        for layer in self.encoder:
            x, end = layer(x)
            x = self.drop(x)
        first = torch.tanh(self.bridge(torch.cat([end[-2], end[-1]], -1)))
        below, above = torch.split(first, self.sizes, 1)
        return {"below": below, "above": above, "memory": x}

    def decode(self, target: Tensor, state: State) -> tuple[Tensor, State]:
        """Read on: phonemes (B, U), from a state; logits (B, U, V) of the next, and the state."""
        x, below = self.below(self.drop(self.sounds(target)), state["below"][None].contiguous())
        x = self.drop(x)  # (B, U, below)
        found, _ = self.attention(x, state["memory"], state["memory"])  # (B, U, H)
        y, above = self.above(torch.cat([x, found], -1), state["above"][None].contiguous())
        return self.out(self.drop(y)), state | {"below": below[0], "above": above[0]}

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """One symbol further: from (N,) to log-probabilities (N, V) and the next state."""
        logits, state = self.decode(tokens[:, None], state)
        return F.log_softmax(logits[:, -1], -1), state

    def heard(self, state: State) -> Tensor:
        """CTC's log-probabilities (2 T, B, V), steps first; 0 is the blank."""
        logits = self.ctc(state["memory"]).unflatten(-1, (FRAMES, SOUNDS)).flatten(1, 2)
        return F.log_softmax(logits, -1).transpose(0, 1)

    def loss(self, batch: Any, smoothing: float = 0.0, share: float = 0.0) -> Tensor:
        """The mean cross-entropy of the decoder and CTC's mean loss, in nats a symbol.

        Args:
            batch: a `PairBatch` whose sources are of one length.
            smoothing: of the decoder's labels: so much of each is given to all symbols alike.
            share: of CTC's loss in the sum; the decoder's has the rest.
        """
        source, _, target_in, target_out = map(torch.from_numpy, batch)
        state = self.encode(source)
        logits, _ = self.decode(target_in, state)
        written = F.cross_entropy(
            logits.flatten(0, 1),
            target_out.flatten(),
            ignore_index=IGNORE,
            label_smoothing=smoothing,
        )
        targets, sizes = map(torch.tensor, batch.targets())
        log_probs = self.heard(state)
        steps = torch.full_like(sizes, len(log_probs))
        spelled = ctc_loss(log_probs, targets, steps, sizes, zero_infinity=True)
        return (1 - share) * written + share * spelled

    def log_probabilities(self, state: State, row: Tensor, targets: list[Any]) -> Tensor:
        """log p (N,) by the decoder of phonemes and their end, each of the word in that row.

        Args:
            state: from `encode`.
            row: (N,) int.
            targets: N sequences of phonemes, 1 to 39.
        """
        before, after = map(torch.from_numpy, target_batch(targets))
        logits, _ = self.decode(before, {name: part[row] for name, part in state.items()})
        losses = F.cross_entropy(logits.mT, after, ignore_index=IGNORE, reduction="none")
        return -losses.sum(1)

    def ctc_log_probabilities(self, state: State, row: Tensor, targets: list[Any]) -> Tensor:
        """The same by CTC; -inf where there are too few steps for so many phonemes."""
        log_probs = self.heard(state)[:, row]  # (2 T, N, V)
        sizes = torch.tensor([len(target) for target in targets])
        padded = torch.zeros(len(targets), max(1, int(sizes.max())), dtype=torch.long)
        for place, target in enumerate(targets):
            padded[place, : len(target)] = torch.tensor(target, dtype=torch.long)
        steps = torch.full_like(sizes, len(log_probs))
        return -ctc_loss(log_probs, padded, steps, sizes, reduction="none")


@torch.no_grad()
def candidates(
    model: JointPronouncer, source: Tensor, beam: int, longest: int
) -> list[list[Hypothesis]]:
    """For each word what the decoder's beam finds and what CTC's does, each answer once.

    The log-probability is the decoder's; the score is CTC's log-probability of the same answer.

    Args:
        source: (B, T) letters.
        beam: how many beginnings each beam keeps.
        longest: so many symbols at most has an answer of the decoder, its end counted.
    """
    state = model.encode(source)
    beams = beam_search(model.step, state, start=END, stop=END, beam=beam, max_steps=longest)
    log_probs = model.heard(state)
    heard = ctc_prefix_beam(log_probs, [len(log_probs)] * len(source), beam=beam)
    found = [
        list(dict.fromkeys(answer.tokens for answer in written + spelled if answer.ended))
        for written, spelled in zip(beams, heard, strict=True)
    ]
    rows = torch.tensor([row for row, answers in enumerate(found) for _ in answers])
    tokens = [answer for answers in found for answer in answers]
    both = zip(
        model.log_probabilities(state, rows, tokens).tolist(),
        model.ctc_log_probabilities(state, rows, tokens).tolist(),
        strict=True,
    )
    return [[Hypothesis(answer, *next(both)) for answer in answers] for answers in found]


def ranked(answers: Sequence[Hypothesis], share: float) -> list[Hypothesis]:
    """Candidates, best first: CTC has this share of the score, the decoder the rest."""

    def score(answer: Hypothesis) -> float:
        if not share:
            return answer.log_probability
        return (1 - share) * answer.log_probability + share * answer.score

    scores = [answer._replace(score=score(answer)) for answer in answers]
    return sorted(scores, key=lambda answer: -answer.score)
