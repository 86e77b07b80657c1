"""Transformers against torch's: values and gradients in float64, and a step at a time."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, randn

import seqcourse.nn

torch.set_num_threads(1)
F64 = torch.float64


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_a_whole_transformer(norm_first: bool, batch_first: bool) -> None:
    made: list[Any] = []
    for library in (seqcourse.nn, torch.nn):
        torch.manual_seed(0)
        options = {"norm_first": norm_first, "batch_first": batch_first, "dtype": F64}
        made.append(library.Transformer(8, 2, 2, 2, 16, 0.0, "gelu", **options))
    ours, theirs = made
    states = ours.state_dict(), theirs.state_dict()
    assert list(states[0]) == list(states[1])
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[1])

    def laid(x: Tensor) -> Tensor:
        return x if batch_first else x.transpose(0, 1)

    src, tgt = laid(randn(3, 5, 8, dtype=F64)), laid(randn(3, 4, 8, dtype=F64))
    padding = torch.arange(5) >= torch.tensor([[5], [3], [4]])
    mask = ours.generate_square_subsequent_mask(4, dtype=F64)
    torch.testing.assert_close(mask, theirs.generate_square_subsequent_mask(4, dtype=F64))
    options = {"src_key_padding_mask": padding, "memory_key_padding_mask": padding}
    results = [model(src, tgt, tgt_mask=mask, **options) for model in made]
    torch.testing.assert_close(*results)

    memory = laid(ours.encoder(src, src_key_padding_mask=padding))
    state, rows = ours.decoder.start(memory, padding), []
    for x in laid(tgt).unbind(1):
        row, state = ours.decoder.step(x, state)
        rows.append(row)
    torch.testing.assert_close(torch.stack(rows, 1), laid(results[0]))
