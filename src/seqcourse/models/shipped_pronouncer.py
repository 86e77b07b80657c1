"""A trained network that others ship: g2p-en's encoder–decoder, its weights in layers of this book.

One GRU of 256 units reads the letters and their end, another begins in its last state and writes
the phonemes with their stress: Sutskever, Vinyals & Le (2014), without reversal, attention or beam.
The file's layout is that of torch's GRU. Which words it was trained on, it does not say: it may
have been all of CMUdict.
"""

from __future__ import annotations

import re

import numpy as np
import torch
from torch import Tensor

from seqcourse.data.packages import inside
from seqcourse.decoding import Hypothesis, greedy
from seqcourse.models.seq2seq import Decoder, Encoder, EncoderDecoder
from seqcourse.nn import GRU

VOWELS = "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split()
CONSONANTS = "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH".split()
FIRST_LETTER, LETTERS_END = 3, 2  # before them: padding, an unknown letter
START, END = 2, 3  # before them: padding, an unknown phoneme


def symbols() -> list[str]:
    """What the network writes, by number; 'UW' is there with each stress and without."""
    stressed = [f"{vowel}{stress}" for vowel in VOWELS for stress in "012"]
    return ["<pad>", "<unk>", "<s>", "</s>", *sorted([*stressed, *CONSONANTS, "UW"])]


def shipped_pronouncer() -> EncoderDecoder:
    """The network with its weights, 834,890 numbers, in eval mode.

    Source: Park & Kim, g2p_en 2.1.0 (2019), `checkpoint20.npz`, 3.3 MB. Licence: Apache 2.0. The
    package's other requirements are not needed: `pip install --no-deps g2p-en`.

    Raises:
        ModuleNotFoundError: g2p-en is not installed.
        FileNotFoundError: the installed package has no such file.
    """
    path = inside("g2p_en", "checkpoint20.npz", install="g2p-en")
    with np.load(path) as file:
        found = {name: torch.from_numpy(file[name]) for name in file.files}
    (letters, embedding), size = found["enc_emb"].shape, found["enc_w_hh"].shape[1]
    layers = [GRU(embedding, size, batch_first=True) for _ in range(2)]
    model = EncoderDecoder(
        Encoder(letters, layers[0], embedding),
        Decoder(len(found["dec_emb"]), layers[1], embedding, size, bridge=False),
    )
    weights = {"decoder.out.weight": found["fc_w"], "decoder.out.bias": found["fc_b"]}
    for short, part in (("enc", "encoder"), ("dec", "decoder")):
        weights[f"{part}.embedding.weight"] = found[f"{short}_emb"]
        for kind, name in (("w", "weight"), ("b", "bias")):
            for end in ("ih", "hh"):
                weights[f"{part}.layer.{name}_{end}_l0"] = found[f"{short}_{kind}_{end}"]
    model.load_state_dict(weights)
    return model.eval()


@torch.no_grad()
def shipped_answers(model: EncoderDecoder, source: Tensor) -> list[Hypothesis]:
    """What it writes, greedily, of words of one length; the tokens are places in `symbols()`.

    Args:
        source: (B, T) letters, a is 1.
    """
    end = torch.full_like(source[:, :1], LETTERS_END)
    state = model.encode(torch.cat([source - 1 + FIRST_LETTER, end], 1))
    return greedy(model.step, state, start=START, stop=END, max_steps=2 * source.shape[1] + 8)


def without_stress(tokens: tuple[int, ...]) -> tuple[str, ...]:
    """Phonemes as `PHONEMES` has them."""
    names = symbols()
    return tuple(re.sub(r"\d", "", names[token]) for token in tokens)
