"""The large products of a recurrence, by the faster of the libraries in PyTorch.

PyTorch asks MKL for a product of float32 matrices; on an AMD with AVX-512 MKL uses half its width.
PyTorch's LSTM is a kernel of oneDNN, which uses all of it, and which has a product too. Each gives
the other's numbers, but for rounding.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcourse.gradients.steps import rows

SMALL = 2**21  # multiplications, below which oneDNN's longer start is not made up for
# Not a public name: where a version of torch lacks it, or a build has no oneDNN, MKL does it.
_HERE = torch.backends.mkldnn.is_available() and hasattr(  # type: ignore[no-untyped-call]
    torch.ops.mkldnn, "_linear_pointwise"
)
_FASTER = _HERE and torch.backends.cpu.get_cpu_capability().startswith("AVX512")


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x W^T + b, as F.linear, but nothing for autograd to follow.

    Args:
        x: (…, I).
        weight: (O, I).
        bias: (O,), or None.

    Returns:
        (…, O).

    Raises:
        RuntimeError: sizes or dtypes that do not fit, as F.linear.
    """
    fits = x.shape[-1] == weight.shape[-1] and x.dtype == weight.dtype
    if fits and _large(x.numel() * len(weight), weight):
        return _by_onednn(x, weight, bias)
    return F.linear(x, weight, bias)


def adder(weight: Tensor, sequences: int) -> Callable[[Tensor, Tensor], Tensor]:
    """What adds x W^T to a tensor, in its memory: `add(target, x)`, a step's product.

    Args:
        weight: (O, I).
        sequences: how many rows x, (B, I), and target, (B, O), have, at most.
    """
    if _large(sequences * weight.numel(), weight):
        return lambda target, x: target.add_(_by_onednn(x, weight))
    weight_t = weight.t()
    return lambda target, x: target.addmm_(x, weight_t)


def over_steps(delta: Tensor, x: Tensor) -> Tensor:
    """sum_t delta_t x_t^T, (G, I): the gradient of a W that multiplies each step's x_t.

    As the transpose of sum_t x_t delta_t^T: with few inputs that product is several times as fast.

    Args:
        delta: (T, B, G), or packed (N, G).
        x: (T, B, I), or packed (N, I).
    """
    return linear(rows(x).t(), rows(delta).t()).t()


def _large(multiplications: int, weight: Tensor) -> bool:
    fits = weight.dtype == torch.float32 and weight.device.type == "cpu"
    return _FASTER and fits and multiplications >= SMALL


def _by_onednn(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    product: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
    return product
