"""The site's style sheets: what a page uses stays, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from pygments import highlight
from pygments.lexers import PythonLexer

from seqcourse.lesson.table import bundle
from seqcourse.publish import trim

WORDS = {"a", "b"}


@pytest.mark.parametrize(
    ("sheet", "kept"),
    [
        (".a { color : red ; }", ".a{color :red}"),
        (".c { color: red }", ""),
        (".a, .c .b { color: red }", ".a{color:red}"),
        ("#c, #b { top: 0 }", "#b{top:0}"),
        ("p > a:hover, [data-x='.c'] { top: 0 }", "p > a:hover,[data-x='.c']{top:0}"),
        (".a:not(.c) { top: 0 }", ".a:not(.c){top:0}"),  # most of all where no page has it
        (".a:is(.c, .b) { top: 0 }", ".a:is(.c, .b){top:0}"),
        ("@media (min-width: 1px) { .c { top: 0 } }", ""),
        ("@media (min-width: 1px) { .c {} .a { top: 0 } }", "@media (min-width: 1px){.a{top:0}}"),
        ("@supports (top: 0) { .c, .a { top: 0 } }", "@supports (top: 0){.a{top:0}}"),
        ("/* why */ .a { /* how */ color: #abc }", ".a{color:#abc}"),
        ("/*! licence */ .a { top: 0 }", "/*! licence */.a{top:0}"),
        ("@keyframes go { to { top: 0 } } .a { animation: go 1s }", None),
        ("@keyframes go { to { top: 0 } } .c { animation: go 1s }", ""),
        ("@font-face { font-family: 'X Y'; src: url(x) } .a { font-family: X Y }", None),
        ("@font-face { font-family: 'X Y'; src: url(x) } .a { top: 0 }", ".a{top:0}"),
        ('@import url("x.css");', '@import url("x.css");'),
    ],
)
def test_a_sheet_keeps_what_is_used(sheet: str, kept: str | None) -> None:
    short = trim.trimmed(sheet, WORDS)
    if kept is None:
        assert short.startswith("@") and ".a{" in short
    else:
        assert short.replace('"', "'") == kept.replace('"', "'")


def test_a_site_loses_what_no_page_and_no_script_names(tmp_path: Path) -> None:
    static = tmp_path / "_static"
    static.mkdir()
    (tmp_path / "page.html").write_text(
        '<p class="one two" id="three">four<b class=seven></b>', "utf-8"
    )
    (static / "it.js").write_text('node.classList.add("five")', "utf-8")
    names = ("one", "two", "five", "six", "seven", "bs-tooltip-auto")
    (static / "it.css").write_text("".join(f".{n}{{top:0}}" for n in names) + "#three{top:0}")
    for _ in range(2):  # and nothing more the second time
        trim.trim(tmp_path)
        left = (static / "it.css").read_text("utf-8")
        assert (
            left
            == ".one{top:0}.two{top:0}.five{top:0}.seven{top:0}.bs-tooltip-auto{top:0}#three{top:0}"
        )


def test_an_icon_font_holds_the_icons_that_are_shown(tmp_path: Path) -> None:
    """On the font that matplotlib brings, with three of its signs for icons."""
    import matplotlib
    from fontTools.ttLib import TTFont

    sheets = tmp_path / "_static" / "css"
    fonts = tmp_path / "_static" / "webfonts"
    sheets.mkdir(parents=True)
    fonts.mkdir()
    font = TTFont(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")
    for table in font["cmap"].tables:
        if 0x2714 in table.cmap:
            table.cmap.update({0xF001: table.cmap[0x2714], 0xF002: table.cmap[0x2718]})
    font.save(fonts / "fa-solid-900.ttf")
    (tmp_path / "page.html").write_text('<i class="yes"></i>', "utf-8")
    (sheets / "all.css").write_text(
        '@font-face{font-family:Icons;src:url(../webfonts/fa-solid-900.woff2) format("woff2"),'
        'url(../webfonts/fa-solid-900.ttf) format("truetype")}'
        'i{font-family:Icons}.yes:before{content:"\\f001"}.no:before{content:"\\f002"}',
        "utf-8",
    )
    trim.trim(tmp_path)
    left = (sheets / "all.css").read_text("utf-8")
    assert 'src:url(../webfonts/fa-solid-900.woff) format("woff")}' in left and ".no" not in left
    small = fonts / "fa-solid-900.woff"
    assert set(TTFont(small).getBestCmap()) == {0xF001}
    assert small.stat().st_size < 2000


def test_plain_code_has_no_tags() -> None:
    html = highlight("def f(x): return g[x]  # why", PythonLexer(), trim._Plain(nowrap=True))
    said = """'<span class="k">'"""
    assert '&lt;span class="k"&gt;' in highlight(said, PythonLexer(), trim._Plain(nowrap=True))
    assert html.strip() == (
        "<span class=k>def</span> <span class=nf>f</span>(x): "
        "<span class=k>return</span> g[x]  <span class=c1># why</span>"
    )


def test_cells_of_a_table_are_styled_by_the_sheet() -> None:
    html = bundle(["name", "n"], [["x", "1"]])["text/html"]
    short = trim.tables_by_class(html)
    assert "<td>1</td>" in short and '<th scope="row" class="l">x</th>' in short
    assert 'class="l">name</th>' in short and '<th scope="col">n</th>' in short
    sheet = (Path(__file__).parents[2] / "book/_static/seqcourse.css").read_text("utf-8")
    for rule in (".sq-table :is(td, th)", ".sq-table .l", '.sq-table th[scope="row"]'):
        assert rule in sheet
