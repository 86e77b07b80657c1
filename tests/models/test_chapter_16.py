"""Chapter 16: the page's own head and its counting, against the package and PyTorch."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from seqcourse.nn import alibi, alibi_slopes, rotate, sinusoids

torch.set_num_threads(1)
F64 = torch.float64
CHAPTER = Path(__file__).parents[2] / "chapters" / "16_position.md"
TEXT = CHAPTER.read_text("utf-8")
TABLE = torch.randn(300, 16, dtype=F64)


def _defined(name: str) -> Any:
    """A function of the chapter's live cells."""
    namespace: dict[str, Any] = {
        "math": math, "torch": torch, "F64": F64, "sinusoids": sinusoids, "rotate": rotate,
        "TABLE": TABLE,
    }  # fmt: skip
    fences = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", TEXT, re.S)
    found = [fence for fence in fences if f"def {name}(" in fence and "    ...\n" not in fence]
    source = re.search(rf"^def {name}\(.*?(?=^\S|\Z)", found[-1], re.S | re.M)
    assert source
    exec(source[0], namespace)
    return namespace[name]


head = _defined("head")
read_place = _defined("read_place")


def inputs() -> tuple[Tensor, list[Tensor], Tensor]:
    """Rows (T, d), three maps (d_k, d), places."""
    torch.manual_seed(0)
    maps = [torch.randn(8, 16, dtype=F64) for _ in range(3)]
    return torch.randn(10, 16, dtype=F64), maps, torch.arange(10)


def torchs(x: Tensor, maps: list[Tensor], bias: Tensor | None = None, at: Any = None) -> Tensor:
    """PyTorch's attention, with queries and keys turned where places are given."""
    q, k, v = (x @ W.T for W in maps)
    if at is not None:
        q, k = rotate(q, at), rotate(k, at)
    return F.scaled_dot_product_attention(
        q[None], k[None], v[None], attn_mask=bias, is_causal=bias is None
    )[0]


def test_without_positions_the_head_is_torchs() -> None:
    x, maps, at = inputs()
    torch.testing.assert_close(head(x, *maps, at), torchs(x, maps))


def test_what_is_added_is_added_before() -> None:
    x, maps, at = inputs()
    for offset in (0, 37):
        rows = sinusoids(10, 16, offset=offset, dtype=F64)
        torch.testing.assert_close(
            head(x, *maps, at + offset, "sinusoidal"), torchs(x + rows, maps)
        )
        torch.testing.assert_close(
            head(x, *maps, at + offset, "learned"), torchs(x + TABLE[at + offset], maps)
        )


def test_rotary_and_alibi_are_the_packages() -> None:
    x, maps, at = inputs()
    torch.testing.assert_close(head(x, *maps, at, "rotary"), torchs(x, maps, at=at))
    for heads in (1, 4):
        for slope, bias in zip(alibi_slopes(heads), alibi(heads, 10, 10, dtype=F64), strict=True):
            torch.testing.assert_close(head(x, *maps, at, "alibi", slope), torchs(x, maps, bias))


@pytest.mark.parametrize("kind", ["learned", "sinusoidal", "rotary", "alibi", None])
def test_the_head_sees_no_later_row(kind: str | None) -> None:
    x, maps, at = inputs()
    other = x.clone()
    other[6:] += 1
    torch.testing.assert_close(head(x, *maps, at, kind)[:6], head(other, *maps, at, kind)[:6])


@pytest.mark.parametrize("length", [1, 2, 77, 500])
def test_the_place_is_read_off(length: int) -> None:
    symbols = torch.randint(0, 5, (length,))
    symbols[0] = 5
    assert torch.equal(read_place(symbols, start=5), torch.arange(1, length + 1))
