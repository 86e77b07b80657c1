"""The products for all steps: F.linear's numbers and errors, whichever library computed them."""

import pytest
import torch
import torch.nn.functional as F

from seqcourse.gradients import matmul
from seqcourse.gradients.matmul import SMALL, linear, over_steps


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 5), (513, 64), (33, 32, 64), (0, 64)])
def test_a_product_is_linears(shape: tuple[int, ...], bias: bool, dtype: torch.dtype) -> None:
    x, weight = torch.randn(shape, dtype=dtype), torch.randn(96, shape[-1], dtype=dtype)
    given = torch.randn(96, dtype=dtype) if bias else None
    torch.testing.assert_close(linear(x, weight, given), F.linear(x, weight, given))
    torch.testing.assert_close(linear(x, weight.t().contiguous().t()), F.linear(x, weight))


def test_both_libraries_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without this, `test_a_product_is_linears` might hold F.linear against itself."""
    x, weight = torch.randn(SMALL // 4096, 64), torch.randn(64, 64)
    asked: list[int] = []
    monkeypatch.setattr(F, "linear", lambda x, *_: asked.append(len(x)))
    linear(x, weight)
    linear(x[1:], weight)
    monkeypatch.setattr(matmul, "_ONEDNN", False)
    linear(x, weight)
    assert asked == [len(x) - 1, len(x)]


@pytest.mark.parametrize("steps", [3, 40])
def test_weights_gradients_are_sums_over_the_steps(steps: int) -> None:
    delta, x = torch.randn(steps, 16, 96), torch.randn(steps, 16, 48)
    wanted = torch.einsum("tbg,tbi->gi", delta, x)
    torch.testing.assert_close(over_steps(delta, x), wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "weight", [torch.zeros(512, 63), torch.zeros(512, 64, dtype=torch.float64)]
)
def test_what_does_not_fit_is_told_as_linear_tells_it(weight: torch.Tensor) -> None:
    x = torch.zeros(1024, 64)
    with pytest.raises(RuntimeError) as wanted:
        F.linear(x, weight)
    with pytest.raises(RuntimeError) as came:
        linear(x, weight)
    assert str(came.value) == str(wanted.value)
