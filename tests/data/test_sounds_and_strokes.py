"""Speech, music and strokes: what they are, made the same again, and clear errors."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest

from seqcourse.data import chorales, spoken, strokes
from seqcourse.data.audio import LANGUAGES, VOICES
from seqcourse.data.strokes import FONTS

DIGITS = ["zero", "one", "two", "three"]


def test_spoken_words() -> None:
    wave, rate = spoken(DIGITS)
    assert rate == 22_050 and len(wave) == 4
    for samples in wave:
        assert samples.dtype == np.int16 and samples.ndim == 1
        assert 0.2 * rate < len(samples) < rate
        assert np.abs(samples.astype(int)).max() > 5_000


def test_the_same_call_gives_the_same_samples() -> None:
    one, other = spoken(DIGITS), spoken(DIGITS)
    assert all(np.array_equal(a, b) for a, b in zip(one.wave, other.wave, strict=True))


@pytest.mark.parametrize("voice", VOICES)
def test_every_voice_is_its_own(voice: str) -> None:
    sound = spoken(["seven", "three"], voice).wave
    assert len(sound[0]) > len(sound[1])  # an echo would fill both up to whole buffers
    if voice != VOICES[0]:
        usual = spoken(["seven", "three"]).wave[0]
        assert not np.array_equal(sound[0], usual)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_speaks(language: str) -> None:
    assert len(spoken(["radio"], language=language).wave[0]) > 3_000
    assert len(spoken(["안녕"], language="ko").wave[0]) > 3_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("seven",), "list of words"),
        (([],), "no word"),
        ((["one", " "],), "an empty one"),
        ((["one"], "x9"), "knows m1"),
        ((["one"], "m1", "sv"), "knows en, de, fr, ko"),
    ],
)
def test_speech_refuses(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        spoken(*arguments)  # type: ignore[arg-type]


def test_a_library_that_does_not_run_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LANGUAGES, "en", "no-such")
    with pytest.raises(OSError, match="has no voice no-such"):
        spoken(["one"])


def test_chorales() -> None:
    found = chorales()
    assert len(found) == 361
    lengths = [piece.pitch.shape[1] for piece in found]
    assert (min(lengths), max(lengths)) == (96, 772)
    for piece in found:
        assert piece.pitch.shape == piece.starts.shape == (4, piece.pitch.shape[1])
        sounds = np.isfinite(piece.pitch)
        assert not piece.starts[~sounds].any() and piece.starts[:, sounds.any(axis=0)].any()
        held = sounds[:, 1:] & ~piece.starts[:, 1:]
        assert (piece.pitch[:, 1:] == piece.pitch[:, :-1])[held].all()
        assert np.nanmean(piece.pitch[0]) > np.nanmean(piece.pitch[3])
    every = np.concatenate([piece.pitch for piece in found], axis=1)
    assert np.nanmin(every) == 36 and np.nanmax(every) == 81


def test_a_chorale_is_read_as_music21_reads_it() -> None:
    corpus = pytest.importorskip("music21.corpus")
    (piece,) = (piece for piece in chorales() if piece.name == "bwv66.6")
    for voice, part in zip(piece.pitch, corpus.parse("bach/bwv66.6").parts, strict=True):
        wanted = np.full(len(voice), np.nan)
        for note in part.flatten().notes:
            wanted[int(4 * note.offset) : int(4 * (note.offset + note.quarterLength))] = (
                note.pitch.midi
            )
        np.testing.assert_array_equal(voice, wanted)


def test_chorales_are_new_at_each_call_and_counted() -> None:
    chorales(2)[1].pitch[:] = 0
    assert chorales(2)[1].pitch[0].max() > 50
    with pytest.raises(ValueError, match="one at least"):
        chorales(0)


def test_strokes() -> None:
    h = strokes("H", "futural")
    assert len(h) == 3  # two posts and a bar
    assert h[0].tolist() == [[4, 21], [4, 0]] and h[2][:, 1].tolist() == [11, 11]
    assert all(stroke.shape[1] == 2 and stroke.dtype == float for stroke in strokes("Hello, you!"))
    assert max(stroke[:, 0].max() for stroke in strokes("HH", "futural")) > 30
    h[0][:] = 0
    assert strokes("H", "futural")[0].any()


@pytest.mark.parametrize("font", FONTS)
def test_every_font_spells_all_of_ascii(font: str) -> None:
    assert strokes("".join(map(chr, range(32, 127))), font)


@pytest.mark.parametrize(
    ("text", "font", "message"),
    [
        ("", "scripts", "no letter"),
        ("  ", "scripts", "no letter"),
        ("Ä", "scripts", "'Ä', which is not ASCII"),
        ("a", "comic", "knows futural"),
    ],
)
def test_strokes_refuse(text: str, font: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        strokes(text, font)


def test_missing_packages_say_what_to_install(without: Callable[[str], None]) -> None:
    without("espeakng_loader")
    with pytest.raises(ModuleNotFoundError, match="pip install espeakng-loader"):
        spoken(["one"])
    without("music21")
    with pytest.raises(ModuleNotFoundError, match="pip install music21"):
        chorales()
    without("HersheyFonts")
    sys.modules["seqcourse.data.strokes"]._glyphs.cache_clear()
    with pytest.raises(ModuleNotFoundError, match="pip install Hershey-Fonts"):
        strokes("a")


def test_reading_is_light(elsewhere: Callable[[str], str]) -> None:
    code = (
        "import sys; from seqcourse.data import chorales, spoken; chorales(1); spoken(['a']);"
        "print([m for m in ('music21', 'espeakng_loader') if m in sys.modules])"
    )
    assert elsewhere(code) == "[]"
