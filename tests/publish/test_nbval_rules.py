"""The comparison of outputs, and the failing of cells that never ran."""

from __future__ import annotations

import nbformat
import pytest

from seqcourse.publish.nbval_rules import Tolerant

pytest_plugins = ["pytester"]


def tolerant(text: str, loose: bool = False) -> Tolerant:
    made = Tolerant(text)
    made.loose = loose
    return made


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("loss 7.5310", "loss 7.5311", True),
        ("loss 7.53", "loss 7.63", False),
        ("loss 7.53", "lost 7.53", False),
        ("3 of 5", "3 of 6", False),
        ("shape (309, 2)", "shape (309, 2)", True),
        ("1e-17", "3e-18", True),
        ("to 6e-8", "to 0", True),
        ("to 6e-8.", "to 0.", True),
        ("5 of 2000.", "5 of 2001.", False),
        ("to 6e-8", "to 2e-6", False),
        ("-0.5", "0.5", False),
        ("\u22120.5", "-0.5", True),  # a minus sign by either name
        ("nan", "1.0", False),
        ("x2 #123456", "x2 #123457", False),  # names and colours are words
        ("[1. 2.]", "[1. 2.0001]", True),
        ('<svg d="M12.3L4 5">', '<svg d="M12.4L4.1 5">', False),  # no picture: it does not end
        ('<svg d="M12.3L4 5"></svg>', '<svg d="M12.4L4.1 5"></svg>', True),
        ('<svg d="M12.3L4 5"></svg>', '<svg d="M12.7L4.1 5"></svg>', False),
        ('<svg d="M12.3L4 5"></svg>', '<svg d="M12.3Q4 5"></svg>', False),
        ("<svg></svg>", "<svg></svg><svg></svg>", False),
    ],
)
def test_what_mathematics_fixes(one: str, other: str, same: bool) -> None:
    assert (tolerant(one) == tolerant(other)) is same
    assert (tolerant(one) != tolerant(other)) is not same


def test_trained_outputs_keep_their_words_and_stay_finite() -> None:
    assert tolerant("loss 0.118 after 300", True) == tolerant("loss 0.157 after 301", True)
    assert tolerant("loss 0.118", True) != tolerant("error 0.118", True)
    assert tolerant("loss 0.118", True) != tolerant("loss nan", True)
    assert tolerant("<svg>1</svg>alt", True) == tolerant("<svg>other</svg>alt", True)
    assert tolerant("<svg>1</svg>alt", True) != tolerant("<svg>1</svg>gone", True)


def test_cells_in_a_notebook(pytester: pytest.Pytester) -> None:
    """Equal passes, different fails, never run fails; exemptions are counted."""

    def cell(source: str, text: str, count: int | None, *tags: str) -> nbformat.NotebookNode:
        output = nbformat.v4.new_output("stream", text=text)
        return nbformat.v4.new_code_cell(
            source, outputs=[output], execution_count=count, metadata={"tags": list(tags)}
        )

    cells = [
        cell("print(1.00001)", "1.0\n", 1),
        cell("print(2.5)", "2.6\n", 2),
        cell("print(3)", "3\n", None),
        cell("print(4.5)", "9.9\n", 4, "trained"),
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata=metadata), pytester.path / "a.ipynb"
    )
    result = pytester.runpytest_subprocess(
        "--nbval", "--nbval-current-env", "-p", "seqcourse.publish.nbval_rules", "a.ipynb"
    )
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        ["*never ran: call `make book`*", "exemptions: 1 trained cells, 0 timed cells of 4"]
    )
