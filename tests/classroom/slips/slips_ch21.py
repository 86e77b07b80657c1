"""What students write for the variations of chapter 21, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_WINDOW = "def windowed(q, k, v, w):\n"
_BOOK = """\
    S, z = np.zeros((k.shape[1], v.shape[1])), np.zeros(k.shape[1])
    read = []
    for t in range(len(q)):
        S, z = S + np.outer(k[t], v[t]), z + k[t]
        if t >= w:
            S, z = S - np.outer(k[t - w], v[t - w]), z - k[t - w]
        read.append(q[t] @ S / (q[t] @ z))
    return np.array(read)
"""
_TABLE = """\
    back = np.arange(len(q))[:, None] - np.arange(len(q))
    scores = np.where({seen}, q @ k.T, 0){fades}
    return scores @ v / scores.sum(1, keepdims=True)
"""
_ANEW = """\
    T, read = len(q), []
    for t in range(T):
        S, z = np.zeros((k.shape[1], v.shape[1])), np.zeros(k.shape[1])
        for s in {places}:
            S, z = S + np.outer(k[s], v[s]), z + k[s]
        read.append(q[t] @ S / (q[t] @ z))
    return np.array(read)
"""


def _copied(says: str) -> Slip:
    """The book's solution, as it stands."""
    return Slip("copied", _WINDOW, _WINDOW + _BOOK, says)


def _table(seen: str, fades: str = "") -> Slip:
    code = _TABLE.format(seen=seen, fades=fades)
    return Slip("a table", _WINDOW, _WINDOW + code, r"keeps a table of T by T")


def _anew(places: str) -> Slip:
    code = _ANEW.format(places=places)
    return Slip("anew", _WINDOW, _WINDOW + code, r"sum nothing anew")


_NO_DIVISION = Slip("no division", " / (q[t] @ z)", "", r"That is the sum")
_PHI = Slip("φ twice", _WINDOW, f"{_WINDOW}    q, k = q + 1, k + 1\n", r"φ is applied already")
_Z_STAYS = Slip("z stays", "z - k[t - w]", "z", r"The matrix forgets, z does not")
_S_STAYS = Slip("S stays", "S - np.outer(k[t - w], v[t - w])", "S", r"z forgets, the matrix")

_SHARES = "def together(gradients, letters):\n"
_BY_LETTERS = """\
    counts = [sum(share) for share in letters]
    return sum(n * g for n, g in zip(counts, gradients)) / sum(counts)
"""
_BY_WORDS = _BY_LETTERS.replace("sum(share)", "len(share)")


def _shared(says: str) -> Slip:
    """The book's solution, as it stands."""
    return Slip("copied", _SHARES, _SHARES + _BY_LETTERS, says)


_THE_BUG = Slip("the bug", _SHARES, _SHARES + _BY_WORDS, r"Weighted by words")
_ALIKE = Slip(
    "alike", _SHARES, f"{_SHARES}    return sum(gradients) / len(gradients)\n", r"weigh alike"
)

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "cs-window": {
        "blocks": (
            _copied(r"There the window slides"),
            Slip("one late", "t % w == 0", "t == 0 or t % w == 1 % w", r"begin one place later"),
            Slip("one too many", "t % w", "t % (w + 1)", r"hold w \+ 1 places"),
            Slip("never", "t % w == 0", "t == 0", r"Nothing is ever forgotten"),
            _NO_DIVISION,
            _PHI,
            _table("(back >= 0) & (np.arange(len(q))[:, None] // w == np.arange(len(q)) // w)"),
            _anew("range(t // w * w, t + 1)"),
        ),
        "half-life": (
            _copied(r"There a place leaves at once"),
            Slip("a step's half", "(1 / w)", "1", r"not after one"),
            Slip("upside down", "(1 / w)", "w", r"the w-th root"),
            Slip("e", "0.5 ** (1 / w)", "np.exp(-1 / w)", r"leaves 1 / e"),
            Slip("linear", "0.5 ** (1 / w)", "1 - 1 / w", r"1 - 1 / w of a step"),
            Slip("never", "0.5 ** (1 / w)", "1", r"Nothing is ever forgotten"),
            Slip("z stays", "keep * z", "z", r"The matrix forgets, z does not"),
            Slip("S stays", "keep * S", "S", r"z forgets, the matrix"),
            _NO_DIVISION,
            _PHI,
            _table("back >= 0", " * 0.5 ** (np.maximum(back, 0) / w)"),
        ),
        "and-the-first": (
            _copied(r"There the first place leaves"),
            Slip(
                "twice",
                "q[t] @ S / (q[t] @ z)",
                "q[t] @ (S + np.outer(k[0], v[0]) * (t <= w - 1)) / (q[t] @ (z + k[0] * (t < w)))",
                r"counts twice",
            ),
            Slip(
                "one more",
                "k[t - w], v[t - w]), z - k[t - w]",
                "k[t - w - 1], v[t - w - 1]), z "
                "- k[t - w - 1]\n        S, z = (S + np.outer(k[0], v[0]), z + k[0]) if t == w + 1 "
                "else (S, z)",
                r"keeps w \+ 1 places",
            ),  # fmt: skip
            Slip("never", "t > w", "False", r"Nothing is ever forgotten"),
            _Z_STAYS,
            _S_STAYS,
            _NO_DIVISION,
            _PHI,
            _table("(back >= 0) & ((back < w) | (np.arange(len(q)) == 0))"),
            _anew("sorted({0, *range(max(0, t - w + 1), t + 1)})"),
        ),
        "both-sides": (
            _copied(r"That looks back alone"),
            Slip("w - 1 a side", _WINDOW, f"{_WINDOW}    w = w - 1\n", r"yours has w - 1"),
            Slip("never", "t > w", "False", r"Nothing leaves"),
            Slip(
                "one early",
                "if t > w:\n            S, z = S - np.outer(k[t - w - 1], v[t - w - 1]), "
                "z - k[t - w - 1]",
                "if t >= w:\n            S, z = S - np.outer(k[t - w], v[t - w]), z - k[t - w]",
                r"left too early",
            ),
            _NO_DIVISION,
            _PHI,
            _table("abs(back) <= w"),
            _anew("range(max(0, t - w), min(T, t + w + 1))"),
        ),
    },
    "cs-shares": {
        "sums": (
            _shared(r"Here it gives a sum"),
            Slip("the bug", _SHARES, _SHARES + _BY_WORDS, r"a sum needs no weight"),
            Slip("not divided", " / sum(sum(share) for share in letters)", "", r"not yet divided"),
            Slip("by words", "sum(share) for", "len(share) for", r"by the words of all"),
            Slip("by shares", "sum(sum(share) for share in letters)", "len(letters)", r"number of"),
            Slip(
                "means",
                "sum(gradients) / sum(sum(share) for share in letters)",
                "sum(g / sum(share) for g, share in zip(gradients, letters)) / len(letters)",
                r"mean of the shares' means",
            ),
        ),
        "padded": (
            _shared(r"divided by its padded size"),
            _THE_BUG,
            _ALIKE,
            Slip("padding counts", "/ total", "/ sum(sizes)", r"over letters alone"),
            Slip(
                "longest of all",
                "max(share) for",
                "max(map(max, letters)) for",
                r"own longest word",
            ),
            Slip("longest alone", "len(share) * max", "max", r"as many rows as words"),
            Slip("not divided", " / total", "", r"not divided"),
        ),
        "sent": (
            _shared(r"each share's part is wanted"),
            Slip("for a sum", " / len(counts)", "", r"the engine takes the mean"),
            Slip("as they are", "n / mean * g", "g", r"sent as they are"),
            Slip("factors", "n / mean * g", "n / mean", r"Those are the factors"),
            Slip("by words", "sum(share) for", "len(share) for", r"Weighted by words"),
            Slip("not divided", "n / mean", "n", r"not divided"),
            Slip("upside down", "n / mean", "mean / n", r"Upside down"),
        ),
        "first-given": (
            _shared(r"There all letters count"),
            _THE_BUG,
            _ALIKE,
            Slip("one a share", "sum(n - 1 for n in share)", "sum(share) - 1", r"it is one a word"),
            Slip(
                "divided by all",
                "/ sum(counts)",
                "/ sum(map(sum, letters))",
                r"what you divide by holds",
            ),
            Slip("not divided", " / sum(counts)", "", r"not divided"),
        ),
    },
}
