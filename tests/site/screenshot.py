"""The two pictures that are copies: the front page's figure and README's screenshot.

`make screenshot` takes both again; test_front_page.py says when the first has fallen behind.
"""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import sys
import threading
from pathlib import Path

from seqcourse import figures
from seqcourse.publish.book import Book, code_cells
from seqcourse.publish.records import with_outputs

ROOT = Path(__file__).resolve().parents[2]
FIGURE = ROOT / "book" / "front" / "fan.svg"
SCREENSHOT = ROOT / "book" / "_static" / "screenshot-chapter.png"


def figure(name: str) -> str:
    """The figure of that name as the chapters' records have it, as SVG for a page."""
    for chapter in Book(ROOT).chapters():
        for cell in code_cells(with_outputs(chapter, chapter.read())):
            if cell.metadata.get("mystnb", {}).get("figure", {}).get("name") == name:
                (picture,) = (out.data["image/svg+xml"] for out in cell.outputs if "data" in out)
                return figures.inline(re.sub(r"\n+", "\n", picture)) + "\n"
    raise KeyError(f"No chapter has a figure named {name}.")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def take_screenshot() -> None:
    """Chapter 2 as a reader meets it, after the prediction."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    handler = functools.partial(_Quiet, directory=str(ROOT / "_build" / "html"))
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        sync_playwright() as play,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        path = (
            os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
        )
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(f"http://127.0.0.1:{server.server_port}/chapters/02_autoregression.html")
        page.evaluate("() => window.MathJax?.startup?.promise")
        page.locator("#fig-roots input").focus()
        for _ in range(5):
            page.keyboard.press("ArrowRight")
        page.locator("#fig-roots").evaluate(
            "figure => scrollBy(0, figure.getBoundingClientRect().top - 380)"
        )
        page.evaluate("() => document.activeElement.blur()")
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)
        page.screenshot(path=SCREENSHOT)
        browser.close()
        server.shutdown()
    Image.open(SCREENSHOT).convert("RGB").quantize(256).save(SCREENSHOT, optimize=True)


if __name__ == "__main__":
    FIGURE.write_text(figure("fig-fan"), "utf-8", newline="\n")
    if "--figure" not in sys.argv:
        take_screenshot()
