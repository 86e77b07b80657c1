"""The vector quantiser: nearest codes, what the gradients are, and codes that are used again."""

from __future__ import annotations

import pytest
import torch

from seqcourse.nn import VectorQuantiser, vector_quantise
from seqcourse.nn.vector_quantiser import nearest


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64)


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4)])
def test_the_nearest_code_is_that_of_cdist(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    z, codebook = draw(*shape, 6), draw(9, 6)
    assert torch.equal(nearest(z, codebook), torch.cdist(z, codebook).argmin(-1))


def test_values_are_codes_and_gradients_are_those_by_hand() -> None:
    torch.manual_seed(0)
    z, codebook = draw(20, 6).requires_grad_(), draw(9, 6).requires_grad_()
    up = draw(20, 6)
    found = vector_quantise(z, codebook, 0.3)
    torch.testing.assert_close(found.vectors, codebook[found.codes])
    ((found.vectors * up).sum() + found.loss).backward()
    apart = (z - codebook[found.codes]).detach()
    torch.testing.assert_close(z.grad, up + 0.3 * 2 * apart / apart.numel())
    wanted = torch.zeros_like(codebook).index_add_(0, found.codes, -2 * apart / apart.numel())
    torch.testing.assert_close(codebook.grad, wanted)


def test_a_dead_code_moves_to_a_vector_of_the_batch() -> None:
    torch.manual_seed(0)
    layer = VectorQuantiser(4, 2, restart=3)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[0.0, 0], [1, 0], [0, 1], [50, 50]]))
    z = torch.tensor([[0.1, 0], [1.1, 0], [0, 1.1], [3.0, 3.0]])
    for _ in range(2):
        layer(z)
    assert layer.weight[3].tolist() == [50, 50] and layer.idle.tolist() == [0, 0, 0, 2]
    layer(z)
    assert layer.weight[3].tolist() in z.tolist() and layer.idle.tolist() == [0] * 4


@pytest.mark.parametrize("restart", [None, 1])
def test_nothing_moves_where_it_must_not(restart: int | None) -> None:
    torch.manual_seed(0)
    layer = VectorQuantiser(8, 2, restart=restart)
    layer.train(restart is None)
    before = layer.weight.clone()
    for _ in range(3):
        layer(torch.ones(1, 2))
    assert torch.equal(layer.weight, before)


def test_saved_and_loaded_is_saved() -> None:
    torch.manual_seed(0)
    one, other = VectorQuantiser(5, 3), VectorQuantiser(5, 3)
    one(torch.randn(2, 4, 3))
    other.load_state_dict(one.state_dict())
    assert torch.equal(one.idle, other.idle) and torch.equal(one.weight, other.weight)


def test_bad_input_is_named() -> None:
    for arguments, text in (
        ((0, 2), "codes=0"),
        ((2, 0), "width=0"),
        ((2, 2, 0.25, 0), "restart=0"),
        ((2, 2, -1.0), "commitment"),
    ):
        with pytest.raises(ValueError, match=text):
            VectorQuantiser(*arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"\(5, 3\)"):
        VectorQuantiser(4, 2)(torch.zeros(5, 3))
