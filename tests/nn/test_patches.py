"""Patches: torch's strided convolution and unfold, back again, and what is refused."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from seqcourse.nn.patches import PatchEmbedding, patchify, unpatchify
from seqcourse.nn.positions import sinusoids
from seqcourse.nn.positions_2d import place_similarity, sinusoids_2d

torch.set_num_threads(1)
F64 = torch.float64
small = st.integers(1, 4)


@given(batch=small, channels=small, down=small, across=small, patch=small, width=small)
@settings(deadline=None, max_examples=40)
def test_patches_are_unfolds_and_their_map_a_strided_convolution(
    batch: int, channels: int, down: int, across: int, patch: int, width: int
) -> None:
    torch.manual_seed(batch)
    size = (down * patch, across * patch)
    images = torch.randn(batch, channels, *size, dtype=F64, requires_grad=True)
    rows = patchify(images, patch)
    assert torch.equal(rows, F.unfold(images, patch, stride=patch).transpose(1, 2))
    assert torch.equal(unpatchify(rows, patch, size), images)
    conv = nn.Conv2d(channels, width, patch, stride=patch, dtype=F64)
    ours = PatchEmbedding(channels, width, patch).double()
    ours.load_state_dict(conv.state_dict())
    theirs = conv(images).flatten(2).transpose(1, 2)
    torch.testing.assert_close(ours(images), theirs, rtol=1e-12, atol=1e-12)
    mine = torch.autograd.grad(ours(images).sin().sum(), [images, *ours.parameters()])
    other = torch.autograd.grad(theirs.sin().sum(), [images, *conv.parameters()])
    for a, b in zip(mine, other, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


def test_the_first_weights_are_as_a_convolutions() -> None:
    torch.manual_seed(0)
    ours = PatchEmbedding(3, 200, 4).weight
    theirs = nn.Conv2d(3, 200, 4, stride=4).weight
    assert ours.std().item() == pytest.approx(theirs.std().item(), rel=0.05)
    assert ours.abs().max().item() == pytest.approx(theirs.abs().max().item(), rel=0.01)


def test_half_of_the_numbers_say_the_row_half_the_column() -> None:
    table = sinusoids_2d(3, 5, 8, dtype=F64).reshape(3, 5, 8)
    for i in range(3):
        for j in range(5):
            assert torch.equal(table[i, j, :4], sinusoids(3, 4, dtype=F64)[i])
            assert torch.equal(table[i, j, 4:], sinusoids(5, 4, dtype=F64)[j])


def test_similarity_is_a_cosine() -> None:
    table = torch.randn(6, 5, dtype=F64)
    found = place_similarity(table)
    theirs = F.cosine_similarity(table[:, None], table, dim=-1)
    torch.testing.assert_close(found, theirs, rtol=1e-12, atol=1e-12)


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match=r"patch=3 for pictures of 4 × 6"):
        patchify(torch.zeros(1, 1, 4, 6), 3)
    with pytest.raises(ValueError, match=r"patch=0"):
        patchify(torch.zeros(1, 1, 4, 6), 0)
    with pytest.raises(ValueError, match=r"shape \(4, 6\): give \(B, channels"):
        patchify(torch.zeros(4, 6), 2)
    with pytest.raises(ValueError, match=r"has 3 channels"):
        PatchEmbedding(3, 8, 2)(torch.zeros(1, 1, 4, 4))
    for rows, patch, size in (((1, 5, 4), 2, (4, 4)), ((1, 4, 3), 2, (4, 4)), ((4, 4), 2, (4, 4))):
        with pytest.raises(ValueError, match=r"unpatchify got rows"):
            unpatchify(torch.zeros(rows), patch, size)
    with pytest.raises(ValueError, match=r"multiple of 4"):
        sinusoids_2d(2, 2, 6)
