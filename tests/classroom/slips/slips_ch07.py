"""What students write for the variations of chapter 7, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_NO_TANH = Slip("no tanh", "* torch.tanh(c), c", "* c, c", r"tanh is missing")
_SWAPPED = Slip(
    "swapped",
    "torch.sigmoid(o) * torch.tanh(c), c",
    "c, torch.sigmoid(o) * torch.tanh(c)",
    r"swapped",
)
_NO_H = Slip("no W_hh h", "a + h @ weight_hh.T", "a", r"read the last output")
_UNBIASED = Slip("no biases", " + 1)\n", ")\n", r"biases are missing")

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "ls-step": {
        "gate-order": (
            _NO_TANH,
            _SWAPPED,
            _NO_H,
            Slip("PyTorch's order", "i, o, f, g =", "i, f, g, o =", r"PyTorch's order"),
            Slip("kept whole", "torch.sigmoid(f) * c", "c", r"kept whole"),
        ),
        "coupled-gates": (
            _NO_TANH,
            _SWAPPED,
            _NO_H,
            Slip("exchanged", "keep * c + (1 - keep)", "(1 - keep) * c + keep", r"exchanged"),
            Slip("whole", "(1 - keep) * ", "", r"comes in whole"),
        ),
        "no-forget-gate": (
            _NO_TANH,
            _SWAPPED,
            _NO_H,
            Slip("shared", "c = c +", "c = (1 - torch.sigmoid(i)) * c +", r"no forget gate"),
            Slip("whole", "torch.sigmoid(i) * torch.tanh(g)", "torch.tanh(g)", r"comes in whole"),
        ),
        "in-out": (
            _NO_TANH,
            _SWAPPED,
            Slip("no W_hh h", "a + h @ weight_hh", "a", r"read the last output"),
            Slip("exchanged", "i, f, g, o =", "f, i, g, o =", r"exchanged"),
        ),
        "peepholes": (
            _NO_H,
            Slip("without", "p_i, p_f, p_o = peep", "p_i = p_f = p_o = 0", r"without peepholes"),
            Slip(
                "o sees the old",
                "    c = f * c",
                "    o, p_o = o + p_o * c, 0\n    c = f * c",
                r"\*new\* cell",
            ),
            Slip("order", "p_i, p_f, p_o", "p_f, p_i, p_o", r"order i, f, o"),
        ),
    },
    "ls-bias": {
        "share": (
            Slip("half", "share **", "0.5 **", r"Here it is the share"),
            Slip("f", "math.log(f / (1 - f))", "f", r"f itself"),
            Slip("sign", "f / (1 - f)", "(1 - f) / f", r"sign"),
            Slip("one step", "** (1 / k)", "** 1", r"not after one"),
        ),
        "power": (
            Slip("published", "k * power", "k", r"sigmoid itself"),
            Slip("sigmoid", "math.log(inner / (1 - inner))", "inner", r"Which bias gives it"),
            Slip("wrong side", "k * power", "k / power", r"wrong side"),
            Slip("sign", "inner / (1 - inner)", "(1 - inner) / inner", r"sign"),
        ),
        "hard-gate": (
            Slip("smooth", "6 * (f - 0.5)", "math.log(f / (1 - f))", r"smooth"),
            Slip("f", "6 * (f - 0.5)", "f", r"f itself"),
            Slip("no half", "(f - 0.5)", "f", r"½ off"),
            Slip("no slope", "6 * (f - 0.5)", "f - 0.5", r"slope is 1/6"),
        ),
        "mean-time": (
            Slip("half", "1 - 1 / k", "0.5 ** (1 / k)", r"lasts on average"),
            Slip("f", "math.log(f / (1 - f))", "f", r"f itself"),
            Slip("sign", "f / (1 - f)", "(1 - f) / f", r"sign"),
            Slip("one more", "1 - 1 / k", "1 - 1 / (k + 1)", r"1 / \(1 − f\)"),
        ),
    },
    "ls-count": {
        "forget-gate": (
            _UNBIASED,
            Slip("two gates", "size + 3", "size + 2", r"published"),
            Slip("a cell", "blocks * (size + 3)", "4 * blocks * size", r"not to a cell"),
            Slip("no output", " + outputs * (blocks * size + 1)", "", r"output layer is missing"),
        ),
        "own-gates": (
            _UNBIASED,
            Slip("unread", "inputs + 3 * cells", "inputs + cells", r"read as well"),
            Slip("one gate", "3 *", "2 *", r"two gates"),
            Slip("no output", " + outputs * (cells + 1)", "", r"output layer is missing"),
        ),
        "gates-unread": (
            _UNBIASED,
            Slip("read", "inputs + cells", "inputs + blocks * (size + 2)", r"published"),
            Slip("no gates", "blocks * (size + 2)", "blocks * size", r"gates have weights"),
            Slip("own cells", "inputs + cells", "inputs + size", r"all cells"),
        ),
        "direct": (
            _UNBIASED,
            Slip("not direct", "+ inputs + 1)\n", "+ 1)\n", r"published"),
            Slip("the gates, too", "blocks * size + inputs", "hidden + inputs", r"not the gates"),
            Slip("no output", " + outputs * (blocks * size + inputs + 1)", "", r"layer is missing"),
        ),
    },
}

_AXIS = {"-1 → 1": "the last axis of two is axis 1"}
EQUIVALENT = {"ls-step": dict.fromkeys(SLIPS["ls-step"], _AXIS)}

RIGHT_HERE = {
    "ls-bias": {"mean-time": {"the rule for 1/e": "here it is the exact answer"}},
    "ls-count": {
        "forget-gate": {"forget gates": "here there are some"},
        "own-gates": {"gates for each cell": "here they belong to cells"},
        "gates-unread": {"gates unread": "here nobody reads them"},
        "direct": {"output reads inputs": "here it does"},
    },
}
