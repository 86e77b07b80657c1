"""The built site on a local port, a real browser, and what is seen on a page in it."""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"

# The shell without windows does the same in 60 % of the time, but not every system has it.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
NAMES += ("google-chrome", "google-chrome-stable", "chrome")
PLACES = (  # where it stands without being on the path
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
INSTALL = {
    "linux": "sudo apt-get install chromium-headless-shell",
    "darwin": "brew install --cask chromium",
    "win32": "winget install Google.Chrome",
}
# No name but the site's own address is found, whatever the page and whatever the machine's proxy.
# (Routing each request through the tests would do the same, at half a second a page.)
AT_HOME = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--no-proxy-server"]
# Without `preload`, axe-core fetches no style sheet itself (and loses their relative imports).
AXE = {"resultTypes": ["violations"], "preload": False}
JUDGE = Path(__file__).with_name("judge.js").read_text("utf-8")

PHONE = 375  # windows up to this width are made as narrow as a page must bear, at the end
NARROWEST = 320

# Markup that should have become something else. Code and formulas are taken out before.
RAW = {
    "directive": r":::|```|\{[a-z]+(?::[a-z]+)?\}`",
    "target": r"(?m)^\([\w-]+\)=\s*$",
    "dollars": r"\$\$",
    "TeX": r"\\[a-zA-Z]{2,}",
    "unresolved": r"\[\?\]|\?\?|%s",
}
RAW_TEXT = """() => {
  const shown = document.querySelector('article') || document.body;
  // A document of its own: a mere copy of a picture would be fetched again.
  const article = new DOMParser().parseFromString(shown.outerHTML, 'text/html').body;
  article.querySelectorAll('pre, code, script, style, mjx-container, svg, .math')
    .forEach(part => part.remove());
  article.querySelectorAll('td, th').forEach(cell => cell.append(' '));  // neighbours, not one word
  return article.textContent;
}"""
UNNAMED = """() => [...document.querySelectorAll('img, svg, canvas')].filter(picture => {
  // Of buttons and links, axe-core asks the name.
  if (picture.closest('[aria-hidden=true], button, a, mjx-container, svg svg')) return false;
  if (!picture.getClientRects().length) return false;
  const name = picture.tagName == 'IMG' ? picture.getAttribute('alt')
    : picture.getAttribute('role') == 'img' && picture.getAttribute('aria-label');
  return !(name && name.trim());
}).map(picture => picture.outerHTML.slice(0, 200))"""


def pages() -> list[str]:
    """The addresses, below the site's root, of the pages that `_toc.yml` names, and the search."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))

    def named(entry: Any) -> Iterator[str]:
        if isinstance(entry, dict):
            yield from (entry[key] for key in ("root", "file") if key in entry)
            for value in entry.values():
                yield from named(value)
        elif isinstance(entry, list):
            for item in entry:
                yield from named(item)

    return [f"{name}.html" for name in dict.fromkeys(named(toc))] + ["search.html"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`page_name` runs over all pages, `chapter` over the chapters' names."""
    if "page_name" in metafunc.fixturenames:
        metafunc.parametrize("page_name", pages())
    if "chapter" in metafunc.fixturenames:
        names = [Path(name).stem for name in pages() if name.startswith("chapters/")]
        metafunc.parametrize("chapter", names)


@dataclass
class Seen:
    """What a page did and showed in the browser."""

    outside: list[str] = field(default_factory=list)  # requests that wanted to leave
    errors: list[str] = field(default_factory=list)  # on the console, thrown, or not found
    findings: dict[str, list[str]] = field(default_factory=dict)  # axe-core: rule to selectors
    width: int = 0  # of what scrolls, in CSS pixels
    narrowest: int = 0  # the same, in a window of NARROWEST
    raw: list[str] = field(default_factory=list)  # markup left in the text
    unnamed: list[str] = field(default_factory=list)  # pictures that say nothing
    shift: float = 0.0  # cumulative layout shift


def chromium() -> str | None:
    """Path of a Chromium, or of a browser made of it."""
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES), *PLACES]
    return next((path for path in candidates if path and Path(path).exists()), None)


def no_browser() -> NoReturn:
    """Without a browser: in CI a failure, elsewhere a skip that says what to install."""
    command = INSTALL.get(sys.platform, "install Chromium")
    reason = f"no Chromium found; {command}, or set CHROMIUM to its path"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A running Chromium."""
    path = chromium() or no_browser()
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=AT_HOME + (["--no-sandbox"] if as_root else [])
        )
        yield browser
        browser.close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # some connections a page, not one for each of its forty files

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on a free local port; yields its address, ending in a slash."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Address of the built site."""
    if not (HTML / "index.html").exists():
        pytest.fail(f"There is no site in {HTML}: call `make book` first.")
    with serve(HTML) as address:
        yield address


Visit = Callable[..., AbstractContextManager[tuple[Page, Seen]]]


@pytest.fixture(scope="session")
def visit(browser: Browser) -> Visit:
    """Opens an address in a fresh window: `with visit(url, "dark", 375) as (page, seen)`."""

    @contextmanager
    def opened(
        url: str, theme: Any = "light", width: int = 1280, scripts: bool = True
    ) -> Iterator[tuple[Page, Seen]]:
        seen = Seen()
        home = re.match(r"https?://[^/]+/", url)
        assert home is not None

        def on_request(request: Any) -> None:
            if not request.url.startswith((home[0], "data:", "blob:")):
                seen.outside.append(request.url)

        def on_message(message: Any) -> None:
            if message.type == "error":
                seen.errors.append(message.text)

        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=theme,
            java_script_enabled=scripts,
        )
        page = context.new_page()
        page.on("request", on_request)
        page.on("console", on_message)
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.goto(url, wait_until="load")
        if scripts:
            page.evaluate("() => window.MathJax?.startup?.promise")
        yield page, seen
        context.close()

    return opened


@pytest.fixture(scope="session")
def reading(visit: Visit) -> Iterator[Callable[..., tuple[Page, Seen]]]:
    """A window like those of `visit`, shared by all who read a page and do nothing on it."""
    windows: dict[tuple[str, str, int], tuple[Page, Seen]] = {}
    with ExitStack() as stack:

        def opened(url: str, theme: str = "light", width: int = 1280) -> tuple[Page, Seen]:
            window = (url, theme, width)
            if any(url != other for other, _, _ in windows):
                stack.close()
                windows.clear()
            if window not in windows:
                windows[window] = stack.enter_context(visit(*window))
            return windows[window]

        yield opened


@pytest.fixture(scope="session")
def doing(visit: Visit) -> Iterator[Callable[..., AbstractContextManager[Page]]]:
    """A window shared by those who do something on a page, each with another part of it; after a
    test that failed the next one gets a fresh window."""
    with ExitStack() as stack:
        kept: dict[str, Page] = {}

        @contextmanager
        def opened(url: str, width: int = 1280) -> Iterator[Page]:
            if url not in kept:
                stack.close()
                kept.clear()
                kept[url], _ = stack.enter_context(visit(url))
            page = kept[url]
            page.set_viewport_size({"width": width, "height": 800})
            try:
                yield page
            except BaseException:
                kept.clear()
                raise

        yield opened


def look(page: Page, seen: Seen, theme: Any) -> Seen:
    """All there is to see on an open page in a theme, beside what the page did so far."""
    page.emulate_media(color_scheme=theme)
    page.wait_for_timeout(300)  # late scripts may still fetch something
    page.evaluate(AT_REST)
    assert page.evaluate("document.documentElement.dataset.theme") in (None, theme)
    text = page.evaluate(RAW_TEXT)
    shift, width, unnamed = (page.evaluate(asked) for asked in (SHIFT, WIDTH, UNNAMED))
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    findings = page.evaluate(JUDGE, AXE)
    return Seen(
        outside=seen.outside.copy(),
        errors=seen.errors.copy(),
        findings={one["id"]: [str(node["target"][0]) for node in one["nodes"]] for one in findings},
        width=width,
        raw=[f"{kind}: {m[0]}" for kind, p in RAW.items() for m in re.finditer(p, text)],
        unnamed=unnamed,
        shift=shift,
    )


Examine = Callable[..., Seen]


@pytest.fixture(scope="session")
def examine(reading: Callable[..., tuple[Page, Seen]]) -> Examine:
    """Opens an address, looks at everything there is to see, and remembers it."""

    @functools.cache
    def in_both_themes(url: str, width: int) -> dict[str, Seen]:
        """One window a width. Wide, the page is loaded in light; narrow, in dark: then it follows
        the system into the other theme, as it does on a reader's evening."""
        first, second = ("dark", "light") if width <= PHONE else ("light", "dark")
        page, seen = reading(url, first, width)
        found = {first: look(page, seen, first), second: look(page, seen, second)}
        if width <= PHONE:
            page.set_viewport_size({"width": NARROWEST, "height": 800})
            narrowest = page.evaluate(WIDTH)
            found = {theme: replace(one, narrowest=narrowest) for theme, one in found.items()}
        return found

    def examined(url: str, theme: str = "light", width: int = 1280) -> Seen:
        return in_both_themes(url, width)[theme]

    return examined


WIDTH = "document.scrollingElement.scrollWidth"
# Colours may move from one theme to the other; what moves without end is at rest.
# Not waited for: in a window that another one covers, nothing moves.
AT_REST = """() => document.getAnimations()
  .filter(one => one.effect.getComputedTiming().endTime < Infinity)
  .forEach(one => one.finish())"""
SHIFT = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
  }).observe({type: 'layout-shift', buffered: true});
  setTimeout(() => done(sum), 50);
})"""


@pytest.fixture(scope="session")
def served() -> Callable[[Path], AbstractContextManager[str]]:
    """Serves any folder, for pages that are wrong on purpose."""
    return serve
