"""Runs apart, as a script: speaks words with eSpeak NG and writes their samples to stdout.

The synthesiser's sound depends on all that it said before: a process of its own for each set of
words makes them the same again. It takes JSON on stdin: library, data, voice and words.
"""

from __future__ import annotations

import ctypes
import json
import os
import struct
import sys

SYNCHRONOUS, CHARACTER, UTF8 = 2, 1, 1  # constants of espeak-ng/speak_lib.h


def main() -> None:
    """Write the samples' rate, then for each word its number of samples and the samples, int16."""
    task = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever the library prints is no sample
    library = ctypes.CDLL(task["library"])
    rate = library.espeak_Initialize(SYNCHRONOUS, 0, os.fsencode(task["data"]), 0)
    if rate <= 0:
        sys.exit(f"eSpeak NG cannot read {task['data']}")
    if library.espeak_SetVoiceByName(task["voice"].encode()) != 0:
        sys.exit(f"eSpeak NG has no voice {task['voice']}")
    heard = bytearray()

    callback = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
    )

    def listen(samples: ctypes._Pointer[ctypes.c_short], count: int, events: object) -> int:
        if samples and count:
            heard.extend(ctypes.string_at(samples, 2 * count))
        return 0

    hearing = callback(listen)  # kept alive as long as the library may call it
    library.espeak_SetSynthCallback(hearing)
    out.write(struct.pack("=i", rate))
    for word in task["words"]:
        text = word.encode()
        size = ctypes.c_size_t(len(text) + 1)
        library.espeak_Synth(text, size, 0, CHARACTER, 0, UTF8, None, None)
        library.espeak_Synchronize()
        out.write(struct.pack("=i", len(heard) // 2) + heard)
        heard.clear()
    out.close()


if __name__ == "__main__":
    main()
