"""README's picture of the site: `make screenshot` takes it again."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOT = ROOT / "book" / "_static" / "screenshot-chapter.png"


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
    take_screenshot()
