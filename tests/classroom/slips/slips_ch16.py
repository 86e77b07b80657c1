"""What students write for the variations of chapter 16, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_SHIFT = "def shift_matrix(k, d, base):\n"
_MOVED = """\
    M = np.zeros((d, d))
    for i in range(d // 2):
        angle = k * base ** (-2 * i / d)
        c, s = np.cos(angle), np.sin(angle)
        M[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[c, s], [-s, c]]
    return M
"""


def _moved(says: str) -> Slip:
    """The book's solution, as it stands."""
    return Slip("copied", _SHIFT, _SHIFT + _MOVED, says)


_BASE = Slip("base fixed", "base **", "10_000.0 **", r"not always 10,000")
_NO_K = Slip("without k", "k * base", "base", r"k is missing")


def _reach(second: str, says: str) -> Slip:
    """The book's solution, as it stands, with the second argument's name."""
    header = f"def reach(n, {second}):\n"
    book = f"    return [{second} * 2 ** (8 * i / n) for i in range(1, n + 1)]\n"
    return Slip("copied", header, header + book, says)


_FROM_0 = Slip("from 0", "range(1, n + 1)", "range(n)", r"count heads from 1")
_EIGHT = Slip("eight heads", "8 * i / n", "i", r"8 heads' slopes")

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "po-shift": {
        "halves": (
            _moved(r"d / 2 columns behind"),
            Slip("goes back", "[[c, s], [-s, c]]", "[[c, -s], [s, c]]", r"k places back"),
            Slip("half the rate", "np.arange(0, d, 2)", "np.arange(d // 2)", r"half as fast"),
            _BASE,
            _NO_K,
        ),
        "from-the-right": (
            _moved(r"a row is multiplied"),
            Slip("half the rate", "-2 * i", "-i", r"half as fast"),
            Slip("grows", "-2 * i", "2 * i", r"has a minus"),
            _BASE,
            _NO_K,
        ),
        "mean-of-two": (
            _moved(r"mean of k before and k behind"),
            Slip("the sum", "return np", "return 2 * np", r"half of it"),
            Slip(
                "halves",
                "np.repeat(np.cos(angles), 2)",
                "np.tile(np.cos(angles), 2)",
                r"same rate",
            ),
            _BASE,
            _NO_K,
        ),
        "change": (
            _moved(r"take pe\(t\) off"),
            Slip("turned round", "M - np.eye(d)", "np.eye(d) - M", r"sign"),
            Slip("ones everywhere", "M - np.eye(d)", "M - 1", r"diagonal alone"),
            Slip("added", "M - np", "M + np", r"it is taken off"),
            Slip("goes back", "[[c, s], [-s, c]]", "[[c, -s], [s, c]]", r"k places back"),
            _BASE,
            _NO_K,
        ),
    },
    "po-reach": {
        "a-ratio": (
            _reach("ratio", r"takes the ratio for a lead"),
            Slip("to the base 2", "np.log(", "np.log2(", r"natural logarithm"),
            Slip("negative", "[np.log(ratio)", "[-np.log(ratio)", r"above 0|sign"),
            Slip("times the slope", "(8 * i", "(-8 * i", r"multiplies by the slope"),
            _FROM_0,
            _EIGHT,
        ),
        "from-a-half": (
            _reach("lead", r"ALiBi's own slopes"),
            Slip("n steps", "(n - 1)", "n", r"not n\."),
            Slip("from 1", "1 + 7 * i", "8 * i", r"not 1\."),
            Slip("eight steps", "7 * i", "8 * i", r"not eight"),
            Slip(
                "equal differences",
                "lead * 2 ** (1 + 7 * i / (n - 1))",
                "lead / (1 / 2 - (1 / 2 - 1 / 256) * i / (n - 1))",
                r"not by the same difference",
            ),
        ),
        "any-number": (
            _reach("lead", r"no power of two"),
            Slip("the second ones", "2 * i + 1)", "2 * i + 2)", r"begins with"),
            Slip("the next ones", "2 * i + 1)", "i + 1)", r"not the next"),
            Slip("none more", " + more", "", r"there are n heads|shape"),
            Slip(
                "unsorted",
                "sorted([lead * b for b in back], reverse=True)",
                "[lead * b for b in back]",
                r"not sorted",
            ),
            Slip("the nearest first", ", reverse=True", "", r"the other way"),
        ),
        "squared": (
            _reach("lead", r"its square does"),
            Slip(
                "root of the slope",
                "np.sqrt(lead * 2 ** (8 * i / n))",
                "lead * np.sqrt(2 ** (8 * i / n))",
                r"of the lead, too",
            ),
            Slip(
                "root of the lead",
                "np.sqrt(lead * 2 ** (8 * i / n))",
                "np.sqrt(lead) * 2 ** (8 * i / n)",
                r"of the slope, too",
            ),
            Slip(
                "squared",
                "np.sqrt(lead * 2 ** (8 * i / n))",
                "(lead * 2 ** (8 * i / n)) ** 2",
                r"That squares",
            ),
            _FROM_0,
            _EIGHT,
        ),
    },
}

EQUIVALENT: dict[str, dict[str, dict[str, str]]] = {}
RIGHT_HERE = {
    "po-shift": {
        "halves": {"halves": "here all sines stand first"},
        "from-the-right": {"goes back": "back from the left is forth from the right"},
    },
}
