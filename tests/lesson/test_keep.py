"""Keeping answers: nothing is lost, and what is kept runs on its own."""

from __future__ import annotations

import itertools
import linecache
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient

from seqcourse.lesson import Finding, check, close, home, keep
from seqcourse.lesson.blocks import Damaged, block, parse, salvage, with_block, with_imports
from seqcourse.lesson.check import grade
from seqcourse.lesson.exercises import _FOUND, exercise

from .test_check import JUNK

Shown = list[tuple[dict[str, str], dict[str, Any]]]
Cell = Callable[..., dict[str, Any]]
_COUNT = itertools.count()
KEEP = sys.modules["seqcourse.lesson.keep"]
DOUBLE = "import numpy as np\ndef double(x: np.ndarray):\n    return 2 * np.asarray(x)"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The learner's folder; and no my_nn of another test."""
    monkeypatch.delenv("SEQCOURSE_STRICT", raising=False)
    monkeypatch.setenv("SEQCOURSE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("my_nn", None)


@pytest.fixture
def negated() -> Iterator[str]:
    """A second exercise: return -x."""

    @exercise("sample-negated")
    class Negated:
        @staticmethod
        def draw(rng: np.random.Generator, spec: Mapping[str, Any]) -> dict[str, Any]:
            return {"x": rng.normal(size=4)}

        @staticmethod
        def call(answer: Any, inputs: Mapping[str, Any]) -> Any:
            return answer(inputs["x"])

        @staticmethod
        def judge(
            inputs: Mapping[str, Any], outputs: Any, spec: Mapping[str, Any]
        ) -> Iterable[Finding]:
            yield close("the array", outputs, -inputs["x"])

    yield "sample-negated"
    del _FOUND["sample-negated"]


def run(code: str, names: dict[str, Any] | None = None) -> dict[str, Any]:
    """Run code as a cell, its source remembered as IPython does."""
    names = {"__name__": "__main__"} if names is None else names
    file = f"<cell of test_keep {next(_COUNT)}>"
    linecache.cache[file] = (len(code), None, code.splitlines(True), file)
    exec(compile(code, file, "exec"), names)
    return names


def kept(slug: str, answer: Any, shown: Shown) -> str:
    """What `keep` says of an answer after its check."""
    check(slug, answer)
    keep(answer)
    assert shown[-1][1]["seqcourse"]["keep"]["kept"] == shown[-1][0]["text/plain"].startswith("k")
    return shown[-1][0]["text/plain"]


# What is not kept says why.


def test_a_stub_and_a_wrong_answer_get_one_quiet_line(
    doubled: str, shown: Shown, folder: Path
) -> None:
    def stub(x: Any) -> Any: ...

    for answer in (stub, None, lambda x: x):
        assert kept(doubled, answer, shown) == "not kept: sample-doubled has not passed yet."
    assert not list(folder.iterdir())


def test_another_object_than_the_checked_one_is_not_kept(doubled: str, shown: Shown) -> None:
    check(doubled, run(DOUBLE)["double"])
    keep(run(DOUBLE)["double"])
    assert shown[-1][0]["text/plain"].startswith("not kept: no check has seen this answer.")


def test_a_strict_run_writes_nothing(
    doubled: str, shown: Shown, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEQCOURSE_STRICT", "1")
    assert "write nothing" in kept(doubled, run(DOUBLE)["double"], shown)
    assert not list(folder.iterdir())


class _Doubler:
    def __call__(self, x: Any) -> Any:
        return 2 * x


def _execed() -> Any:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec("def double(x):\n    return 2 * x", names)
    return names["double"]


UNKEPT: list[tuple[Callable[[], Any], str]] = [
    (_Doubler, "collects functions and classes; this is of type _Doubler."),
    (lambda: np.array([2]).__mul__, "this is of type method-wrapper."),
    (_execed, "the source of double cannot be found."),
    (lambda: lambda x: 2 * x, "it has no name in this notebook."),
    (
        lambda: run("for n in [2]:\n    pass\ndef f(x):\n    return n * x + table\ntable = 0 * n")[
            "f"
        ],
        "",
    ),
    (lambda: run("import math\nw = math.inf\ndef f(x): return x + x + 0 / w")["f"], ""),
]


@pytest.mark.parametrize(("make", "says"), UNKEPT)
def test_messages_say_what_to_do(
    make: Callable[[], Any], says: str, doubled: str, shown: Shown, folder: Path
) -> None:
    text = kept(doubled, make(), shown)
    assert says in text
    assert text.startswith("not kept: ") == bool(says)
    assert (folder / "my_nn.py").exists() != bool(says)


def test_what_is_missing_is_named(doubled: str, shown: Shown, folder: Path) -> None:
    names = run("class W:\n    pass\nfor w in [W()]:\n    w.v = 2\ndef f(x):\n    return w.v * x")
    names["w"].__class__.__module__ = "nowhere"
    text = kept(doubled, names["f"], shown)
    assert text.startswith("not kept: my_nn.py lacks w, which f uses. Define w in a cell")
    names = run("def f(x):\n    return h(x)")
    names["h"] = lambda x: 2 * x
    text = kept(doubled, names["f"], shown)
    assert text.startswith("not kept: my_nn.py lacks h, which f uses.")
    assert not list(folder.iterdir())


def test_a_library_is_not_kept(doubled: str, shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(*args: Any) -> Iterator[Finding]:
        yield close("all", 1, 1)

    monkeypatch.setattr(_FOUND[doubled], "judge", staticmethod(judge))
    assert kept(doubled, np.atleast_1d, shown) == (
        "not kept: atleast_1d comes from numpy; my_nn.py collects what you write."
    )


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answer=JUNK)
def test_keep_never_raises(doubled: str, shown: Shown, answer: Any) -> None:
    check(doubled, answer)
    keep(answer)
    assert shown[-1][0]["text/plain"].startswith("not kept: ")


# What is kept runs on its own.


def test_an_answer_is_kept_with_all_that_it_needs(doubled: str, shown: Shown, folder: Path) -> None:
    names = run(
        "import os.path\nimport numpy as np\nfrom functools import cache\n"
        "from collections.abc import Sequence as Seq\nfrom seqcourse.data import lagged\n"
        "Row = Seq[float]\nHALF, NAMES = 0.5, {'a': (1, None)}\nUNUSED = 3\n"
        "def ping(n): return pong(n)\n\ndef pong(n): return n or ping(1)\n"
        "class Base:\n    k = 2\n\nclass Scale(Base):\n"
        "    def by(self, x: 'Row') -> Row:\n        HALF = 1\n        return self.k * x * HALF\n"
        "@cache\ndef weight():\n    return HALF * NAMES['a'][0]\n"
        "step = lambda x: x * 2\n"
        "def double(x: np.ndarray, sep=os.path.sep) -> Row:\n"
        "    if ping(0) < 0: lagged(undefined)\n"
        "    return Scale().by(x) + (step(x) - 2 * x) * weight()\n"
    )
    assert kept(doubled, names["double"], shown) == "kept as my_nn.double (1 answer so far)."
    text = (folder / "my_nn.py").read_text("utf-8")
    for line in ("import os.path", "import numpy as np", "from functools import cache"):
        assert text.count(f"\n{line}\n") == 1
    assert "from collections.abc import Sequence as Seq" in text
    assert "from seqcourse.data import lagged" in text
    assert "@cache\ndef weight():" in text and "UNUSED" not in text
    import my_nn

    assert grade(doubled, my_nn.double).state == "passed"


def test_a_class_is_kept(doubled: str, shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    call = lambda answer, inputs: answer(2).times(inputs["x"])  # noqa: E731
    monkeypatch.setattr(_FOUND[doubled], "call", staticmethod(call))
    names = run(
        "from dataclasses import dataclass\nfrom abc import ABC\n@dataclass\nclass Box(ABC):\n"
        "    k: int\n    def times(self, x):\n        return self.k * x"
    )
    assert kept(doubled, names["Box"], shown).startswith("kept as my_nn.Box")


def test_a_decorated_answer_and_one_made_by_a_function(doubled: str, shown: Shown) -> None:
    code = "def twice(f):\n    def inner(x): return 2 * f(x)\n    return inner\n"
    names = run(code + "@twice\ndef double(x):\n    return x\nother = twice(lambda x: x)")
    for name in ("double", "other"):
        assert kept(doubled, names[name], shown).startswith(f"kept as my_nn.{name}")


def test_a_copy_that_does_not_pass_is_not_kept(doubled: str, shown: Shown, folder: Path) -> None:
    names = run("k = []\ndef double(x):\n    return (2 + len(k)) * x")
    check(doubled, names["double"])
    names["k"].append(1)
    keep(names["double"])
    assert "its copy in my_nn.py does not pass (" in shown[-1][0]["text/plain"]
    assert not list(folder.iterdir())


def test_an_import_that_computes_is_cut(
    doubled: str, shown: Shown, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import time\nclass Net: pass\ndef train(): time.sleep(0.3); return Net()\n"
    names = run(f"{code}net = train()\ndef double(x):\n    return 2 * x + 0 * (net is None)")
    monkeypatch.setattr(KEEP, "SECONDS", 0.1)
    assert "importing my_nn.py would take more than" in kept(doubled, names["double"], shown)
    assert not list(folder.iterdir())


# Nothing is lost.


def test_answers_gather_and_a_new_version_takes_the_place_of_the_old(
    doubled: str, negated: str, shown: Shown, folder: Path
) -> None:
    file = folder / "my_nn.py"
    kept(doubled, run(DOUBLE)["double"], shown)
    import my_nn

    text = kept(negated, run("def negate(x):\n    return -x")["negate"], shown)
    assert text == "kept as my_nn.negate (2 answers so far)."
    assert my_nn.negate(3) == -3  # loaded again
    before = file.read_text("utf-8")
    again = run(DOUBLE)["double"]
    assert kept(doubled, again, shown) == "kept as my_nn.double (2 answers so far)."
    assert file.read_text("utf-8") == before
    assert not (folder / "my_nn_earlier.txt").exists()
    new = run("def double(x):\n    return x + x")["double"]
    assert kept(doubled, new, shown) == (
        "kept as my_nn.double (2 answers so far). The one before is in my_nn_earlier.txt."
    )
    assert "return 2 * np.asarray(x)" in (folder / "my_nn_earlier.txt").read_text("utf-8")
    assert before.index("double") < before.index("negate")
    now = file.read_text("utf-8")
    assert "return x + x" in now and "asarray" not in now
    assert now.index("double(") < now.index("negate(")


def test_what_stands_outside_the_blocks_stays(
    doubled: str, negated: str, shown: Shown, folder: Path
) -> None:
    file = folder / "my_nn.py"
    file.write_text('"""Mine."""\nfrom __future__ import annotations\nA = 1\n', "utf-8")
    kept(doubled, run(DOUBLE)["double"], shown)
    file.write_text(file.read_text("utf-8") + "\n# a note\nB = A + 1", "utf-8")
    kept(negated, run("def negate(x):\n    return -x")["negate"], shown)
    kept(doubled, run("def double(x):\n    return x + x")["double"], shown)
    text = file.read_text("utf-8")
    for line in ('"""Mine."""', "A = 1", "# a note", "B = A + 1"):
        assert f"{line}\n" in text
    assert text.startswith('"""Mine."""\nfrom __future__ import annotations\n\n# --- imports')
    import my_nn

    assert my_nn.B == 2 and my_nn.double(4) == 8


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda raw: raw + b"\ndef broken(:\n", "is no Python"),
        (lambda raw: raw.replace(b"# --- end of sample-doubled ---", b""), "its other half"),
        (lambda raw: raw + raw, "stands there twice"),
        (lambda raw: raw + b"\n# \xff\n", "is not UTF-8"),
        (lambda raw: raw + b"\n\0\n", "is no Python"),
    ],
)
def test_a_damaged_file_is_put_aside(
    harm: Callable[[bytes], bytes],
    says: str,
    doubled: str,
    negated: str,
    shown: Shown,
    folder: Path,
) -> None:
    kept(doubled, run(DOUBLE)["double"], shown)
    file = folder / "my_nn.py"
    broken = harm(file.read_bytes())
    file.write_bytes(broken)
    text = kept(negated, run("def negate(x):\n    return -x")["negate"], shown)
    whole = b"end of sample-doubled" in broken
    assert text.startswith(f"kept as my_nn.negate ({2 if whole else 1} answer")
    assert says in text and "it lies beside as my_nn_broken_1.py" in text
    assert (folder / "my_nn_broken_1.py").read_bytes() == broken
    import my_nn

    assert my_nn.negate(1) == -1 and hasattr(my_nn, "double") == whole


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_changes_nothing(
    error: BaseException,
    doubled: str,
    shown: Shown,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept(doubled, run(DOUBLE)["double"], shown)
    before = (folder / "my_nn.py").read_bytes()
    answer = run("def double(x):\n    return x + x")["double"]

    def replace(source: str, target: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        if isinstance(error, KeyboardInterrupt):
            with pytest.raises(KeyboardInterrupt):
                kept(doubled, answer, shown)
        else:
            assert kept(doubled, answer, shown) == (
                "not kept: my_nn.py cannot be written ([Errno 28] No space left on device)."
            )
    assert [p.name for p in folder.iterdir() if p.is_file()] == ["my_nn.py"]
    assert (folder / "my_nn.py").read_bytes() == before


def test_a_name_of_another_answer_is_not_taken(
    doubled: str, negated: str, shown: Shown, folder: Path
) -> None:
    kept(doubled, run("K = 2\ndef f(x):\n    return K * x")["f"], shown)
    before = (folder / "my_nn.py").read_bytes()
    assert kept(negated, run("def f(x):\n    return -x")["f"], shown) == (
        "not kept: my_nn.py has another f already (sample-doubled), and sample-negated would "
        "change it. Give f another name in this notebook, run its cell, and check and keep again."
    )
    text = kept(negated, run("K = -1\ndef g(x):\n    return K * x")["g"], shown)
    assert "has another K already (sample-doubled)" in text
    text = kept(
        negated, run("import math as f\ndef g(x):\n    return f.copysign(1, -1) * x")["g"], shown
    )
    assert "has another f already" in text
    assert (folder / "my_nn.py").read_bytes() == before
    same = run("K = 2\ndef g(x):\n    return (K - 3) * x")["g"]
    assert kept(negated, same, shown).startswith("kept as my_nn.g (2")


def test_a_name_that_others_use_does_not_vanish(
    doubled: str, negated: str, shown: Shown, folder: Path
) -> None:
    kept(doubled, run(DOUBLE)["double"], shown)
    text = "from my_nn import double as d\ndef negate(x):\n    return d(x) - 3 * x"
    sys.path.insert(0, str(folder))
    assert kept(negated, run(text)["negate"], shown).startswith("kept as my_nn.negate (2")
    assert "from my_nn" not in (folder / "my_nn.py").read_text("utf-8")
    assert kept(doubled, run("def twice(x):\n    return x + x")["twice"], shown) == (
        "not kept: sample-negated uses double from the sample-doubled kept before, and this one "
        "has no double. Call it double again, or copy the old double out of its block in my_nn.py."
    )


def test_own_lines_that_stop_are_named(doubled: str, shown: Shown, folder: Path) -> None:
    (folder / "my_nn.py").write_text("A = 1\nB = A / 0\n", "utf-8")
    assert kept(doubled, run(DOUBLE)["double"], shown) == (
        "not kept: my_nn.py stops at 'B = A / 0' (your own lines there; ZeroDivisionError: "
        "division by zero). Mend it there first."
    )
    assert (folder / "my_nn.py").read_text("utf-8") == "A = 1\nB = A / 0\n"


def test_what_another_notebook_writes_meanwhile_stays(
    doubled: str, shown: Shown, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, trial = folder / "my_nn.py", KEEP._trial
    others = iter(["A = 1\n"])

    def slow(*args: Any) -> Any:
        for text in others:
            file.write_text(text, "utf-8")
        return trial(*args)

    monkeypatch.setattr(KEEP, "_trial", slow)
    assert kept(doubled, run(DOUBLE)["double"], shown).startswith("kept")
    assert "A = 1\n" in file.read_text("utf-8")
    monkeypatch.setattr(KEEP, "_trial", lambda *a: file.write_text(f"A = {next(_COUNT)}") and "")
    answer = run("def double(x):\n    return x + x")["double"]
    assert "another notebook is writing my_nn.py" in kept(doubled, answer, shown)


def test_a_line_like_a_mark_is_refused(doubled: str, shown: Shown, folder: Path) -> None:
    code = "def double(x):\n    y = '''\n# --- end of sample-doubled ---\n'''\n    return 2 * x"
    assert "holds a line like one of the marks" in kept(doubled, run(code)["double"], shown)
    assert not list(folder.iterdir())


OWN = st.lists(
    st.sampled_from(["A = 1", "# note", "", "def own():\n    return 1", "import os", "'text'"]),
    max_size=4,
).map(lambda lines: "".join(f"{line}\n" for line in lines))
CODES = st.sampled_from(["x = 1", "def f():\n    return 2", "class C:\n    y = '''\n\n'''"])


@given(texts=st.lists(OWN, min_size=4, max_size=4), codes=st.lists(CODES, min_size=3, max_size=3))
def test_files_are_read_as_they_are_written(texts: list[str], codes: list[str]) -> None:
    pieces = [texts[0]]
    for i, (code, own) in enumerate(zip(codes, texts[1:], strict=True)):
        pieces += [block(f"a-{i}", 2, code).text, f"\n{own}"]
    text = "".join(pieces)
    parts = parse(text)
    assert "".join(part.text for part in parts) == text
    new = block("a-1", 2, "z = 3")
    for last in (False, True):
        renewed = with_imports(with_block(parts, new, last=last), ["import re"])
        full = "".join(part.text for part in renewed)
        again = {part.slug: part for part in parse(full)}
        assert again["a-1"] == new and "import re" in again["imports"].code
        assert all(again[s] == next(p for p in parts if p.slug == s) for s in ("a-0", "a-2"))
        own = [line for t in texts for line in t.split("\n") if line]
        assert all(full.split("\n").count(line) >= own.count(line) for line in own)
    assert {p.slug for p in salvage(text + "\n(")} >= {"a-0", "a-1", "a-2"}
    with pytest.raises(Damaged):
        parse(text + "\n(")


# Where it lies.


def test_on_colab_it_lies_on_drive_if_there_is_one(
    doubled: str, shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEQCOURSE_HOME")
    monkeypatch.setenv("COLAB_RELEASE_TAG", "x")
    monkeypatch.setattr(home, "DRIVE", tmp_path / "MyDrive")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    text = kept(doubled, run(DOUBLE)["double"], shown)
    assert "lasts as long as this runtime" in text and "drive.mount" in text
    assert (tmp_path / "work" / "my_nn.py").exists()
    (tmp_path / "MyDrive").mkdir()
    assert kept(doubled, run(DOUBLE)["double"], shown).endswith("(1 answer so far).")
    assert (tmp_path / "MyDrive" / "seqcourse" / "my_nn.py").exists()
    assert sys.path[0] == str(tmp_path / "MyDrive" / "seqcourse")


def test_a_folder_that_cannot_be_made_is_named(
    doubled: str, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEQCOURSE_HOME", "/dev/null/mine")
    home.make_importable()
    assert "cannot be written ([Errno 20]" in kept(doubled, run(DOUBLE)["double"], shown)
    assert "/dev/null/mine" in shown[-1][0]["text/plain"]


def _notebook(folder: Path, *cells: str) -> list[str]:
    """What each cell of a notebook showed, in a kernel of its own."""
    made = [nbformat.v4.new_code_cell(text) for text in cells]
    notebook = nbformat.v4.new_notebook(cells=made)
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()
    return [
        "\n".join(o["data"]["text/plain"] if "data" in o else o["text"] for o in cell.outputs)
        for cell in notebook.cells
    ]


def test_through_real_kernels(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEQCOURSE_HOME")
    shown = _notebook(
        folder,
        "import numpy as np\nfrom seqcourse.lesson import check, keep\nScalar = float | int",
        "def newest(x: np.ndarray) -> np.ndarray:\n    return x[::-1]",
        "class Plain:\n    start = 0.0",
        "def predict_next(x: np.ndarray, const: float, phi: np.ndarray) -> Scalar:\n    ...\n\n\n"
        "check('ar-next', predict_next)\nkeep(predict_next)",
        "def predict_next(x: np.ndarray, const: float, phi: np.ndarray) -> Scalar:\n"
        "    return Plain.start + const + phi @ newest(x)[: len(phi)]\n\n\n"
        "check('ar-next', predict_next)\nkeep(predict_next)",
        "import my_nn\n\ndef is_stationary(phi):\n"
        "    return bool(np.abs(np.roots([1, *-phi])).max() < 1 - 1e-9)\n\n"
        "check('ar-stable', is_stationary)\nkeep(is_stationary)\nmy_nn.is_stationary",
    )
    assert shown[3].endswith("\nnot kept: ar-next has not passed yet.")
    assert shown[4].endswith("\nkept as my_nn.predict_next (1 answer so far).")
    assert "kept as my_nn.is_stationary (2 answers so far).\n<function my_nn.is_" in shown[5]
    shown = _notebook(  # the next chapter
        folder,
        "from my_nn import predict_next, is_stationary\nfrom seqcourse.lesson import check, keep",
        "check('ar-next', predict_next)\nkeep(predict_next)",
        "def next_of_one(x, const, phi):\n    return predict_next(x, const, phi)\n"
        "check('ar-next', next_of_one)\nkeep(next_of_one)",
    )
    assert shown[1].startswith("✓") and "where it stands already" in shown[1]
    assert "uses predict_next from the ar-next kept before" in shown[2]


# What a later chapter does with it.

STEPS = {
    "LSTM": """
import torch
from torch import Tensor

def gate(part: Tensor) -> Tensor:
    return torch.sigmoid(part)

def lstm_step(a: Tensor, state: tuple[Tensor, Tensor], weight_hh: Tensor) -> tuple[Tensor, Tensor]:
    h, c = state
    i, f, g, o = (a + h @ weight_hh.T).chunk(4, -1)
    c = gate(f) * c + gate(i) * torch.tanh(g)
    return gate(o) * torch.tanh(c), c
""",
    "GRU": """
from torch import sigmoid, tanh

def gru_step(a, h, weight_hh, bias_hn=0.0):
    size = h.shape[-1]
    memory = h @ weight_hh.T
    r, z = sigmoid(a[:, : 2 * size] + memory[:, : 2 * size]).chunk(2, -1)
    n = tanh(a[:, 2 * size :] + r * (memory[:, 2 * size :] + bias_hn))
    return (1 - z) * n + z * h
""",
}


@pytest.mark.parametrize("layer", STEPS)
def test_a_kept_step_is_a_layer(layer: str, shown: Shown) -> None:
    """`LSTM(…, step=my_nn.lstm_step)` is the course's layer, and trains."""
    import torch

    import seqcourse.nn

    name = f"{layer.lower()}_step"

    @exercise("sample-step")
    class Step:
        @staticmethod
        def draw(rng: np.random.Generator, spec: Mapping[str, Any]) -> dict[str, Any]:
            return {"size": 4}

        @staticmethod
        def call(answer: Any, inputs: Mapping[str, Any]) -> Any:
            made = getattr(seqcourse.nn, layer)(2, inputs["size"], step=answer)
            return made(torch.ones(1, 1, 2))[0]

        @staticmethod
        def judge(
            inputs: Mapping[str, Any], outputs: Any, spec: Mapping[str, Any]
        ) -> Iterable[Finding]:
            yield close("the shape", np.shape(outputs), (1, 1, 4))

    try:
        assert kept("sample-step", run(STEPS[layer])[name], shown).startswith("kept")
    finally:
        del _FOUND["sample-step"]
    import my_nn

    make = getattr(seqcourse.nn, layer)
    x = torch.randn(5, 2, 3)
    for options in ({}, {"bias": False}, {"num_layers": 2, "bidirectional": True}):
        mine, ours = make(3, 4, **options, step=getattr(my_nn, name)), make(3, 4, **options)
        mine.load_state_dict(ours.state_dict())
        for twin in (mine, ours):
            twin(x)[0].square().sum().backward()
        for a, b in zip(mine.parameters(), ours.parameters(), strict=True):
            torch.testing.assert_close(a.grad, b.grad)
