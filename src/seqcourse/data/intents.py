"""Spoken commands and what they mean: sentences that templates wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any, NamedTuple

import numpy as np

from seqcourse.data.packages import inside
from seqcourse.data.padding import Vocabulary
from seqcourse.data.splits import split_by_group

LANGUAGES = ("en", "de", "ko")

_TOKEN = re.compile(r"[()\[\]|;]|<[^>]*>|\{[^}]*\}|[^()\[\]|;<{]+")


class Intents(NamedTuple):
    """Sentences, each with the intention behind it.

    Args:
        sentence: N different sentences.
        intent: N names such as 'HassStartTimer': the class of each sentence.
        template: (N,) int, which template wrote it: put all of a template into one part of a split.
    """

    sentence: tuple[str, ...]
    intent: tuple[str, ...]
    template: np.ndarray


class Labelled(NamedTuple):
    """Sentences as words, each with its class.

    Args:
        words: N tuples of words, as `words_of` cuts them.
        label: (N,) int, the place of the sentence's intent in `IntentSplit.intents`.
    """

    words: tuple[tuple[str, ...], ...]
    label: np.ndarray


class IntentSplit(NamedTuple):
    """Two parts that share no template.

    Args:
        train, test: the sentences.
        intents: the names of the classes.
        vocabulary: the words of the training sentences.
    """

    train: Labelled
    test: Labelled
    intents: tuple[str, ...]
    vocabulary: Vocabulary


class _Group(NamedTuple):
    """A choice between ways to go on; or all of them, in any order."""

    ways: list[list[Any]]  # of texts, '<rules>', '{slots}' and groups
    shuffled: bool


def intents(language: str = "en", draws: int = 20) -> Intents:
    """Commands to a house: 'turn on the light in the {area}' means HassTurnOn.

    Templates wrote the sentences: `(start|set) [a] {minutes} minute timer`. Each is filled `draws`
    times, always in the same way, and a sentence that came before is left out: about 15,000 remain
    in English, of 862 templates and 42 intents; 30,000 in German, of 42 intents; 2,400 in Korean,
    of 21. Sentences of one template resemble each other, so that a random split leaks: split by
    template. What may be any word, such as a room, stays in braces. No one checked the grammar of
    each ('timer for 9 second'). The package grows: its next version writes other sentences.

    Source: the Home Assistant authors, in the package home-assistant-intents, `data/en.json`, 0.2
    MB. Licence: Apache-2.0. Read as a file: the package itself is not imported.

    Args:
        language: one of `LANGUAGES`.
        draws: from each template, at least 1.

    Raises:
        ValueError: there are no templates in that language, or `draws` < 1.
        ModuleNotFoundError: home-assistant-intents is not installed.
        FileNotFoundError: the installed home-assistant-intents has no such file.
    """
    if language not in LANGUAGES:
        raise ValueError(f"intents got {language!r}; it knows {', '.join(LANGUAGES)}.")
    if draws < 1:
        raise ValueError(f"intents got draws={draws}; draw each template at least once.")
    sentences, names, templates = _written(language, draws)
    return Intents(sentences, names, np.array(templates))


def split_intents(language: str = "en", draws: int = 20, share: float = 0.8) -> IntentSplit:
    """`intents`, each template with all its sentences on one side.

    Intents whose templates all fell on one side are left out of both: they could not be learnt, or
    not be tested.

    Args:
        language, draws: as `intents`.
        share: part of the templates that is for training, between 0 and 1; met roughly.

    Raises:
        ValueError, ModuleNotFoundError, FileNotFoundError: as `intents` and `split_by_group`.
    """
    data = intents(language, draws)
    train, test = split_by_group(data.template.tolist(), share)
    known = sorted({data.intent[i] for i in train} & {data.intent[i] for i in test})
    number = {name: label for label, name in enumerate(known)}

    def labelled(part: np.ndarray) -> Labelled:
        kept = [i for i in part if data.intent[i] in number]
        words = tuple(words_of(data.sentence[i]) for i in kept)
        return Labelled(words, np.array([number[data.intent[i]] for i in kept]))

    first = labelled(train)
    return IntentSplit(first, labelled(test), tuple(known), Vocabulary(first.words))


def words_of(sentence: str) -> tuple[str, ...]:
    """A sentence's words in small letters, its signs apart; a slot such as {area} is one word."""
    return tuple(re.findall(r"\{\w+\}|\w+(?:['’]\w+)*|[^\w\s]", sentence.lower()))


@cache
def _written(language: str, draws: int) -> tuple[tuple[str, ...], tuple[str, ...], list[int]]:
    path = inside("home_assistant_intents", f"data/{language}.json", "home-assistant-intents")
    known = json.loads(path.read_text("utf-8"))
    rules = {name: _parse(text) for name, text in known["expansion_rules"].items()}
    written: dict[str, tuple[str, int]] = {}
    number = 0
    for intent, facts in known["intents"].items():
        for text in (text for block in facts["data"] for text in block["sentences"]):
            random = Random(f"{language} {text}")
            template = _parse(text)
            for _ in range(draws):
                sentence = " ".join(_draw(template, random, rules, known["lists"]).split())
                written.setdefault(sentence, (intent, number))
            number += 1
    names, templates = zip(*written.values(), strict=True)
    return tuple(written), names, list(templates)


def _parse(text: str) -> _Group:
    return _group(iter(_TOKEN.findall(text)))


def _group(tokens: Iterator[str]) -> _Group:
    """What stands until the bracket closes."""
    ways: list[list[Any]] = [[]]
    shuffled = False
    for token in tokens:
        if token in ")]":
            break
        if token in "|;":
            ways.append([])
            shuffled = shuffled or token == ";"
        elif token == "(":
            ways[-1].append(_group(tokens))
        elif token == "[":
            ways[-1].append(_Group([[_group(tokens)], []], False))
        else:
            ways[-1].append(token)
    return _Group(ways, shuffled)


def _draw(part: Any, random: Random, rules: dict[str, _Group], lists: dict[str, Any]) -> str:
    """One of the texts that a template stands for."""
    if isinstance(part, _Group):
        ways = part.ways if part.shuffled else [random.choice(part.ways)]
        order = random.sample(ways, len(ways))
        return " ".join("".join(_draw(p, random, rules, lists) for p in way) for way in order)
    if part.startswith("<"):
        return _draw(rules[part[1:-1]], random, rules, lists)
    if not part.startswith("{"):
        return str(part)
    slot = lists.get(part[1:-1].split(":")[0], {})
    if "values" in slot:
        value = random.choice(slot["values"])
        return _draw(
            _parse(value["in"] if isinstance(value, dict) else value), random, rules, lists
        )
    if "range" in slot:
        span = slot["range"]
        return str(random.randrange(span["from"], span["to"] + 1, span.get("step", 1)))
    return re.sub(":.*}", "}", part)
