"""How long a training step of an encoder layer takes, against torch's: one core, one thread.

`python benchmarks/transformer.py [repeats]` prints a table; nothing is gated. Milliseconds of
processor time, measured as `recurrent.py` does. Below, how long a layer takes to make T positions
one after the other: all of them again each time, and by `step`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch
from recurrent import milliseconds

import seqcourse.nn

SIZES = [(64, 32, 128, 4), (16, 128, 128, 4), (8, 256, 64, 4)]  # B, T, d, heads: a chapter's sizes


def training_step(
    layer: torch.nn.Module, x: torch.Tensor, mask: torch.Tensor | None
) -> Callable[[], None]:
    def work() -> None:
        layer.zero_grad()
        layer(x, mask).square().sum().backward()

    return work


def training(repeats: int) -> None:
    print(
        f"{'B, T, d, heads':>22}{'dropout':>9}{'mask':>6}{'torch':>9}{'ours':>9}{'ours/torch':>12}"
    )
    for batch, steps, width, heads in SIZES:
        x = torch.randn(batch, steps, width)
        causal = seqcourse.nn.Transformer.generate_square_subsequent_mask(steps)
        for dropout in (0.0, 0.1):
            for mask in (None, causal):
                both = []
                for library in (torch.nn, seqcourse.nn):
                    layer = library.TransformerEncoderLayer(
                        width, heads, 4 * width, dropout, batch_first=True
                    )
                    both.append(milliseconds(training_step(layer, x, mask), repeats))
                shown = f"{f'{(batch, steps, width, heads)}':>22}{dropout:9}"
                shown += f"{'no' if mask is None else 'yes':>6}{both[0]:9.1f}{both[1]:9.1f}"
                print(f"{shown}{both[1] / both[0]:12.2f}", flush=True)


@torch.no_grad()
def writing(repeats: int) -> None:
    print(f"{'T':>22}{'again':>9}{'step':>9}{'again/step':>12}")
    layer = seqcourse.nn.TransformerEncoderLayer(128, 4, 512, batch_first=True).eval()
    for steps in (32, 128, 256):
        x = torch.randn(1, steps, 128)

        def again(x: torch.Tensor = x, steps: int = steps) -> None:
            for t in range(1, steps + 1):
                layer(x[:, :t], torch.ones(t, t).bool().triu(1))

        def cached(x: torch.Tensor = x, steps: int = steps) -> None:
            state = None
            for t in range(steps):
                _, state = layer.step(x[:, t], state)

        a, b = milliseconds(again, repeats), milliseconds(cached, repeats)
        print(f"{steps:22}{a:9.1f}{b:9.1f}{a / b:12.2f}", flush=True)


def main(repeats: int) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, one thread; ms for a training step")
    training(repeats)
    writing(repeats)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
