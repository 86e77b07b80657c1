"""A GPT whose places are chosen."""

from __future__ import annotations

import pytest
import torch

from seqcourse.models.gpt import GPT
from seqcourse.models.placed_gpt import PlacedGPT

torch.set_num_threads(1)
KINDS = ["learned", "sinusoidal", "rotary", "alibi", None]


def nets(kind: str | None) -> tuple[GPT, PlacedGPT]:
    """The same weights, without and with places to choose."""
    found = []
    for make in (GPT, PlacedGPT):
        torch.manual_seed(0)
        options = {"length": 40} if kind == "learned" else {}
        found.append(make(7, 16, 2, 2, positions=kind, **options).eval())  # type: ignore[arg-type]
    plain, placed = found
    for one, other in zip(plain.parameters(), placed.parameters(), strict=True):
        other.data.copy_(one.data)
    return plain, placed  # type: ignore[return-value]


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_places_from_0_are_what_a_gpt_has(kind: str | None) -> None:
    plain, placed = nets(kind)
    tokens = torch.randint(0, 7, (3, 12))
    torch.testing.assert_close(placed(tokens)[0], plain(tokens)[0])
    placed.places.chosen = torch.arange(12)
    torch.testing.assert_close(placed(tokens)[0], plain(tokens)[0])


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_a_shift_changes_only_what_knows_absolute_places(kind: str | None) -> None:
    plain, placed = nets(kind)
    tokens = torch.randint(0, 7, (3, 12))
    placed.places.chosen = torch.arange(12) + 20
    apart = (placed(tokens)[0] - plain(tokens)[0]).abs().max().item()
    assert (apart > 1e-3) == (kind in ("learned", "sinusoidal"))
    placed.places.chosen = 3 * torch.arange(12)
    apart = (placed(tokens)[0] - plain(tokens)[0]).abs().max().item()
    assert (apart > 1e-3) == (kind in ("learned", "sinusoidal", "rotary"))


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_a_later_symbol_changes_no_earlier_output(kind: str | None) -> None:
    placed = nets(kind)[1]
    placed.places.chosen = 2 * torch.arange(12) + 5
    tokens = torch.randint(0, 7, (3, 12))
    other = tokens.clone()
    other[:, 8:] = (other[:, 8:] + 1) % 7
    torch.testing.assert_close(placed(tokens)[0][:, :8], placed(other)[0][:, :8])


def test_each_symbol_wants_a_place() -> None:
    placed = nets("rotary")[1]
    placed.places.chosen = torch.arange(5)
    with pytest.raises(ValueError, match="12 symbols came"):
        placed(torch.zeros(1, 12, dtype=torch.long))
