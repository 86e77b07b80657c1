"""The pronunciation ladder: what its rungs share, and its stored results."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from seqcourse import experiments
from seqcourse.data.pairs import PairBatch, pair_batch, pronunciation_pairs
from seqcourse.data.pronunciations import Pronunciation
from seqcourse.decoding import Hypothesis
from seqcourse.experiments import _pronouncing, _rungs, pronouncing_ch10
from seqcourse.experiments._pronouncing import (
    answers,
    encoder_decoder_loss,
    said,
    scored,
    searches,
    tabled,
    trained,
    training_seconds,
    written,
)
from seqcourse.experiments._run import load
from seqcourse.models.seq2seq import EncoderDecoder
from seqcourse.training import fit

LADDER = [
    name
    for name in experiments.names()
    if name.startswith("pronouncing") and experiments.has_result(name)
]
SHIPPED = "pronouncing_shipped"
WORDS = (
    Pronunciation("the", (("DH", "AH"), ("DH", "IY"))),
    Pronunciation("a", (("AH",),)),
    Pronunciation("cat", (("K", "AE", "T"),)),
)


def letter_for_letter(source: torch.Tensor) -> list[Hypothesis]:
    """Says of each letter the phoneme of its number."""
    return [Hypothesis(tuple(row), -float(len(row)), 0.0) for row in source.tolist()]


def test_answers_come_in_the_order_of_the_words() -> None:
    found = answers(letter_for_letter, WORDS)
    assert [found.tokens for found in found] == [(20, 8, 5), (1,), (3, 1, 20)]
    assert said(letter_for_letter, WORDS[1:2]) == [["a", "AA", "AH"]]
    assert scored(letter_for_letter, WORDS)["nats"] == pytest.approx(-7 / 3)


def test_the_nearest_pronunciation_counts_and_lengths_stand_apart() -> None:
    found = tabled([("DH", "IY"), ("AH", "AH"), ("K", "T")], WORDS)
    assert found["per"] == pytest.approx(100 * 2 / 6)
    assert found["wer"] == pytest.approx(100 * 2 / 3)
    assert found["by_length"] == [[1, 1, 100.0, 100.0], [3, 2, 20.0, 50.0]]
    assert found["length"] == 1.0  # six phonemes for six


def test_training_is_timed_without_evaluation_or_interruption() -> None:
    times = [(5.0, 9.0), (19.0, 30.0), (40.0, 41.0), (0.5, 1.0), (12.0, 13.0), (43.0, 44.0)]
    curve = {
        "step": [10, 20, 30, 40, 50, 55],
        "value": [{"begun": begun, "ended": ended} for begun, ended in times],
    }
    # stretches of 10, 10, a restart, 11 and 30 seconds: 10.5 in the middle, for 10 of 55 steps
    assert training_seconds(curve) == pytest.approx(10.5 * 5.5)


def small(context: str) -> EncoderDecoder:
    torch.manual_seed(0)
    return EncoderDecoder(_pronouncing.encoder(False), pronouncing_ch10.decoder(context))


@pytest.mark.parametrize("context", ["first", "each"])
def test_backwards_reads_the_word_from_its_end(context: str) -> None:
    model, batch = small(context), pair_batch(pronunciation_pairs(WORDS[2:]))
    turned = batch._replace(source=batch.source[:, ::-1].copy())
    loss = encoder_decoder_loss(model, batch, backwards=True)
    assert torch.equal(loss, encoder_decoder_loss(model, turned))
    assert not torch.allclose(loss, encoder_decoder_loss(model, batch))
    source = torch.from_numpy(batch.source)
    assert written(model, 4, backwards=True)(source) == written(model, 4)(source.flip(1))


def test_a_wider_beam_finds_what_is_likelier() -> None:
    model = small("first")
    with torch.no_grad():  # an untrained law is so flat that nothing would ever end
        model.decoder.out.weight.mul_(8)
    source = torch.randint(1, 27, (20, 3))
    found = {name: make(model)(source) for name, make in searches().items()}
    assert list(found) == ["greedy", "beam 4", "beam 16"]
    total = [sum(answer.log_probability for answer in found[name]) for name in found]
    assert total[0] < total[2] and total[1] <= total[2] + 1e-6


def test_a_trial_and_its_rung(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pronouncing, "STEPS", 8)
    monkeypatch.setattr(_pronouncing, "EVERY", 2)
    monkeypatch.setattr(_pronouncing, "pronunciations", lambda: (WORDS, WORDS, WORDS[:2]))
    quiet: Any = lambda *arguments, **options: fit(*arguments, **options, progress=False)  # noqa: E731
    found = trained(small("first"), encoder_decoder_loss, searches(), 0, quiet)
    assert found["steps"] == 8 and len(found["curve"]["wer"]) == 4 and found["training"] > 0
    assert "test" in found["search"]["beam 4"] and "test" not in found["search"]["beam 16"]
    trials = [found | {"setting": {"a": 1}, "seed": seed, "seconds": 1.0} for seed in (0, 1)]
    summary = _rungs.summed_up(10, trials, lambda setting: f"net {setting['a']}")
    [rung] = summary["rungs"]
    assert rung["model"] == "net 1" and rung["search"] == "beam 4" and rung["seeds"] == 2
    assert rung["test"]["wer"]["mean"] == found["search"]["beam 4"]["test"]["wer"]
    assert rung["size"] == sum(weight.numel() for weight in small("first").parameters())
    assert len(summary["runs"][0]["curve"]) == 2


@pytest.mark.parametrize(
    "name", [name for name in experiments.names() if name.startswith("pronouncing_ch")]
)
def test_every_setting_trains_and_answers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pronouncing, "STEPS", 3)
    monkeypatch.setattr(_pronouncing, "EVERY", 1)
    monkeypatch.setattr(_pronouncing, "pronunciations", lambda: (WORDS, WORDS, WORDS[:2]))
    quiet: Any = lambda *arguments, **options: fit(*arguments, **options, progress=False)  # noqa: E731
    module, settings = load(name)
    for own, value in {"pronunciations": lambda: (WORDS, WORDS, WORDS[:2]), "WARM": 1}.items():
        if hasattr(module, own):
            monkeypatch.setattr(module, own, value)
    trials = []
    for setting in settings:
        found = module.trial(dict(setting), 0, quiet)
        assert 2.5e5 < found["numbers"] < 5.5e5  # about one size
        assert found["curve"]["loss"][-1] < found["curve"]["loss"][0]
        trials.append(found | {"setting": setting, "seed": 0, "seconds": 1.0})
    summary = module.summary(trials)
    assert len({rung["model"] for rung in summary["rungs"]}) == len(settings)
    assert {rung["chapter"] for rung in summary["rungs"]} == {module.CHAPTER}


def test_a_batch_trains_a_network_to_say_it() -> None:
    """The loss that is trained is the one that makes right answers likely."""
    model, batch = small("first"), pair_batch(pronunciation_pairs(WORDS[2:]))
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(20):
        loss = encoder_decoder_loss(model, PairBatch(*batch))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    [[_, given, right]] = said(written(model), WORDS[2:])
    assert given == right == "K AE T"


@pytest.mark.parametrize("name", [name for name in LADDER if name != SHIPPED])
def test_rungs_are_whole(name: str) -> None:
    found = experiments.result(name)
    assert found["unit"] == "percent" and found["rungs"]
    for rung in found["rungs"]:
        assert rung["chapter"] == experiments.facts(name).chapter and rung["size"] > 0
        assert rung["seeds"] == len(experiments.facts(name).seeds)
        for part in ("dev", "test"):
            for rate in rung[part].values():
                assert 0 < rate["min"] <= rate["mean"] <= rate["max"] <= 100
            assert rung[part]["per"]["mean"] < rung[part]["wer"]["mean"]
    assert len({rung["model"] for rung in found["rungs"]}) == len(found["rungs"])


def test_the_table_was_chosen_on_the_dev_words() -> None:
    chosen = experiments.result("pronouncing")["runs"][-1]
    best = min(chosen["by_width"], key=lambda row: row[3])
    assert [best[1], best[3]] == [chosen["size"], chosen["dev"]["wer"]]
    assert 0 < best[0] < 8, "the best width is the widest that was tried: try wider ones"


def test_the_shipped_network_knows_no_part_better() -> None:
    """It says the words of all three parts alike: it may have been trained on each of them."""
    found = experiments.result(SHIPPED)
    rates = [found[part]["wer"] for part in ("train", "dev", "test")]
    assert max(rates) - min(rates) < 3 and found["numbers"] == 834_890
