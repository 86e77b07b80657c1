"""Sound: words that a synthesiser speaks."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqcourse.data.packages import inside

# Without those that have an echo: it would run on into the next word.
VOICES = tuple("m1 m3 m4 m5 m6 m7 f1 Andrea Annie belinda linda steph".split())
LANGUAGES = {"en": "en-us", "de": "de", "fr": "fr", "ko": "ko"}


class Spoken(NamedTuple):
    """Spoken words.

    Args:
        wave: for each word its samples, (n,) int16.
        rate: samples a second.
    """

    wave: tuple[np.ndarray, ...]
    rate: int


def spoken(words: Sequence[str], voice: str = "m1", language: str = "en") -> Spoken:
    """Words spoken by a machine, about 10,000 samples each: half a second at 22,050 a second.

    A synthesiser's voice, not a person's: rules made every sound. How a word sounds depends a
    little on what was said before it, so that the same call gives the same samples, but a word in
    another list may not: make a set in one call. Another system's library may round otherwise.

    Source: eSpeak NG 1.52, in the package espeakng-loader, 20 MB. Licence: GPL-3.0; it runs as a
    program of its own, nothing of it becomes part of the course.

    Args:
        words: at least one; each is spoken by itself.
        voice: one of `VOICES`, six of men and six of women.
        language: a key of `LANGUAGES`.

    Raises:
        ValueError: there is no word, an empty one, or no such voice or language.
        ModuleNotFoundError: espeakng-loader is not installed.
        FileNotFoundError: the installed espeakng-loader has no library for this system.
        OSError: the library does not run here; the message says why.
    """
    if isinstance(words, str):
        raise ValueError(f"spoken got one text: give a list of words, such as [{words!r}].")
    if not words or not all(isinstance(word, str) and word.strip() for word in words):
        raise ValueError("spoken got no word, or an empty one: give at least one letter each.")
    if voice not in VOICES:
        raise ValueError(f"spoken got voice={voice!r}; it knows {', '.join(VOICES)}.")
    if language not in LANGUAGES:
        raise ValueError(f"spoken got language={language!r}; it knows {', '.join(LANGUAGES)}.")
    name = {"Windows": "espeak-ng.dll", "Darwin": "libespeak-ng.dylib"}.get(platform.system())
    library = inside("espeakng_loader", name or "libespeak-ng.so", "espeakng-loader")
    data = inside("espeakng_loader", "espeak-ng-data", "espeakng-loader")
    task = {"library": str(library), "data": str(data), "words": list(words)}
    task["voice"] = f"{LANGUAGES[language]}+{voice}"
    command = [sys.executable, "-I", str(Path(__file__).with_name("_speak.py"))]
    done = subprocess.run(command, input=json.dumps(task).encode(), capture_output=True)
    if done.returncode != 0:
        raise OSError(f"eSpeak NG does not run here: {done.stderr.decode(errors='replace')}")
    waves, place = [], 4
    for _ in words:
        count = int(np.frombuffer(done.stdout, np.int32, 1, place)[0])
        waves.append(np.frombuffer(done.stdout, np.int16, count, place + 4).copy())
        place += 4 + 2 * count
    return Spoken(tuple(waves), int(np.frombuffer(done.stdout, np.int32, 1)[0]))
