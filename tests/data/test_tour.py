"""The tour: every data set is on it, with facts that hold, and it can be drawn."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from seqcourse import data, figures
from seqcourse.data import Sample, tour

NOT_SHOWN = {
    "plays",  # its package is no part of seqcourse[data]
    *("captions", "date_pairs", "number_pairs", "strips"),  # made of what is shown
}


@pytest.fixture(scope="module")
def samples() -> tuple[Sample, ...]:
    return tour()


def test_every_loader_is_on_the_tour(samples: tuple[Sample, ...]) -> None:
    loaders = {name for name in data.__all__ if name.islower() and _is_loader(name)} - NOT_SHOWN
    assert {sample.loader.split("(")[0] for sample in samples} == loaders


def _is_loader(name: str) -> bool:
    """Whether its documentation says where the data come from."""
    return "Source:" in (getattr(data, name).__doc__ or "")


def test_the_calls_work(samples: tuple[Sample, ...]) -> None:
    for sample in samples:
        name, arguments = re.fullmatch(r"(\w+)\((.*)\)", sample.loader).groups()  # type: ignore[union-attr]
        assert len(eval(f"load({arguments})", {"load": getattr(data, name)})), sample.name


def test_the_facts_are_told(samples: tuple[Sample, ...]) -> None:
    assert len({sample.name for sample in samples}) == len(samples)
    for sample in samples:
        assert all((sample.element, sample.size, sample.package, sample.licence)), sample.name
        assert sample.chapters and all(1 <= chapter <= 21 for chapter in sample.chapters)
        documentation = getattr(data, sample.loader.split("(")[0]).__doc__
        assert all(package in documentation for package in sample.package.split(", "))


def test_the_excerpts_are_of_their_kind(samples: tuple[Sample, ...]) -> None:
    for sample in samples:
        shape = np.shape(sample.excerpt) if sample.kind in ("line", "image", "roll") else ()
        if sample.kind == "line":
            assert len(shape) == 1 and shape[0] >= 40
        elif sample.kind == "image":
            assert len(shape) in (2, 3)
            assert 0 <= np.min(sample.excerpt) <= np.max(sample.excerpt) <= 1
        elif sample.kind == "roll":
            assert len(shape) == 2
        elif sample.kind == "text":
            assert isinstance(sample.excerpt, tuple) and all(sample.excerpt)
            assert all(ord(sign) < 0x1100 for sign in "".join(sample.excerpt))  # the font's own
        else:
            assert all(stroke.shape[1] == 2 for stroke in sample.excerpt)


def test_the_tour_is_quick_and_drawn_the_same_again(
    samples: tuple[Sample, ...], monkeypatch: pytest.MonkeyPatch, elsewhere: Callable[[str], str]
) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(figures, "display", lambda bundle, raw: shown.append(bundle))
    figures.samples(samples)
    svg = shown[0]["image/svg+xml"]
    assert len(svg) < 90_000 and len(shown[0]["image/png"]) < 120_000
    assert "<image" not in svg
    texts = ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter()]
    assert {sample.name for sample in samples} <= set(texts)
    assert all(sample.name in shown[0]["text/plain"] for sample in samples)
    code = (
        "import time; from seqcourse import figures; from seqcourse.data import tour\n"
        "figures.display = lambda bundle, raw: print(bundle['image/svg+xml'])\n"
        "start = time.process_time(); found = tour(); print(time.process_time() - start)\n"
        "figures.samples(found)"
    )
    start = time.monotonic()
    seconds, again = elsewhere(code).split("\n", 1)
    assert again == svg
    assert float(seconds) < 15, f"{time.monotonic() - start:.0f} s by the clock"
