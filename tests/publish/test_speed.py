"""The page on speed shows what was measured, and every layer was."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

import seqcourse.nn
from seqcourse.nn.patches import PatchEmbedding
from seqcourse.publish import speed

ROOT = Path(__file__).resolve().parents[2]
NO_RIVAL = {"Attention", "RNNBase", "SinusoidalPosition"}  # what others build on; a fixed table
STACKS = {"TransformerEncoder", "TransformerDecoder"}  # of the layers that are measured


@pytest.fixture(scope="module")
def benchmarks() -> Iterator[Any]:
    """The scripts of `benchmarks/`, which are no package."""
    folder = str(ROOT / "benchmarks")
    sys.path.insert(0, folder)
    try:
        import layers

        yield layers
    finally:
        sys.path.remove(folder)


def test_every_layer_is_measured(benchmarks: Any) -> None:
    made = {name: getattr(seqcourse.nn, name) for name in seqcourse.nn.__all__}
    layers = {n for n, x in made.items() if isinstance(x, type) and issubclass(x, torch.nn.Module)}
    cases = {case.layer for case in benchmarks.cases()}
    assert cases == (layers - NO_RIVAL - STACKS) | {PatchEmbedding.__name__}
    assert cases == set(speed.first_rows(speed.read(ROOT)))


def test_all_ways_give_the_same_numbers(benchmarks: Any) -> None:
    torch.manual_seed(0)
    for case in benchmarks.chosen((), quick=True):
        benchmarks.agree(case, case.make(**case.sizes))


def test_a_way_that_computes_something_else_is_not_timed(benchmarks: Any) -> None:
    case = next(benchmarks.chosen(["LSTM"], quick=True))
    ways = case.make(**case.sizes)
    with torch.no_grad():
        next(ways["textbook"][0].parameters()).add_(0.1)
    with pytest.raises(AssertionError, match="LSTM .*: textbook is not torch"):
        benchmarks.agree(case, ways)


def test_medians_are_of_turns_taken_together(benchmarks: Any) -> None:
    """A machine that is twice as slow in one turn is so for both."""
    from measure import summary

    found = summary({"a": [1.0, 2.0, 1.0], "b": [3.0, 6.0, 3.0]}, "a")
    assert found["b"] == {"ms": 3000.0, "ratio": 3.0, "low": 3.0, "high": 3.0}


def test_numbers_come_from_the_kept_run() -> None:
    bench = speed.read(ROOT)
    assert speed.number(bench, "LSTM training torch ratio") == "1.00"
    assert speed.number(bench, "repeats") == str(bench["repeats"])
    assert speed.number(bench, "LSTM training ours operations").isdigit()
    for wrong in ("LSTM training ours speed", "LSTN training ours ratio", "weather"):
        with pytest.raises(KeyError):
            speed.number(bench, wrong)
    with pytest.raises(ValueError):
        speed.number(bench, "LSTM training")


def test_without_a_kept_run_the_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make bench WRITE=1"):
        speed.read(tmp_path)


def test_half_the_width_stands_beside_the_whole() -> None:
    here, held = speed.read(ROOT), speed.read(ROOT, speed.HELD)
    machines = [bench["machine"] for bench in (here, held)]
    widths = [(own["instructions"], own["oneDNN held to"]) for own in machines]
    assert widths == [("AVX512", ""), ("AVX2", "AVX2")]
    rows = {row[0]: row[1:] for row in speed.held_rows(here, held)}
    assert {"RNN", "LSTM", "GRU"} <= set(rows) and "CTCLoss" not in rows
    told = speed.first_rows(held)["LSTM"]["training"]["ours"]["ratio"]
    assert rows["LSTM"][1] == f"{told:.2f}"
    # What the page says of them.
    assert float(rows["LSTM"][0]) > 1.3 * float(rows["LSTM"][1])


@pytest.mark.parametrize("name", speed.FIGURES)
def test_figures(name: str) -> None:
    """A bar for each way, a line for each layer, a line for each way to write."""
    bench = speed.read(ROOT)
    figure, alt = speed.FIGURES[name](bench)
    assert len(alt) >= 30
    if name == "ways":
        ways = [speed.first_rows(bench)[layer]["training"] for layer in speed.RECURRENT]
        assert len(figure.axes[0].patches) == sum(len(found) - 1 for found in ways)
    elif name == "sizes":
        for ax in figure.axes:
            lines = [line for line in ax.lines if line.get_label() in speed.RECURRENT]
            assert len(lines) == 3 and all(len(line.get_xdata()) >= 3 for line in lines)
    else:
        assert len(figure.axes[0].lines) == len(bench["decoding"][0]["ways"])
