"""The ladder: stored rungs, the learner's own among them, and no learner's model stops it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqcourse.data.pronunciations import Pronunciation
from seqcourse.lesson import climb, ladder
from seqcourse.lesson.rungs import KINDS, PRONOUNCING, SPELLING, pronounced
from seqcourse.metrics import spelling_loss

from .test_check import ANSWERS, JUNK

Shown = list[tuple[dict[str, str], dict[str, Any]]]
LADDER = sys.modules["seqcourse.lesson.ladder"]
WORDS = ("ab", "abc", "b")
RESULT = {
    "unit": "nats per character",
    "rungs": [
        {"chapter": 3, "model": "uniform", "size": 0, "dev": 3.2958, "test": 3.2959, "seeds": 1},
        {"chapter": 3, "model": "counts", "size": 1234, "dev": 2.6, "test": 2.61, "seeds": 1},
        {"chapter": 5, "model": "net", "size": 99, "dev": 2.25, "test": 2.26, "seeds": 3},
    ],
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delenv("SEQCOURSE_STRICT", raising=False)
    monkeypatch.setenv("SEQCOURSE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "path", list(sys.path))
    others = RESULT | {"rungs": []}  # of the chapters that add theirs
    monkeypatch.setattr(LADDER, "result", lambda name: {"spelling": RESULT}.get(name, others))
    few = SPELLING._replace(score=lambda model: {"dev": spelling_loss(model, WORDS)})
    monkeypatch.setitem(KINDS, "spelling", few)
    monkeypatch.setattr(LADDER, "what_changed", lambda name: "")
    yield tmp_path


def uniform(context: str) -> Any:
    return np.full(27, 1 / 27)


def leaning(context: str) -> Any:
    p = np.full(27, 0.4 / 25)
    p[[1, 2]] = 0.3
    return p


def test_rungs_up_to_a_chapter(shown: Shown) -> None:
    ladder("spelling", 3, exercise="mk-own")
    assert shown[0][0]["text/plain"] == (
        "The spelling ladder, in nats per character: lower is better. "
        "Numbers: what a model stores.\n"
        "chapter  model    numbers    dev   test\n"
        "-------  -------  -------  -----  -----\n"
        "      3  uniform        0  3.296  3.296\n"
        "      3  counts     1,234  2.600  2.610\n"
        "yours: not yet. Exercise mk-own puts it here."
    )
    ladder("spelling", 5)
    lines = shown[1][0]["text/plain"].split("\n")
    assert lines[-2:] == ["      5  net           99  2.250  2.260", "yours: not yet."]


def _models(shown: Shown) -> list[str]:
    lines = shown[-1][0]["text/plain"].split("\n")
    return [line.split()[1] for line in lines[3:-1]]


def test_chapters_add_their_rungs(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chapter reads no result of a later one, and so does not change with it."""
    more = {"rungs": [{**RESULT["rungs"][2], "chapter": 4, "model": "cell", "dev": 2.4}]}
    known = {"spelling": RESULT, "spelling_ch04": more, "spellings": {}, "spelling_rnn": {}}
    monkeypatch.setattr(LADDER, "names", lambda: [*known, "spelling_ch07"])
    monkeypatch.setattr(LADDER, "has_result", known.__contains__)
    read: list[str] = []

    def result(name: str) -> Any:
        read.append(name)
        return known[name]

    monkeypatch.setattr(LADDER, "result", result)
    ladder("spelling", 4)
    assert _models(shown) == ["uniform", "counts", "cell"]
    ladder("spelling", 3)
    assert _models(shown) == ["uniform", "counts"]
    ladder("spelling", 6)
    assert _models(shown) == ["uniform", "counts", "cell", "net"]
    assert set(read) == {"spelling", "spelling_ch04"}
    with pytest.raises(KeyError, match="spelling_ch07"):  # which waits for its run
        ladder("spelling", 7)
    climb("spelling", "mine", uniform)  # a learner's rung stands all the same
    assert _models(shown) == ["mine", "uniform", "counts", "cell", "net"]


def test_a_rung_that_is_out_of_date_says_so(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LADDER, "what_changed", lambda name: f"Out of date: {name}.")
    ladder("spelling", 3)
    assert shown[0][0]["text/plain"].endswith("\nyours: not yet. Out of date: spelling.")


def test_an_own_rung_stands_in_its_place(shown: Shown, folder: Path) -> None:
    climb("spelling", " my \n<n>-gram", leaning)
    loss = spelling_loss(leaning, WORDS)
    assert 2.25 < loss < 2.6
    assert shown[0][0]["text/plain"] == f"on the ladder: my <n>-gram, {loss:.3f} on the dev words."
    ladder("spelling", 3, exercise="mk-own")
    data = shown[-1][0]
    lines = data["text/plain"].split("\n")
    assert lines[-2].split() == ["–", "my", "<n>-gram", "(yours)", "–", f"{loss:.3f}", "–"]
    assert lines[-1] == "yours: scored on the dev words; compare it within that column."
    assert "my &lt;n&gt;-gram (yours)" in data["text/html"]
    climb("spelling", "chance", uniform)
    lines = shown[-1][0]["text/plain"].split("\n")[3:-1]
    assert [line.split()[1] for line in lines] == ["chance", "uniform", "counts", "my", "net"]
    found = json.loads((folder / "my_rungs.json").read_text("utf-8"))["spelling"]
    assert found["my <n>-gram"]["dev"] == loss
    climb("spelling", "chance", leaning)
    assert "Before, it had 3.296." in shown[-2][0]["text/plain"]
    found = json.loads((folder / "my_rungs.json").read_text("utf-8"))["spelling"]
    assert set(found) == {"my <n>-gram", "chance"} and found["chance"]["dev"] == loss


def test_the_books_own_runs_neither_read_nor_write(
    shown: Shown, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    climb("spelling", "mine", uniform)
    before = (folder / "my_rungs.json").read_bytes()
    monkeypatch.setenv("SEQCOURSE_STRICT", "1")
    ladder("spelling", 3)
    assert shown[-1][0]["text/plain"].endswith("\nyours: not yet.")
    climb("spelling", "other", uniform)
    assert shown[-1][0]["text/plain"].startswith("not on the ladder: the book's own runs write no")
    assert (folder / "my_rungs.json").read_bytes() == before


def _stub(context: str) -> Any:
    """To be written."""
    ...


def _leaves(context: str) -> Any:
    raise SystemExit


def _fails(context: str) -> Any:
    return uniform(context) / {}[context]


NONE: list[tuple[Any, str]] = [
    (_stub, "not on the ladder: mine is not written yet."),
    (None, "mine is not written yet."),
    (partial(_stub), "mine is not written yet."),
    (np.full(27, 1 / 27), "the model is not a function. Pass its name, without brackets."),
    (lambda context: np.ones(27), "follows '', the model gives probabilities whose sum is 27"),
    (lambda context: leaning(context)[1:], "shape (26,)"),
    (_fails, "follows '', it raised KeyError: '', at 'return uniform(context) / {}[context]'."),
    (_leaves, "it raised SystemExit: no message, at 'raise SystemExit'."),
    (lambda: 1, "it raised TypeError: "),
]


@pytest.mark.parametrize(("model", "says"), NONE)
def test_what_has_no_score_says_why(model: Any, says: str, shown: Shown, folder: Path) -> None:
    climb("spelling", "mine", model)
    assert len(shown) == 1 and says in shown[0][0]["text/plain"]
    assert shown[0][0]["text/plain"].startswith("not on the ladder: ")
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("name", "model_name", "says"),
    [("speling", "a", "there is 'spelling'"), (3, "a", "no ladder 3"), ("spelling", 3, "a name")],
)
def test_names_are_asked_for(name: Any, model_name: Any, says: str, shown: Shown) -> None:
    climb(name, model_name, uniform)
    assert says in shown[0][0]["text/plain"]


def test_a_model_that_does_not_end_is_cut(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(context: str) -> Any:
        while context:
            try:
                while True:
                    pass
            except Exception:
                pass
        return uniform(context)

    monkeypatch.setattr(LADDER, "SECONDS", 0.1)
    climb("spelling", "mine", endless)
    assert "after 0.1 s it was not through, and was cut (at 'a')" in shown[0][0]["text/plain"]


def test_a_write_that_fails_changes_nothing(
    shown: Shown, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    climb("spelling", "mine", uniform)
    before = (folder / "my_rungs.json").read_bytes()

    def replace(source: str, target: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", replace)
    climb("spelling", "mine", leaning)
    assert "cannot be written ([Errno 28] No space left on device)" in shown[-1][0]["text/plain"]
    assert [path.name for path in folder.iterdir()] == ["my_rungs.json"]
    assert (folder / "my_rungs.json").read_bytes() == before


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"spelling": []}', '{"a": {"b": {"dev": "x"}}}', "\xff"]
)
def test_a_damaged_file_is_put_aside(text: str, shown: Shown, folder: Path) -> None:
    raw = text.encode("latin-1")
    (folder / "my_rungs.json").write_bytes(raw)
    ladder("spelling", 3)
    assert "yours: my_rungs.json cannot be read" in shown[-1][0]["text/plain"]
    climb("spelling", "mine", uniform)
    assert "was damaged: it lies beside as my_rungs_broken_1.json" in shown[-2][0]["text/plain"]
    assert (folder / "my_rungs_broken_1.json").read_bytes() == raw
    assert "mine (yours)" in shown[-1][0]["text/plain"]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=JUNK | st.just("spelling"), title=JUNK | st.just("mine"), model=ANSWERS)
def test_climb_never_raises(shown: Shown, name: Any, title: Any, model: Any) -> None:
    climb(name, title, model)
    shown[-1][0]["text/html"].encode()


def _spread(*seeds: float) -> dict[str, float]:
    return {"mean": sum(seeds) / len(seeds), "min": min(seeds), "max": max(seeds)}


SAID = (
    Pronunciation("the", (("DH", "AH"), ("DH", "IY"))),
    Pronunciation("cat", (("K", "AE", "T"),)),
)
PRONOUNCED = {
    "unit": "percent",
    "rungs": [
        {
            "chapter": 10,
            "model": "table",
            "size": 58299,
            "steps": 0,
            "seconds": None,
            "dev": {"per": _spread(8.92), "wer": _spread(39.16)},
            "test": {"per": _spread(8.99), "wer": _spread(39.48)},
        },
        {
            "chapter": 10,
            "model": "net",
            "size": 346280,
            "steps": 3000,
            "seconds": _spread(88.0, 92.0),
            "dev": {"per": _spread(14.0, 15.0), "wer": _spread(45.0, 46.2)},
            "test": {"per": _spread(14.2, 15.2), "wer": _spread(45.0, 46.0)},
        },
    ],
}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pronunciation ladder with two words and two rungs."""
    monkeypatch.setitem(
        KINDS, "pronouncing", PRONOUNCING._replace(score=lambda model: pronounced(model, SAID))
    )
    monkeypatch.setattr(LADDER, "result", {"pronouncing": PRONOUNCED}.__getitem__)
    monkeypatch.setattr(LADDER, "names", lambda: ["pronouncing"])


def test_pronunciations_have_two_rates_and_their_spread(shown: Shown, few: None) -> None:
    ladder("pronouncing", 10)
    lines = shown[0][0]["text/plain"].split("\n")
    assert lines[0].startswith("The pronunciation ladder, in percent of the phonemes (PER)")
    net = ["10", "net", "346,280", "3,000", "90"]
    assert lines[3].split() == [*net, *"14.5 ± 0.5 45.6 ± 0.6 14.7 ± 0.5 45.5 ± 0.5".split()]
    assert lines[4].split() == "10 table 58,299 – – 8.9 39.2 9.0 39.5".split()


def test_an_own_pronouncer_stands_in_its_place(shown: Shown, few: None, folder: Path) -> None:
    climb("pronouncing", "mine", {"the": ["DH", "IY"], "cat": ["K", "AH", "T"]}.__getitem__)
    # one of two phonemes' words is right, one of five phonemes wrong
    assert shown[0][0]["text/plain"] == (
        "on the ladder: mine, PER 20.0%, WER 50.0% on the dev words."
    )
    lines = shown[1][0]["text/plain"].split("\n")
    assert lines[3].split() == "– mine (yours) – – – 20.0 50.0 – –".split()
    climb("pronouncing", "mine", lambda word: ("DH", "AH"))
    assert "Before, it had PER 20.0%, WER 50.0%." in shown[2][0]["text/plain"]
    found = json.loads((folder / "my_rungs.json").read_text("utf-8"))["pronouncing"]
    assert found == {"mine": {"dev": 60.0, "wer": 50.0}}
    (folder / "my_rungs.json").write_text('{"pronouncing": {"mine": {"dev": 1}}}', "utf-8")
    ladder("pronouncing", 10)
    assert "my_rungs.json cannot be read" in shown[-1][0]["text/plain"]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "how 'the' is said, the model gives nothing (None): return a tuple of phonemes"),
        ("DH AH", "the text 'DH AH': return a tuple of phonemes, such as ('DH', 'AH'); text.split"),
        (iter(["DH"]), "gives a list_iterator: return a tuple"),
        ((9, 3), "gives 9 for a phoneme: return their names"),
        (("DH", "AH0"), "gives 'AH0', which is none of the 39 phonemes"),
        (("dh",), "write them in capitals and without stress"),
    ],
)
def test_what_is_no_pronunciation_says_why(
    answer: Any, says: str, shown: Shown, few: None, folder: Path
) -> None:
    climb("pronouncing", "mine", lambda word: answer)
    assert len(shown) == 1 and says in shown[0][0]["text/plain"]
    assert not list(folder.iterdir())


def test_a_pronouncer_that_raises_is_told(shown: Shown, few: None) -> None:
    climb("pronouncing", "mine", {"cat": ("K",)}.__getitem__)
    assert "asked how to say 'the', it raised KeyError" in shown[0][0]["text/plain"]
