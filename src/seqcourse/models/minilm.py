"""A trained encoder that others ship, all-MiniLM-L6-v2: its weights in layers of this book.

It is BERT's encoder (Devlin et al., 2019), six layers of width 384 with twelve heads, norms behind:
three embeddings added up, the layers, the mean over the places, made one long. Wang et al. (2020)
trained it to imitate a larger one, Reimers & Gurevych's library to bring texts of like meaning
together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.data.pretrained import WordPiece, minilm_file, minilm_pieces, read_safetensors
from seqcourse.models.mode import mode

PIECES, PLACES, KINDS = 30_522, 512, 2
WIDTH, HEADS, LAYERS, INSIDE, EPS = 384, 12, 6, 1536, 1e-12

_PROJECTED = ("query", "key", "value")  # in the order of torch's one matrix
# BERT's names, in torch's places; those of queries, keys and values make one matrix there.
_LAYER = {
    "self_attn.out_proj": "attention.output.dense",
    "norm1": "attention.output.LayerNorm",
    "linear1": "intermediate.dense",
    "linear2": "output.dense",
    "norm2": "output.LayerNorm",
}


def encoder_layers(library: Any = None) -> nn.Module:
    """Six untrained layers of its form, to be filled: torch's names, padding told by a mask.

    Args:
        library: where TransformerEncoder and its layer are from, such as torch.nn; without it,
            seqcourse.nn.
    """
    if library is None:
        from seqcourse import nn as library  # here, for who has layers of another's
    layer = library.TransformerEncoderLayer(
        WIDTH, HEADS, INSIDE, activation="gelu", layer_norm_eps=EPS, batch_first=True
    )
    layers: nn.Module = library.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
    return layers


class MiniLM(nn.Module):
    """Texts as rows of 384 numbers, each of length 1: of like meaning, near each other.

    Args:
        encoder: from rows (B, T, 384) and `src_key_padding_mask` (B, T), True where a place is
            padding, to rows (B, T, 384), such as torch's TransformerEncoder.
        pieces: cuts the texts.
    """

    def __init__(self, encoder: nn.Module, pieces: WordPiece) -> None:
        super().__init__()
        self.pieces = pieces
        self.tokens = nn.Embedding(PIECES, WIDTH)
        self.places = nn.Embedding(PLACES, WIDTH)
        self.kinds = nn.Embedding(KINDS, WIDTH)  # of two texts, which; here it is always the first
        self.norm = nn.LayerNorm(WIDTH, eps=EPS)
        self.encoder = encoder

    def embedded(self, numbers: Tensor) -> Tensor:
        """What the layers are given, (B, T, 384), of numbers (B, T)."""
        x = self.tokens(numbers) + self.places.weight[: numbers.shape[1]] + self.kinds.weight[0]
        rows: Tensor = self.norm(x)
        return rows

    def forward(self, numbers: Tensor, real: Tensor) -> Tensor:
        """One row (B, 384) for each text.

        Args:
            numbers: (B, T) of the pieces, padded with anything.
            real: (B, T) booleans, False where it is padding.
        """
        rows = self.encoder(self.embedded(numbers), src_key_padding_mask=~real)  # (B, T, 384)
        return F.normalize(pooled(rows, real), dim=-1)

    @torch.no_grad()
    def encode(self, texts: Sequence[str], at_once: int = 32) -> np.ndarray:
        """Rows (N, 384), in eval mode; the dot product of two is the cosine of their angle.

        Args:
            texts: any; what is longer than 256 pieces is cut.
            at_once: how many are computed side by side, those of like length together.
        """
        order = np.argsort([len(text) for text in texts], kind="stable")
        rows = np.zeros((len(texts), WIDTH), dtype=np.float32)
        with mode(self, training=False):
            for start in range(0, len(texts), at_once):
                some = order[start : start + at_once]
                numbers, real = self.pieces.batch([texts[i] for i in some])
                rows[some] = self(torch.from_numpy(numbers), torch.from_numpy(real)).numpy()
        return rows


def pooled(rows: Tensor, real: Tensor) -> Tensor:
    """The mean (B, d) of each text's real rows (B, T, d)."""
    weight = real[..., None].to(rows.dtype)  # (B, T, 1)
    return (rows * weight).sum(1) / weight.sum(1).clamp(min=1)


def from_bert(weights: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """BERT's arrays, by the names that `MiniLM` has for them.

    Queries, keys and values have a matrix each there and one below the other here. All matrices
    are (out, in) in both. What BERT has beside (its pooler, the numbers of the places) is left out.

    Raises:
        KeyError: an array is missing.
    """
    found = {
        "tokens.weight": weights["embeddings.word_embeddings.weight"],
        "places.weight": weights["embeddings.position_embeddings.weight"],
        "kinds.weight": weights["embeddings.token_type_embeddings.weight"],
    }
    for end in ("weight", "bias"):
        found[f"norm.{end}"] = weights[f"embeddings.LayerNorm.{end}"]
    layer = 0
    while any(name.startswith(f"encoder.layer.{layer}.") for name in weights):
        theirs, ours = f"encoder.layer.{layer}", f"encoder.layers.{layer}"
        for end in ("weight", "bias"):
            parts = [
                weights[f"{theirs}.attention.self.{p}.{end}"] for p in ("query", "key", "value")
            ]
            found[f"{ours}.self_attn.in_proj_{end}"] = np.concatenate(parts)
            for name, bert in _LAYER.items():
                found[f"{ours}.{name}.{end}"] = weights[f"{theirs}.{bert}.{end}"]
        layer += 1
    return {name: torch.tensor(array) for name, array in found.items()}


def minilm(encoder: nn.Module | None = None) -> MiniLM:
    """The encoder with its weights, 22,565,376 numbers, in eval mode.

    Args:
        encoder: the layers to be filled, by torch's names; without it, this package's.

    Raises:
        ModuleNotFoundError, FileNotFoundError: as `seqcourse.data.pretrained.minilm_file` does.
        RuntimeError: the encoder has other names or shapes.
    """
    model = MiniLM(encoder or encoder_layers(), minilm_pieces())
    model.load_state_dict(from_bert(read_safetensors(minilm_file("model.safetensors"))))
    return model.eval()
