"""What length costs: a layer of each family, one width, over sequences from 64 to 4,096 places.

Seconds are of the process, not of the clock on the wall. All layers take turns, round after round,
so that a busy machine slows all of them alike, and of the rounds the median counts. Bytes are
counted from the tensors, and are the same anywhere.

Every layer first makes some steps of training by `fit`: what is timed is known to learn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.experiments import Fit, by_setting
from seqcourse.models.tcn import TCN
from seqcourse.nn.causal_conv import receptive_field
from seqcourse.nn.footprint import most_bytes
from seqcourse.nn.gru import GRU
from seqcourse.nn.linear_attention import LinearAttention
from seqcourse.nn.lstm import LSTM
from seqcourse.nn.rnn import RNN
from seqcourse.nn.scan import MinGRU

CHAPTER = 21
FAMILY = "costs"
SEEDS = (0, 1, 2)

WIDTH, KERNEL = 64, 3
PLACES = (64, 128, 256, 512, 1024, 2048, 4096)
MANY = (16, 1024)  # a batch, and the longest sequences that are tried with it
ROUNDS, SYMBOLS, FIRST = 5, 20, 5
TEACH = (8, 64)  # sequences, places of the steps by `fit`

Draw = Callable[[np.random.Generator], Tensor]


class Attention(nn.Module):
    """One causal head of softmax attention as a recurrent layer: its state is the cache.

    Args:
        input_size, hidden_size: I, H.
        fused: whether torch's own function takes the place of scores, softmax and mean.
        batch_first: must be True.
    """

    batch_first = True
    bidirectional = False

    def __init__(
        self, input_size: int, hidden_size: int, fused: bool = False, batch_first: bool = True
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.fused = input_size, hidden_size, fused
        self.query = nn.Linear(input_size, hidden_size, bias=False)
        self.key = nn.Linear(input_size, hidden_size, bias=False)
        self.value = nn.Linear(input_size, hidden_size, bias=False)
        self.out = nn.Linear(hidden_size, hidden_size, bias=False)

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Any]:
        """(B, T, H), and keys and values of all places so far, (B, S, H) each."""
        query, key, value = self.query(x), self.key(x), self.value(x)
        if state is not None:
            key, value = torch.cat([state[0], key], 1), torch.cat([state[1], value], 1)
        whole = state is None
        if self.fused:
            rows = (part[:, None] for part in (query, key, value))  # (B, 1, S, H): one head
            read = F.scaled_dot_product_attention(*rows, is_causal=whole)[:, 0]  # type: ignore[misc]
        else:
            scores = query @ key.mT / self.hidden_size**0.5  # (B, T, S)
            if whole:
                T = x.shape[1]
                scores = scores.masked_fill(scores.new_ones(T, T).triu(1).bool(), -torch.inf)
            read = scores.softmax(-1) @ value
        return self.out(read), (key, value)


def blocks_to_see(places: int) -> int:
    """How many blocks of a TCN, each with twice the dilation, until it sees so many places."""
    blocks = 1
    while receptive_field(KERNEL, [2 ** (n // 2) for n in range(2 * blocks)]) < places:
        blocks += 1
    return blocks


KINDS: dict[str, Callable[[int], nn.Module]] = {
    "RNN": lambda places: RNN(WIDTH, WIDTH, batch_first=True),
    "GRU": lambda places: GRU(WIDTH, WIDTH, batch_first=True),
    "LSTM": lambda places: LSTM(WIDTH, WIDTH, batch_first=True),
    "torch's LSTM": lambda places: nn.LSTM(WIDTH, WIDTH, batch_first=True),
    "TCN": lambda places: TCN(WIDTH, WIDTH, [2**n for n in range(blocks_to_see(places))], KERNEL),
    "attention": lambda places: Attention(WIDTH, WIDTH),
    "torch's attention": lambda places: Attention(WIDTH, WIDTH, fused=True),
    "linear attention": lambda places: LinearAttention(WIDTH, WIDTH),
    "scan": lambda places: MinGRU(WIDTH, WIDTH),
}


def made(kind: str, places: int, seed: int) -> nn.Module:
    """An untrained layer that sees so many places."""
    torch.manual_seed(seed)
    return KINDS[kind](places)


def loss(layer: nn.Module, x: Tensor) -> Tensor:
    """How far a layer's outputs are from the means of all inputs so far."""
    means = x.cumsum(1) / torch.arange(1, x.shape[1] + 1)[:, None]
    found: Tensor = (layer(x)[0] - means).square().mean()
    return found


def draw(rng: np.random.Generator, batch: int, places: int) -> Tensor:
    """Numbers by lot, (B, T, d)."""
    return torch.from_numpy(rng.normal(size=(batch, places, WIDTH)).astype(np.float32))


def step(layer: nn.Module, x: Tensor) -> Any:
    """The gradients of one step of training."""
    return torch.autograd.grad(loss(layer, x), list(layer.parameters()))


def took(call: Callable[[], Any]) -> float:
    """Seconds of this process."""
    begun = time.process_time()
    call()
    return time.process_time() - begun


def in_turns(calls: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median seconds of each call; they take turns, and the first round does not count."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name, call in calls.items():
            seconds = took(call)
            if number:
                found[name].append(seconds)
    return {name: median(times) for name, times in found.items()}


@torch.no_grad()
def generating(places: int, seed: int) -> dict[str, dict[str, float]]:
    """Seconds for one symbol behind so many, and bytes of the state, by layer.

    "attention, all anew" has no state: it goes over all places again.
    """
    x = draw(np.random.default_rng(seed), 1, places)
    layers = {kind: made(kind, places, seed).eval() for kind in KINDS}
    states = {kind: layer(x)[1] for kind, layer in layers.items()}
    calls = {kind: partial(layers[kind], x[:, :1], states[kind]) for kind in KINDS}
    again = torch.cat([x, x[:, :1]], 1)
    anew = {"attention, all anew": partial(layers["attention"], again)}
    return {
        "seconds": in_turns(calls, SYMBOLS) | in_turns(anew, ROUNDS),
        "bytes": {kind: size_of(state) for kind, state in states.items()},
    }


def size_of(state: Any) -> int:
    """Bytes of a state's tensors."""
    if isinstance(state, Tensor):
        return state.numel() * state.element_size()
    return sum(size_of(part) for part in state)


def settings() -> list[dict[str, Any]]:
    """Lengths, one sequence at a time; shorter ones, many at a time."""
    batch, longest = MANY
    return [
        *({"places": places, "batch": 1} for places in PLACES),
        *({"places": places, "batch": batch} for places in PLACES if places <= longest),
    ]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """All layers over sequences of one length."""
    places, batch = setting["places"], setting["batch"]
    first = {}
    for kind in KINDS:
        model = made(kind, TEACH[1], seed)
        history = fit(
            model, loss, partial(draw, batch=TEACH[0], places=TEACH[1]), steps=FIRST, every=1
        )
        first[kind] = [round(value, 4) for value in history.loss]
    layers = {kind: made(kind, places, seed) for kind in KINDS}
    x = draw(np.random.default_rng(seed), batch, places)
    found: dict[str, Any] = {
        "first": first,
        "numbers": {k: sum(p.numel() for p in layer.parameters()) for k, layer in layers.items()},
        "step": in_turns({k: partial(step, layer, x) for k, layer in layers.items()}, ROUNDS),
        "bytes": {k: most_bytes(partial(step, layer, x)) for k, layer in layers.items()},
    }
    if batch == 1:
        found["one"] = generating(places, seed)
    return found


def summary(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """By batch and length: seconds of each layer, an entry a seed; bytes, which do not differ."""
    rows = []
    for setting, runs in by_setting(trials):
        row = setting | {
            "numbers": runs[0]["numbers"],
            "bytes": runs[0]["bytes"],
            "step": {kind: [run["step"][kind] for run in runs] for kind in runs[0]["step"]},
        }
        if "one" in runs[0]:
            one = [run["one"] for run in runs]
            row["one"] = {
                "bytes": one[0]["bytes"],
                "seconds": {k: [run["seconds"][k] for run in one] for k in one[0]["seconds"]},
            }
        rows.append(row)
    return {"width": WIDTH, "rows": rows}
