"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> bool:
    """Write a file whole or not at all, and only if what it holds changes; say whether it did.

    A crash, a full disk or another process that writes at the same time leave the old file or the
    new one, never half of one. Folders that are missing are made; a link stays a link, and a file
    keeps its mode.

    Args:
        path: where.
        content: a text, stored as UTF-8 with its line ends as they are; or bytes.

    Raises:
        OSError: it cannot be written.
        UnicodeEncodeError: the text holds half a character.
    """
    data = content.encode() if isinstance(content, str) else content
    path = Path(os.path.realpath(path))  # what a link points to, not the link
    there = path.exists()
    if there and path.read_bytes() == data:
        return False
    mode = path.stat().st_mode & 0o777 if there else 0o644
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return True
