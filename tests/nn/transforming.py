"""What tests of Transformers draw: options, masks, models."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from hypothesis import strategies as st
from torch import Tensor

from seqcourse.nn import Transformer

torch.set_num_threads(1)
F64 = torch.float64


def causal(length: int, kind: str = "bool") -> Tensor | None:
    if kind == "none":
        return None
    mask = Transformer.generate_square_subsequent_mask(length, dtype=F64)
    return mask if kind == "numbers" else mask.bool()


@st.composite
def options(draw: Any) -> dict[str, Any]:
    heads = draw(st.integers(1, 3))
    activation = st.sampled_from(["relu", "gelu", F.relu, torch.tanh, F.silu])
    return {
        "d_model": heads * draw(st.integers(1, 3)),
        "nhead": heads,
        "dim_feedforward": draw(st.integers(1, 6)),
        "dropout": 0.0,
        "activation": draw(activation),
        "layer_norm_eps": draw(st.sampled_from([1e-5, 0.1])),
        "batch_first": draw(st.booleans()),
        "norm_first": draw(st.booleans()),
        "bias": draw(st.booleans()),
    }


def lengths_to_padding(batch: int | None, length: int, kind: str) -> Tensor | None:
    """Of lengths that grow by 1 from sequence to sequence."""
    if kind == "none":
        return None
    hidden = torch.arange(length) > torch.arange(batch or 1)[:, None]
    hidden = hidden if batch is not None else hidden[0]
    return hidden if kind == "bool" else hidden.to(F64).masked_fill(hidden, -torch.inf)


def model(norm_first: bool = False) -> Transformer:
    torch.manual_seed(0)
    made = Transformer(8, 2, 2, 2, 16, 0.0, batch_first=True, norm_first=norm_first, dtype=F64)
    return made.eval()
