"""What attention reads moves with the query by a covariance: against autograd."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, randn

from seqcourse.gradients import attention_query_jacobian, weighted_covariance
from seqcourse.nn import GeneralAttention
from seqcourse.nn.functional import scaled_dot_product_attention

from .cases import close

F64 = torch.float64


@pytest.mark.parametrize("scale", [None, 1.0, 0.3])
@pytest.mark.parametrize("masked", [False, True])
def test_jacobian(scale: float | None, masked: bool) -> None:
    torch.manual_seed(0)
    query, key, value = (randn(*s, dtype=F64) for s in ((2, 3, 4), (2, 5, 4), (2, 5, 6)))
    mask = torch.rand(3, 5) < 0.6 if masked else torch.ones(3, 5).bool()

    def read(q: Tensor) -> Tensor:
        return scaled_dot_product_attention(q, key, value, mask, scale=scale)

    full = torch.autograd.functional.jacobian(read, query)  # (B, L, Dv, B, L, Dk)
    own = full.diagonal(dim1=0, dim2=3).diagonal(dim1=0, dim2=2).permute(2, 3, 0, 1)
    eye = torch.eye(5, dtype=F64).expand(2, 5, 5)
    weights = scaled_dot_product_attention(query, key, eye, mask, scale=scale)
    close(attention_query_jacobian(weights, key, value, scale), own)


def test_with_values_that_are_keys_it_is_symmetric_and_never_negative() -> None:
    torch.manual_seed(0)
    key = randn(2, 6, 3, dtype=F64)
    jacobian = attention_query_jacobian(randn(2, 4, 6, dtype=F64).softmax(-1), key, key)
    close(jacobian, jacobian.mT)
    assert (torch.linalg.eigvalsh(jacobian) > 0).all()


def test_one_key_with_all_the_weight_leaves_no_gradient() -> None:
    key, value = randn(1, 5, 3, dtype=F64), randn(1, 5, 2, dtype=F64)
    one_hot = torch.eye(5, dtype=F64)[None]
    assert attention_query_jacobian(one_hot, key, value).abs().max() < 1e-12


def test_covariance_is_numpys() -> None:
    torch.manual_seed(0)
    points, weights = randn(6, 3, dtype=F64), torch.rand(6, dtype=F64)
    weights /= weights.sum()
    found = weighted_covariance(weights[None], points, points)[0]
    close(found, torch.cov(points.T, correction=0, aweights=weights))


def test_behind_a_linear_map() -> None:
    """General attention: the covariance, times the map."""
    torch.manual_seed(0)
    layer = GeneralAttention(2, 3).double()
    query, key, value = (randn(1, *s, dtype=F64) for s in ((1, 2), (5, 3), (5, 4)))
    full = torch.autograd.functional.jacobian(lambda q: layer(q, key, value)[0], query)
    weights = layer(query, key, value)[1]
    ours = attention_query_jacobian(weights, key, value, 1.0)[0, 0] @ layer.weight
    close(ours.detach(), full[0, 0, :, 0, 0])


def test_mistakes() -> None:
    with pytest.raises(ValueError, match="a weight for each of S points"):
        weighted_covariance(torch.ones(1, 4), torch.ones(5, 2), torch.ones(5, 2))
