"""The summary of the tests must not hide a failure: each way to fail, tried."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def layers() -> ModuleType:
    path = Path(__file__).with_name("layers.py")
    spec = importlib.util.spec_from_file_location("tests_layers", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tests_layers"] = module  # benchmarks/ has a `layers` of its own
    spec.loader.exec_module(module)
    return module


MIXED = """\
import pytest
@pytest.fixture
def x(): 1 / 0
def test_error(x): pass
def test_bad(): assert 0
def test_good(): pass
"""
SKIPS = """\
import pytest
def test_a(): pytest.skip('no browser')
def test_b(record_property):
    print('exemptions: 3 trained cells of 9')
    record_property('bytes', 1200), record_property('bytes', 1500)
"""
TESTS = {
    "mixed": MIXED,
    "broken": "import no_such_module\ndef test_a(): pass",
    "dies": "import os\ndef test_a(): os._exit(3)",
    "none": "x = 1",
}
EXPECTED = {  # passed, failed, skipped, whether there is trouble beside failed tests
    "mixed": (1, 2, 0, False),
    "broken": (0, 1, 0, True),
    "dies": (0, 0, 0, True),
    "none": (0, 0, 0, True),
}


@pytest.mark.parametrize("kind", TESTS)
def test_a_layer_that_fails_is_counted(layers: ModuleType, tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"test_{kind}.py"
    file.write_text(TESTS[kind], "utf-8")
    result = layers.run_layer([str(file), "-s", "-p", "no:cacheprovider"])
    counted = (result.passed, result.failed, result.skipped, bool(result.trouble))
    assert counted == EXPECTED[kind]
    assert not result.good


def test_reasons_exemptions_and_measures_are_told(
    layers: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "test_skips.py").write_text(SKIPS, "utf-8")
    results = {"site": layers.run_layer([str(tmp_path), "-s", "-p", "no:cacheprovider"])}
    assert layers.summarise(results) == "1 passed, 0 failed, 1 skipped"
    assert results["site"].good
    shown = capsys.readouterr().out
    assert "site: skipped test_a: no browser" in shown
    assert "3 trained cells of 9" in shown
    assert "site: bytes: 1,350 (median), 1,500 at most" in shown


def test_trouble_reaches_the_last_line(layers: ModuleType) -> None:
    lost = layers.Result(passed=4, trouble="pytest ended with code 3")
    assert layers.summarise({"code": lost}) == "4 passed, 1 failed"


def test_a_layer_that_does_not_exist_is_refused(
    layers: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert layers.main(["notebook"]) == 2
    assert "notebooks" in capsys.readouterr().out


def test_every_folder_of_tests_is_in_a_layer(layers: ModuleType) -> None:
    commands = layers.commands()
    assert {f"tests/{name}" for name in layers.APART} <= {
        argument for arguments in commands.values() for argument in arguments
    }
