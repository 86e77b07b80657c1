"""The hearts of a Transformer's layers: what is added to x, and where it is normalized.

Each part is a function of (…, T, d) to (…, T, d): `attend` lets positions read one another, `read`
lets them read the encoder's memory, `feed` works on each alone; a norm stands before the part that
reads x (pre-norm) or behind the sum (post-norm).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

Part = Callable[[Tensor], Tensor]


def encoder_step(
    x: Tensor, attend: Part, feed: Part, norms: Sequence[Part], norm_first: bool = False
) -> Tensor:
    """A layer of the encoder, or of a model that only reads what it wrote itself.

    Args:
        x: (…, T, d).
        attend, feed: self-attention, and the feed-forward network.
        norms: two.
        norm_first: pre-norm, Xiong et al. (2020); else post-norm, Vaswani et al. (2017).

    Returns:
        (…, T, d).
    """
    norm1, norm2 = norms
    if norm_first:
        x = x + attend(norm1(x))
        return x + feed(norm2(x))
    x = norm1(x + attend(x))
    return norm2(x + feed(x))


def decoder_step(
    x: Tensor, attend: Part, read: Part, feed: Part, norms: Sequence[Part], norm_first: bool = False
) -> Tensor:
    """A layer of the decoder: between the two of the encoder it reads the memory.

    Args:
        x: (…, T, d).
        attend, read, feed: masked self-attention, attention to the memory, feed-forward network.
        norms: three.
        norm_first: see `encoder_step`.

    Returns:
        (…, T, d).
    """
    norm1, norm2, norm3 = norms
    if norm_first:
        x = x + attend(norm1(x))
        x = x + read(norm2(x))
        return x + feed(norm3(x))
    x = norm1(x + attend(x))
    x = norm2(x + read(x))
    return norm3(x + feed(x))
