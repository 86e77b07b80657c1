"""One Transformer over a caption's words and a picture's codes; pictures are drawn code by code.

Sources: Ramesh et al. (2021), Zero-shot text-to-image generation; for guidance by a dropped
caption, Ho & Salimans (2022), Classifier-free diffusion guidance.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.models.gpt import GPT, State

TEXT_SHARE = 1 / 8  # of the loss; the picture has the rest


def guided(with_caption: Tensor, without: Tensor, strength: float) -> Tensor:
    """Logits away from those without a caption: 0 ignores it, 1 is the model, more overdoes it."""
    return without + strength * (with_caption - without)


class TextToImage(nn.Module):
    """A GPT whose sequence is a caption and then a picture: W words, then places of codes.

    Words are symbols 0 … len(words) - 1; then comes one that stands for a dropped word; then the
    codes. All captions are of one length.

    Args:
        words: the vocabulary of captions.
        caption: W, words in a caption.
        codes: K of the pictures' codebook.
        places: codes in a picture.
        width, heads, layers: of the GPT; its positions are learned.
        drop: the share of captions that are dropped in training, all their words at once.

    Raises:
        ValueError: the share is not from 0 to 1; or as `GPT`.
    """

    def __init__(
        self,
        words: Sequence[str],
        caption: int,
        codes: int,
        places: int,
        width: int = 96,
        heads: int = 4,
        layers: int = 3,
        drop: float = 0.1,
    ) -> None:
        super().__init__()
        if not 0 <= drop <= 1:
            raise ValueError(f"TextToImage got drop={drop}: give a share, 0 to 1.")
        self.words = tuple(words)
        self.number = {word: i for i, word in enumerate(self.words)}
        self.caption, self.codes, self.places, self.drop = caption, codes, places, drop
        self.nothing, self.first = len(self.words), len(self.words) + 1
        self.gpt = GPT(
            self.first + codes, width, heads, layers, positions="learned", length=caption + places
        )

    def read(self, captions: Sequence[str]) -> Tensor:
        """Captions as symbols (B, W).

        Raises:
            ValueError: a word is unknown, or a caption has more words or fewer.
        """
        rows = []
        for text in captions:
            strange = [word for word in text.split() if word not in self.number]
            if strange or len(text.split()) != self.caption:
                raise ValueError(
                    f"TextToImage got {text!r}: give {self.caption} words, of these: "
                    f"{', '.join(self.words)}."
                )
            rows.append([self.number[word] for word in text.split()])
        return torch.tensor(rows)

    def loss(self, words: Tensor, codes: Tensor) -> Tensor:
        """Nats a word and a code, weighed: the words by 1/8, the codes by 7/8.

        In training some captions are dropped: then no word is asked for.

        Args:
            words: (B, W) symbols.
            codes: (B, places).
        """
        text, picture = self.nats(words, codes, self.training)
        return TEXT_SHARE * text + (1 - TEXT_SHARE) * picture

    def nats(self, words: Tensor, codes: Tensor, drop: bool = False) -> tuple[Tensor, Tensor]:
        """The mean cross-entropy of words and that of codes; the first word is given."""
        dropped = torch.rand(len(words), 1) < (self.drop if drop else 0.0)
        tokens = torch.cat([words.where(~dropped, self.nothing), codes + self.first], 1)
        logits = self.gpt(tokens[:, :-1])[0]  # (B, W + places - 1, V)
        each = F.cross_entropy(logits.transpose(1, 2), tokens[:, 1:], reduction="none")
        text, picture = each[:, : self.caption - 1], each[:, self.caption - 1 :]
        kept = (~dropped).to(text.dtype).expand_as(text)
        return (text * kept).sum() / kept.sum().clamp(min=1), picture.mean()

    @torch.no_grad()
    def draw(self, words: Tensor, guidance: float = 1.0, temperature: float = 1.0) -> Tensor:
        """Codes (B, places) for captions (B, W), drawn by lot, one after the other.

        Args:
            words: symbols of the captions.
            guidance: strength, as in `guided`; 1 needs no second reading.
            temperature: by which logits are divided.

        Raises:
            ValueError: the temperature is not positive.
        """
        if not temperature > 0:
            raise ValueError(f"draw got temperature={temperature}: give a number above 0.")
        twice = guidance != 1.0
        rows = torch.cat([words, torch.full_like(words, self.nothing)]) if twice else words
        state: State | None = None
        found = []
        for _ in range(self.places):
            logits, state = self.gpt(rows, state)
            last = logits[:, -1, self.first :]
            if twice:
                with_caption, without = last.chunk(2)
                last = guided(with_caption, without, guidance)
            code = torch.multinomial((last / temperature).softmax(-1), 1)
            found.append(code)
            rows = (torch.cat([code, code]) if twice else code) + self.first
        return torch.cat(found, 1)
