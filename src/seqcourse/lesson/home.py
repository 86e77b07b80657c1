"""Where a learner's own files lie."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

DRIVE = Path("/content/drive/MyDrive")  # where Colab mounts a learner's Google Drive
FLEETING = (
    "On Colab it lasts as long as this runtime; to keep it for good, mount Drive "
    '(from google.colab import drive; drive.mount("/content/drive")) and run this cell again.'
)


def home() -> Path:
    """The folder of `my_nn.py`, made if it is not there; from now on it can be imported from.

    It is the one that the environment variable `SEQCOURSE_HOME` names, or else `seqcourse` on a
    Drive mounted in Colab, or else the working folder, which is the notebook's.
    """
    folder = _chosen() or Path.cwd()
    folder.mkdir(parents=True, exist_ok=True)
    make_importable()
    if not {"", str(folder)} & set(sys.path):
        sys.path.insert(0, str(folder))
    return folder


def make_importable() -> None:
    """Let `import my_nn` find what was kept in another notebook."""
    try:
        folder = _chosen()
        there = folder is not None and folder.is_dir()
    except (OSError, RuntimeError):  # a folder that may not be looked into, or an unknown ~name
        return
    if there and str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _chosen() -> Path | None:
    """The learner's folder, where it is not the working folder."""
    named = os.environ.get("SEQCOURSE_HOME")
    if named:
        return Path(named).expanduser().absolute()
    return DRIVE / "seqcourse" if on_colab() and DRIVE.is_dir() else None


def on_colab() -> bool:
    return "google.colab" in sys.modules or "COLAB_RELEASE_TAG" in os.environ


def is_fleeting() -> bool:
    """Whether what is written goes with the runtime."""
    return on_colab() and not os.environ.get("SEQCOURSE_HOME") and not DRIVE.is_dir()


def is_strict() -> bool:
    """Whether this is the book's own run, which neither reads nor writes a learner's files."""
    return os.environ.get("SEQCOURSE_STRICT") == "1"


def copy_aside(path: Path, mark: str) -> Path:
    """Copy a file to a free name beside it, such as my_nn_broken_1.py; return that."""
    number = 1
    while (aside := path.with_name(f"{path.stem}_{mark}_{number}{path.suffix}")).exists():
        number += 1
    shutil.copy2(path, aside)
    return aside
