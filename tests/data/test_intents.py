"""Commands: the templates' grammar, and sentences that come out the same."""

from __future__ import annotations

import sys
from collections.abc import Callable
from random import Random

import numpy as np
import pytest

from seqcourse.data import intents, split_intents, words_of

module = sys.modules["seqcourse.data.intents"]


@pytest.mark.parametrize(("language", "least", "kinds"), [("en", 10_000, 40), ("ko", 2_000, 20)])
def test_sentences(language: str, least: int, kinds: int) -> None:
    sentence, intent, template = intents(language)
    assert len(sentence) == len(intent) == len(template) >= least
    assert len(set(sentence)) == len(sentence)
    assert len(set(intent)) >= kinds
    assert not set("()[]<>|;") & set("".join(sentence))
    assert all(text == " ".join(text.split()) and text for text in sentence)
    one = {}
    for name, number in zip(intent, template.tolist(), strict=True):
        assert one.setdefault(number, name) == name  # a template has one meaning
    assert np.bincount(template).max() <= 20


def test_known_meanings() -> None:
    found = dict(zip(intents().sentence, intents().intent, strict=True))
    assert any("timer" in text and name == "HassStartTimer" for text, name in found.items())
    assert any("{area}" in text and name == "HassTurnOn" for text, name in found.items())


def _all(text: str) -> set[str]:
    rules = {"the": module._parse("(the|my)")}
    lists = {
        "state": {"values": [{"in": "on"}, {"in": "off[ now]"}]},
        "pct": {"range": {"from": 0, "to": 4, "step": 2}},
        "area": {"wildcard": True},
    }
    template = module._parse(text)
    drawn = (module._draw(template, Random(seed), rules, lists) for seed in range(300))
    return {" ".join(one.split()) for one in drawn}


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("(start|set) [a] timer", {f"{v}{a} timer" for v in ("start", "set") for a in ("", " a")}),
        ("light[s]", {"light", "lights"}),
        ("[a|b] c", {"a c", "b c", "c"}),
        ("<the> lamp", {"the lamp", "my lamp"}),
        ("turn {state}", {"turn on", "turn off", "turn off now"}),
        ("to {pct:brightness}%", {"to 0%", "to 2%", "to 4%"}),
        ("in {area:place}", {"in {area}"}),
        ("x (here;now;[so]) y", None),
    ],
)
def test_the_grammar(text: str, drawn: set[str] | None) -> None:
    if drawn is None:  # in any order
        drawn = {"x here now so y", "x so now here y", "x now here y", "x here now y"}
        assert drawn <= _all(text) and len(_all(text)) == 8
    else:
        assert _all(text) == drawn


@pytest.mark.parametrize(
    ("language", "draws", "message"), [("xx", 20, "knows en, de, ko"), ("en", 0, "at least once")]
)
def test_errors_say_what_to_do(language: str, draws: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        intents(language, draws)


def test_missing_package_says_what_to_install(without: Callable[[str], None]) -> None:
    without("home_assistant_intents")
    with pytest.raises(ModuleNotFoundError, match="pip install home-assistant-intents"):
        intents("en", draws=7)


def test_the_same_in_another_process(elsewhere: Callable[[str], str]) -> None:
    code = "from seqcourse.data import intents; print(intents('de', 2).sentence[::500])"
    assert elsewhere(code) == str(intents("de", 2).sentence[::500])


@pytest.mark.parametrize("language", ["en", "de", "ko"])
def test_the_split_shares_no_template(language: str) -> None:
    parts = split_intents(language, draws=3)
    data = intents(language, draws=3)
    origin = {
        (words_of(sentence), name): template
        for sentence, name, template in zip(*data[:2], data.template.tolist(), strict=True)
    }
    templates = [
        {origin[words, parts.intents[k]] for words, k in zip(*part, strict=True)}
        for part in (parts.train, parts.test)
    ]
    assert not templates[0] & templates[1]
    for part in (parts.train, parts.test):
        assert set(part.label.tolist()) == set(range(len(parts.intents)))
    assert len(parts.intents) >= 8 and len(parts.test.label) < 0.4 * len(parts.train.label)
    assert {w for words in parts.train.words for w in words} == set(parts.vocabulary.symbols)


def test_words_and_signs() -> None:
    assert words_of("What's the time in {area}, now?") == (
        ("what's", "the", "time", "in", "{area}", ",", "now", "?")
    )  # fmt: skip
    assert words_of("불을 켜 줘") == ("불을", "켜", "줘")
    assert words_of("") == ()
