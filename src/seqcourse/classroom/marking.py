"""Mark submissions: each is run in a room, and what it gave is judged elsewhere.

A submission's marks are kept in a file of their own, written whole or not at all. A run that was
killed and begun again reads those, and marks the others.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seqcourse import __version__
from seqcourse.classroom.assembling import Script, assemble
from seqcourse.classroom.assignment import Assignment, Part
from seqcourse.classroom.feedback import UNSAFE
from seqcourse.classroom.inside import codec
from seqcourse.classroom.inside.walls import Limits
from seqcourse.classroom.judging import Judge
from seqcourse.classroom.probe import proven
from seqcourse.classroom.running import run_script
from seqcourse.classroom.sandbox import PACKAGE, Kind, Room
from seqcourse.classroom.stripped import write_stripped
from seqcourse.classroom.submissions import Submitted
from seqcourse.files import write_whole

_NOTES = 20  # on one submission
Marks = dict[str, Any]  # of one student: plain values, as they are stored


@dataclass(frozen=True)
class Rules:
    """How a class is marked.

    Args:
        sandbox: whether submissions run in one, proven beforehand.
        limits: what one submission may take.
        partial: whether some right findings give some of the points.
        workers: how many submissions are run at a time.
    """

    sandbox: bool = True
    limits: Limits = Limits()
    partial: bool = False
    workers: int = 1


def mark_all(
    submitted: Sequence[Submitted],
    assignment: Assignment,
    folder: Path,
    rules: Rules,
    store: Path,
    progress: Callable[[int], Callable[[], None]] = lambda count: lambda: None,
    say: Callable[[str], object] = lambda line: None,
) -> list[Marks]:
    """The marks of all, in the order of `submitted`; what `store` holds is not marked again.

    Args:
        submitted: what was handed in.
        assignment: what was asked.
        folder: the assignment's.
        rules: how to mark.
        store: the folder for the marks of each.
        progress: called with how many there are; gives what to call after each.
        say: called with what the sandbox is, before anything runs in it.

    Raises:
        SandboxError: the sandbox does not hold, and nobody asked to do without.
    """
    code = fingerprint(assignment, folder, rules)
    paths = [store / f"{_key(one, code)}.json" for one in submitted]
    done = [_stored(path) for path in paths]
    waiting = deque(number for number, marks in enumerate(done) if marks is None)
    kind = _kind(rules, say) if waiting else "none"
    tell = progress(len(done))
    for _ in range(len(done) - len(waiting)):
        tell()
    if waiting:
        with tempfile.TemporaryDirectory(prefix="seqcourse-") as name:
            exercises = Path(name)
            exercises.chmod(0o755)
            write_stripped(exercises, assignment.automatic)
            inputs = {
                part.slug: json.loads(codec.dumps(part.inputs(assignment.seed)))
                for part in assignment.automatic
            }

            def serve(number: int, stop: threading.Event) -> None:
                imports = assignment.imports
                room = Room(kind, rules.limits, imports=imports, number=number, exercises=exercises)
                with room, Judge(folder) as judge:
                    for place in _taken(waiting, stop):
                        marks = mark(submitted[place], assignment, inputs, room, judge, rules)
                        text = json.dumps(marks, indent=1, ensure_ascii=False)
                        write_whole(paths[place], text)
                        done[place] = marks
                        tell()

            _side_by_side(serve, min(rules.workers, len(waiting)))
    return [marks for marks in done if marks is not None]


def _taken(waiting: deque[int], stop: threading.Event) -> Iterator[int]:
    """The next that nobody has taken, until there is none or all are to stop."""
    while not stop.is_set():
        try:
            yield waiting.popleft()
        except IndexError:
            return


def _side_by_side(serve: Callable[[int, threading.Event], None], count: int) -> None:
    """Run so many threads to their end; the first one's trouble stops all, and is raised."""
    stop = threading.Event()
    troubles: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            serve(number, stop)
        except BaseException as error:
            troubles.append(error)
            stop.set()

    threads = [threading.Thread(target=guarded, args=(n,), daemon=True) for n in range(count)]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    finally:
        stop.set()
    if troubles:
        raise troubles[0]


def _kind(rules: Rules, say: Callable[[str], object]) -> Kind:
    """The kind of room to mark in, proven now."""
    if not rules.sandbox:
        say(f"No sandbox, as you asked. {UNSAFE}")
        return "none"
    say("Opening the sandbox …")
    kind = proven(rules.limits)
    how = {"walls": "one import for all", "fresh": "slow: each imports everything anew"}[kind]
    say(f"The sandbox holds ({how}).")
    return kind


def fingerprint(assignment: Assignment, folder: Path, rules: Rules) -> str:
    """Of all that marks depend on besides the submission: when it changes, all are marked anew."""
    whole = hashlib.sha256(repr((__version__, asdict(rules.limits), rules.partial)).encode())
    whole.update(f"{rules.sandbox}".encode())
    files = [folder / "assignment.json"]
    files += [folder / "release" / assignment.name / assignment.notebook]
    files += [part.private for part in assignment.parts if part.private]
    files += [path for name in ("classroom", "lesson") for path in (PACKAGE / name).rglob("*.py")]
    for path in sorted(files):
        if "variations" not in path.parts:  # the assignment holds what it took from them
            whole.update(path.read_bytes())
    return whole.hexdigest()


def mark(
    submitted: Submitted,
    assignment: Assignment,
    inputs: dict[str, Any],
    room: Room,
    judge: Judge,
    rules: Rules,
) -> Marks:
    """The marks of one student."""
    script = assemble(submitted, assignment)
    for step in script.steps:
        if "answer" in step:
            step["inputs"] = inputs[step["slug"]]
    found = run_script(script, room)
    exercises = []
    for part in assignment.parts:
        if part.kind == "text":
            verdict = _by_hand(part, script)
        elif part.slug in script.open:
            verdict = _verdict("not attempted", [script.open[part.slug]])
        elif "outputs" in found[part.slug]:
            verdict = judge.verdict(part.slug, found[part.slug]["outputs"])
        else:
            verdict = _verdict(found[part.slug]["state"], found[part.slug]["lines"])
        exercises.append(_row(part, verdict, rules))
    told = any(row["state"] in ("failed", "not attempted") for row in exercises)
    return {
        "student": submitted.student,
        "sandbox": rules.sandbox,
        "notes": _few([*script.notes, *(script.stops if told else [])]),
        "other": script.other,
        "several": len(submitted.candidates) > 1,
        "exercises": exercises,
    }


def _by_hand(part: Part, script: Script) -> dict[str, Any]:
    text = script.texts.get(part.slug, "")
    if part.slug in script.lost:
        return {**_verdict("by hand", ["its cell was not found in the notebook."]), "text": ""}
    if part.slug in script.open or not text.strip():
        return _verdict("not attempted", [script.open.get(part.slug, "not attempted.")])
    return {**_verdict("by hand", []), "text": text[:100_000]}


def _verdict(state: str, lines: Iterable[str]) -> dict[str, Any]:
    kept = list(lines)
    mistake = kept[0] if state == "failed" and kept else ""
    return {"state": state, "lines": kept, "held": 0, "of": 0, "mistake": mistake}


def _row(part: Part, verdict: dict[str, Any], rules: Rules) -> dict[str, Any]:
    points = part.points if verdict["state"] == "passed" else 0.0
    if rules.partial and verdict["state"] == "failed" and verdict["of"]:
        points = round(part.points * verdict["held"] / verdict["of"], 2)
    return {
        "slug": part.slug,
        "state": verdict["state"],
        "points": None if verdict["state"] == "by hand" else points,
        "lines": [_sound(_begun(line)) for line in verdict["lines"]],
        "mistake": _sound(verdict["mistake"]),
        **({"text": _sound(verdict["text"], 100_000)} if "text" in verdict else {}),
    }


def _begun(line: str) -> str:
    """A sentence with a capital; a comparison, and a name in front, stay as they are."""
    words = re.match(r"(?!(?:given|expected): )[a-z]+(?=[ :,]| *$)", line)
    return line[:1].upper() + line[1:] if words else line


def _few(notes: list[str]) -> list[str]:
    """Not more than anybody reads: ten thousand cells may stop."""
    more = ["There is more of this kind."] if len(notes) > _NOTES else []
    return [*map(_sound, notes[:_NOTES]), *more]


def _sound(line: object, most: int = 600) -> str:
    """A line that a report can hold: whole characters, no control codes, no addresses in memory."""
    text = str(line).encode(errors="backslashreplace").decode()
    text = re.sub(r"\b0x[0-9a-fA-F]{6,}\b", "0x…", text)
    text = "".join(c if c.isprintable() or c == "\n" else "�" for c in text)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _key(submitted: Submitted, code: str) -> str:
    return hashlib.sha256(f"{submitted.digest} {code}".encode()).hexdigest()[:32]


def _stored(path: Path) -> Marks | None:
    try:
        marks = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return marks if isinstance(marks, dict) and "exercises" in marks else None
