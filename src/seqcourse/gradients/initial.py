"""Where recurrent weights begin: orthogonal, identity, or any chosen largest singular value."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


@torch.no_grad()
def orthogonal_(
    tensor: Tensor, gain: float = 1.0, generator: torch.Generator | None = None
) -> Tensor:
    """Fill with a random orthogonal matrix times `gain`: every singular value is `gain`.

    Q of a Gaussian matrix's QR decomposition, its columns' signs set by R's diagonal, so that all
    rotations are equally likely. Where the matrix is not square, its rows or its columns (the
    fewer) are orthonormal. The same numbers as torch.nn.init.orthogonal_ draws from one seed.
    Source: Saxe, McClelland & Ganguli (2013), arXiv:1312.6120.

    Args:
        tensor: (rows, columns).
        gain: the length of each row or column.
        generator: where the Gaussian numbers come from.

    Raises:
        ValueError: not a matrix.
    """
    if tensor.dim() != 2:
        raise ValueError(
            f"orthogonal_ got a tensor of shape {tuple(tensor.shape)}; "
            "give a matrix (rows, columns)."
        )
    rows, columns = tensor.shape
    gaussian = torch.empty_like(tensor, memory_format=torch.contiguous_format)
    gaussian.normal_(0, 1, generator=generator)
    q, r = torch.linalg.qr(gaussian if rows >= columns else gaussian.t())
    q = q * r.diagonal().sign()
    return tensor.copy_(q if rows >= columns else q.t()).mul_(gain)


@torch.no_grad()
def identity_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Fill with `gain` times the identity: with relu and no input, a state keeps itself.

    Source: Le, Jaitly & Hinton (2015), arXiv:1504.00941.

    Args:
        tensor: (rows, columns).
        gain: the diagonal's value; below 1 forgets.

    Raises:
        ValueError: not a matrix.
    """
    if tensor.dim() != 2:
        raise ValueError(
            f"identity_ got a tensor of shape {tuple(tensor.shape)}; give a matrix (rows, columns)."
        )
    eye = torch.eye(*tensor.shape, dtype=tensor.dtype, device=tensor.device)
    return tensor.copy_(eye).mul_(gain)


@torch.no_grad()
def rescale_(tensor: Tensor, sigma_max: float) -> Tensor:
    """Scale a matrix so that its largest singular value is `sigma_max`.

    Raises:
        ValueError: every entry is zero, or the tensor is no matrix.
    """
    largest = torch.linalg.matrix_norm(tensor, 2) if tensor.dim() == 2 else torch.tensor(0.0)
    if not largest > 0:
        raise ValueError(
            f"rescale_ got a tensor of shape {tuple(tensor.shape)} with largest singular value "
            f"{float(largest):.3g}; give a matrix that is not zero."
        )
    return tensor.mul_(sigma_max / largest)


def initialise_recurrent_(
    module: nn.Module, fill: Callable[[Tensor], Tensor], zero_bias: bool = True
) -> None:
    """Fill every recurrent weight of a module, each gate's own square block by itself.

    `initialise_recurrent_(RNN(2, 64, nonlinearity="relu"), identity_)` is the IRNN.

    Args:
        module: whatever has parameters named weight_hh…: ours, torch's, or a model of such.
        fill: given each (H, H) block, such as `orthogonal_` or `identity_`.
        zero_bias: also set the biases beside them, bias_ih… and bias_hh…, to zero.

    Raises:
        ValueError: the module has no recurrent weight.
    """
    found = False
    for path, parameter in module.named_parameters():
        name = path.rsplit(".", 1)[-1]
        if name.startswith("weight_hh"):
            found = True
            for block in torch.split(parameter.detach(), parameter.shape[1]):
                fill(block)
        elif zero_bias and name.startswith(("bias_ih", "bias_hh")):
            parameter.detach().zero_()
    if not found:
        raise ValueError(
            f"initialise_recurrent_ got {type(module).__name__}, which has no parameter "
            "called weight_hh…; give a recurrent layer, or a model that contains one."
        )
