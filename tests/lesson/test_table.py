"""Tables: they line up as text, and are plain and accessible as HTML."""

from __future__ import annotations

import unicodedata
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcourse.lesson import table
from seqcourse.lesson.table import _width, bundle

Shown = list[tuple[dict[str, str], dict[str, Any]]]
ROWS = [["1", "가나", "1,000.5", ""], ["12", "a < b", "–", "−3%"]]


def test_a_table_as_text(shown: Shown) -> None:
    table(["k", "model", "loss", "rest"], ROWS, "Two models.")
    assert shown[0][0]["text/plain"] == (
        "Two models.\n"
        " k  model     loss  rest\n"
        "--  -----  -------  ----\n"
        " 1  가나   1,000.5\n"
        "12  a < b        –   −3%"
    )


def test_a_table_as_html(shown: Shown) -> None:
    table(["k", "model", "loss", "rest"], ROWS, "Two <b> models.")
    html = shown[0][0]["text/html"]
    tree = ET.fromstring(html)  # noqa: S314 our own
    assert tree.findtext("table/caption") == "Two <b> models."
    assert [th.get("scope") for th in tree.iter("th")] == ["col"] * 4 + ["row"] * 2
    assert [th.text for th in tree.iterfind("table/tbody/tr/th")] == ["가나", "a < b"]
    for row in tree.iterfind("table/tbody/tr"):
        aligned = [cell.get("style", "").split(";")[0][11:] for cell in row]
        assert aligned == ["right", "left", "right", "right"]
    assert "color" not in html and "#" not in html


def test_without_a_caption_and_without_rows(shown: Shown) -> None:
    table(["a", "b"], [])
    data = shown[0][0]
    assert data["text/plain"] == "a  b\n-  -" and "caption" not in data["text/html"]


@pytest.mark.parametrize(
    ("header", "rows", "says"),
    [([], [], "at least one column"), (["a"], [["1"], ["1", "2"]], "row 2 has 2 cells")],
)
def test_rows_have_a_cell_a_column(header: Any, rows: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        table(header, rows)


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=6)


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n))))
def test_any_table_lines_up(rows: list[list[str]]) -> None:
    header = [f"column {i}" for i in range(len(rows[0]) if rows else 2)]
    data = bundle(header, rows)
    lines = data["text/plain"].split("\n")
    assert len(lines) == len(rows) + 2
    assert max(map(_width, lines)) == _width(lines[1])
    assert unicodedata.normalize("NFC", data["text/plain"]) is not None
    ET.fromstring(data["text/html"])  # noqa: S314 our own
