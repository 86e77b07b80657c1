"""Linear attention: the same numbers by two products of matrices, and by a net with a matrix state.

Without a softmax, a score is a product φ(q)·φ(k), and sums over keys can be taken before the query
is known. Then what is kept of the past is a matrix of d_k × d_v numbers, however long it was.

Source: Katharopoulos et al. (2020), Transformers are RNNs.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.nn.heads import join_heads, split_heads

State = tuple[Tensor, Tensor]


def positive(x: Tensor) -> Tensor:
    """φ(x) = elu(x) + 1, above 0 in each entry: x + 1 above 0, e^x below."""
    return F.elu(x) + 1


def linear_attention_step(
    state: State, query: Tensor, key: Tensor, value: Tensor
) -> tuple[Tensor, State]:
    """One place of a recurrent net: write the key's value into the state, then read the query's.

    Args:
        state: the matrix (…, d_k, d_v), sum of all φ(k) vᵀ so far, and the sum of φ(k), (…, d_k).
        query, key: φ(q) and φ(k), (…, d_k).
        value: (…, d_v).

    Returns:
        What is read, (…, d_v), and the new state.
    """
    matrix, total = state
    matrix = matrix + key[..., :, None] * value[..., None, :]  # (…, d_k, d_v)
    total = total + key  # (…, d_k)
    read = (query[..., None, :] @ matrix)[..., 0, :]  # (…, d_v)
    return read / (query * total).sum(-1, keepdim=True), (matrix, total)


def linear_attention_product(
    state: State, query: Tensor, key: Tensor, value: Tensor
) -> tuple[Tensor, State]:
    """`linear_attention_step` for T places: T × T scores among them, the state for the past.

    Args:
        state: as there.
        query, key: (…, T, d_k).
        value: (…, T, d_v).
    """
    matrix, total = state
    scores = (query @ key.mT).tril()  # (…, T, T)
    read = scores @ value + query @ matrix  # (…, T, d_v)
    weight = scores.sum(-1) + (query * total[..., None, :]).sum(-1)  # (…, T)
    return read / weight[..., None], (matrix + key.mT @ value, total + key.sum(-2))


def linear_attention(
    query: Tensor, key: Tensor, value: Tensor, state: State | None = None, *, block: int = 64
) -> tuple[Tensor, State]:
    """Causal linear attention, block after block of places.

    One block of T is the parallel product, blocks of 1 are the recurrent net. In between the time
    grows as T, and so does the memory.

    Args:
        query, key: (…, T, d_k); φ is applied here.
        value: (…, T, d_v).
        state: the one returned for the places before; None: there are none.
        block: so many places at once; only speed and memory depend on it.

    Returns:
        What each place reads, (…, T, d_v), and the state behind the last.

    Raises:
        ValueError: block is not at least 1; the numbers of places differ, or there is none.
    """
    T = query.shape[-2]
    if block < 1:
        raise ValueError(f"linear_attention: block={block}: give at least 1 place, such as 64.")
    if not T or key.shape[-2] != T or value.shape[-2] != T:
        raise ValueError(
            f"linear_attention got {T} queries, {key.shape[-2]} keys and {value.shape[-2]} values: "
            "each place has one of each, and there is at least one place."
        )
    query, key = positive(query), positive(key)
    if state is None:
        front = torch.broadcast_shapes(key.shape[:-2], value.shape[:-2])  # type: ignore[no-untyped-call]
        state = (
            value.new_zeros(*front, key.shape[-1], value.shape[-1]),
            key.new_zeros(*front, key.shape[-1]),
        )
    found = []
    for begin in range(0, T, block):
        here = slice(begin, begin + block)
        parts = (x[..., here, :] for x in (query, key, value))
        read, state = linear_attention_product(state, *parts)
        found.append(read)
    return torch.cat(found, -2), state


class LinearAttention(nn.Module):
    """Heads of linear attention, to be used wherever a recurrent layer is: its state is a matrix.

    Args:
        input_size: I.
        hidden_size: H, of what comes out; a head's keys and values have H / n numbers.
        heads: n; it divides H.
        batch_first: must be True.
        block: so many places at once.

    Raises:
        ValueError: the heads do not divide H, or batch_first=False.
    """

    batch_first = True
    bidirectional = False

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        heads: int = 1,
        batch_first: bool = True,
        block: int = 64,
    ) -> None:
        super().__init__()
        if heads < 1 or hidden_size % heads or not batch_first:
            raise ValueError(
                f"LinearAttention got hidden_size={hidden_size}, heads={heads}, "
                f"batch_first={batch_first}: heads must divide the size, and the batch comes first."
            )
        self.input_size, self.hidden_size = input_size, hidden_size
        self.heads, self.block = heads, block
        self.query = nn.Linear(input_size, hidden_size, bias=False)
        self.key = nn.Linear(input_size, hidden_size, bias=False)
        self.value = nn.Linear(input_size, hidden_size, bias=False)
        self.out = nn.Linear(hidden_size, hidden_size, bias=False)

    def forward(self, input: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """(B, T, H), and the state behind the last place: (B, n, d_k, d_k) and (B, n, d_k).

        Args:
            input: (B, T, I).
            state: the one returned for the places before; None: nothing was before.

        Raises:
            ValueError: there is no place.
        """
        projected = (self.query(input), self.key(input), self.value(input))
        query, key, value = (split_heads(rows, self.heads) for rows in projected)
        read, state = linear_attention(query, key, value, state, block=self.block)
        return self.out(join_heads(read)), state
