"""What students write for the variations of chapter 4, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_TURNED = Slip("transposed", "weight_hh.T", "weight_hh", r"weights are transposed")
_NUMBER = Slip("always 0.7", "\n    return", "\n    leak = 0.7\n    return", r"not 0\.7 always")

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "rn-count": {
        "one-bias": (
            Slip("two biases", "D + H + 1", "D + H + 2", r"second bias"),
            Slip("an output bias", "V * H", "V * (H + 1)", r"no bias here"),
            Slip("no W_hh", "D + H + 1", "D + 1", r"W_hh is missing"),
            Slip("one place", "T * D", "D", r"T D inputs"),
        ),
        "two-layers": (
            Slip("D again", "H + H + 2", "D + H + 2", r"not the D inputs|H times|states"),
            Slip("no second W_hh", "H + H + 2", "H + 2", r"W_hh of its own"),
            Slip("a W_hh in the flat one", "H * (H + 1)\n", "H * (2 * H + 1)\n", r"no W_hh"),
        ),
        "two-directions": (
            Slip("narrow output", "V * (2 * H + 1)", "V * (H + 1)", r"2H numbers"),
            Slip("shared weights", "2 * H * (D", "H * (D", r"weights of its own"),
            Slip("full W_hh", "(D + H + 2)", "(D + 2 * H + 2)", r"do not see each other"),
            Slip("two output biases", "2 * H + 1", "2 * H + 2", r"one bias, not two"),
        ),
        "multiplications": (
            Slip("weights", "T * H * (D + H)", "H * (D + H)", r"T times"),
            Slip("no output layer", "+ V * H", "", r"output layer is missing"),
            Slip("output each step", "(D + H) + V * H", "(D + H) + T * V * H", r"used once"),
            Slip("no W_hh", "(D + H)", "D", r"W_hh is missing"),
        ),
        "every-step": (
            Slip(
                "grows", "+ V * (H + 1)\n    flat", "+ T * V * (H + 1)\n    flat", r"does not grow"
            ),
            Slip("does not grow", "T * V * (H + 1)", "V * (H + 1)", r"T V scores|published task"),
            Slip("V biases", "T * V * (H + 1)", "(T * V * H + V)", r"has a bias"),
        ),
    },
    "rn-last": {
        "time-first": (
            Slip(
                "the padded end",
                "states[lengths - 1, np.arange(len(lengths))]",
                "states[-1]",
                r"padding too",
            ),
            Slip("too late", "lengths - 1", "lengths", r"too late"),
            Slip("not paired", ", np.arange(len(lengths))", "", r"with its own"),
            Slip("first sequence", "np.arange(len(lengths))", "0", r"first sequence"),
        ),
        "mask": (
            Slip("polarity", "~padding", "padding", r"True means padding"),
            Slip("too late", "lengths - 1", "lengths", r"first place of padding"),
            Slip("the padded end", "lengths - 1", "-1", r"padding too"),
        ),
        "two-directions": (
            Slip(
                "both at the last word",
                "[:, 0, half:]",
                "[np.arange(len(states)), lengths - 1, half:]",
                r"has read one word",
            ),
            Slip("exchanged", "[forwards, backwards]", "[backwards, forwards]", r"exchanged"),
            Slip("the padded end", "np.arange(len(states)), lengths - 1", ":, -1", r"padded end"),
        ),
        "packed": (
            Slip("own lengths", "np.cumsum(lengths)", "lengths", r"within a sequence"),
            Slip(
                "the firsts",
                "np.cumsum(lengths) - 1",
                "np.cumsum(lengths) - lengths",
                r"first state",
            ),
            Slip("too early", "- 1", "- 2", r"too early"),
        ),
        "last-three": (
            Slip("no zeros", "places[..., None] >= 0", "True", r"there stand zeros"),
            Slip("turned round", "[-3, -2, -1]", "[-1, -2, -3]", r"turned round"),
            Slip("too late", "[-3, -2, -1]", "[-2, -1, 0]", r"too late"),
        ),
    },
    "rn-leaky": {
        "share-kept": (
            _TURNED,
            _NUMBER,
            Slip("published", "leak * h + (1 - leak)", "(1 - leak) * h + leak", r"wrong side"),
            Slip("kept whole", "leak * h", "h", r"kept whole"),
        ),
        "relu": (
            _TURNED,
            _NUMBER,
            Slip("tanh", "torch.relu", "torch.tanh", r"step with tanh"),
            Slip("wrong side", "(1 - leak) * h + leak", "leak * h + (1 - leak)", r"wrong side"),
            Slip("no activation", "torch.relu", "", r"activation is missing"),
        ),
        "in-out": (
            Slip("transposed", "@ weight_hh", "@ weight_hh.T", r"weights are transposed"),
            _NUMBER,
            Slip("kept whole", "(1 - leak) * h", "h", r"kept whole"),
        ),
        "before-tanh": (
            _TURNED,
            _NUMBER,
            Slip("no tanh", "torch.tanh(u)", "u", r"tanh is missing"),
            Slip("one more tanh", "leak * new", "leak * torch.tanh(new)", r"gets no tanh"),
            Slip("old tanh", "(1 - leak) * u", "(1 - leak) * torch.tanh(u)", r"leaks as it is"),
        ),
        "residual": (
            _TURNED,
            _NUMBER,
            Slip("leaks", "return h", "return (1 - leak) * h", r"kept whole"),
            Slip("no leak", "leak * ", "", r"λ is missing"),
            Slip(
                "inside",
                "leak * torch.tanh(a + h @ weight_hh.T)",
                "torch.tanh(leak * (a + h @ weight_hh.T))",
                r"outside the tanh",
            ),
        ),
    },
}

_DEFAULT = {"0.7 → 1.0499999999999998": "the check hands λ over"}
EQUIVALENT = {
    "rn-leaky": dict.fromkeys(SLIPS["rn-leaky"], _DEFAULT),
}

RIGHT_HERE = {
    "rn-leaky": {
        "share-kept": {"the wrong side": "here λ is the share of the old state"},
        "in-out": {"transposed": "here the weights are stored so"},
        "residual": {"kept whole": "here nothing leaks"},
    },
}
