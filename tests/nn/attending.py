"""Multi-head attention, ours and torch's, over random shapes, masks and options."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor

import seqcourse.nn

from .recurrent import weights as fixed

torch.set_num_threads(1)
F64 = torch.float64
MASKS = ("none", "bool", "numbers", "bool, each head", "numbers, each head")
PADDINGS = ("none", "bool", "numbers")


@dataclass(frozen=True)
class Case:
    """A layer's options, and what is put in.

    Args:
        form: "self", where query, key and value are one tensor, "memory", where key and value are,
            or "apart".
        batch: None for no batch.
    """

    options: dict[str, Any]
    form: str
    batch: int | None
    length: int
    keys: int
    mask: str
    padding: str
    need_weights: bool
    average: bool
    seed: int

    def twins(self, **more: Any) -> tuple[Any, Any]:
        """Our layer and torch's, in float64, with torch's weights, moved off their zeros."""
        torch.manual_seed(self.seed)
        theirs = torch.nn.MultiheadAttention(**self.options, **more, dtype=F64)
        with torch.no_grad():
            for parameter in theirs.parameters():
                parameter += torch.randn_like(parameter) / 3
        ours = seqcourse.nn.MultiheadAttention(**self.options, **more, dtype=F64)
        ours.load_state_dict(theirs.state_dict())
        return ours, theirs

    def leaves(self) -> dict[str, Tensor]:
        """Fresh leaves, always the same: the inputs, and masks that are numbers."""
        generator = torch.Generator().manual_seed(self.seed)

        def draw(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=generator, dtype=F64)

        def laid(steps: int, width: int) -> Tensor:
            if self.batch is None:
                return draw(steps, width)
            front = (self.batch, steps) if self.options["batch_first"] else (steps, self.batch)
            return draw(*front, width)

        width = self.options["embed_dim"]
        found = {"query": laid(self.length, width)}
        if self.form != "self":
            found["key"] = laid(self.keys, self.options.get("kdim") or width)
        if self.form == "apart":
            found["value"] = laid(self.keys, self.options.get("vdim") or width)
        count = (self.batch or 1) * self.options["num_heads"]
        shape: tuple[int, ...] = (self.length, self.keys)
        if "each head" in self.mask:
            shape = (count, *shape)
        if self.mask != "none":
            found["attn_mask"] = self.hide(draw(*shape), draw(*shape), self.mask)
        if self.padding != "none":
            rows = (self.keys,) if self.batch is None else (self.batch, self.keys)
            found["key_padding_mask"] = self.hide(draw(*rows), draw(*rows), self.padding)
        return {n: x.requires_grad_() if x.is_floating_point() else x for n, x in found.items()}

    def hide(self, numbers: Tensor, chance: Tensor, kind: str) -> Tensor:
        """A mask of this kind, by which every query sees the first key."""
        hidden = (chance > 0.4) & (torch.arange(chance.shape[-1]) > 0)
        return hidden if kind.startswith("bool") else numbers.masked_fill(hidden, -math.inf)

    def run(self, layer: Any, leaves: dict[str, Tensor], **more: Any) -> list[Tensor]:
        """The output, and the weights if they are wanted."""
        key = leaves.get("key", leaves["query"])
        given = leaves["query"], key, leaves.get("value", key)
        masks = {name: leaves.get(name) for name in ("attn_mask", "key_padding_mask")}
        flags = {"need_weights": self.need_weights, "average_attn_weights": self.average}
        output, weights = layer(*given, **masks, **{**flags, **more})
        assert (weights is None) == (not self.need_weights)
        return [output] if weights is None else [output, weights]


@st.composite
def cases(draw: Any, **fixed_fields: Any) -> Case:
    """Random cases; fields that are `fixed_fields` keep their value."""
    heads = draw(st.integers(1, 3))
    form = draw(st.sampled_from(["self", "memory", "apart"]))
    form = fixed_fields.get("form", form)
    width = heads * draw(st.integers(1, 3))
    options: dict[str, Any] = {"embed_dim": width, "num_heads": heads}
    for name in ("bias", "batch_first", "add_bias_kv", "add_zero_attn"):
        options[name] = draw(st.booleans())
    if form != "self" and draw(st.booleans()):
        options["kdim"] = draw(st.integers(1, 4))
        options["vdim"] = options["kdim"] if form == "memory" else draw(st.integers(1, 4))
    length = draw(st.integers(1, 4))
    fields = {
        "options": options,
        "form": form,
        "batch": draw(st.sampled_from([None, 1, 2, 3])),
        "length": length,
        "keys": length if form == "self" else draw(st.integers(1, 5)),
        "mask": draw(st.sampled_from(MASKS)),
        "padding": draw(st.sampled_from(PADDINGS)),
        "need_weights": draw(st.booleans()),
        "average": draw(st.booleans()),
        "seed": draw(st.integers(0, 10**6)),
    }
    return Case(**{**fields, **fixed_fields})


def gradients(layer: Any, leaves: dict[str, Tensor], results: list[Tensor]) -> dict[str, Tensor]:
    """What a loss that touches every number sends into inputs, masks and parameters."""
    loss = sum((i + 1) * (part * fixed(part)).sum() for i, part in enumerate(results))
    assert isinstance(loss, Tensor)
    into = {name: x for name, x in leaves.items() if x.requires_grad}
    into |= dict(layer.named_parameters())
    found = torch.autograd.grad(loss, list(into.values()))
    return dict(zip(into, found, strict=True))
