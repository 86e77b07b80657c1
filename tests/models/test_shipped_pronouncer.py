"""The shipped network's layout, with weights of our own: the package need not be installed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from seqcourse.data.pronunciations import PHONEMES
from seqcourse.models.shipped_pronouncer import (
    END,
    FIRST_LETTER,
    LETTERS_END,
    START,
    shipped_answers,
    shipped_pronouncer,
    symbols,
    without_stress,
)

E, H = 5, 7


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """A small network in a package of the right name."""
    rng = np.random.default_rng(0)
    shapes = {"fc_w": (74, H), "fc_b": (74,), "enc_emb": (29, E), "dec_emb": (74, E)}
    for part in ("enc", "dec"):
        shapes |= {f"{part}_w_ih": (3 * H, E), f"{part}_w_hh": (3 * H, H)}
        shapes |= {f"{part}_b_ih": (3 * H,), f"{part}_b_hh": (3 * H,)}
    found = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    (tmp_path / "g2p_en").mkdir()
    (tmp_path / "g2p_en" / "__init__.py").write_text("raise AssertionError('imported')")
    np.savez(tmp_path / "g2p_en" / "checkpoint20.npz", **found)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return found


def test_symbols_are_the_phonemes_with_stress() -> None:
    names = symbols()
    assert len(names) == len(set(names)) == 74 and names[START : END + 1] == ["<s>", "</s>"]
    assert {without_stress((place,))[0] for place in range(4, 74)} == set(PHONEMES)
    assert without_stress((names.index("AH0"), names.index("ZH"))) == ("AH", "ZH")


def test_it_computes_what_torch_does(weights: dict[str, np.ndarray]) -> None:
    model = shipped_pronouncer()
    assert not model.training
    tensors = {name: torch.from_numpy(value) for name, value in weights.items()}
    cells = {}
    for part in ("enc", "dec"):
        cells[part] = nn.GRUCell(E, H)
        state = {
            f"{long}_{end}": tensors[f"{part}_{short}_{end}"]
            for short, long in (("w", "weight"), ("b", "bias"))
            for end in ("ih", "hh")
        }
        cells[part].load_state_dict(state)
    word = torch.tensor([[3, 1, 20]])  # c, a, t
    with torch.no_grad():
        h = torch.zeros(1, H)
        for number in (FIRST_LETTER + 2, FIRST_LETTER, FIRST_LETTER + 19, LETTERS_END):
            h = cells["enc"](tensors["enc_emb"][number][None], h)
        token, written = START, []
        while token != END and len(written) < 14:
            h = cells["dec"](tensors["dec_emb"][token][None], h)
            logits = F.linear(h, tensors["fc_w"], tensors["fc_b"])
            token = int(logits.argmax())
            written.append(token)
    [answer] = shipped_answers(model, word)
    assert list(answer.tokens) == [token for token in written if token != END]
    assert len(set(written)) > 2  # it says something


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqcourse.data.packages.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="g2p-en, which is not installed: call `pip"):
        shipped_pronouncer()
