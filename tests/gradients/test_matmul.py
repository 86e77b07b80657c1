"""The large products: the same numbers and the same errors, whichever library is asked."""

import pytest
import torch
import torch.nn.functional as F

from seqcourse.gradients import matmul
from seqcourse.gradients.matmul import SMALL, adder, linear, over_steps


@pytest.fixture(params=["oneDNN", "MKL"], autouse=True)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both on any processor, and not only the faster one of this."""
    name: str = request.param
    if name == "oneDNN" and not matmul._HERE:
        pytest.skip("this build of torch has no product by oneDNN")
    monkeypatch.setattr(matmul, "_FASTER", name == "oneDNN")
    return name


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 5), (513, 64), (33, 32, 64), (0, 64)])
def test_a_product_is_linears(shape: tuple[int, ...], bias: bool, dtype: torch.dtype) -> None:
    x, weight = torch.randn(shape, dtype=dtype), torch.randn(96, shape[-1], dtype=dtype)
    given = torch.randn(96, dtype=dtype) if bias else None
    torch.testing.assert_close(linear(x, weight, given), F.linear(x, weight, given))
    torch.testing.assert_close(linear(x, weight.t().contiguous().t()), F.linear(x, weight))


def test_a_large_product_is_onednns(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without this, `test_a_product_is_linears` might hold F.linear against itself."""
    x, weight = torch.randn(SMALL // 4096, 64), torch.randn(64, 64)
    asked: list[int] = []
    monkeypatch.setattr(F, "linear", lambda x, *_: asked.append(len(x)))
    linear(x, weight)
    linear(x[1:], weight)
    assert asked == ([len(x) - 1] if library == "oneDNN" else [len(x), len(x) - 1])


@pytest.mark.parametrize("rows", [1, 32])
@pytest.mark.parametrize("sequences", [2, 64])
def test_a_steps_product_is_added_in_place(sequences: int, rows: int) -> None:
    weight, x, target = torch.randn(512, 128), torch.randn(rows, 128), torch.randn(rows, 512)
    wanted = target + x @ weight.t()
    assert adder(weight, sequences)(target, x) is target
    torch.testing.assert_close(target, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("steps", [3, 40])
def test_weights_gradients_are_sums_over_the_steps(steps: int) -> None:
    delta, x = torch.randn(steps, 16, 96), torch.randn(steps, 16, 48)
    wanted = torch.einsum("tbg,tbi->gi", delta, x)
    torch.testing.assert_close(over_steps(delta, x), wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("weight", [torch.zeros(512, 63), torch.zeros(512, 64).double()])
def test_what_does_not_fit_is_told_as_linear_tells_it(weight: torch.Tensor) -> None:
    x = torch.zeros(1024, 64)
    with pytest.raises(RuntimeError) as wanted:
        F.linear(x, weight)
    with pytest.raises(RuntimeError) as came:
        linear(x, weight)
    assert str(came.value) == str(wanted.value)
