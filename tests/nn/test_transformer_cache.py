"""Transformers one position at a time: as all at once, and as a search wants it."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, randn

from seqcourse.decoding.model import rows_of, select
from seqcourse.nn import Transformer

from .recurrent import assert_same, weights
from .transforming import F64, causal, lengths_to_padding, model, options


@given(
    options=options(),
    batch=st.integers(1, 3),
    sizes=st.tuples(st.integers(1, 5), st.integers(1, 4)),
    chunks=st.lists(st.integers(1, 3), max_size=3),
    padding=st.sampled_from(["none", "bool", "numbers"]),
    seed=st.integers(0, 999),
)
@settings(max_examples=60)
def test_a_step_at_a_time_is_all_at_once(
    options: dict[str, Any],
    batch: int,
    sizes: tuple[int, int],
    chunks: list[int],
    padding: str,
    seed: int,
) -> None:
    """In pieces of any length; the first ones are `chunks`, the rest single positions."""
    torch.manual_seed(seed)
    made = Transformer(**options, num_encoder_layers=2, num_decoder_layers=2, dtype=F64)
    x, memory = (randn(batch, n, options["d_model"], dtype=F64) for n in sizes)
    hidden, mask = lengths_to_padding(batch, sizes[1], padding), causal(sizes[0])

    def turned(y: Tensor) -> Tensor:
        return y if options["batch_first"] else y.transpose(0, 1)

    encoded = turned(made.encoder(turned(x), mask))
    masks = {"tgt_mask": mask, "memory_key_padding_mask": hidden}
    decoded = turned(made.decoder(turned(x), turned(memory), **masks))
    assert_same(by_steps(made.encoder, None, x, chunks), encoded, "encoder")
    state = made.decoder.start(memory, hidden)
    assert_same(by_steps(made.decoder, state, x, chunks), decoded, "decoder")


def by_steps(stack: Any, state: Any, x: Tensor, chunks: list[int]) -> Tensor:
    rows, place = [], 0
    for size in [*chunks, *[0] * x.shape[1]]:
        piece = x[:, place : place + size] if size else x[:, place : place + 1]
        if piece.shape[1]:
            y, state = stack.step(piece if size else piece[:, 0], state)
            rows.append(y if size else y[:, None])
            place += piece.shape[1]
    return torch.cat(rows, 1)


def test_the_state_holds_no_more_than_it_needs() -> None:
    """Each position adds a key and a value to each layer; the memory is not read again."""
    decoder = model().decoder
    memory, x = randn(3, 5, 8, dtype=F64), randn(3, 4, 8, dtype=F64)
    state = decoder.start(memory)
    memory.fill_(torch.nan)
    for t in range(4):
        y, state = decoder.step(x[:, t], state)
        for (keys, values), (of_memory, _, padding) in state:
            assert keys.shape == values.shape == (3, 2, t + 1, 4)
            assert of_memory.shape == (3, 2, 5, 4) and padding is None
    assert y.isfinite().all()


def test_rows_of_a_state_can_be_picked() -> None:
    """As a beam does, after each step, twice or not at all."""
    decoder = model().decoder
    memory, x = randn(3, 5, 8, dtype=F64), randn(3, 4, 8, dtype=F64)
    padding, rows = torch.arange(5) >= torch.tensor([[5], [3], [4]]), torch.tensor([2, 0, 0, 1])
    state = select(decoder.start(memory, padding), rows)
    assert rows_of(state, None) == 4
    _, state = decoder.step(x[rows, 0], state)
    again = torch.tensor([3, 3, 0])
    y, _ = decoder.step(x[rows[again], 1], select(state, again))
    mask = {"tgt_mask": causal(2), "memory_key_padding_mask": padding}
    whole = decoder(x[:, :2], memory, **mask)
    assert_same(y, whole[rows[again], 1], "output")


def test_steps_can_be_trained_through() -> None:
    encoder, x = model().encoder, randn(2, 4, 8, dtype=F64)
    found = []
    for output in (encoder(x, causal(4)), by_steps(encoder, None, x, [])):
        loss = (output * weights(output)).sum()
        found.append(torch.autograd.grad(loss, list(encoder.parameters())))
    for (name, _), a, b in zip(encoder.named_parameters(), *found, strict=True):
        assert_same(a, b, name)
