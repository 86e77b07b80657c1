"""Run a submission as often as it takes: what ends its process costs only the step that did it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from seqcourse.classroom.assembling import Script
from seqcourse.classroom.inside.walls import MB, Limits
from seqcourse.classroom.sandbox import Ran, Room, SandboxError

_MOST_RUNS = 8  # then a submission ends its process again and again
_SILENT = "no reason was given."

Result = dict[str, Any]


def run_script(script: Script, room: Room) -> dict[str, Result]:
    """By slug, what came of each answer: `outputs`, or a `state` and `lines` for its student.

    Args:
        script: the submission. What happened to its cells is added to `stops`, or
            to the notes where it ended the process.
        room: where it runs.

    Raises:
        SandboxError: the room cannot be opened, or puts up no walls.
    """
    found: dict[int, Result] = {}
    died: dict[int, str] = {}
    kept = list(range(len(script.steps)))
    for _ in range(_MOST_RUNS):
        if all("cell" in script.steps[place] for place in kept):
            break  # no answer is left to be called
        ran = _run(room, [script.steps[place] for place in kept])
        at = _hear(ran, kept, found, room.limits.answer * MB)
        if at is None:
            break
        died[at] = _ending(ran.ended, room.limits)
        kept.remove(at)
        kept = [k for k in kept if "cell" in script.steps[k] or k not in found]
    return _results(script, found, died)


def _run(room: Room, steps: list[dict[str, Any]]) -> Ran:
    ran = room.run(steps)
    if ran.ended == "lost":
        ran = room.run(steps)  # once more: perhaps this machine was at fault
    if ran.ended.startswith("refused"):
        raise SandboxError(f"The sandbox gave way in the middle: {ran.ended}.")
    return ran


def _hear(ran: Ran, kept: list[int], found: dict[int, Result], most: int) -> int | None:
    """Take in what a run said; the step that ended it, None where it came to its end.

    All of it may be forged, by the student whose marks it makes: nothing is taken on trust but
    that a step has said something. A line of more parts than an answer of `most` bytes can have is
    not read: `[[],[],…` takes twenty times its length once it is.
    """
    begun, over, done = 0, -1, False
    for line in ran.said.split(b"\n"):
        if sum(map(line.count, (b"[", b"{", b","))) > most + 100:
            continue
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(message, dict):
            continue
        number = message.get("step")
        if message.get("done") is True:
            done = True
        elif type(number) is int and 0 <= number < len(kept):
            if "state" not in message:
                begun = number
            else:
                over = number
                found[kept[number]] = _result(message)
    if done or begun == over == len(kept) - 1:
        return None
    place = begun if begun > over else min(over + 1, len(kept) - 1)
    found.pop(kept[place], None)
    return kept[place]


def _result(message: Mapping[str, Any]) -> Result:
    state, lines = message["state"], message.get("lines")
    if state == "gave":
        return {"outputs": message.get("outputs")}
    told = lines[:5] if isinstance(lines, list) else []
    kept = [line[:1000] for line in told if isinstance(line, str)]
    return {"state": state if isinstance(state, str) else "", "lines": kept or [_SILENT]}


def _results(
    script: Script, found: Mapping[int, Result], died: Mapping[int, str]
) -> dict[str, Result]:
    troubles = {}  # by name of the cell
    for place, step in enumerate(script.steps):
        if "cell" in step:
            result = found.get(place, {})
            lines = [died[place]] if place in died else result.get("lines", ["it was not run."])
            if place in died or result.get("state") == "stopped":
                troubles[step["name"]] = lines
    fatal = {script.steps[place].get("name") for place in died}  # always to be told
    for name, lines in troubles.items():
        if name not in script.cells.values():
            told = script.notes if name in fatal else script.stops
            told.append(f"{name[0].upper()}{name[1:]} stopped: {' '.join(lines)}")
    results = {}
    for place, step in enumerate(script.steps):
        if "answer" in step:
            own = troubles.get(script.cells.get(step["slug"], ""))
            results[step["slug"]] = _one(found.get(place), died.get(place), own)
    return results


def _one(result: Result | None, died: str | None, cell: list[str] | None) -> Result:
    """What to say of one answer."""
    if died:
        return {"state": "failed", "lines": [f"while your answer was called, {died}"]}
    if cell and (result is None or result.get("state") in ("missing", "open")):
        return {"state": "failed", "lines": [f"your cell stopped: {cell[0]}", *cell[1:]]}
    if result is None:
        return {"state": "failed", "lines": ["your notebook was stopped before it came to this."]}
    if "outputs" in result:
        return result
    if result["state"] == "open":
        return {"state": "not attempted", "lines": ["not attempted."]}
    if result["state"] == "missing":
        lines = [*result["lines"], "Keep the name that stands in the stub."]
        return {"state": "failed", "lines": lines}
    return {"state": "failed", "lines": result["lines"]}


def _ending(ended: str, limits: Limits) -> str:
    """How a process ended, in words."""
    if ended.startswith("exit"):
        return "the process was ended from inside. Does something call exit or os._exit?"
    if ended == "signal SIGKILL":
        return "the process was killed: it took too much memory or time."
    if ended.startswith("signal"):
        return f"Python itself crashed ({ended.removeprefix('signal ')})."
    return {
        "time": f"the notebook took more than {limits.total:g} s in all.",
        "silent": f"nothing came back for {limits.silence:g} s, and it could not be interrupted. "
        "Does it wait, or never end inside a library's call?",
        "memory": f"all processes together took more than {2 * limits.memory} MB.",
        "flood": "it wrote more than may be handed back.",
    }.get(ended, "the process was lost, twice.")
