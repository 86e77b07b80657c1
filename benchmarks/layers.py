"""How long the layers take, ours beside torch's and other people's: `python benchmarks/layers.py`.

Every way to compute a layer is first seen to give the same numbers, then timed with the others in
one process, on one thread, in turn: medians of the processor's time. Nothing is gated.
`--write` keeps the figures for the book's page on speed, `--write NAME` others, of some layers,
beside them; `--quick` takes each layer at its first sizes alone, three times; `--only LSTM GRU`
leaves the other layers out.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import annotated
import torch
from cases import Case, Ways, cases
from measure import Call, inference_step, interleaved, megabytes, operations, summary, training_step
from rich.console import Console
from rich.table import Table

import seqcourse.nn
from seqcourse.files import write_whole

RESULTS = Path(__file__).parent / "results"
MODES: dict[str, Callable[..., Call]] = {"training": training_step, "inference": inference_step}
LENGTHS = (64, 128, 256, 512, 1024)
AGAIN = 256  # positions up to which all are computed again at every step: a quadratic wait


def agree(case: Case, ways: Ways) -> None:
    """See that all ways give the same numbers.

    Raises:
        AssertionError: they do not; the message says which two, and where.
    """
    (first, (_, reference)), *others = ways.items()
    for name, (_, call) in others:
        told = f"{case.layer} {case.sizes}: {name} is not {first}: "
        torch.testing.assert_close(
            call(), reference(), rtol=1e-3, atol=1e-4, msg=lambda text, told=told: told + text
        )


def measured(case: Case, repeats: int) -> dict[str, Any]:
    """Times and bytes of all ways, in training and in inference."""
    torch.manual_seed(0)
    ways = case.make(**case.sizes)
    agree(case, ways)
    row: dict[str, Any] = {"layer": case.layer, "sizes": case.sizes}
    for mode, step in MODES.items():
        for module, _ in ways.values():
            module.train(mode == "training")
        calls = {name: step(module, call) for name, (module, call) in ways.items()}
        row[mode] = summary(interleaved(calls, repeats), next(iter(calls)))
        for name, call in calls.items():
            row[mode][name] |= {"MB": megabytes(call), "operations": operations(call)}
    return row


@torch.no_grad()
def writing(length: int, repeats: int) -> dict[str, Any]:
    """A layer that writes so many positions one after the other, from its cache or anew."""
    layer = seqcourse.nn.TransformerEncoderLayer(128, 4, 512, batch_first=True).eval()
    theirs = torch.nn.TransformerEncoderLayer(128, 4, 512, batch_first=True).eval()
    x = torch.randn(1, length, 128)

    def cached() -> None:
        state = None
        for t in range(length):
            _, state = layer.step(x[:, t], state)

    def again(module: torch.nn.Module) -> Call:
        masks = [torch.ones(t, t).bool().triu(1) for t in range(1, length + 1)]
        return lambda: [module(x[:, : len(mask)], mask) for mask in masks]

    calls: dict[str, Call] = {"ours, cached": cached}
    if length <= AGAIN:
        calls |= {"ours, again": again(layer), "torch, again": again(theirs)}
    return {"T": length, "ways": summary(interleaved(calls, repeats), "ours, cached")}


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "oneDNN held to": os.environ.get("ONEDNN_MAX_CPU_ISA", ""),
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def show(row: dict[str, Any], console: Console) -> None:
    sizes = ", ".join(f"{name} {value}" for name, value in row["sizes"].items())
    table = Table("way", *(("ms", "of the first", "quartiles", "MB", "ops") * 2), box=None)
    for name in row["training"]:
        cells = []
        for mode in MODES:
            own = row[mode][name]
            spread = f"{own['low']:.2f} … {own['high']:.2f}"
            cells += [f"{own['ms']:.2f}", f"{own['ratio']:.2f}", spread, f"{own['MB']:.2f}"]
            cells.append(str(own["operations"]))
        table.add_row(name, *cells)
    console.print(f"\n[bold]{row['layer']}[/bold] ({sizes}): training, inference")
    console.print(table)


def chosen(only: Iterable[str], quick: bool) -> Iterator[Case]:
    """The cases asked for; quickly: of each layer the first."""
    seen = set()
    for case in cases():
        if (not only or case.layer in only) and not (quick and case.layer in seen):
            seen.add(case.layer)
            yield case


def main(repeats: int, only: Iterable[str], quick: bool, write: str) -> None:
    torch.set_num_threads(1)
    console = Console(width=120)
    console.print(f"{machine()}; {repeats} repeats, medians")
    if not annotated.here:
        console.print(f"labml-nn is not installed and is left out: {annotated.INSTALL}")
    rows = []
    for case in chosen(only, quick):
        rows.append(measured(case, repeats))
        show(rows[-1], console)
    lengths = () if only else LENGTHS[:2] if quick else LENGTHS
    decoding = [writing(length, 3) for length in lengths]
    for told in decoding:
        times = ", ".join(f"{name} {way['ms']:.0f} ms" for name, way in told["ways"].items())
        console.print(f"{told['T']:5} positions one by one: {times}")
    if write:
        found = {"machine": machine(), "repeats": repeats, "rows": rows, "decoding": decoding}
        path = RESULTS / f"{write}.json"
        write_whole(path, json.dumps(found, indent=1) + "\n")
        console.print(f"Kept in {path}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", nargs="?", const="layers", default="")
    given = parser.parse_args()
    main(given.repeats or (3 if given.quick else 9), given.only, given.quick, given.write)
