"""Citations by author and year in round brackets, as the notebooks have them: Yule (1927)."""

from __future__ import annotations

from dataclasses import dataclass, field

from pybtex.backends.plaintext import Backend
from pybtex.plugin import register_plugin as register_in_pybtex
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

NAME = "author_year_round"


def _round() -> BracketStyle:
    return BracketStyle(left="(", right=")")


@dataclass
class _AuthorYearRound(AuthorYearReferenceStyle):
    bracket_parenthetical: BracketStyle = field(default_factory=_round)
    bracket_textual: BracketStyle = field(default_factory=_round)
    bracket_author: BracketStyle = field(default_factory=_round)
    bracket_label: BracketStyle = field(default_factory=_round)
    bracket_year: BracketStyle = field(default_factory=_round)


def register() -> None:
    """Make the style known to sphinxcontrib-bibtex, for `bibtex_reference_style`."""
    register_plugin("sphinxcontrib.bibtex.style.referencing", NAME, _AuthorYearRound)
    # pybtex' own; else sphinxcontrib-bibtex reads what all packages declare, at every citation.
    register_in_pybtex("pybtex.backends", "plaintext", Backend, force=True)
