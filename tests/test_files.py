"""A file is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seqcourse.files import write_whole


@pytest.mark.parametrize(("old", "new"), [("old", "new\r\n한"), (b"\x00", b"\xff\x00")])
def test_written_only_where_it_changes(tmp_path: Path, old: str | bytes, new: str | bytes) -> None:
    path = tmp_path / "deep" / "file"
    assert write_whole(path, old)
    os.utime(path, ns=(1, 1))
    assert not write_whole(path, old)
    assert path.stat().st_mtime_ns == 1  # an unchanged file is not touched
    assert write_whole(path, new)
    assert path.read_bytes() == (new.encode() if isinstance(new, str) else new)


def test_a_write_that_dies_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_whole(path, "old")

    def die(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_links_and_modes_stay(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    write_whole(target, "old")
    target.chmod(0o600)
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink() and target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o600


def test_half_a_character_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_whole(tmp_path / "file", "\ud800")
    assert not list(tmp_path.iterdir())
