"""Pronouncing without a network: a table of letters in context, and the nearest word."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from seqcourse.data.pairs import letters
from seqcourse.data.pronunciations import Pronunciation, pronunciations
from seqcourse.metrics import edit_distance
from seqcourse.models import letter_contexts
from seqcourse.models.letter_contexts import around, learn, made_by_letters
from seqcourse.models.nearest_word import NearestWord, edits_to_all

SOME = pronunciations().train[::200]


@pytest.mark.parametrize(
    ("width", "piece"), [(0, "a"), (1, "at"), (2, "cat"), (3, "cat."), (4, ".cat.")]
)
def test_neighbours_come_on_the_right_first(width: int, piece: str) -> None:
    assert around("cat", 1, width) == piece


def test_what_the_letters_make_is_the_word() -> None:
    for word, made in made_by_letters(SOME):
        whole = tuple(phoneme for sounds in made for phoneme in sounds)
        assert len(made) == len(word) and {len(sounds) for sounds in made} <= {0, 1, 2}
        assert whole == next(entry.spoken[0] for entry in SOME if entry.word == word)


@pytest.fixture
def aligned(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[tuple[str, ...]]]]:
    """Words whose letters are aligned by hand."""
    k, s, none = ("K",), ("S",), ()
    words = [
        ("cat", [k, ("AE",), ("T",)]),
        ("cot", [k, ("AA",), ("T",)]),
        ("ice", [("AY",), s, none]),
        ("ace", [("EY",), s, none]),
        ("fix", [("F",), ("IH",), ("K", "S")]),
    ]
    monkeypatch.setattr(letter_contexts, "made_by_letters", lambda found: words)
    return words


def test_a_wider_piece_knows_more(aligned: object) -> None:
    table = learn(SOME, 4)
    assert table("ice") == ("AY", "S") and table("fix") == ("F", "IH", "K", "S")
    assert table("cace") == ("K", "EY", "S")  # 'ca' and 'ce' differ
    assert table.narrowed(0)("ace") == ("AE", "K")  # of equals the first, 'AE'; c is K or S: K
    assert table("zzz") == ()  # never seen
    assert table.narrowed(4) == table and len(table.narrowed(1).tables) == 2


def test_what_is_left_out_is_never_missed(aligned: list[tuple[str, list[tuple[str, ...]]]]) -> None:
    """The table says what a whole one would, and is smaller."""
    pruned = learn(SOME, 3)
    whole = [
        {around(word, i, k): made[i] for word, made in aligned for i in range(len(word))}
        for k in range(4)
    ]
    assert pruned.size < sum(map(len, whole)) / 2
    for word, made in aligned:
        for i, sounds in enumerate(made):
            assert pruned.sounds(word, i) == whole[3][around(word, i, 3)] == sounds


def test_a_learnt_table_is_better_than_its_letters() -> None:
    table = learn(pronunciations().train[::20], 4)
    words = pronunciations().dev[::50]
    edits = [
        sum(edit_distance(some(word.word), word.spoken[0]) for word in words)
        for some in (table.narrowed(0), table.narrowed(2), table)
    ]
    assert edits[1] < 0.7 * edits[0] and edits[2] < edits[1]


def test_edits_to_all_words_at_once() -> None:
    rng = Random(0)
    for length in range(1, 7):
        known = ["".join(rng.choices("abc", k=length)) for _ in range(20)]
        asked = "".join(rng.choices("abc", k=rng.randint(1, 8)))
        found = edits_to_all(letters(asked), np.array(list(map(letters, known)), np.int8).T)
        assert found.tolist() == [edit_distance(asked, word) for word in known]


def test_the_nearest_word_is_the_nearest() -> None:
    nearest = NearestWord(SOME)
    words = [entry.word for entry in SOME]
    for asked in ("a", "seqence", "mississippian", "zq"):
        fewest = min(edit_distance(asked, word) for word in words)
        found, edits = nearest.nearest(asked)
        first = next(word for word in sorted(words) if edit_distance(asked, word) == fewest)
        assert (found.word, edits) == (first, fewest)
    known = Pronunciation("read", (("R", "EH", "D"), ("R", "IY", "D")))
    assert NearestWord([known])("reed") == ("R", "EH", "D")
    with pytest.raises(ValueError, match="a to z"):
        nearest("Ä")
