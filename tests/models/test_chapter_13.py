"""Chapter 13: the page's own merges, count, rounding, and exercises are the package's."""

from __future__ import annotations

import copy
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from seqcourse.data.wordpieces import learn_merges, merge
from seqcourse.decoding import coverage_penalty, length_penalty
from seqcourse.models.gnmt import DeepDecoder, DeepEncoder
from seqcourse.models.quantised import quantise, rounded
from seqcourse.models.seq2seq import EncoderDecoder
from seqcourse.nn import AdditiveAttention

TEXT = (Path(__file__).parents[2] / "chapters" / "13_gnmt.md").read_text("utf-8")
WORDS = ["station", "nation", "ration", "notions", "stations", "tattoo"]


def _defined(*names: str) -> dict[str, Any]:
    """Functions of the chapter, from live cells or else from solutions."""
    namespace: dict[str, Any] = {
        "np": np, "torch": torch, "nn": nn, "copy": copy, "Counter": Counter, "merge": merge,
    }  # fmt: skip
    fences = re.findall(r"```(?:\{code-cell\} ipython3|python)\n(.*?)```", TEXT, re.S)
    for name in names:
        found = [f for f in fences if f"def {name}(" in f and "    ...\n" not in f]
        source = re.search(rf"^def {name}\(.*?(?=^\S|\Z)", found[-1], re.S | re.M)
        assert source
        exec(source[0], namespace)
    return namespace


def test_the_merges_counted_anew_are_the_packages() -> None:
    assert _defined("recount")["recount"](WORDS, 6) == list(learn_merges(WORDS, 6))


def test_the_next_merge_of_the_exercise_is_the_first() -> None:
    words = {tuple(word): 1 for word in WORDS}
    assert _defined("next_merge")["next_merge"](words) == learn_merges(WORDS, 1)[0]


@pytest.mark.parametrize("rows", [2, 5, 9])
def test_coverage_of_the_exercise(rows: int) -> None:
    weights = np.random.default_rng(rows).dirichlet(np.ones(6), rows)
    wanted = coverage_penalty(torch.from_numpy(weights).sum(0)).item()
    assert _defined("coverage")["coverage"](weights) == pytest.approx(wanted, abs=1e-6)


def test_the_divisor_of_the_exercise() -> None:
    alpha = np.log(5 / 4) / np.log(18 / 12)
    assert length_penalty(7, 0) == 1 and length_penalty(7, 1) == pytest.approx(2)
    assert -4 / length_penalty(7, alpha) == pytest.approx(-5 / length_penalty(13, alpha))


def test_eight_bits_of_the_exercise() -> None:
    W = torch.randn(4, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    W[2] = 0
    whole, step = _defined("eight_bits")["eight_bits"](W.numpy())
    wanted = quantise(W)
    assert np.array_equal(whole, wanted.values.numpy())
    np.testing.assert_allclose(step, wanted.scale[:, 0].numpy())


def test_in_bits_with_eight_is_rounded() -> None:
    torch.manual_seed(0)
    model = EncoderDecoder(
        DeepEncoder(9, nn.LSTM, 6, 2), DeepDecoder(7, nn.LSTM, 6, 2, AdditiveAttention(6, 6, 3))
    )
    mine = _defined("in_bits")["in_bits"](model, 8)
    for one, other in zip(mine.parameters(), rounded(model).parameters(), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize(("size", "depth"), [(4, 2), (6, 5)])
def test_the_counts_are_of_the_networks(size: int, depth: int) -> None:
    page = _defined("lstm", "size", "encoder_weights")
    assert page["size"](nn.LSTM(3, size)) == page["lstm"](3, size, b=2)
    ends = [nn.LSTM(size, size, bidirectional=True)]
    above = [nn.LSTM(size * (2 if k == 0 else 1), size) for k in range(depth - 1)]
    all_ways = nn.LSTM(size, size, depth, bidirectional=True)

    def one_bias(*layers: nn.LSTM) -> int:
        return sum(
            w.numel() for layer in layers for n, w in layer.named_parameters() if "bias_hh" not in n
        )

    found = page["encoder_weights"](size, depth)
    assert found == (one_bias(*ends, *above), one_bias(all_ways))
