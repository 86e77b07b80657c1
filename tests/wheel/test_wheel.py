"""The wheel; that the notebooks run with it alone is seen where nbval runs them: `learner.py`."""

from __future__ import annotations

import zipfile
from importlib import metadata
from pathlib import Path

from .learner import ROOT, build


def test_there_is_a_notebook() -> None:
    assert sorted(ROOT.glob("chapters/*.ipynb"))


def test_the_wheel_holds_the_package_and_its_licence(tmp_path: Path) -> None:
    names = zipfile.ZipFile(build(tmp_path)).namelist()
    top = {name.split("/")[0] for name in names}
    assert top == {"seqcourse", f"seqcourse-{metadata.version('seqcourse')}.dist-info"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "seqcourse/py.typed" in names
