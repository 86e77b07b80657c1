"""What the hand gradients of LSTM and GRU share: shapes checked, and each step's neighbours."""

from __future__ import annotations

import torch
from torch import Tensor

from seqcourse.gradients.steps import BatchSizes, before, last_rows


def earlier(h: Tensor, h_0: Tensor, batch_sizes: BatchSizes) -> Tensor:
    """h_{t-1} beside each h_t: (T, B, H), or packed (N, H)."""
    if batch_sizes is not None:
        return before(h, h_0, batch_sizes)
    return torch.cat([h_0[None], h[:-1]])


def last(x: Tensor, batch_sizes: BatchSizes) -> Tensor:
    """(B, …): each sequence's last step, of (T, B, …) or packed (N, …)."""
    return x[-1] if batch_sizes is None else x[last_rows(batch_sizes).to(x.device)]


def check_fit(
    a: Tensor,
    h_0: Tensor,
    weight_hh: Tensor,
    gates: int,
    batch_sizes: BatchSizes,
    c_0: Tensor | None = None,
    weight_hr: Tensor | None = None,
) -> None:
    """Shapes that fit, before a loop writes into memory.

    Raises:
        ValueError: they do not.
    """
    outputs, size = h_0.shape[-1], (h_0 if c_0 is None else c_0).shape[-1]
    sequences = tuple(a.shape[1:-1]) if batch_sizes is None else tuple(batch_sizes[:1])
    fits = a.dim() == (3 if batch_sizes is None else 2) and len(a) > 0
    fits &= a.shape[-1] == gates * size and weight_hh.shape == (gates * size, outputs)
    fits &= h_0.shape == (*sequences, outputs)
    fits &= c_0 is None or c_0.shape == (*sequences, size)
    if not fits or (outputs != size if weight_hr is None else weight_hr.shape != (outputs, size)):
        came = {"steps": a, "h_0": h_0, "c_0": c_0, "weight_hh": weight_hh, "weight_hr": weight_hr}
        shapes = [f"{name} of shape {tuple(x.shape)}" for name, x in came.items() if x is not None]
        raise ValueError(
            f"The recurrence got {', '.join(shapes)}; give {_wanted(gates, batch_sizes, came)}."
        )
    if batch_sizes is not None and (
        sum(batch_sizes) != len(a)
        or any(later > now for now, later in zip(batch_sizes, batch_sizes[1:], strict=False))
    ):
        raise ValueError(
            f"batch_sizes {list(batch_sizes)} do not fit {len(a)} packed rows: they must sum to "
            "them and never rise; pack_padded_sequence makes them."
        )


def _wanted(gates: int, batch_sizes: BatchSizes, came: dict[str, Tensor | None]) -> str:
    output = "H" if came["weight_hr"] is None else "P"
    steps = f"(T, B, {gates}H) with T ≥ 1" if batch_sizes is None else f"(N, {gates}H) packed"
    shapes = {"h_0": f"(B, {output})", "c_0": "(B, H)", "weight_hh": f"({gates}H, {output})"}
    shapes["weight_hr"] = "(P, H)"
    wanted = [shape for name, shape in shapes.items() if came[name] is not None]
    return f"{steps}, " + ", ".join(wanted)
