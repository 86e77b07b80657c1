"""The long run of the pronunciation ladder: its optimizer, its trial, and what is stored."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqcourse import experiments
from seqcourse.data.pronunciations import Pronunciation
from seqcourse.experiments import _shipping
from seqcourse.experiments import pronouncing_night as night
from seqcourse.experiments._run import OutOfTime
from seqcourse.models import pronouncer
from seqcourse.training import fit

WORDS = (
    Pronunciation("a", (("AH",), ("EY",))),
    Pronunciation("cat", (("K", "AE", "T"),)),
    Pronunciation("the", (("DH", "AH"), ("DH", "IY"))),
)
SETTING = {
    "embedding": 4,
    "encoder": 6,
    "layers": 2,
    "below": 5,
    "above": 7,
    "hidden": 3,
    "dropout": 0.2,
    "symbols": 6,
    "steps": 8,
}
BEGIN = Callable[..., dict[str, Any]]


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> BEGIN:
    """The trial, small: with a `fit`."""
    for name, value in {
        "pronunciations": lambda: (WORDS, WORDS, WORDS[1:]),
        "folder": lambda name: tmp_path,
        "EVERY": 1,
        "ASKED": 4,
        "AT_FIRST": 2,
        "WARM": 3,
    }.items():
        monkeypatch.setattr(night, name, value)
    monkeypatch.setattr(night.ladder, "SOME", 1)
    monkeypatch.setattr(night.ladder, "SHOWN", 1)
    return lambda fit: night.trial(SETTING, 0, fit)


def without_seconds(found: dict[str, Any]) -> dict[str, Any]:
    timeless = {key: found[key] for key in found.keys() - {"seconds of dev"}}
    timeless["curve"] = {key: found["curve"][key] for key in ("step", "loss", "per", "wer")}
    return timeless


def test_a_trial_is_whole(begin: BEGIN, tmp_path: Path) -> None:
    found = begin(partial(fit, progress=False))
    assert found["curve"]["step"] == [2, 4, 8]
    assert found["curve"]["seconds"] == sorted(found["curve"]["seconds"])
    assert found["dev"].keys() == night.searches().keys()
    assert found["chosen"] == min(found["dev"], key=lambda name: found["dev"][name]["wer"])
    assert [word for word, *_ in found["says"]] == ["a", "cat", "the"]
    assert [row[:2] for row in found["test"]["by_length"]] == [[3, 2]]
    with np.load(tmp_path / night.FOUND) as file:
        assert sum(file[name].size for name in file.files) == found["numbers"]


def test_a_trial_goes_on_where_it_was(begin: BEGIN, tmp_path: Path) -> None:
    whole = begin(partial(fit, progress=False))
    checkpoint = tmp_path / "half"

    def half(*given: Any, **options: Any) -> Any:
        history = fit(*given, **options | {"minutes": 1e-9}, checkpoint=checkpoint, progress=False)
        assert not history.finished
        raise OutOfTime

    with pytest.raises(OutOfTime):
        begin(half)
    again = begin(partial(fit, checkpoint=checkpoint, progress=False))
    assert without_seconds(again) == without_seconds(whole)
    done = begin(partial(fit, checkpoint=checkpoint, progress=False))  # of the finished training
    assert without_seconds(done) == without_seconds(whole)


def test_the_rate_rises_and_falls_and_the_mean_follows() -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = night.MeanAdamW([weight], steps=1_000)
    moved, mean = [], None
    for step in range(1_000):
        before = weight.item()
        weight.grad = -torch.ones(1)
        optimizer.step()
        moved.append(weight.item() - before)
        kept = min(night.KEPT, (step + 1) / (step + 10))
        mean = weight.item() if mean is None else kept * mean + (1 - kept) * weight.item()
        assert optimizer.param_groups[0]["lr"] == night.RATE
    assert optimizer.done() == 1_000
    assert np.argmax(moved) == pytest.approx(night.WARM, abs=170)  # where both lines cross
    assert moved[0] == pytest.approx(night.RATE / night.WARM, rel=0.01)
    assert moved[-1] < night.RATE / 500
    end = weight.item()
    own = optimizer.swap()
    assert weight.item() == pytest.approx(mean, rel=1e-3) and own[0].item() == end
    optimizer.swap(own)
    assert weight.item() == end


# What is stored


def test_the_search_was_chosen_on_the_dev_words() -> None:
    found = experiments.result("pronouncing_night")
    best = min(found["dev"], key=lambda name: found["dev"][name]["wer"])
    assert found["chosen"] == best
    (rung,) = found["rungs"]
    assert rung["search"] == best and rung["size"] == found["numbers"]
    assert rung["test"]["wer"]["mean"] == found["test"]["wer"]
    shares = [share for share in night.searches().values() if share is not None]
    chosen = night.searches()[best]
    assert chosen is not None and chosen < max(shares), "try larger shares of CTC"


def test_the_curve_ends_where_the_run_does() -> None:
    found = experiments.result("pronouncing_night")
    curve = found["curve"]
    assert curve["step"][-1] == found["steps"]
    assert len({len(curve[key]) for key in ("step", "seconds", "loss", "per", "wer")}) == 1
    assert abs(curve["wer"][-1] - found["dev"]["greedy"]["wer"]) < 5  # on one in ten of the words


def test_shipping_makes_the_file_again(
    begin: BEGIN, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = begin(partial(fit, progress=False)) | {"setting": SETTING}
    monkeypatch.setattr(experiments, "result", lambda name: found)
    to = tmp_path / "pronouncer.npz"
    found["chosen"] = "both, CTC 0.3"
    _shipping.ship(tmp_path / night.FOUND, to)
    shipped = pronouncer.load(to)
    assert (shipped.beam, shipped.share) == (night.BEAM, 0.3)
    assert shipped.about["rates"]["test"]["wer"] == round(found["test"]["wer"], 2)
    found["chosen"] = "greedy"
    with pytest.raises(ValueError, match="the file knows joint searches"):
        _shipping.ship(tmp_path / night.FOUND, to)
