"""Run the chapters whose record is stale, two at a time, and keep each run as a record."""

from __future__ import annotations

import asyncio
import json
import math
import os
import tempfile
import time
from collections.abc import Callable, Sequence

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from seqcourse.files import write_whole
from seqcourse.publish.book import Book, Chapter, code_cells, setup_cell
from seqcourse.publish.records import PACKAGE, describe, fresh_record, read_notebook

# One thread and a fixed hash seed: what the cells print must not depend on the machine's load.
ENVIRONMENT = {
    "SEQCOURSE_STRICT": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
AT_A_TIME = 2

# Notes every file of the package that a run opens; Python's own modules are asked for at the end.
_WATCH = f"""
import sys as _sys
_opened = set()
def _watch(event, args, _root={str(PACKAGE)!r}):
    if event == "open" and isinstance(args[0], str) and args[0].startswith(_root):
        _opened.add(args[0])
_sys.addaudithook(_watch)
"""
_REPORT = """
import json as _json, os as _os
_files = {m.__file__ for n, m in list(_sys.modules.items())
          if n.split(".")[0] == "seqcourse" and getattr(m, "__file__", None)}
_files |= {f for f in _opened if not f.endswith((".py", ".pyc"))}
print(_json.dumps([sorted(_files), sum(_os.times()[:4])]))
"""


class RunFailed(Exception):
    """One or more chapters did not run to their end; the message holds each one's traceback."""


def run_stale(
    book: Book, *, fresh: bool = False, only: Sequence[int] = (), timeout: int = 180
) -> list[int]:
    """Run every chapter without a record that still holds.

    Args:
        book: the checkout.
        fresh: run all, stale or not.
        only: numbers of the chapters to look at; empty means all.
        timeout: seconds that one cell may take.

    Returns:
        The numbers of the chapters that ran.

    Raises:
        RunFailed: a cell failed or took too long. Finished chapters keep their new record, the
            others their old one.
    """
    wanted = [c for c in book.chapters() if not only or c.number in only]
    reasons = {c.number: "asked for" if fresh else fresh_record(c)[1] for c in wanted}
    stale = [c for c in wanted if reasons[c.number]]
    for chapter in stale:
        Console().print(
            f"chapter {chapter.number} runs: {reasons[chapter.number]}", highlight=False
        )
    longest_first = sorted(stale, key=_expected, reverse=True)
    failures = [text for text in asyncio.run(_run_all(longest_first, timeout)) if text]
    if failures:
        raise RunFailed("\n\n".join(failures))
    return [c.number for c in stale]


def _expected(chapter: Chapter) -> float:
    """Seconds that its last run took: a long chapter that begins last keeps one core alone."""
    record = read_notebook(chapter.notebook_path)
    about = record.metadata.get("seqcourse", {}).get("record", {}) if record else {}
    return float(about.get("seconds", math.inf))


async def _run_all(chapters: Sequence[Chapter], timeout: int) -> list[str]:
    slots = asyncio.Semaphore(AT_A_TIME)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} cells"),
    )
    with Progress(*columns, TimeElapsedColumn()) as progress:

        async def one(chapter: Chapter) -> str:
            async with slots:
                total = sum(1 for _ in code_cells(chapter.read())) + 3
                bar = progress.add_task(chapter.name, total=total)
                return await _run_one(chapter, timeout, lambda: progress.advance(bar))

        return await asyncio.gather(*(one(chapter) for chapter in chapters))


async def _run_one(chapter: Chapter, timeout: int, advance: Callable[[], None]) -> str:
    """Run one chapter and stage its record; return what went wrong, or nothing."""
    source = chapter.read()
    watch, probe = nbformat.v4.new_code_cell(_WATCH), nbformat.v4.new_code_cell(_REPORT)
    cells = [setup_cell(chapter), *code_cells(source)]
    lines = [0, 0, *_first_lines(source), 0]
    done = 0

    def finished() -> None:
        nonlocal done
        done += 1
        advance()

    start = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory() as folder:  # a chapter needs nothing from where it runs
            await _execute([watch, *cells, probe], folder, timeout, finished)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        return f"{chapter.path}:{lines[done] + 1}: the cell that begins here failed.\n{error}"
    seconds = time.perf_counter() - start
    paths, cpu = json.loads(probe.outputs[0].text)
    files = [os.path.relpath(path, PACKAGE).replace(os.sep, "/") for path in paths]
    record = nbformat.v4.new_notebook(cells=cells)
    record.metadata["seqcourse"] = {
        "chapter": chapter.number,
        "record": describe(chapter, files, seconds, cpu),
    }
    write_whole(chapter.staged_path, nbformat.writes(record))
    return ""


async def _execute(
    cells: list[nbformat.NotebookNode], folder: str, timeout: int, finished: Callable[[], None]
) -> None:
    """Execute the cells in place, in one kernel; the first and the last are ours, not counted."""
    client = NotebookClient(
        nbformat.v4.new_notebook(cells=cells),
        timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": folder}},
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],  # the kernel's notices would break the progress bars
    )
    async with client.async_setup_kernel(env={**os.environ, **ENVIRONMENT}):
        for index, cell in enumerate(cells):
            ours = index in (0, len(cells) - 1)
            await client.async_execute_cell(cell, index, store_history=not ours)
            finished()


def _first_lines(source: nbformat.NotebookNode) -> list[int]:
    """First source line (from 0) of each code cell."""
    pairs = zip(source.cells, source.metadata["source_map"], strict=True)
    return [line for cell, line in pairs if cell.cell_type == "code"]
