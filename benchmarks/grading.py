"""How many submissions a minute are marked, and how that grows with the class.

Each class has one in ten that is blank and one in ten with a wrong answer; one in a hundred never
ends inside a library's call. `--sizes 10 100` and `--budget MINUTES` choose: what the budget leaves
no time for is said to be left out, never estimated.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
os.environ.setdefault("OMP_NUM_THREADS", "1")

from classroom import small  # noqa: E402

from seqcourse.classroom.grading import grade_class  # noqa: E402
from seqcourse.classroom.inside.walls import Limits  # noqa: E402
from seqcourse.classroom.marking import Rules  # noqa: E402
from seqcourse.classroom.sandbox import SandboxError  # noqa: E402


def write_class(folder: Path, count: int) -> None:
    """So many submissions, no two alike."""
    folder.mkdir()
    for number in range(count):
        answers = {} if number % 10 == 1 else dict(small.SOLUTIONS)
        if number % 10 == 2:
            answers["bp-tied"] = "def tied(copies):\n    return copies.sum(0)"
        if number % 100 == 3:
            answers["bp-tied"] = "def tied(copies):\n    return sum(iter(int, 1))"
        book = small.notebook(answers)
        book["cells"].append(small.cell("code", "", f"number = {number}"))
        (folder / f"student-{number:04}.ipynb").write_text(json.dumps(book), "utf-8")


def measure(count: int, workers: int) -> tuple[float, float]:
    """Seconds to mark a class, and to find it all marked already."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small.write_assignment(folder / "small")
        write_class(folder / "submissions", count)
        rules = Rules(limits=Limits(cell=2), workers=workers)
        spent = []
        for _ in range(2):
            begin = time.perf_counter()
            grade_class(folder / "submissions", folder / "small", folder / "out", rules)
            spent.append(time.perf_counter() - begin)
        return spent[0], spent[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10, 100, 300, 1000])
    parser.add_argument("--budget", type=float, default=10.0, help="minutes in all")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    wish = parser.parse_args()
    print(f"{wish.workers} workers, load before {os.getloadavg()[0]:.1f}, 3 automatic exercises")
    print("submissions  seconds  a minute  again, all marked", flush=True)
    begin, rate = time.monotonic(), 0.0
    for count in wish.sizes:
        left = wish.budget * 60 - (time.monotonic() - begin)
        if rate and count / rate > left:
            print(f"{count:11}  left out: it would pass the budget of {wish.budget:g} minutes")
            continue
        try:
            first, again = measure(count, wish.workers)
        except SandboxError as error:
            print(f"nothing measured. {error}")
            return
        rate = count / first
        print(f"{count:11}  {first:7.1f}  {60 * rate:8.0f}  {again:17.1f}", flush=True)


if __name__ == "__main__":
    main()
