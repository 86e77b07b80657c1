"""What a run has finished so far: trials and checkpoints, each with the code that made it."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections import Counter
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from seqcourse.experiments._modules import NOT_THE_TRIAL, PACKAGE, changed, fingerprint, loaded
from seqcourse.experiments._plain import read, to_text
from seqcourse.files import write_whole

Setting = dict[str, Any]


class Code:
    """The modules in use, with fingerprints taken when each is first seen: a file may change later.

    Args:
        own: path of the experiment's module, of which only what a trial does counts for its pieces.
    """

    def __init__(self, own: str) -> None:
        self.own = own
        self.modules: dict[str, str] = {}
        self.own_full = fingerprint(PACKAGE / own)
        self.versions = {"python": platform.python_version()}
        self.versions |= {package: metadata.version(package) for package in ("numpy", "torch")}
        self.look()

    def look(self) -> dict[str, str]:
        """Fingerprints of all modules that are loaded by now."""
        for name, path in loaded().items():
            if name not in self.modules:
                without = NOT_THE_TRIAL if name == self.own else ()
                self.modules[name] = fingerprint(path, without)
        return dict(self.modules)

    def full(self, path: str) -> str:
        """The fingerprint of a module in use as a result keeps it: of its own module, the whole."""
        return self.own_full if path == self.own else self.modules[path]

    def why_not(self, modules: Mapping[str, str], versions: Mapping[str, str]) -> str:
        """Why what was made with these cannot be used now; empty if it can."""
        other = [
            name
            for name, value in modules.items()
            if (name in self.modules and self.modules[name] != value)
            or (name not in self.modules and changed({name: value}))
        ]
        if other:
            return f"{', '.join(f'seqcourse/{name}' for name in other)} has changed since"
        if versions != self.versions:
            return "made with " + ", ".join(f"{key} {value}" for key, value in versions.items())
        return ""


class Pieces:
    """The finished trials and the checkpoints of one experiment, each a file of its folder."""

    def __init__(self, place: Path, code: Code) -> None:
        self.folder, self.code = place, code
        self._refused: Counter[str] = Counter()

    def read(self, seed: int, setting: Setting) -> dict[str, Any] | None:
        """A finished trial, None where there is none that can be used."""
        piece = read(self.folder / f"{_stem(seed, setting)}.json")
        if piece is None:
            return None
        reason = self.code.why_not(piece["modules"], piece["versions"])
        self._refused[reason] += 1
        return None if reason else piece

    def refused(self, settings: list[Setting]) -> list[str]:
        """What to say of the trials that `read` did not give, or was not asked for."""
        counts = {reason: count for reason, count in self._refused.items() if reason}
        known = {_key(setting) for setting in settings}
        others = sum(path.stem[-16:] not in known for path in self.folder.glob("*.json"))
        counts |= {"other settings": others} if others else {}
        return [
            f"{count} trial{'s' * (count > 1)} of before cannot be used: {reason}."
            for reason, count in counts.items()
        ]

    def keep(self, piece: dict[str, Any]) -> dict[str, Any]:
        """Write a finished trial, and drop its checkpoints; return it as `read` will."""
        text = to_text(piece | {"versions": self.code.versions, "modules": self.code.look()})
        stem = _stem(piece["seed"], piece["setting"])
        write_whole(self.folder / f"{stem}.json", text)
        for path in self.folder.glob(f"{stem}.*.*"):
            path.unlink()
        return dict(json.loads(text))

    def checkpoint(
        self, seed: int, setting: Setting, call: int, say: Callable[[str], None]
    ) -> Path:
        """Where a trial's call of `fit` has its checkpoint; one that other code made is removed."""
        path = self.folder / f"{_stem(seed, setting)}.{call}.checkpoint"
        mark = path.with_suffix(".made-by")
        if path.exists():
            by = read(mark)
            reason = self.code.why_not(**by) if by else "it does not say what made it"
            if reason:
                say(f"The checkpoint of this trial cannot be used: {reason}.")
                path.unlink()
        write_whole(mark, to_text({"modules": self.code.look(), "versions": self.code.versions}))
        return path


def folder(name: str) -> Path:
    """Where an experiment's pieces are kept: in a checkout's `_build`, else in the user's cache."""
    root = PACKAGE.parents[1]
    if (root / "_config.yml").is_file() and (root / "chapters").is_dir():
        return root / "_build" / "experiments" / name
    cache = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or "~/.cache"
    return Path(cache).expanduser() / "seqcourse" / "experiments" / name


def _stem(seed: int, setting: Setting) -> str:
    return f"{seed:03d}-{_key(setting)}"


def _key(setting: Setting) -> str:
    return hashlib.sha256(json.dumps(setting, sort_keys=True).encode()).hexdigest()[:16]
