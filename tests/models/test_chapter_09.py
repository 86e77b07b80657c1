"""Chapter 9: silent letters, stacks and taggers; and its live cells are right."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqcourse.data.pronunciations import PHONEMES, Pronunciation
from seqcourse.data.words import END
from seqcourse.models import letter_sounds
from seqcourse.models.letter_sounds import Laws, alike, learn, sounded
from seqcourse.models.stack import Stack
from seqcourse.models.tagger import Tagger
from seqcourse.nn import GRU, LSTM, RNN

CHAPTER = Path(__file__).parents[2] / "chapters" / "09_deep_and_bidirectional.md"
TEXT = CHAPTER.read_text("utf-8")
WORDS = [
    Pronunciation("knee", (("N", "IY"),)),
    Pronunciation("key", (("K", "IY"),)),
    Pronunciation("ax", (("AE", "K", "S"),)),
    Pronunciation("nee", (("N", "IY"), ("N", "EY"))),
]


def _defined(*names: str) -> Any:
    """Functions of the chapter, from live cells or else from solutions; the last one named."""
    namespace: dict[str, Any] = {"np": np, "torch": torch, "nn": nn, "END": END}
    fences = re.findall(r"```(?:\{code-cell\} ipython3|python)\n(.*?)```", TEXT, re.S)
    for name in names:
        found = [f for f in fences if f"def {name}(" in f and "    ...\n" not in f]
        source = re.search(rf"^def {name}\(.*?(?=^\S|\Z)", found[-1], re.S | re.M)
        assert source
        exec(source[0], namespace)
    return namespace[names[-1]]


def _random_laws(seed: int) -> Laws:
    rng = np.random.default_rng(seed)
    size = len(PHONEMES)
    return Laws(rng.random(26), rng.random((26, size)), rng.random((26, size, size)))


def _every_way(laws: Laws, word: Pronunciation) -> dict[tuple[int, ...], float]:
    """How many phonemes each letter makes, and how probable that is."""
    sounds = [PHONEMES.index(phoneme) for phoneme in word.spoken[0]]
    ways = {}
    for counts in product((0, 1, 2), repeat=len(word.word)):
        if sum(counts) == len(sounds):
            at, p = 0, 1.0
            for letter, count in zip(word.word, counts, strict=True):
                row = ord(letter) - ord("a")
                p *= laws[count][(row, *sounds[at : at + count])]
                at += count
            ways[counts] = float(p)
    return ways


@pytest.mark.parametrize("seed", range(3))
def test_expected_counts_are_those_of_all_ways(seed: int) -> None:
    laws = _random_laws(seed)
    counts = Laws(*(np.zeros_like(law) for law in laws))
    total = sum(letter_sounds._expect(laws, group, counts) for group in alike(WORDS))
    ways = [_every_way(laws, word) for word in WORDS]
    assert np.isclose(total, sum(np.log(sum(way.values())) for way in ways))
    silent = np.zeros(26)
    for word, way in zip(WORDS, ways, strict=True):
        for made, p in way.items():
            for letter, count in zip(word.word, made, strict=True):
                silent[ord(letter) - ord("a")] += (count == 0) * p / sum(way.values())
    np.testing.assert_allclose(counts.none, silent)
    letters = sum(len(word.word) for word in WORDS)
    assert np.isclose(sum(part.sum() for part in counts), letters)


@pytest.mark.parametrize("seed", range(3))
def test_the_likeliest_way_is_the_likeliest_of_all(seed: int) -> None:
    laws = _random_laws(seed)
    for word, made in zip(WORDS, sounded(laws, WORDS), strict=True):
        ways = _every_way(laws, word)
        assert made is not None
        assert np.isclose(ways[tuple(made.tolist())], max(ways.values()))


def test_a_round_of_learning_never_lowers_the_likelihood_and_laws_add_up() -> None:
    words = WORDS * 3
    laws, course = learn(words, 6)
    assert min(np.diff(course)) > -1e-9
    seen = sorted({ord(a) - ord("a") for word in words for a in word.word})
    total = laws.none + laws.one.sum(1) + laws.two.sum((1, 2))
    np.testing.assert_allclose(total[seen], 1)


def test_of_a_doubled_letter_the_first_is_heard_and_what_cannot_be_is_left_out() -> None:
    size = len(PHONEMES)
    even = Laws(np.full(26, 0.5), np.full((26, size), 0.1), np.zeros((26, size, size)))
    words = [Pronunciation("ll", (("L",),)), Pronunciation("w", (("D", "AH", "B"),))]
    first, none = sounded(even, words)
    assert first is not None and first.tolist() == [1, 0]
    assert none is None


def test_what_the_course_learns_hears_what_we_hear() -> None:
    words = [
        Pronunciation("knife", (("N", "AY", "F"),)),
        Pronunciation("thumb", (("TH", "AH", "M"),)),
        Pronunciation("box", (("B", "AA", "K", "S"),)),
    ]
    found = [made.tolist() for made in sounded(letter_sounds.laws(), words) if made is not None]
    assert found == [[0, 1, 1, 1, 0], [1, 0, 1, 1, 0], [1, 1, 2]]


@pytest.mark.parametrize("make", [RNN, LSTM, GRU, nn.LSTM])
def test_a_plain_stack_is_num_layers(make: Callable[..., nn.Module]) -> None:
    torch.manual_seed(0)
    stack = Stack(make, 4, 3, residual=False)
    whole: Any = make(4, 4, 3, batch_first=True)
    for number, layer in enumerate(stack.layers):
        for name, value in layer.state_dict().items():
            getattr(whole, name.replace("_l0", f"_l{number}")).data.copy_(value)
    x = torch.randn(2, 5, 4)
    torch.testing.assert_close(stack(x)[0], whole(x)[0])


@pytest.mark.parametrize("residual", [False, True])
def test_a_stack_step_by_step_is_the_stack_at_once_and_the_learners(residual: bool) -> None:
    torch.manual_seed(0)
    stack = Stack(LSTM, 4, 3, residual)
    x = torch.randn(2, 6, 4)
    states, end = stack(x)
    first, middle = stack(x[:, :2])
    rest, last = stack(x[:, 2:], middle)
    torch.testing.assert_close(torch.cat([first, rest], 1), states)
    torch.testing.assert_close(last, end)
    layers = [lambda h, layer=layer: layer(h)[0] for layer in stack.layers]
    torch.testing.assert_close(_defined("stacked")(x, layers, residual), states)


def test_a_stack_and_a_tagger_refuse_what_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="depth=0"):
        Stack(LSTM, 4, 0, residual=True)
    with pytest.raises(ValueError, match="delay=-1"):
        Tagger(LSTM(3, 4, batch_first=True), 3, -1)


@pytest.mark.parametrize("delay", [0, 2])
def test_a_tagger_sees_as_far_as_its_delay(delay: int) -> None:
    torch.manual_seed(0)
    model = Tagger(LSTM(3, 4, batch_first=True), 3, delay)
    tokens = torch.randint(1, 27, (1, 7))
    for place in range(7):
        other = tokens.clone()
        other[0, place] = tokens[0, place] % 26 + 1
        moved = (model(other) - model(tokens))[0] != 0
        assert moved.tolist() == [t >= place - delay for t in range(7)]


def test_the_chapters_two_ways_are_a_packed_bidirectional_layer() -> None:
    torch.manual_seed(0)
    net = nn.GRU(3, 4, bidirectional=True, batch_first=True)
    halves = []
    for suffix in ("", "_reverse"):
        half = nn.GRU(3, 4, batch_first=True)
        for name in half.state_dict():
            getattr(half, name).data.copy_(getattr(net, name + suffix))
        halves.append(half)
    x, lengths = torch.randn(3, 6, 3), torch.tensor([2, 6, 5])
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    wanted = pad_packed_sequence(net(packed)[0], batch_first=True)[0]
    found = _defined("reverse", "both_ways")(x, lengths, *halves)
    found[torch.arange(6) >= lengths[:, None]] = 0
    torch.testing.assert_close(found, wanted)


def test_the_chapters_recursion_is_the_packages() -> None:
    laws = _random_laws(0)

    def p(made: tuple[str, ...], letter: str) -> float:
        sounds = (PHONEMES.index(phoneme) for phoneme in made)
        return float(laws[len(made)][(ord(letter) - ord("a"), *sounds)])

    fits = _defined("fits")
    for word in WORDS:
        whole = sum(_every_way(laws, word).values())
        assert np.isclose(fits(word.word, word.spoken[0], p), whole)


def test_the_chapters_windows_tell_neighbours_apart() -> None:
    tokens = torch.tensor([[3, 5, 7], [5, 3, 5]])
    found = _defined("windows")(tokens, 1, 2)  # one before, two after
    padded = [[END, *row, END, END] for row in tokens.tolist()]
    wanted = [[sum(row[i + k] * 27**k for k in range(4)) for i in range(3)] for row in padded]
    assert found.tolist() == wanted


def test_what_joins_both_sides_leaves_out_the_place_itself() -> None:
    states = torch.arange(12.0).reshape(1, 3, 4)  # two numbers forwards, two backwards
    found = _defined("around")(states)[0].tolist()
    assert found == [[0, 0, 6, 7], [0, 1, 10, 11], [4, 5, 0, 0]]
