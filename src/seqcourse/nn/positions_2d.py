"""Places on a grid: half of the columns say the row, half the column; and how alike places are."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcourse.nn.positions import BASE, sinusoids


def sinusoids_2d(
    rows: int, columns: int, width: int, *, base: float = BASE, dtype: torch.dtype | None = None
) -> Tensor:
    """(rows · columns, d), in the order in which one reads.

    The first d / 2 numbers are the sinusoids of the row, the others those of the column.

    Raises:
        ValueError: the width is no multiple of 4.
    """
    if width < 4 or width % 4:
        raise ValueError(
            f"sinusoids_2d got width={width}: rows and columns take half of it each, in pairs: "
            "give a multiple of 4."
        )
    down, across = (
        sinusoids(count, width // 2, base=base, dtype=dtype) for count in (rows, columns)
    )
    grid = torch.cat(
        [down[:, None].expand(-1, columns, -1), across.expand(rows, -1, -1)], -1
    )  # (rows, columns, d)
    return grid.reshape(rows * columns, width)


def place_similarity(table: Tensor) -> Tensor:
    """(T, d) -> (T, T): the cosine between any two places' rows."""
    unit = F.normalize(table, dim=-1)
    return unit @ unit.T
