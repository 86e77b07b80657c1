"""What the book's labels stand for: numbers, titles and addresses, taken from the Sphinx build.

The converter needs nothing else of Sphinx. The build leaves the table in `_build/references.json`,
so that a test can convert every chapter once more without building.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Target:
    """One label.

    Args:
        kind: 'equation', 'figure', 'exercise', 'section', 'page', 'proof' or 'citation'.
        number: '2.3', or '' where the thing has none.
        title: what a reader calls it: 'Figure 2.3', a heading, 'Yule (1927)'.
        page: the document that it is on.
        anchor: its anchor on that page.
    """

    kind: str
    number: str
    title: str
    page: str
    anchor: str


@dataclass
class References:
    """Every label of the book, by kind of look-up.

    Args:
        site: address of the published site.
        source: address of the repository's files, at the branch or tag that the links name.
        equations, labels, pages, citations: what `eq`, `ref`/`numref`/`prf:ref`, `doc` and `cite`
            look up.
    """

    site: str
    source: str
    equations: dict[str, Target] = field(default_factory=dict)
    labels: dict[str, Target] = field(default_factory=dict)
    pages: dict[str, Target] = field(default_factory=dict)
    citations: dict[str, Target] = field(default_factory=dict)

    def url(self, target: Target) -> str:
        """The target's address on the published site."""
        return f"{self.site}/{target.page}.html" + (f"#{target.anchor}" if target.anchor else "")

    def write(self, path: Path) -> None:
        """Keep the table as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1, sort_keys=True), "utf-8")

    @classmethod
    def load(cls, path: Path) -> References:
        """The table that the last build left.

        Raises:
            FileNotFoundError: nothing was built yet.
        """
        data: dict[str, Any] = json.loads(path.read_text("utf-8"))
        for kind in ("equations", "labels", "pages", "citations"):
            data[kind] = {label: Target(**target) for label, target in data[kind].items()}
        return cls(**data)
