"""What the front page shows is what the course does: its figure, and what a wrong answer hears."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
FRONT = (ROOT / "book" / "index.md").read_text("utf-8")
NUMBER = re.compile(r"-?\d+\.?\d*")


@pytest.fixture(scope="module")
def screenshot() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "screenshot", Path(__file__).with_name("screenshot.py")
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["screenshot"] = module
    spec.loader.exec_module(module)
    return module


def same_picture(one: str, other: str) -> bool:
    """The same marks, a pixel apart at most, whatever their ids: processors differ."""
    one, other = (re.sub(r'(?<=id=")[^"]+|#[\w-]+', "", text) for text in (one, other))
    numbers = [np.array(NUMBER.findall(text), float) for text in (one, other)]
    words = NUMBER.sub("", one) == NUMBER.sub("", other)
    return words and len(numbers[0]) == len(numbers[1]) and np.allclose(*numbers, rtol=0, atol=1)


def test_the_figure_is_the_chapters(screenshot: ModuleType) -> None:
    kept, now = screenshot.FIGURE.read_text("utf-8"), screenshot.figure("fig-fan")
    assert same_picture(kept, now), (
        "book/front/fan.svg is behind its chapter: call `make screenshot`"
    )


def test_another_picture_is_told_apart() -> None:
    assert same_picture('<path d="M 1.0 20"/>', '<path d="M 1.04 20"/>')
    assert same_picture('<g id="a1" fill="url(#a1)"/>', '<g id="b77" fill="url(#b77)"/>')
    assert not same_picture('<path d="M 1.0 20"/>', '<path d="M 3.0 20"/>')
    assert not same_picture('<path d="M 1 20"/>', '<path d="L 1 20"/>')


def test_the_claim_quoted_is_one_of_the_courses() -> None:
    study = (ROOT / "book" / "study.md").read_text("utf-8")
    quoted = re.findall(r"^> (✓ .*)$", study, re.MULTILINE)
    claims = [
        text
        for path in ROOT.glob("chapters/*.ipynb")
        for text in re.findall(r"✓ [^\"\\]*", path.read_text("utf-8"))
    ]
    assert quoted
    assert set(quoted) <= set(claims)


def test_the_wrong_answer_hears_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    from IPython.core.displaypub import CapturingDisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell

    (code,) = re.findall(r"```python\n(.*?)```", FRONT, re.DOTALL)
    (said,) = re.findall(r"```none\n(.*?)```", FRONT, re.DOTALL)
    shell = InteractiveShell.instance()
    publisher, shell.display_pub = shell.display_pub, CapturingDisplayPublisher()
    try:
        result = shell.run_cell("from seqcourse.lesson import check\n" + code)
        outputs = shell.display_pub.outputs
    finally:
        shell.display_pub = publisher
        InteractiveShell.clear_instance()
    assert result.error_in_exec is None
    assert [output["data"]["text/plain"].strip() for output in outputs] == [said.strip()]


def test_it_loads_no_formulas() -> None:
    text = (ROOT / "_build" / "html" / "book" / "index.html").read_text("utf-8")
    assert "mathjax/" not in text
