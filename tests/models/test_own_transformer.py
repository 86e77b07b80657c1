"""A Transformer of one's own parts is held against torch's, and a wrong part is found out."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqcourse.lesson import check, keep
from seqcourse.models import own_transformer
from seqcourse.models.own_transformer import CHAPTERS, OURS, against_torch, lacking, parts_of
from seqcourse.publish.reading import Page, python_fences

from ..lesson.proving import run

CHAPTERS_AT = Path(__file__).parents[2] / "chapters"
EXERCISES = {"MultiheadAttention": "15", "sinusoidal_positions": "16", "LayerNorm": "17"}
EXERCISES |= {"EncoderLayer": "17", "DecoderLayer": "17"}


@pytest.mark.parametrize("norm_first", [False, True])
def test_the_courses_parts_are_torchs(norm_first: bool) -> None:
    gaps = against_torch(OURS, norm_first)
    assert gaps.values < 1e-12 and gaps.gradients < 1e-10
    assert gaps.leak == gaps.positions == 0


def test_what_is_lacking_is_named_with_its_chapter() -> None:
    assert lacking(None) == [f"{name} (chapter {n})" for name, n in CHAPTERS.items()]
    module = ModuleType("some")
    for name, part in OURS._asdict().items():
        setattr(module, name, part)
    assert lacking(module) == []
    assert parts_of(module) == OURS
    del module.LayerNorm
    assert lacking(module) == ["LayerNorm (chapter 17)"]
    with pytest.raises(AttributeError):
        parts_of(module)


class Unbiased(nn.LayerNorm):
    def forward(self, x: Tensor) -> Tensor:
        return self.weight * (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True) + self.bias


class Leaky(own_transformer.DecoderLayer):
    def forward(
        self, x: Tensor, memory: Tensor, future: Tensor | None = None, padding: Tensor | None = None
    ) -> Tensor:
        return super().forward(x, memory, None, padding)


class Unmasked(own_transformer.EncoderLayer):
    def forward(self, x: Tensor, padding: Tensor | None = None) -> Tensor:
        return super().forward(x, None)


@pytest.mark.parametrize(
    "wrong", [{"LayerNorm": Unbiased}, {"DecoderLayer": Leaky}, {"EncoderLayer": Unmasked}]
)
def test_a_wrong_part_is_found_out(wrong: dict[str, Any]) -> None:
    for norm_first in (False, True):
        gaps = against_torch(OURS._replace(**wrong), norm_first)
        assert gaps.values > 1e-3
        assert (gaps.leak > 1e-3) == ("DecoderLayer" in wrong)


def _kept(number: str) -> None:
    """Solve the exercises of a chapter that make parts, check them and keep them."""
    (path,) = CHAPTERS_AT.glob(f"{number}_*.md")
    page = Page(path, path.read_text("utf-8"))
    for exercise in page.exercises:
        name = exercise.answer(exercise.stubs[0]) if exercise.stubs else ""
        if EXERCISES.get(name) != number:
            continue
        (code,) = (code for s in exercise.solutions for code in python_fences(s.body))
        namespace: dict[str, Any] = {"__name__": "__main__"}
        run(page.code[0].source, namespace)
        run(code, namespace)
        check(exercise.slug, namespace[name])
        keep(namespace[name])


def test_the_published_solutions_make_a_transformer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`my_nn.py` out of chapters 15, 16 and 17 holds all that a Transformer needs."""
    if not all([*CHAPTERS_AT.glob(f"{number}_*.md")] for number in ("15", "16", "17")):
        pytest.skip("chapters 15 to 17 are not all here")
    monkeypatch.setenv("SEQCOURSE_HOME", str(tmp_path))
    monkeypatch.delenv("SEQCOURSE_STRICT", raising=False)
    for number in ("15", "16", "17"):
        _kept(number)
    spec = importlib.util.spec_from_file_location("my_nn_of_this_test", tmp_path / "my_nn.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert lacking(module) == [], (tmp_path / "my_nn.py").read_text("utf-8")
    for norm_first in (False, True):
        gaps = against_torch(parts_of(module), norm_first)
        assert gaps.values < 1e-12 and gaps.gradients < 1e-9
        assert gaps.leak == 0 and gaps.positions < 1e-5
    assert torch.get_default_dtype() == torch.float32
