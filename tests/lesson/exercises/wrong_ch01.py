"""What learners write for the exercises of chapter 1, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong

_LEAK = """
def prepare(x, p, h, share):
    n = len(x) - p - h + 1
    cut = int(share * n)
    known = {known}
    z = (x - known.mean()) / known.std()
    past = sliding_window_view(z, p)[:n]
    change = z[p - 1 + h :] - z[p - 1 : -h]
    last = {last}
    return (past[:last], change[:last]), (past[{first}:], change[{first}:])
"""


def _leak(known: str = "x[: cut + p]", last: str = "cut - h + 1", first: str = "cut") -> str:
    return _LEAK.format(known=known, last=last, first=first)


WRONG = {
    "sd-ball": [
        Wrong(
            "level",
            "def next_place(x):\n    return 2 * x[-1] - x[-2]",
            r"level table.*three places",
        ),
        Wrong(
            "from the wrong end",
            "def next_place(x):\n    return 3 * x[0] - 3 * x[1] + x[2]",
            r"wrong end",
        ),
        Wrong(
            "weights turned round",
            "def next_place(x):\n    return 3 * x[-3] - 3 * x[-2] + x[-1]",
            r"wrong end|changed places",
        ),
        Wrong("it stays", "def next_place(x):\n    return x[-1]", r"rolls on"),
        Wrong(
            "all signs plus",
            "def next_place(x):\n    return 3 * x[-1] + 3 * x[-2] + x[-3]",
            r"minus 3 times the one before",
        ),
        Wrong(
            "one coordinate",
            "def next_place(x):\n    return 3 * x[-1, 0] - 3 * x[-2, 0] + x[-3, 0]",
            r"Both coordinates",
        ),
    ],
    "sd-mask": [
        Wrong(
            "no mask",
            "def mean_over_real(v, n):\n    return v.mean(1)",
            r"padding and all|padded length",
        ),
        Wrong(
            "divided by T",
            "def mean_over_real(v, n):\n"
            "    m = np.arange(v.shape[1]) < n[:, None]\n"
            "    return np.where(m[..., None], v, 0).mean(1)",
            r"own length",
        ),
        Wrong(
            "multiplied",
            "def mean_over_real(v, n):\n"
            "    m = np.arange(v.shape[1]) < n[:, None]\n"
            "    return (v * m[..., None]).sum(1) / n[:, None]",
            r"NaN times 0",
        ),
        Wrong(
            "one step too many",
            "def mean_over_real(v, n):\n"
            "    m = np.arange(v.shape[1]) <= n[:, None]\n"
            "    return np.where(m[..., None], v, 0).sum(1) / n[:, None]",
            r"one step of the padding",
        ),
        Wrong(
            "the sum",
            "def mean_over_real(v, n):\n"
            "    m = np.arange(v.shape[1]) < n[:, None]\n"
            "    return np.where(m[..., None], v, 0).sum(1)",
            r"divide by the lengths",
        ),
        Wrong(
            "zeros taken for padding",
            "def mean_over_real(v, n):\n    return v.sum(1) / (v != 0).sum(1)",
            r"lengths tell what is real",
        ),
        Wrong(
            "one mean for all",
            "def mean_over_real(v, n):\n"
            "    m = np.arange(v.shape[1]) < n[:, None]\n"
            "    return np.broadcast_to(v[m].mean(0), (len(v), v.shape[2]))",
            r"each sequence has its own",
        ),
        Wrong(
            "nanmean",
            "def mean_over_real(v, n):\n    return np.nanmean(v, axis=1)",
            r"padding",
        ),
    ],
    "sd-orders": [
        Wrong(
            "the axes turned",
            "def three_factors(P, order):\n    Q = P.transpose(order)\n"
            "    pair = Q.sum(2, keepdims=True)\n    one = pair.sum(1, keepdims=True)\n"
            "    return one, pair / one, Q / pair",
            r"axes are turned|three factors|depends on",
        ),
        Wrong(
            "joint probabilities",
            "def three_factors(P, order):\n    i, j, k = order\n"
            "    pair = P.sum(axis=k, keepdims=True)\n"
            "    return pair.sum(axis=j, keepdims=True), pair, P",
            r"joint probability: divide",
        ),
        Wrong(
            "the order overlooked",
            "def three_factors(P, order):\n"
            "    pair = P.sum(axis=2, keepdims=True)\n"
            "    one = pair.sum(axis=1, keepdims=True)\n    return one, pair / one, P / pair",
            r"for order \(0, 2, 1\)[\s\S]*summed over axis 1.*a and c alone",
        ),
        Wrong(
            "axes lost",
            "def three_factors(P, order):\n    i, j, k = order\n"
            "    one = P.sum(axis=(j, k))\n    return one, P.sum(axis=k), P",
            r"keepdims=True",
        ),
        Wrong(
            "the last divided by the first only",
            "def three_factors(P, order):\n    i, j, k = order\n"
            "    pair = P.sum(axis=k, keepdims=True)\n"
            "    one = pair.sum(axis=j, keepdims=True)\n    return one, pair / one, P / one",
            r"P divided by p\(a, b\)",
        ),
        Wrong(
            "divided by the wrong one",
            "def three_factors(P, order):\n    i, j, k = order\n"
            "    pair = P.sum(axis=k, keepdims=True)\n"
            "    one = pair.sum(axis=j, keepdims=True)\n"
            "    return one, pair / one, P / P.sum(axis=(i, j), keepdims=True)",
            r"what is \*given\*",
        ),
        Wrong(
            "independent",
            "def three_factors(P, order):\n"
            "    return tuple(P.sum(axis=tuple(a for a in range(3) if a != i), keepdims=True)\n"
            "                 for i in order)",
            r"p\(b \| a\)[\s\S]*a and b alone",
        ),
        Wrong(
            "two factors",
            "def three_factors(P, order):\n    i, j, k = order\n"
            "    pair = P.sum(axis=k, keepdims=True)\n    return pair, P / pair",
            r"2 of them",
        ),
    ],
    "sd-survive": [
        Wrong("all", 'survivors = set("abcdef")', r"who stands beside whom"),
        Wrong("no median", 'survivors = {"a", "b", "f"}', r"sorted"),
        Wrong("only the mean", 'survivors = {"a"}', r"largest wherever"),
        Wrong("the step too", 'survivors = {"a", "b", "d", "e", "f"}', r"which is the next"),
        Wrong("no share", 'survivors = {"a", "b", "d"}', r"counts values"),
        Wrong("names", 'survivors = {"mean", "median"}', r'Write it like \{"a", "b"\}'),
        Wrong("nothing", "survivors = set()", r"does not ask for their order"),
    ],
    "sd-skill": [
        Wrong(
            "R squared",
            "def skill(x, guess, first):\n    now = x[first:]\n"
            "    return 1 - np.sum((now - guess[first:]) ** 2) / np.sum((now - now.mean()) ** 2)",
            r"compare with persistence",
        ),
        Wrong(
            "the ratio",
            "def skill(x, guess, first):\n    now = x[first:]\n"
            "    return np.sum((now - guess[first:]) ** 2) / np.sum((now - x[first - 1:-1]) ** 2)",
            r"1 minus it",
        ),
        Wrong(
            "roots",
            "def skill(x, guess, first):\n    now = x[first:]\n"
            "    own = np.sqrt(np.mean((now - guess[first:]) ** 2))\n"
            "    return 1 - own / np.sqrt(np.mean((now - x[first - 1:-1]) ** 2))",
            r"\*squared\*",
        ),
        Wrong(
            "all days",
            "def skill(x, guess, first):\n"
            "    return 1 - np.sum((x[1:] - guess[1:]) ** 2) / np.sum(np.diff(x) ** 2)",
            r"from `first` on",
        ),
        Wrong(
            "never negative",
            "def skill(x, guess, first):\n    now = x[first:]\n"
            "    same = np.sum((now - x[first - 1:-1]) ** 2)\n"
            "    return max(0.0, 1 - np.sum((now - guess[first:]) ** 2) / same)",
            r"leave it negative",
        ),
        Wrong(
            "upside down",
            "def skill(x, guess, first):\n    now = x[first:]\n"
            "    same = np.sum((now - x[first - 1:-1]) ** 2)\n"
            "    return 1 - same / np.sum((now - guess[first:]) ** 2)",
            r"upside down",
        ),
        Wrong(
            "steps from first on only",
            "def skill(x, guess, first):\n"
            "    return 1 - np.sum((x[first:] - guess[first:]) ** 2) / "
            "np.sum(np.diff(x[first:]) ** 2)",
            r"begins a day late",
        ),
    ],
    "sd-leak": [
        Wrong("the colleague's own", _leak("x", "cut"), r"answers that end after"),
        Wrong("the gap only", _leak("x"), r"all of x, the future included"),
        Wrong("the scale only", _leak(last="cut"), r"answers that end after"),
        Wrong("the scale of x[:cut]", _leak("x[:cut]"), r"leaves out p days"),
        Wrong("h left out, not h - 1", _leak(last="cut - h"), r"drops 1 more than it must"),
        Wrong("p + h left out", _leak(last="cut - h - p"), r"more than it must"),
        Wrong(
            "one too few left out", _leak(last="cut - h + 2"), r"still leaves 1 that leak|expected"
        ),
        Wrong(
            "the changes not scaled",
            _leak().replace("z[p - 1 + h :] - z[p - 1 : -h]", "x[p - 1 + h :] - x[p - 1 : -h]"),
            r"changes are not scaled",
        ),
        Wrong(
            "the mean taken off a change",
            _leak().replace(
                "z[p - 1 + h :] - z[p - 1 : -h]",
                "(x[p - 1 + h :] - x[p - 1 : -h] - known.mean()) / known.std()",
            ),
            r"subtract no mean",
        ),
        Wrong("the test part cut", _leak(last="cut", first="cut + h - 1"), r"test part stays"),
        Wrong(
            "not scaled",
            _leak().replace("(x - known.mean()) / known.std()", "x"),
            r"not scaled at all",
        ),
        Wrong(
            "the mean only",
            _leak().replace("(x - known.mean()) / known.std()", "x - known.mean()"),
            r"standard deviation is missing",
        ),
    ],
}

EQUIVALENT: dict[str, dict[str, str]] = {}
