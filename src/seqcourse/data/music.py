"""Music: Bach's chorales, four voices over time."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree
from zipfile import ZipFile

import numpy as np

from seqcourse.data.packages import inside

VOICES = ("Soprano", "Alto", "Tenor", "Bass")
STEPS = 4  # in a quarter note: one is a sixteenth

_TONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


class Chorale(NamedTuple):
    """A piece for four voices.

    Args:
        name: its number in the catalogue of Bach's works, as the file has it: 'bwv66.6'.
        pitch: (4, T) float64, a MIDI number for each sixteenth, 60 for the middle C, NaN where a
            voice rests; from Soprano to Bass.
        starts: (4, T) bool, whether a note begins there: else it is held.
    """

    name: str
    pitch: np.ndarray
    starts: np.ndarray


def chorales(count: int | None = None) -> tuple[Chorale, ...]:
    """361 of Bach's chorales for Soprano, Alto, Tenor and Bass, 16 sixteenths to a 4/4 bar.

    96 to 772 sixteenths long. Heavy: the package takes 114 MB. Ornaments are left out, and repeats
    are not played twice. Three pieces with shorter notes than a sixteenth are left out, and those
    with instruments of their own. Some melodies come in several pieces: a random split leaks a
    little. Published results on 'JSB chorales' rest on another edition and split.

    Source: in the package music21, `corpus/bach/*.mxl`, 3 MB. Licence: the music is in the public
    domain; the package is BSD-3, and says that its scores have licences of their own, some of them
    not for commercial use. Read as files: music21 itself is not imported.

    Args:
        count: how many, in the order of their names; without it all.

    Returns:
        Chorales, new arrays at each call.

    Raises:
        ValueError: `count` < 1.
        ModuleNotFoundError: music21 is not installed.
        FileNotFoundError: the installed music21 has no such folder.
    """
    if count is not None and count < 1:
        raise ValueError(f"chorales got count={count}; ask for one at least.")
    found: list[Chorale] = []
    for path in sorted(inside("music21", "corpus/bach").glob("*.mxl")):
        piece = _read(path)
        if piece is not None:
            found.append(Chorale(path.stem, piece.pitch.copy(), piece.starts.copy()))
        if len(found) == count:
            break
    return tuple(found)


@cache
def _read(path: Path) -> Chorale | None:
    """One piece; None where it is not for the four voices, or its notes fit no sixteenths."""
    with ZipFile(path) as packed:
        (name,) = (name for name in packed.namelist() if name.count("/") == 0 and "xml" in name)
        score = ElementTree.fromstring(packed.read(name))
    if tuple(part.findtext("part-name") for part in score.iter("score-part")) != VOICES:
        return None
    voices = [_voice(part) for part in score.findall("part")]
    if None in voices or len({len(voice) for voice in voices if voice}) != 1:
        return None
    pitch, starts = zip(*(zip(*voice, strict=True) for voice in voices if voice), strict=True)
    return Chorale(path.stem, np.array(pitch, dtype=float), np.array(starts, dtype=bool))


def _voice(part: ElementTree.Element) -> list[tuple[float, bool]] | None:
    """Each sixteenth of a voice: its pitch, and whether a note begins; None if they do not fit."""
    line: list[tuple[float, bool]] = []
    unit = 1
    for item in part.iter():
        if item.tag == "divisions":
            unit = int(item.text or 1)  # of a quarter
        if item.tag not in ("note", "forward") or item.find("duration") is None:
            continue  # an ornament has no duration
        steps, rest = divmod(STEPS * int(item.findtext("duration", "0")), unit)
        if rest:
            return None
        pitch = item.find("pitch")
        tone = math.nan
        if pitch is not None:
            tone = 12 + 12 * int(pitch.findtext("octave", "4")) + int(pitch.findtext("alter", "0"))
            tone += _TONES[pitch.findtext("step", "C")]
        tied = any(tie.get("type") == "stop" for tie in item.iter("tie"))
        tied = tied and line[-1:] != [] and line[-1][0] == tone  # one file ties two pitches
        line += [(tone, pitch is not None and not tied and i == 0) for i in range(steps)]
    return line
