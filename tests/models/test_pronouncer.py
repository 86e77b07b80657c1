"""The pronouncer that is shipped: its file, its answers, and `seqcourse say`."""

from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from seqcourse import experiments
from seqcourse.cli import app
from seqcourse.data.pronunciations import PHONEMES, pronunciations
from seqcourse.metrics import word_error_rate
from seqcourse.models import pronouncer
from seqcourse.models.joint_pronouncer import JointPronouncer
from seqcourse.models.pronouncer import FILE, IPA, Spoken, ipa, load, pronounce, save
from seqcourse.models.quantised import rounded

RUNNER = CliRunner()
SIZES = {"embedding": 4, "encoder": 6, "layers": 1, "below": 5, "above": 7, "hidden": 3}
LENGTH = 12  # letters of the dev words that are asked again


@pytest.fixture
def small(tmp_path: Path) -> tuple[JointPronouncer, Path]:
    """A small network, rounded, and the file that holds it."""
    torch.manual_seed(0)
    network = JointPronouncer(**SIZES).eval()
    path = tmp_path / "small.npz"
    save(network, path, sizes=SIZES, beam=3, share=0.25, about={"why": "a test"})
    return rounded(network), path  # type: ignore[return-value]


# The file


def test_what_is_saved_is_loaded(small: tuple[JointPronouncer, Path], tmp_path: Path) -> None:
    network, path = small
    found = load(path)
    assert (found.beam, found.share, found.about["why"]) == (3, 0.25, "a test")
    weights = found.network.state_dict()
    assert weights.keys() == network.state_dict().keys()
    for name, weight in network.state_dict().items():
        assert torch.equal(weights[name], weight), name
    again = tmp_path / "again.npz"
    save(found.network, again, sizes=SIZES, beam=3, share=0.25)
    torch.testing.assert_close(dict(load(again).network.state_dict()), dict(weights))
    assert load(again)("cat", 3) == found("cat", 3)


def test_the_same_network_gives_the_same_file(
    small: tuple[JointPronouncer, Path], tmp_path: Path
) -> None:
    network, _ = small
    paths = [tmp_path / name for name in ("one.npz", "two.npz")]
    for path in paths:
        save(network, path, sizes=SIZES, beam=3, share=0.25)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_missing_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError, match="weights are missing: .*none.npz"):
        load(tmp_path / "none.npz")
    monkeypatch.setattr(pronouncer, "pronouncer", lambda: load(tmp_path / "none.npz"))
    result = RUNNER.invoke(app, ["say", "cat"])
    assert result.exit_code == 1 and "Install the package again" in result.output


def test_a_damaged_file_is_told(small: tuple[JointPronouncer, Path]) -> None:
    _, path = small
    whole = path.read_bytes()
    middle = len(whole) // 2
    spoilt = bytearray(whole)
    spoilt[middle : middle + 40] = bytes(40)
    for content in (b"", b"no archive", whole[:middle], whole[middle:], bytes(spoilt)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="holds no pronouncer that can be read"):
            load(path)


@pytest.mark.parametrize("change", ["a part less", "another size", "NaN", "about", "pickled"])
def test_a_file_of_another_kind_is_told(small: tuple[JointPronouncer, Path], change: str) -> None:
    _, path = small
    with np.load(path) as file:
        arrays = dict(file)
    if change == "a part less":
        del arrays["out.bias"]
    elif change == "another size":
        arrays["out.bias"] = np.zeros(3, dtype=np.float32)
    elif change == "NaN":
        arrays["out.bias"][0] = np.nan
    elif change == "about":
        arrays["about"] = np.array("no JSON")
    else:
        arrays["out.bias"] = np.array([{}] * 40, dtype=object)
    file = io.BytesIO()
    np.savez(file, **arrays)
    path.write_bytes(file.getvalue())
    with pytest.raises(ValueError, match="holds no pronouncer that can be read"):
        load(path)


# What is shipped


def test_it_is_small_and_soon_there() -> None:
    assert FILE.stat().st_size < 5e6
    load(FILE)  # what torch does at first
    start = time.process_time()
    load(FILE)
    assert time.process_time() - start < 1


def test_it_makes_the_mistakes_that_the_result_tells_of() -> None:
    """The dev words of one length, beside the stored row of that length."""
    result = experiments.result("pronouncing_night")
    rows = result["dev"][result["chosen"]]["by_length"]
    (row,) = [row for row in rows if row[0] == LENGTH]
    words = [word for word in pronunciations().dev if len(word.word) == LENGTH]
    given = [pronounce(word.word)[0].phonemes for word in words]
    wer = 100 * word_error_rate(given, [word.spoken for word in words])
    assert len(words) == row[1] > 100 and wer == pytest.approx(row[3], abs=2)
    assert load(FILE).about["rates"]["test"]["wer"] == pytest.approx(result["test"]["wer"], abs=0.1)


def test_common_words_are_said_as_they_are() -> None:
    assert pronounce("cat") == pronounce("CAT")
    assert pronounce("cat")[0].phonemes == ("K", "AE", "T")
    assert pronounce("nation")[0].ipa == "neɪʃʌn"
    several = pronounce("present", 5)
    assert len(several) == 5 and len({spoken.phonemes for spoken in several}) == 5
    likely = [spoken.probability for spoken in several]
    assert likely == sorted(likely, reverse=True) and 0 < sum(likely) <= 1


def test_each_phoneme_has_a_sign() -> None:
    assert IPA.keys() == set(PHONEMES) and len(set(IPA.values())) == 39
    assert ipa(("CH", "ER", "CH")) == "tʃɝtʃ" == Spoken(("CH", "ER", "CH"), 1.0).ipa


@pytest.mark.parametrize("word", ["naïve", "two words", "o'clock", "42", "ｃat", "-n"])
def test_what_holds_other_letters_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="letters a to z alone"):
        pronounce(word)


def test_lengths_and_counts_are_bounded() -> None:
    assert pronounce("a" * 60)
    for word in ("", "a" * 61):
        with pytest.raises(ValueError, match="words of 1 to 60"):
            pronounce(word)
    with pytest.raises(ValueError, match="n=0"):
        pronounce("cat", 0)


# The command


def test_say_prints_a_line_a_word() -> None:
    result = RUNNER.invoke(app, ["say", "cat", "Nation", "cat"])
    assert result.exit_code == 0, result.output
    assert result.output == "cat     K AE T\nnation  N EY SH AH N\ncat     K AE T\n"


def test_say_prints_several_ways() -> None:
    result = RUNNER.invoke(app, ["say", "cat", "--n", "2", "--ipa"])
    first, second = result.output.splitlines()
    assert first.split()[0] == "cat" and first.split()[1].endswith("%")
    assert first.split()[2] == "kæt" and second.startswith("     ") and "%" in second


@pytest.mark.parametrize("words", [["cat", "naïve"], [""], ["a" * 61]])
def test_say_refuses_before_it_says_anything(words: list[str]) -> None:
    result = RUNNER.invoke(app, ["say", *words])
    assert result.exit_code == 1 and "pronouncer reads words of" in result.output.replace("\n", " ")
    assert "K AE T" not in result.output
