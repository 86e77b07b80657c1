"""What learners write for the exercises of chapter 12, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong


def _collapse(back: str) -> str:
    return f"def collapse_path(path, blank):\n    {back}"


def _least(back: str) -> str:
    return f"def least(label):\n    {back}"


def _nats(
    *,
    skip: str = "k != 0 and (s == 3 or k != places[s - 4])",
    add: str = "np.logaddexp",
    end: str = "-np.logaddexp(alpha[-1], alpha[-2])",
    new: str = "np.full_like(alpha, -np.inf)",
) -> str:
    return (
        "def ctc_nats(log_p, label):\n"
        "    places = [k for symbol in label for k in (0, symbol)] + [0]\n"
        "    alpha = np.full(len(places) + 2, -np.inf)\n    alpha[1] = 0\n"
        f"    for row in log_p:\n        new = {new}\n"
        "        for s, k in enumerate(places, 2):\n"
        f"            came = {add}(alpha[s], alpha[s - 1])\n"
        f"            if {skip}:\n                came = {add}(came, alpha[s - 2])\n"
        "            new[s] = row[k] + came\n        alpha = new\n"
        f"    return {end}"
    )


def _weights(back: str) -> str:
    return f"def ctc_weights(D, H, V):\n    return {back}"


def _extend(stays: str, goes: str, put: str = "+=") -> str:
    return (
        "def extend(beams, p):\n    new = defaultdict(lambda: [0.0, 0.0])\n"
        "    for prefix, (in_blank, in_symbol) in beams.items():\n"
        "        both = in_blank + in_symbol\n"
        f"        new[prefix][0] {put} both * p[0]\n"
        "        for k in range(1, len(p)):\n"
        "            if prefix and k == prefix[-1]:\n"
        f"                new[prefix][1] {put} ({stays}) * p[k]\n"
        f"                new[prefix + (k,)][1] {put} ({goes}) * p[k]\n"
        "            else:\n"
        f"                new[prefix + (k,)][1] {put} both * p[k]\n"
        "    return {prefix: tuple(sums) for prefix, sums in new.items()}"
    )


WRONG = {
    "ct-collapse": [
        Wrong(
            "as printed",
            _collapse(
                "spoken = [k for k in path if k != blank]\n"
                "    return [k for t, k in enumerate(spoken) if t == 0 or k != spoken[t - 1]]"
            ),
            r"dropped first",
        ),
        Wrong(
            "blanks stay", _collapse("return [k for k, _ in groupby(path)]"), r"blanks are still"
        ),
        Wrong("no merging", _collapse("return [k for k in path if k != blank]"), r"are not merged"),
        Wrong(
            "once each",
            _collapse("return list(dict.fromkeys(k for k in path if k != blank))"),
            r"once only",
        ),
        Wrong(
            "wraps round",
            _collapse("return [k for t, k in enumerate(path) if k not in (blank, path[t - 1])]"),
            r"none before it",
        ),
        Wrong(
            "blank is 0", _collapse("return [k for k, _ in groupby(path) if k]"), r"need not be 0"
        ),
    ],
    "ct-least": [
        Wrong("one each", _least("return len(label)"), r"keeps two equal"),
        Wrong("all blanks", _least("return 2 * len(label) + 1"), r"may be left out"),
        Wrong(
            "one step at least",
            _least("return max(1, len(label) + sum(a == b for a, b in zip(label, label[1:])))"),
            r"no steps at all",
        ),
        Wrong("between any", _least("return max(0, 2 * len(label) - 1)"), r"between any two"),
        Wrong("any equal", _least("return 2 * len(label) - len(set(label))"), r"neighbours"),
        Wrong(
            "runs",
            _least("return len(label) + sum(len(list(r)) > 1 for _, r in groupby(label))"),
            r"three in a row",
        ),
    ],
    "ct-nats": [
        Wrong("no skip", _nats(skip="k != 0 and s == 3"), r"third term"),
        Wrong("twins merge", _nats(skip="k != 0"), r"between twins"),
        Wrong(
            "skips symbols",
            _nats(skip="s == 3 or (s > 3 and (k == 0 or k != places[s - 4]))"),
            r"leave out a symbol",
        ),
        Wrong("ends in the symbol", _nats(end="-alpha[-2]"), r"last blank are missing"),
        Wrong("ends in the blank", _nats(end="-alpha[-1]"), r"last symbol are missing"),
        Wrong(
            "begins with a blank",
            _nats(skip="s > 3 and k != 0 and k != places[s - 4]"),
            r"begin with the first symbol",
        ),
        Wrong("the best path", _nats(add="np.maximum", end="-max(alpha[-1], alpha[-2])"), r"alone"),
        Wrong("the sign", _nats(end="np.logaddexp(alpha[-1], alpha[-2])"), r"minus that"),
        Wrong(
            "the probability",
            _nats(end="np.exp(np.logaddexp(alpha[-1], alpha[-2]))"),
            r"probability itself",
        ),
        Wrong("the start stays", _nats(new="alpha.copy()"), r"in front of place 1"),
        Wrong(
            "per symbol",
            _nats(end="-np.logaddexp(alpha[-1], alpha[-2]) / max(1, len(label))"),
            r"for each symbol",
        ),
        Wrong(
            "per step",
            _nats(end="-np.logaddexp(alpha[-1], alpha[-2]) / len(log_p)"),
            r"for each step",
        ),
        Wrong("in place", _nats(new="alpha"), r"old one alone"),
        Wrong(
            "in plain numbers",
            "def ctc_nats(log_p, label):\n"
            "    places = [k for symbol in label for k in (0, symbol)] + [0]\n"
            "    alpha = np.zeros(len(places) + 2)\n    alpha[1] = 1\n"
            "    for row in np.exp(log_p):\n        new = np.zeros_like(alpha)\n"
            "        for s, k in enumerate(places, 2):\n"
            "            skip = k != 0 and (s == 3 or k != places[s - 4])\n"
            "            came = alpha[s] + alpha[s - 1] + skip * alpha[s - 2]\n"
            "            new[s] = row[k] * came\n        alpha = new\n"
            "    with np.errstate(divide='ignore'):\n"
            "        return -np.log(alpha[-1] + alpha[-2])",
            r"Stay in logarithms",
        ),
    ],
    "ct-weights": [
        Wrong(
            "no peepholes", _weights("2 * H * 4 * (D + H + 1) + V * (2 * H + 1)"), r"peepholes are"
        ),
        Wrong(
            "two biases",
            _weights("2 * H * (4 * (D + H + 2) + 3) + V * (2 * H + 1)"),
            r"PyTorch's",
        ),
        Wrong(
            "four peepholes",
            _weights("2 * H * (4 * (D + H + 1) + 4) + V * (2 * H + 1)"),
            r"candidate does not",
        ),
        Wrong(
            "one direction read",
            _weights("2 * H * (4 * (D + H + 1) + 3) + V * (H + 1)"),
            r"reads both",
        ),
        Wrong(
            "no output bias",
            _weights("2 * H * (4 * (D + H + 1) + 3) + V * 2 * H"),
            r"softmax's bias",
        ),
        Wrong(
            "two output biases",
            _weights("2 * (H * (4 * (D + H + 1) + 3) + V * (H + 1))"),
            r"one softmax",
        ),
        Wrong(
            "one direction",
            _weights("H * (4 * (D + H + 1) + 3) + V * (2 * H + 1)"),
            r"two directions",
        ),
    ],
    "ct-mislead": [
        Wrong(
            "1 wins all through",
            "misleading = [[0.2, 0.5, 0.3], [0.5, 0.1, 0.4], [0.5, 0.4, 0.1]]",
            r"next to nothing",
        ),
        Wrong(
            "blanks win",
            "misleading = [[0.45, 0.5, 0.05], [0.9, 0.05, 0.05], [0.9, 0.05, 0.05]]",
            r"likeliest",
        ),
        Wrong(
            "2 wins",
            "misleading = [[0.2, 0.38, 0.42], [0.5, 0.05, 0.45], [0.5, 0.05, 0.45]]",
            r"each row's largest",
        ),
        Wrong(
            "no law",
            "misleading = [[0.2, 0.42, 0.40], [0.5, 0.05, 0.45], [0.5, 0.05, 0.45]]",
            r"adds up to 1",
        ),
        Wrong("two rows", "misleading = [[0.2, 0.42, 0.38], [0.5, 0.05, 0.45]]", r"One row a step"),
        Wrong(
            "a tie",
            "misleading = [[0, 0.52, 0.48], [0.5, 0, 0.5], [0.55, 0, 0.45]]",
            r"tie in row 2(.|\n)*let one win",
        ),
    ],
    "ct-prefix": [
        Wrong("as printed", _extend("both", "0"), r"never part"),
        Wrong("twice", _extend("both", "both"), r"all part"),
        Wrong("merged", _extend("both", "in_blank"), r"there the same symbol is new"),
        Wrong("longer", _extend("in_symbol", "both"), r"same symbol merges"),
        Wrong("swapped", _extend("in_blank", "in_symbol"), r"wrong ways"),
        Wrong("merging lost", _extend("0", "in_blank"), r"Merging is missing"),
        Wrong("always longer", _extend("0", "both"), r"no merging"),
        Wrong(
            "the blank as a symbol",
            _extend("in_symbol", "in_blank").replace("range(1, len(p))", "range(len(p))"),
            r"without blank",
        ),
        Wrong(
            "blank alone goes on",
            _extend("in_symbol", "in_blank").replace("+= both * p[k]", "+= in_blank * p[k]"),
            r"prefix \(1, 2\) after 3 steps, its paths that end in a blank(.|\n)*at once",
        ),
        Wrong("wiped out", _extend("in_symbol", "in_blank", "="), r"wiped out"),
    ],
}

EQUIVALENT: dict[str, dict[str, str]] = {}
