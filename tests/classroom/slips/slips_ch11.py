"""What students write for the variations of chapter 11, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_RESULT = "return cell(s, y, m), m"
_NOTHING = "cell(s, y, np.zeros_like(s))"
_TWICE = Slip("twice", _RESULT, f"return cell({_NOTHING}, y, m), m", r"called twice")
_UNREAD = Slip("unread", _RESULT, f"return {_NOTHING}, m", r"cell wants what you read")
_MEAN = """\
    w = np.exp(score(s, memory) - score(s, memory).max())
    m = w @ memory / w.sum()
"""
_LATE = Slip(
    "masked late",
    "    scores = np.where(real, scores, -np.inf)\n",
    "    a = np.exp(scores - scores.max(-1, keepdims=True))\n"
    "    return real * a / a.sum(-1, keepdims=True)\n",
    r"took its share",
)
_EVEN = Slip(
    "even",
    "    some = real.any(1, keepdims=True)\n",
    "    scores, some = np.maximum(scores, -1e9), True\n",
    r"to be 0",
)
_ZEROS = Slip("zeros", "scores, -np.inf)", "scores, 0)", r"score like any other")
_COLUMNS = """\
    some = real.any(0)
    a = np.exp(scores - np.where(some, scores.max(0), 0))
    return a / np.where(some, a.sum(0), 1)"""
_LUONG = """\
    s = cell(s, y, m)
    scores = score(s, memory)
    weights = np.exp(scores - scores.max())
    return s, weights @ memory / weights.sum()"""
_NO_TAU = Slip("no temperature", "q) / tau", "q)", r"1/τ is missing")
_MEANS = Slip("no mean", " - a @ values", "", r"mean is not taken off|twice|once")

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "at-circle": {
        "luong": (
            Slip("published", _LUONG, f"{_MEAN}    {_RESULT}", r"Here the cell comes first"),
            Slip(
                "old asks",
                "    s = cell(s, y, m)\n    scores = score(s, memory)\n",
                "    scores = score(s, memory)\n    s = cell(s, y, m)\n",
                r"but the new one asks",
            ),
            Slip("not fed", "(s, y, m)", "(s, y, 0 * m)", r"is not fed"),
            Slip(
                "old reading", "return s, weights @ memory / weights.sum()", "return s, m", r"anew"
            ),
            Slip(
                "twice", "return s", "return cell(s, y, weights @ memory / weights.sum())", r"twice"
            ),
        ),
        "the-best": (
            Slip(
                "published",
                "    m = memory[score(s, memory).argmax()]\n",
                _MEAN,
                r"read in another way",
            ),
            _TWICE,
            _UNREAD,
            Slip("the worst", "argmax", "argmin", r"highest score"),
            Slip("scaled", "argmax()]\n", "argmax()] * score(s, memory).max()\n", r"as it is"),
            Slip("the new asks", "score(s,", f"score({_NOTHING},", r"new state asks|next state"),
        ),
        "window": (
            Slip("published", "<= 2", "<= 99", r"read in another way"),
            _TWICE,
            Slip("further", "<= 2", "<= 3", r"reaches too far"),
            Slip("narrow", "<= 2", "< 2", r"too narrow"),
            Slip(
                "masked late",
                "    m = weights",
                "    weights = np.exp(score(s, memory) - score(s, memory).max())\n"
                "    m = (weights * near)",
                r"over the window",
            ),
        ),
        "or-nothing": (
            Slip("published", "weights.sum()", "weights[:-1].sum()", r"read in another way"),
            _TWICE,
            Slip(
                "shifted",
                "/ weights.sum()",
                "/ weights[:-1].sum() / (1 + 1 / np.exp(scores[:-1] - scores[:-1].max()).sum())",
                r"largest score was taken off",
            ),
            Slip("not divided", "weights.sum()", "np.exp(-scores.max())", r"not divided"),
        ),
    },
    "at-mask": {
        "true-is-padding": (
            Slip("published", "real = ~padding", "real = padding", r"Here True is padding"),
            _LATE,
            _EVEN,
            _ZEROS,
        ),
        "places-first": (
            Slip(
                "published",
                _COLUMNS,
                _COLUMNS.replace("(0)", "(-1, keepdims=True)"),
                r"down the first axis",
            ),
            _ZEROS,
            Slip(
                "even",
                "    some = real.any(0)\n",
                "    scores, some = np.maximum(scores, -1e9), True\n",
                r"to be 0",
            ),
            Slip(
                "turned",
                "return a / np.where(some, a.sum(0), 1)",
                "return (a / a.sum(0)).T",
                r"layout",
            ),
        ),
        "counts": (
            Slip("published", "real = more >= 0", "real, more = more != 0, 0", r"as of a mask"),
            Slip("once", "(more + 1) *", "1 *", r"more \+ 1 times"),
            Slip(
                "further alone",
                "real = more >= 0",
                "real, more = more > 0, more - 1",
                r"is one key",
            ),
            Slip(
                "late",
                "return a / np.where(some, a.sum",
                "return a / np.where(some, (a / np.maximum(more + 1, 1)).sum",
                r"before you divide",
            ),
            Slip("one key's", "return a", "return a / np.maximum(more + 1, 1)", r"one key's share"),
        ),
        "added": (
            Slip(
                "published",
                "scores = scores + bias",
                "scores = np.where(bias, scores, -np.inf)",
                r"Here it is added",
            ),
            Slip("only hidden", "+ bias", "+ np.where(bias > -np.inf, 0, bias)", r"finite part"),
            Slip("taken off", "+ bias", "+ np.where(bias > -np.inf, -bias, bias)", r"taken off"),
            Slip("even", "+ bias", "+ np.maximum(bias, -1e9)", r"to be 0"),
        ),
        "earlier": (
            Slip(
                "published", "np.tri(len(scores), k=-1, dtype=bool)", "scores == scores", r"masked"
            ),
            Slip("itself", "k=-1", "k=0", r"own place"),
            Slip("later", "dtype=bool)", "dtype=bool).T", r"later places"),
            _LATE,
            _EVEN,
        ),
    },
    "at-cov": {
        "by-temperature": (
            Slip(
                "published",
                "-(a * scores) @ (values - a @ values) / tau**2",
                "(a[:, None] * (values - a @ values)).T @ keys / tau",
                r"by the temperature",
            ),
            _MEANS,
            Slip("sign", "return -", "return ", r"sign"),
            Slip("once", "tau**2", "tau", r"not −1/τ"),
        ),
        "by-one-key": (
            Slip(
                "published",
                "a[j] * np.outer(values[j] - a @ values, q)",
                "(a[:, None] * (values - a @ values)).T @ keys",
                r"by one key",
            ),
            _MEANS,
            _NO_TAU,
            Slip("no weight", "a[j] * ", "", r"place's weight"),
            Slip("the key", ", q)", ", keys[j])", r"is the query"),
        ),
        "gaussian": (
            Slip(
                "published",
                "-((q - keys) ** 2).sum(-1) / (2 * tau)",
                "keys @ q / tau",
                r"dot products",
            ),
            _MEANS,
            _NO_TAU,
            Slip("no half", "(2 * tau)", "tau", r"half is missing"),
            Slip("sign", "(keys - q)", "(q - keys)", r"not q − k"),
            Slip("far", "= -((", "= ((", r"Far keys"),
        ),
        "bilinear": (
            Slip(
                "published",
                "    scores =",
                "    q, W = q[: keys.shape[1]], np.eye(keys.shape[1])\n    scores =",
                r"W is missing",
            ),
            _MEANS,
            Slip("no temperature", "W.T / tau", "W.T", r"1/τ is missing"),
            Slip("W in the weights alone", " @ W.T", "", r"W k, not k"),
            Slip(
                "transposed",
                "(a[:, None] * (values - a @ values)).T @ keys @ W.T",
                "W @ keys.T @ (a[:, None] * (values - a @ values))",
                r"transpose",
            ),
        ),
    },
}

_SHIFT = {
    "scores - scores.max() → scores + scores.max()": "a softmax does not see what is added to all"
}


def _where_empty(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "where all is padding, any number may be taken off or divide zeros")


EQUIVALENT = {
    "at-mask": {
        "true-is-padding": _where_empty("0 → 1", "0 → -1", "1 → 2 (4)"),
        "places-first": _where_empty("0 → 1 (3)", "0 → -1 (3)", "1 → 2"),
        "counts": _where_empty("0 → 1 (2)", "0 → -1 (2)", "1 → 2 (5)"),
        "added": _where_empty("0 → 1", "0 → -1", "1 → 2 (3)"),
        "earlier": _where_empty("0 → 1", "0 → -1", "1 → 2 (5)"),
    },
    "at-circle": {"luong": _SHIFT, "window": _SHIFT, "or-nothing": _SHIFT},
    "at-cov": {
        "by-temperature": _SHIFT,
        "by-one-key": _SHIFT,
        "bilinear": _SHIFT,
        "gaussian": {
            **_SHIFT,
            "-1 → 1": "the last axis of two is axis 1",
            "keys - q → keys + q": "the values stand without their mean: a constant key is lost",
        },
    },
}

RIGHT_HERE = {"at-circle": {"the-best": {"hard": "here it is asked for"}}}
