"""What learners write for the exercises of chapter 21, and what the message must lead to."""

from __future__ import annotations

from ..wrong import Wrong


def _crossing(back: str) -> str:
    return f"def crossing(d, G, n):\n    return {back}"


def _grows(**changed: object) -> str:
    answers: dict[str, object] = {
        "LSTM": 1,
        "attention's cache": 4,
        "linear attention": 1,
        "TCN of 5 blocks": 1,
        "LSTM, training": 4,
        "attention, training": 16,
        "attention, blockwise": 4,
    }
    names = dict(zip("abcdefg", answers, strict=True))
    return f"grows = {answers | {names[key]: value for key, value in changed.items()}}"


def _window(
    *,
    add: str = "S, z = S + np.outer(k[t], v[t]), z + k[t]",
    cut: str = "if t >= w:\n            S, z = S - np.outer(k[t - w], v[t - w]), z - k[t - w]",
    read: str = "q[t] @ S / (q[t] @ z)",
    first: str = "pass",
) -> str:
    return (
        "def windowed(q, k, v, w):\n"
        f"    {first}\n"
        "    S, z = np.zeros((k.shape[1], v.shape[1])), np.zeros(k.shape[1])\n    read = []\n"
        "    for t in range(len(q)):\n"
        f"        {add}\n        {cut}\n        read.append({read})\n"
        "    return np.array(read)"
    )


def _scan(
    *,
    u: str = "u = np.concatenate([u[:k], f[k:] * u[:-k] + u[k:]])",
    f: str = "f = np.concatenate([f[:k], f[k:] * f[:-k]])",
    grow: str = "k *= 2",
    back: str = "u",
    first: str = "",
) -> str:
    lines = [first, u, f, grow] if first else [u, f, grow]
    body = "\n".join(f"        {line}" for line in lines)
    return f"def scan_of(f, u):\n    k = 1\n    while k < len(u):\n{body}\n    return {back}"


def _floor() -> str:
    return _scan().replace("while k < len(u):", "for _ in range(int(np.log2(len(u)))):")


def _together(back: str) -> str:
    return (
        "def together(gradients, letters):\n"
        "    counts = [sum(share) for share in letters]\n"
        "    rows = [len(share) for share in letters]\n"
        f"    return {back}"
    )


def _table(key: str, *, begin: str = "begin", smooth: str = "0.5", back: str = "model") -> str:
    """A table over `key`, a tuple of one or two symbols made of `before`, the symbols so far."""
    return (
        "def learn(sequences):\n"
        f"    begin = np.full(6, {smooth})\n"
        "    counts = {}\n"
        f"    at = lambda before: {key}\n"
        "    for row in sequences.tolist():\n"
        "        begin[row[0]] += 1\n"
        "        for t in range(1, len(row)):\n"
        f"            found = counts.setdefault(at(row[:t]), np.full(6, {smooth}))\n"
        "            found[row[t]] += 1\n"
        "    def model(context):\n"
        f"        none = np.full(6, {smooth} or 1)\n"
        "        found = counts.get(at(context), none) if context else begin\n"
        "        return found / found.sum()\n"
        f"    return {back}"
    )


LOOP = (
    "def scan_of(f, u):\n    h, found = 0, []\n    for f_t, u_t in zip(f, u):\n"
    "        h = f_t * h + u_t\n        found.append(h)\n    return np.array(found)"
)
CLOSED = (
    "def scan_of(f, u):\n    whole = np.cumprod(f, 0)\n    return whole * np.cumsum(u / whole, 0)"
)

ASARRAY = "f, u = np.asarray(f), np.asarray(u)\n    h, found"
SINGLE = (
    "def scan_of(f, u):\n    h = np.zeros(f.shape)\n    for j in range(f.shape[1]):\n"
    "        last = 0.0\n        for t in range(len(f)):\n"
    "            last = float(f[t, j]) * last + float(u[t, j])\n            h[t, j] = last\n"
    "    return h"
)
SQUARE = (  # row t, column s: the product of f from s + 1 to t
    "def scan_of(f, u):\n    T = len(f)\n    later = np.tri(T, k=-1).astype(bool)[..., None]\n"
    "    whole = np.cumprod(np.where(later, f[:, None], 1), 0)\n"
    "    return (np.where(np.tri(T)[..., None] > 0, whole, 0) * u).sum(1)"
)
WINDOW = (
    "def windowed(q, k, v, w):\n    read = []\n    for t in range(len(q)):\n"
    "        S, z = np.zeros((k.shape[1], v.shape[1])), np.zeros(k.shape[1])\n"
    "        for s in range(max(0, t - w + 1), t + 1):\n"
    "            S, z = S + np.outer(k[s], v[s]), z + k[s]\n"
    "        read.append(q[t] @ S / (q[t] @ z))\n    return np.array(read)"
)
WINDOW_TABLE = (
    "def windowed(q, k, v, w):\n    back = np.arange(len(q))[:, None] - np.arange(len(q))\n"
    "    scores = np.where((back >= 0) & (back < w), q @ k.T, 0)\n"
    "    return scores @ v / scores.sum(1, keepdims=True)"
)
_TAKEN = "S, z = S - np.outer(k[t - w], v[t - w]), z - k[t - w]"

WRONG = {
    "cs-crossing": [
        Wrong("the page's", _crossing("max(1, (G - 2) * d + 1)"), r"That is the page's"),
        Wrong("four maps", _crossing("max(1, (2 * G - 4) * d)"), r"no output matrix"),
        Wrong("all pairs", _crossing("max(1, int((G - 1.5) * d) + 1)"), r"T \(T \+ 1\) / 2"),
        Wrong("one early", _crossing("max(1, (2 * G - 3) * d) - 1"), r"one place more"),
        Wrong("one late", _crossing("max(1, (2 * G - 3) * d) + 1"), r"One place too far"),
        Wrong("own place left out", _crossing("max(1, (2 * G - 3) * d + 2)"), r"its own key, too"),
        Wrong("one a pair", _crossing("max(1, (4 * G - 3) * d)"), r"are two operations, in the"),
        Wrong("recurrent once", _crossing("max(1, (G - 3) * d)"), r"recurrent layer's are two"),
        Wrong("half a square", _crossing("max(1, (2 * G - 3) * d + 1)"), r"T² / 2 pairs"),
        Wrong("heads divide", _crossing("max(1, (2 * G - 3) * d // n)"), r"Heads cancel"),
        Wrong("below one", _crossing("(2 * G - 3) * d"), r"the least T is 1"),
    ],
    "cs-memory": [
        Wrong("an LSTM that grows", _grows(a=4), r"h and c are all"),
        Wrong("a cache that does not", _grows(b=1), r"Keys and values of every place"),
        Wrong("a square cache", _grows(b=16), r"Keys and values of every place"),
        Wrong("linear is not constant", _grows(c=4), r"however long it was"),
        Wrong("a TCN sees all", _grows(d=4), r"can still see"),
        Wrong("no way back", _grows(e=1), r"every step's gates"),
        Wrong("no table", _grows(f=4), r"each pair of places"),
        Wrong("blocks are squares", _grows(g=16), r"made once more"),
        Wrong("a list", "grows = [1, 4, 1, 1, 4, 16, 4]", r"Keep the names"),
    ],
    "cs-window": [
        Wrong("no window", _window(cut="pass"), r"Nothing ever leaves"),
        Wrong(
            "one too many",
            _window(
                cut="if t > w:\n            S, z = S - np.outer(k[t - w - 1], v[t - w - 1]), "
                "z - k[t - w - 1]"
            ),
            r"holds w \+ 1 places",
        ),
        Wrong("no division", _window(read="q[t] @ S"), r"That is the sum"),
        Wrong(
            "z remembers",
            _window(cut="if t >= w:\n            S = S - np.outer(k[t - w], v[t - w])"),
            r"z is not: both",
        ),
        Wrong(
            "the matrix remembers",
            _window(cut="if t >= w:\n            z = z - k[t - w]"),
            r"the matrix is not: both",
        ),
        Wrong("before the start", _window(cut=_TAKEN), r"counts from the end"),
        Wrong("anew", WINDOW, r"sum nothing anew"),
        Wrong("a table", WINDOW_TABLE, r"table of T by T"),
        Wrong(
            "φ twice",
            _window(first="q, k = q + 1, k + 1"),
            r"φ is applied already",
        ),
    ],
    "cs-scan": [
        Wrong("the loop", LOOP, r"place by place"),
        Wrong("a plain loop", LOOP.replace("h, found", ASARRAY), r"place by place"),
        Wrong("number by number", SINGLE, r"place by place"),
        Wrong("all pairs", SQUARE, r"table of T by T"),
        Wrong("rounds rounded down", _floor(), r"One round too few"),
        Wrong("in closed form", CLOSED, r"Do not divide by products"),
        Wrong("f stays", _scan(f="pass"), r"f grew with u|product of both"),
        Wrong("one round", _scan(grow="break"), r"one round"),
        Wrong("by one", _scan(grow="k += 1"), r"k \*= 2"),
        Wrong(
            "f first",
            _scan(
                u="f = np.concatenate([f[:k], f[k:] * f[:-k]])",
                f="u = np.concatenate([u[:k], f[k:] * u[:-k] + u[k:]])",
            ),
            r"make u first",
        ),
        Wrong("the last", _scan(back="u[-1]"), r"last state alone"),
        Wrong("a sum", "def scan_of(f, u):\n    return np.cumsum(u, 0)", r"f left out"),
    ],
    "cs-shares": [
        Wrong(
            "by words",
            _together("sum(n * g for n, g in zip(rows, gradients)) / sum(rows)"),
            r"Weighted by words",
        ),
        Wrong("alike", _together("sum(gradients) / len(gradients)"), r"weigh alike"),
        Wrong("a sum", _together("sum(gradients)"), r"without weights"),
        Wrong(
            "not divided",
            _together("sum(n * g for n, g in zip(counts, gradients))"),
            r"not divided",
        ),
        Wrong(
            "by shares",
            _together("sum(n * g for n, g in zip(counts, gradients)) / len(counts)"),
            r"number of shares",
        ),
        Wrong(
            "by words below",
            _together("sum(n * g for n, g in zip(counts, gradients)) / sum(rows)"),
            r"by the words of all",
        ),
    ],
    "cs-capstone": [
        Wrong("pairs", _table("(before[-1],)"), r"Pairs pay"),
        Wrong("frequency", _table("()"), r"frequency of symbols alone"),
        Wrong("the last two", _table("tuple(before[-2:])"), r"first symbol help"),
        Wrong("no smoothing", _table("(before[0], before[-1])", smooth="0"), r"probability 0"),
        Wrong("called", _table("()", back="model(())"), r"Return it uncalled"),
        Wrong(
            "counts",
            _table("(before[0], before[-1])").replace("found / found.sum()", "found"),
            r"sum to 1",
        ),
        Wrong(
            "five symbols",
            _table("(before[0], before[-1])").replace(
                "found / found.sum()", "found[1:] / found[1:].sum()"
            ),
            r"six probabilities",
        ),
    ],
}

EQUIVALENT: dict[str, dict[str, str]] = {}
