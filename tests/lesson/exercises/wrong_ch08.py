"""What learners write for the exercises of chapter 8, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong


def _step(
    *,
    parts: str = "a_r, a_z, a_n",
    memory: str = "m_r, m_z, m_n",
    n: str = "torch.tanh(a_n + r * (m_n + bias_hn))",
    back: str = "(1 - z) * n + z * h",
) -> str:
    return (
        "def gru_step(a, h, weight_hh, bias_hn):\n"
        f"    {parts} = a.chunk(3, -1)\n"
        f"    {memory} = (h @ weight_hh.T).chunk(3, -1)\n"
        "    r = torch.sigmoid(a_r + m_r)\n    z = torch.sigmoid(a_z + m_z)\n"
        f"    n = {n}\n    return {back}"
    )


def _flip(
    rows: str = "H : 2 * H", names: str = "weights", change: str = "new[{rows}] *= -1"
) -> str:
    return (
        "def flipped(weights):\n    out = dict(weights)\n"
        '    H = len(weights["weight_hh_l0"]) // 3\n'
        f"    for name in {names}:\n        new = weights[name].copy()\n"
        f"        {change.format(rows=rows)}\n        out[name] = new\n    return out"
    )


def _agree(back: str) -> str:
    return f"def agree(W, b, r):\n    {back}"


def _count(back: str) -> str:
    return f"def gru_width(D, H):\n    {back}"


def _search(test: str, extra: str = "") -> str:
    return _count(
        f"G = 1\n    while {test}:\n        G += 1\n    return G{extra}",
    )


def _race(
    *,
    at: str = 'int((curve["value"] < level).argmax())',
    back: str = "first(a)[0] / first(b)[0], first(a)[1] / first(b)[1]",
) -> str:
    return (
        "def race(a, b, level):\n    def first(curve):\n"
        f"        at = {at}\n"
        '        return curve["step"][at], curve["seconds"][at]\n'
        f"    return {back}"
    )


WRONG = {
    "gr-step": [
        Wrong("z turned round", _step(back="z * n + (1 - z) * h"), r"turned round"),
        Wrong(
            "reset before",
            _step(n="torch.tanh(a_n + (r * h) @ weight_hh.chunk(3)[2].T + bias_hn)"),
            r"before the product",
        ),
        Wrong("bias outside", _step(n="torch.tanh(a_n + r * m_n + bias_hn)"), r"outside"),
        Wrong("no bias", _step(n="torch.tanh(a_n + r * m_n)"), r"b_hn is missing"),
        Wrong(
            "another order",
            _step(parts="a_z, a_r, a_n", memory="m_z, m_r, m_n"),
            r"another order",
        ),
        Wrong("all reset", _step(n="torch.tanh(r * (a_n + m_n + bias_hn))"), r"input's share"),
        Wrong("no reset", _step(n="torch.tanh(a_n + m_n + bias_hn)"), r"r is not used"),
        Wrong("the candidate", _step(back="n"), r"candidate alone"),
        Wrong("no tanh", _step(n="a_n + r * (m_n + bias_hn)"), r"lacks its tanh"),
        Wrong("old alone", _step(back="z * h"), r"candidate's share"),
        Wrong("new alone", _step(back="(1 - z) * n"), r"old state's share"),
        Wrong("two states", _step(back="(1 - z) * n + z * h, h"), r"h_t alone"),
        Wrong(
            "two slips",
            _step(n="torch.tanh(a_n + r * m_n + bias_hn)", back="z * n + (1 - z) * h"),
            r"look for two",
        ),
    ],
    "gr-flip": [
        Wrong(
            "as printed",
            _flip(":H", '("weight_ih_l0", "weight_hh_l0")'),
            r"that is r",
        ),
        Wrong("biases left", _flip(names='("weight_ih_l0", "weight_hh_l0")'), r"two biases"),
        Wrong("weights left", _flip(names='("bias_ih_l0", "bias_hh_l0")'), r"Two products"),
        Wrong(
            "two blocks swapped",
            _flip(change="new[:H], new[H : 2 * H] = weights[name][H : 2 * H], weights[name][:H]"),
            r"which third",
        ),
        Wrong("the candidate", _flip("2 * H :"), r"that is the candidate"),
        Wrong("all", _flip(":"), r"must stay"),
        Wrong("r and z", _flip(": 2 * H"), r"r changed its sign, too"),
        Wrong("one minus", _flip(change="new[{rows}] = 1 - new[{rows}]"), r"1 - σ\(u\)"),
        Wrong("nothing", "def flipped(weights):\n    return dict(weights)", r"as it was"),
        Wrong(
            "in place",
            "def flipped(weights):\n    H = len(weights['weight_hh_l0']) // 3\n"
            "    for w in weights.values():\n        w[H : 2 * H] *= -1\n    return weights",
            r"changes the input",
        ),
        Wrong("a list", "def flipped(weights):\n    return list(weights)", r"under its own name"),
    ],
    "gr-reset": [
        Wrong("never", _agree("return False"), r"same here"),
        Wrong("always", _agree("return True"), r"h that is 1 in one place"),
        Wrong("r all 1", _agree("return bool((r == 1).all())"), r"same here"),
        Wrong(
            "diagonal only",
            _agree("return bool((W == np.diag(np.diag(W))).all() and (b == 0).all())"),
            r"same here",
        ),
        Wrong(
            "bias forgotten",
            _agree("return bool((W * (r[:, None] - r) == 0).all())"),
            r"try h = 0",
        ),
        Wrong(
            "weights forgotten",
            _agree("return bool((b * (1 - r) == 0).all())"),
            r"1 in one place",
        ),
        Wrong(
            "at h = 1",
            _agree("return bool(((W * (r[:, None] - r)).sum(1) + (r - 1) * b == 0).all())"),
            r"other h",
        ),
        Wrong(
            "sums",
            _agree(
                "M = W * (r[:, None] - r)\n    return bool(M.sum() == 0 and (M @ r).sum() == 0)"
            ),
            r"They differ",
        ),
        Wrong(
            "one h",
            _agree(
                "h = np.linspace(-1, 1, 4) ** 3\n"
                "    return bool(np.allclose(r * (W @ h + b), W @ (r * h) + b))"
            ),
            r"without a tolerance",
        ),
        Wrong(
            "nearly zero",
            _agree(
                "return bool(np.allclose(W * (r[:, None] - r), 0) and np.allclose((r - 1) * b, 0))"
            ),
            r"without a tolerance",
        ),
        Wrong("a matrix", _agree("return (W * (r[:, None] - r) == 0)"), r"one True or False"),
    ],
    "gr-anbn": [
        Wrong("all", "counters = (True, True, True, True, True)", r"3 of 5(?s:.)*i = 1 - f"),
        Wrong("none", "counters = (False, False, False, False, False)", r"2 of 5(?s:.)*f = 1"),
        Wrong(
            "by the forget gate",
            "counters = (False, False, True, False, True)",
            r"4 of 5(?s:.)*f = 1",
        ),
        Wrong(
            "the GRU counts", "counters = (True, False, True, True, True)", r"4 of 5(?s:.)*In a GRU"
        ),
        Wrong("hidden", "counters = (True, False, False, False, True)", r"what is shown"),
        Wrong("input", "counters = (True, False, True, False, False)", r"goes in whole"),
        Wrong("words", "counters = ('yes', 'no', 'yes', 'no', 'yes')", r"five truth values"),
        Wrong("four", "counters = (True, False, True, False)", r"five truth values"),
    ],
    "gr-count": [
        Wrong("4/3", _count("return 4 * H // 3"), r"square of the width"),
        Wrong("3/4", _count("return 3 * H // 4"), r"wider, not"),
        Wrong("root of 4/3", _count("return int(H * (4 / 3) ** 0.5)"), r"leaves the inputs"),
        Wrong("equal", _count("return H"), r"own width"),
        Wrong(
            "one too wide",
            _search("3 * G * (D + G + 2) <= 4 * H * (D + H + 2)"),
            r"one too wide",
        ),
        Wrong(
            "no biases",
            _search("3 * (G + 1) * (D + G + 1) <= 4 * H * (D + H)"),
            r"biases are missing",
        ),
        Wrong(
            "one bias",
            _search("3 * (G + 1) * (D + G + 2) <= 4 * H * (D + H + 1)"),
            r"one of the two",
        ),
        Wrong(
            "rounded",
            _count(
                "p, q = D + 2, 4 / 3 * H * (D + H + 2)\n"
                "    return round((p * p / 4 + q) ** 0.5 - p / 2)"
            ),
            r"one too wide",
        ),
        Wrong(
            "no whole number",
            _count("return H * (4 / 3) ** 0.5"),
            r"whole number",
        ),
    ],
    "gr-time": [
        Wrong(
            "upside down",
            _race(back="first(b)[0] / first(a)[0], first(b)[1] / first(a)[1]"),
            r"upside down",
        ),
        Wrong(
            "seconds first",
            _race(back="first(a)[1] / first(b)[1], first(a)[0] / first(b)[0]"),
            r"other order",
        ),
        Wrong("a alone", _race(back="first(a)"), r"divide by b"),
        Wrong(
            "for good",
            _race(at='int((curve["value"] >= level).nonzero()[0][-1]) + 1'),
            r"comes back",
        ),
        Wrong("at the end", _race(at="-1"), r"end of the curves"),
        Wrong("at the beginning", _race(at="0"), r"at the beginning"),
        Wrong("not yet below", _race(at='int((curve["value"] <= level).argmax())'), r"not below"),
        Wrong(
            "places for steps",
            "def race(a, b, level):\n"
            "    i, j = (int((c['value'] < level).argmax()) for c in (a, b))\n"
            "    return (i + 1) / (j + 1), a['seconds'][i] / b['seconds'][j]",
            r"entries of `step`",
        ),
        Wrong(
            "seconds for each step",
            "def race(a, b, level):\n"
            "    i, j = (int((c['value'] < level).argmax()) for c in (a, b))\n"
            "    each = [c['seconds'][-1] / c['step'][-1] for c in (a, b)]\n"
            "    return a['step'][i] / b['step'][j], each[0] / each[1]",
            r"entries of `seconds`",
        ),
    ],
}

EQUIVALENT: dict[str, dict[str, str]] = {}
