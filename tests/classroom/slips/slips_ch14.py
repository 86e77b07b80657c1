"""What students write for the variations of chapter 14, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_HOLES = "def seen_places(k, dilations):\n"
_SEEN = """\
    back = {0}
    for d in dilations:
        back = {b + i * d for b in back for i in range(k)}
    return len(back)
"""


def _seen(says: str) -> Slip:
    """The book's solution, as it stands."""
    return Slip("copied", _HOLES, _HOLES + _SEEN, says)


_BITS = "    levels = np.sqrt(10 ** (decibels / 10) / 3) / {0}\n    return np.log2(levels)\n"


def _bits(first: str, says: str) -> Slip:
    header = f"def equal_bits({first}, decibels):\n"
    return Slip("copied", header, header + _BITS.format(first), says)


_LEVELS = Slip("levels", "return np.log2(levels)", "return levels", r"how many levels")
_TWENTY = Slip("20 decibels", "decibels / 10", "decibels / 20", r"not 20")
_NATURAL = Slip("natural", "np.log2(", "np.log(", r"doublings")

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "cv-holes": {
        "left-out": (
            _seen(r"that it does not"),
            Slip("the whole way", " - len(back)", "", r"whole way"),
            Slip("one too few", "max(back) + 1 -", "max(back) -", r"One too few"),
            Slip("turned round", "max(back) + 1 - len(back)", "len(back) - max(back) - 1", r"sign"),
        ),
        "both-ways": (
            _seen(r"past alone"),
            Slip(
                "the span",
                "return len(away)",
                "return max(away) - min(away) + 1",
                r"some between may",
            ),
            Slip("without itself", "return len(away)", "return len(away) - 1", r"place itself"),
            Slip("one side shorter", "range(1 - k, k)", "range(1 - k, k - 1)", r"both sides"),
        ),
        "strictly-past": (
            _seen(r"how many places|nearest place lies d|farthest"),
            Slip("with the present", "k * d", "(k - 1) * d", r"nearest place lies d"),
            Slip("one more", "return far", "return far + 1", r"one less"),
            Slip("the nearest", "k * d", "d", r"take the farthest"),
        ),
        "one-path": (
            _seen(r"several paths"),
            Slip("several", "count == 1", "count > 1", r"that several"),
            Slip("paths", "sum(count == 1 for count in", "sum(count for count in", r"not places"),
            Slip("all", "count == 1", "count >= 1", r"all places"),
        ),
    },
    "cv-bits": {
        "decibels": (
            Slip("the ratio", "return 10 * np.log10(ratio)", "return ratio", r"ratio itself"),
            Slip("20 decibels", "return 10 *", "return 20 *", r"not 20"),
            Slip("V not squared", "4.0**bits", "2.0**bits", r"stands squared"),
            Slip("rms not squared", "rms**2", "rms", r"square it"),
            Slip("natural", "np.log10", "np.log", r"base 10"),
        ),
        "downwards": (
            _bits("rms", r"lower edge"),
            _LEVELS,
            _TWENTY,
            _NATURAL,
            Slip(
                "no third", "4 * 10 ** (decibels / 10) / 3", "4 * 10 ** (decibels / 10)", r"third"
            ),
        ),
        "mu-law": (
            _bits("mu", r"here it is μ"),
            _LEVELS,
            _TWENTY,
            Slip("upside down", "np.log(1 + mu) *", "1 / np.log(1 + mu) *", r"below the line"),
            Slip("without one", "np.log(1 + mu)", "np.log(mu)", r"of 1 \+ μ"),
        ),
        "sine": (
            _bits("peak", r"not the root mean square"),
            Slip("upside down", "2 * 10", "0.5 * 10", r"more levels"),
            Slip("in the root", "2 * 10", "4 * 10", r"belongs to the square"),
            _LEVELS,
            _TWENTY,
            _NATURAL,
        ),
    },
}

_BEGIN = "where the distances begin changes no count of them"
_SHIFTED = {"0 → 1": _BEGIN, "0 → -1": _BEGIN}
EQUIVALENT = {
    "cv-holes": {
        "both-ways": _SHIFTED | {"b + i * d → b - i * d": "the window is alike on both sides"},
        "one-path": _SHIFTED,
    }
}
RIGHT_HERE: dict[str, dict[str, dict[str, str]]] = {}
