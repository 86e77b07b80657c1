"""Run the tests layer by layer, and end with a summary: `python tests/layers.py [layer …]`.

Every layer runs, whatever the one before said. A layer fails if a test fails, if it dies, or if it
has no test at all: a suite that finds nothing must not look like one that passes.
"""

from __future__ import annotations

import codecs
import os
import statistics
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
EXEMPTIONS = "exemptions: "  # the start of the line that the notebooks' comparison prints
NBVAL = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout", "120"]
NBVAL += ["-p", "seqcourse.publish.nbval_rules"]
# nbval takes longer to import than all else that begins a layer.
PLAIN = ["-p", "no:nbval"]
BY_FILE = ["-n", "2", "--dist", "loadfile"]
TOGETHER = ["-n", "2", "--dist", "loadgroup"]  # a page, a chapter: tests/conftest.py
ONE_THREAD = {"OMP_NUM_THREADS": "1"}  # two workers on two cores: more would wait for each other
APART = (
    "classroom",
    "experiments",
    "lesson",
    "chapters",
    "site",
    "wheel",
)  # folders of tests/ that are layers of their own


def commands() -> dict[str, list[str]]:
    """pytest's arguments for each layer, in the order they run."""
    notebooks = [str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("chapters/*.ipynb"))]
    return {
        "code": ["tests", *PLAIN, *BY_FILE, *(f"--ignore=tests/{name}" for name in APART)],
        # Stored results are begun again, and compared.
        "experiments": ["tests/experiments", *PLAIN, *TOGETHER],
        "lesson": ["tests/lesson", *PLAIN, *TOGETHER],
        "chapters": ["tests/chapters", *PLAIN, *TOGETHER],
        # tests/wheel makes each worker a learner, who has the wheel and a bare environment. Without
        # a notebook pytest would look elsewhere: this path that is none makes it fail.
        "notebooks": ["tests/wheel", *NBVAL, *BY_FILE, *(notebooks or ["chapters/*.ipynb"])],
        # Two browsers; what is seen on a page is asked by all tests of that page.
        "site": ["tests/site", *PLAIN, *TOGETHER],
        # Submissions run in a sandbox, or the layer fails.
        "classroom": ["tests/classroom", *PLAIN, *BY_FILE],
    }


@dataclass
class Result:
    """What became of a layer: counts, seconds, and why it failed although no test did."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    reasons: list[str] = field(default_factory=list)
    measured: dict[str, list[float]] = field(default_factory=dict)
    trouble: str = ""
    exemptions: str = ""

    @property
    def good(self) -> bool:
        return not self.failed and not self.trouble


def run_layer(arguments: list[str]) -> Result:
    """Run pytest in a process of its own, pass its output on, and count from its report."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", *arguments, f"--junitxml={report}"]
        command += ["-o", "junit_family=xunit1"]  # the one whose reports hold what tests measured
        start = time.monotonic()
        code, output = stream(command)
        result = count(report) if report.exists() else Result()
    result.seconds = time.monotonic() - start
    if code not in (0, 1):
        result.trouble = "no test was found" if code == 5 else f"pytest ended with code {code}"
    elif not result.passed + result.failed + result.skipped:
        result.trouble = "no test was found"
    elif code == 1 and not result.failed:
        result.trouble = "pytest failed, but its report names no failed test"
    lines = [line for line in output.splitlines() if line.startswith(EXEMPTIONS)]
    result.exemptions = lines[-1].removeprefix(EXEMPTIONS) if lines else ""
    return result


def stream(command: list[str]) -> tuple[int, str]:
    """Run a command, show what it prints as it prints it, and return its code and its output."""
    colour = {"PY_COLORS": "1"} if sys.stdout.isatty() else {}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**ONE_THREAD, **os.environ, **colour},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    parts: list[str] = []
    while chunk := os.read(process.stdout.fileno(), 4096):
        parts.append(decode(chunk))
        sys.stdout.write(parts[-1])
        sys.stdout.flush()
    return process.wait(), "".join(parts)


def count(report: Path) -> Result:
    """The counts in a JUnit report, the reason of every skip, and what tests have measured."""
    result = Result()
    for case in ET.parse(report).iter("testcase"):
        for found in case.iter("property"):
            result.measured.setdefault(found.get("name", ""), []).append(
                float(found.get("value", 0))
            )
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            result.failed += 1
        elif skip is not None:
            result.skipped += 1
            result.reasons.append(f"{case.get('name')}: {skip.get('message', 'no reason given')}")
        else:
            result.passed += 1
    return result


def summarise(results: dict[str, Result]) -> str:
    """Print the table and all that is not counted in it; return the last line."""
    console = Console(width=None if sys.stdout.isatty() else 100)
    table = Table("layer", *(("passed", "failed", "skipped", "seconds")), title="Tests")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, result in results.items():
        style = "" if result.good else "bold red"
        counts = (result.passed, result.failed, result.skipped, round(result.seconds))
        table.add_row(name, *map(str, counts), style=style)
    console.print()
    console.print(table)
    for name, result in results.items():
        if result.exemptions:
            console.print(f"{name}: numbers not compared in {result.exemptions}", soft_wrap=True)
        for what, values in result.measured.items():
            middle, most = statistics.median(values), max(values)
            console.print(f"{name}: {what}: {middle:,.0f} (median), {most:,.0f} at most")
        if result.trouble:
            console.print(f"{name}: {result.trouble}", style="bold red", soft_wrap=True)
        for reason in result.reasons:
            console.print(f"{name}: skipped {reason}", markup=False, soft_wrap=True)
    passed, failed, skipped = (
        sum(getattr(result, kind) for result in results.values())
        for kind in ("passed", "failed", "skipped")
    )
    failed += sum(bool(result.trouble) for result in results.values())
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


def main(wanted: list[str]) -> int:
    """Run the layers named (all if none is) and return the exit code."""
    layers = commands()
    unknown = [name for name in wanted if name not in layers]
    if unknown:
        print(f"No layer is called {', '.join(unknown)}. There are: {', '.join(layers)}.")
        return 2
    results: dict[str, Result] = {}
    for name in wanted or layers:
        print(f"\n── {name} " + "─" * (60 - len(name)), flush=True)
        results[name] = run_layer(layers[name])
    print(summarise(results), flush=True)
    return 0 if all(result.good for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
