"""What students write for the variations of chapter 2, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_CONST = Slip("no constant", "const + ", "", r"constant is missing")
_LATE = Slip("a year too late", "x[t - k], x[t - k - 1]", "x[t - k + 1], x[t - k]", r"too late")
_TURNED = Slip(
    "phi turned",
    "phi[0] * latest + phi[1] * before",
    "phi[1] * latest + phi[0] * before",
    r"wrong way round",
)
_TARGETS = Slip("targets", "range(first, len(x))", "range(first + 1, len(x))", r"x\[first\]")
_SWAPPED = Slip(
    "swapped",
    "(past[:cut], now[:cut]), (past[cut:], now[cut:])",
    "(past[cut:], now[cut:]), (past[:cut], now[:cut])",
    r"swapped",
)

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "ar-next": {
        "oldest-first": (
            _CONST,
            Slip(
                "published", "x[len(x) - len(phi) :]", "x[::-1][: len(phi)]", r"the wrong way round"
            ),
            Slip("first years", "x[len(x) - len(phi) :]", "x[: len(phi)]", r"first years"),
        ),
        "around-mean": (
            Slip("a constant", " - mean)", ")", r"no constant"),
            Slip("not put back", "return mean + ", "return ", r"come back"),
            Slip("own mean", "    return", "    mean = x.mean()\n    return", r"not that of x"),
            Slip("turned", "x[::-1][: len(phi)]", "x[-len(phi) :]", r"wrong way round"),
        ),
        "differences": (
            _CONST,
            Slip("the change", "x[-1] + ", "", r"That is the change"),
            Slip("the years", "np.diff(x)[::-1]", "x[::-1]", r"changes"),
            Slip("turned", "np.diff(x)[::-1]", "np.diff(x)[-len(phi):]", r"wrong way round"),
        ),
        "two-ahead": (
            Slip("next year", "range(2)", "range(1)", r"next year"),
            Slip("three", "range(2)", "range(3)", r"three years"),
            Slip(
                "lagged on",
                "    for _ in range(2):\n",
                "    for _ in range(1):\n        x = x[:-1]\n",
                r"latest year",
            ),
        ),
        "chosen-lags": (
            _CONST,
            Slip("left out", "x[len(x) - lags]", "x[::-1][: len(phi)]", r"lags are left out"),
            Slip("too far back", "len(x) - lags", "len(x) - lags - 1", r"too far back"),
            Slip("from the start", "len(x) - lags", "lags", r"from the end"),
        ),
    },
    "ar-horizon": {
        "absolute": (
            _LATE,
            _TURNED,
            _TARGETS,
            Slip("cancel", "abs(latest - x[t])", "latest - x[t]", r"cancel"),
            Slip(
                "squares",
                "return np.mean(gaps)",
                "return np.mean(np.square(gaps)) ** 0.5",
                r"published task",
            ),
        ),
        "bias": (
            _LATE,
            _TURNED,
            _TARGETS,
            Slip("sign", "latest - x[t]", "x[t] - latest", r"sign is (turned|flipped)"),
            Slip("absolute", "latest - x[t]", "abs(latest - x[t])", r"may cancel"),
        ),
        "by-origin": (
            _TURNED,
            Slip(
                "targets",
                "    for t in range(first, len(x) - k)",
                "    for t in range(first - k, len(x) - k)",
                r"\*from\* which",
            ),
            Slip("no root", "np.sqrt(np.mean(squares))", "np.mean(squares)", r"take the root"),
            Slip("last missing", "len(x) - k)", "len(x) - k - 1)", r"last forecast is missing"),
        ),
        "every-horizon": (
            Slip("the last", "np.array(errors)", "errors[-1]", r"alone"),
            Slip("from 0", "range(1, k + 1)", "range(k)", r"begin with 0|begin with 1"),
            Slip("no root", "np.sqrt(np.mean(squares))", "np.mean(squares)", r"take the root"),
            Slip("turned", "np.array(errors)", "np.array(errors[::-1])", r"turned round|reversed"),
        ),
        "skill": (
            _LATE,
            _TURNED,
            Slip("what is left", "1 - own / same", "own / same", r"share \*removed\*"),
            Slip("last year", "x[t] - x[t - k]", "x[t] - x[t - 1]", r"knew no more"),
            Slip("roots", "own / same", "(own / same) ** 0.5", r"\*squared\*"),
        ),
    },
    "ar-leak": {
        "no-shared-year": (
            Slip("published", "cut + p", "cut", r"no year may be in both"),
            Slip("one short", "cut + p", "cut + p - 1", r"one more"),
            Slip("one more", "cut + p", "cut + p + 1", r"too many"),
        ),
        "three-parts": (
            Slip(
                "of the rest", "dev * len(now)", "dev * (len(now) - one)", r"share of all windows"
            ),
            Slip("of years", "len(now)", "len(x)", r"not of years"),
            Slip("overlap", "slice(two, None)", "slice(one, None)", r"both dev and test"),
        ),
        "last-windows": (
            _SWAPPED,
            Slip("train on them", "len(now) - test", "test", r"to \*test\* on"),
            Slip("years", "len(now)", "len(x)", r"not years"),
        ),
        "first-test-year": (
            _SWAPPED,
            Slip("no p", "first - p", "first", r"first \*target\*"),
            Slip("off by one", "first - p", "first - p + 1", r"you train on it"),
        ),
    },
}

RIGHT_HERE = {
    "ar-next": {"oldest-first": {"lags the wrong way round": "here phi is in the order of time"}},
    "ar-leak": {"no-shared-year": {"a gap of p windows": "here no year may be in both parts"}},
}
