"""What students write for the variations of chapter 8, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_TURNED = Slip("z turned", "(1 - z) * n + z * h", "(1 - z) * h + z * n", r"z is turned round")
_NO_TANH = Slip("no tanh", "torch.tanh(", "(", r"lacks its tanh")
_NO_BIAS = Slip("no bias", " + bias_hn", "", r"b_hn is missing")
_OUTSIDE = Slip("bias outside", "r * (m_n + bias_hn)", "r * m_n + bias_hn", r"outside of the reset")
_BIASES = Slip(
    "no biases",
    "for name in weights:",
    "out = dict(weights)\n    for name in list(weights)[:2]:",
    r"biases",
)
_UPSIDE = Slip(
    "upside down",
    "    steps = ",
    "    a, b, at_a, at_b = b, a, at_b, at_a\n    steps = ",
    r"upside down|sign is",
)

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "gr-step": {
        "z-lets-in": (
            _NO_TANH,
            _NO_BIAS,
            _OUTSIDE,
            Slip("z keeps", "(1 - z) * h + z * n", "(1 - z) * n + z * h", r"lets the \*new\* in"),
        ),
        "reset-before": (
            _TURNED,
            _NO_TANH,
            _NO_BIAS,
            Slip("behind", "(r * h) @ w_n.T + bias_hn", "r * (h @ w_n.T + bias_hn)", r"before it"),
        ),
        "gate-order": (
            _TURNED,
            _NO_TANH,
            _OUTSIDE,
            Slip(
                "PyTorch's",
                "r, z = torch.sigmoid(a_r + m_r), torch.sigmoid(a_z + m_z)",
                "z, r = torch.sigmoid(a_r + m_r), torch.sigmoid(a_z + m_z)",
                r"PyTorch's order",
            ),
        ),
        "in-out": (_TURNED, _NO_TANH, _NO_BIAS, _OUTSIDE),
        "no-reset": (
            _TURNED,
            _NO_TANH,
            _NO_BIAS,
            Slip(
                "a reset",
                "    z, n = torch.sigmoid(a_z + m_z), torch.tanh(a_n + m_n + bias_hn)",
                "    z = torch.sigmoid(a_z + m_z)\n    n = torch.tanh(a_n + z * (m_n + bias_hn))",
                r"no reset",
            ),
        ),
    },
    "gr-flip": {
        "stored-zrn": (
            _BIASES,
            Slip("PyTorch's", "new[:H]", "new[H : 2 * H]", r"that is r"),
            Slip("the candidate", "new[:H]", "new[2 * H :]", r"candidate"),
            Slip("everything", "new[:H]", "new[:]", r"Everything"),
        ),
        "reordered": (
            _BIASES,
            Slip("turned round", "[r, z, n]", "[z, r, n]", r"turns the order round"),
            Slip("other way", "[r, z, n]", "[z, n, r]", r"other way"),
            Slip("a sign", "[r, z, n]", "[n, -r, z]", r"sign changed"),
        ),
        "lstm": (
            _BIASES,
            Slip("i", "new[H : 2 * H]", "new[:H]", r"belongs to i"),
            Slip("g", "new[H : 2 * H]", "new[2 * H : 3 * H]", r"belongs to g"),
            Slip("everything", "new[H : 2 * H]", "new[:]", r"Everything"),
        ),
        "in-out": (
            _BIASES,
            Slip("r", "[..., H : 2 * H]", "[..., :H]", r"that is r"),
            Slip("candidate", "[..., H : 2 * H]", "[..., 2 * H :]", r"candidate"),
            Slip("turned", "out[name] = new", "out[name] = new.T", r"layout"),
        ),
    },
    "gr-time": {
        "for-good": (
            _UPSIDE,
            Slip(
                "first below",
                'np.flatnonzero(c["value"] >= level)[-1] + 1',
                '(c["value"] < level).argmax()',
                r"comes back",
            ),
            Slip("last above", "[-1] + 1", "[-1]", r"last entry that is not below"),
        ),
        "difference": (
            _UPSIDE,
            Slip(
                "ratios",
                "return steps",
                "return tuple(a[k][at_a] / b[k][at_b] for k in ('step', 'seconds'))  #",
                r"Those are the ratios",
            ),
            Slip(
                "for good",
                '(curve["value"] < level).argmax()',
                'np.flatnonzero(curve["value"] >= level)[-1] + 1',
                r"first entry below",
            ),
        ),
        "equal-time": (
            Slip("after", "[-1] for", "[-1] + 1 for", r"nobody had it"),
            Slip(
                "swapped",
                'a["value"][at_a], b["value"][at_b]',
                'b["value"][at_b], a["value"][at_a]',
                r"a's value first",
            ),
            Slip("the end", "at_a, at_b =", "at_a = at_b = -1\n    _ =", r"end of the curves"),
        ),
        "best-of-both": (
            _UPSIDE,
            Slip(
                "each its own",
                '(curve["value"] <= level).argmax()',
                'curve["value"].argmin()',
                r"its own best",
            ),
            Slip("the better", "max(a", "min(a", r"never gets there"),
        ),
    },
}

_AXIS = {"-1 → 1": "the last axis of two is axis 1"}
_BOTH = _AXIS | {"-1 → 1 (2)": "the same"}
_DIVIDED = "what is divided by −1 changes its sign, too"
EQUIVALENT = {
    "gr-step": dict.fromkeys(SLIPS["gr-step"], _BOTH) | {"reset-before": _AXIS},
    "gr-flip": {
        "stored-zrn": {"new[:H] *= -1 → new[:H] /= -1": _DIVIDED},
        "lstm": {"new[H:2 * H] *= -1 → new[H:2 * H] /= -1": _DIVIDED},
        "in-out": {"new[..., H:2 * H] *= -1 → new[..., H:2 * H] /= -1": _DIVIDED},
    },
}

RIGHT_HERE = {
    "gr-step": {
        "z-lets-in": {"z turned round": "here z lets in the new"},
        "reset-before": {"reset before": "here it stands there"},
        "gate-order": {"another order": "here it is this one"},
    },
    "gr-time": {"for-good": {"for good": "here it is asked for"}},
}
