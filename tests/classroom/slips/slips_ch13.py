"""What students write for the variations of chapter 13, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_LAYER_2 = Slip(
    "H in layer 2", "+ one(2 * H) + (L - 2) * one(H)", "+ (L - 1) * one(H)", r"reads 2H"
)
_FOR_EVER = Slip("2H for ever", "(L - 2) * one(H)", "(L - 2) * one(2 * H)", r"From layer 3 on")
_ABOVE = Slip("H above", "2 * (L - 1) * one(2 * H)", "2 * (L - 1) * one(H)", r"reads 2H")
_ROWS = Slip("rows", ".sum(0)", ".sum(1)", r"rows")
_POSITIVE = Slip("positive", "return -", "return ", r"0 at most")

_NEGATED = Slip("sign", "return np.log(", "return -np.log(", r"0 at most|sign is flipped")


def _copied(header: str, says: str, body: str) -> Slip:
    """What the chapter asks for, which the variation does not."""
    return Slip("copied", header, header + body, says)


def _by_places(header: str, says: str) -> Slip:
    return _copied(header, says, "    return np.log(np.minimum(weights.sum(0), 1)).sum()\n")


def _by_rows(header: str, says: str, more: str = "") -> Slip:
    body = (
        "    step = abs(W).max(1) / 127\n    safe = np.where(step > 0, step, 1)\n"
        f"    return np.round(W / safe[:, None]).astype(np.int8), step{more}\n"
    )
    return _copied(header, says, body)


_COVERAGE = "def coverage(weights):\n"
_BITS = "def eight_bits(W):\n"
_CUT_OFF = Slip("cut off", "np.round(", "np.trunc(", r"Cut off towards 0")
_ZERO = Slip("zeros' step", ", step\n", ", safe\n", r"has the step 0")


SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "gn-count": {
        "gru": (
            Slip("LSTM", "3 * H", "4 * H", r"a GRU has three"),
            Slip("two biases", "H + 1", "H + 2", r"One bias"),
            _LAYER_2,
            _FOR_EVER,
            _ABOVE,
        ),
        "two-biases": (
            Slip("one bias", "H + 2", "H + 1", r"here there are two"),
            Slip("no bias", "D + H + 2", "D + H", r"biases are missing"),
            _LAYER_2,
            _FOR_EVER,
            _ABOVE,
        ),
        "summed": (
            Slip("one direction", "2 * one + (L", "one + (L", r"weights of its own"),
            Slip("one of each", "2 * L * one", "L * one", r"two directions"),
            Slip(
                "side by side",
                "2 * one + (L - 1) * one",
                "2 * one + 4 * H * (3 * H + 1) + (L - 2) * one",
                r"H wide",
            ),
        ),
        "halved": (
            Slip("whole", "H // 2)", "H)", r"two directions|H/2"),
            Slip("one direction", "2 * one(H // 2)", "one(H // 2)", r"two directions"),
            Slip("halves above", "(L - 1) * one(H)", "(L - 1) * one(H // 2)", r"have H units"),
        ),
        "top": (
            Slip(
                "copied",
                "(L - 1) * one(H) + 2 * one(H)",
                "2 * one(H) + one(2 * H) + (L - 2) * one(H)",
                r"Here it is the top one",
            ),
            Slip("one direction", "+ 2 * one(H)\n", "+ one(H)\n", r"weights of its own"),
            Slip("2H below", "+ 2 * one(H)\n", "+ 2 * one(2 * H)\n", r"hands up H"),
            Slip("L below", "(L - 1) * one(H) + 2", "L * one(H) + 2", r"read forwards"),
            _ABOVE,
        ),
    },
    "gn-cover": {
        "padded": (
            Slip("padding", "[:, real]", "", r"costs nothing"),
            _ROWS,
            Slip(
                "not cut off",
                "np.minimum(weights[:, real].sum(0), 1)",
                "weights[:, real].sum(0)",
                r"counts as 1",
            ),
            Slip("mean", "np.log(seen).sum()", "np.log(seen).mean()", r"not the mean"),
        ),
        "source-first": (
            Slip("columns", ".sum(1)", ".sum(0)", r"Sum along the rows"),
            Slip("not cut off", "np.minimum(weights.sum(1), 1)", "weights.sum(1)", r"counts as 1"),
            Slip("no logarithm", "np.log(seen)", "seen", r"logarithm is missing"),
        ),
        "too-much": (
            _by_places(_COVERAGE, r"paper's penalty"),
            _POSITIVE,
            Slip(
                "both sides",
                "np.maximum(weights.sum(0) - 1, 0)",
                "abs(weights.sum(0) - 1)",
                r"one side",
            ),
            Slip(
                "not cut off",
                "np.maximum(weights.sum(0) - 1, 0)",
                "(weights.sum(0) - 1)",
                r"cut off at 0",
            ),
            Slip("too little", "weights.sum(0) - 1", "1 - weights.sum(0)", r"Above 1, not below"),
        ),
        "again": (
            _by_places(_COVERAGE, r"paper's penalty"),
            _POSITIVE,
            Slip("itself too", " - weights\n", "\n", r"step itself"),
            Slip("larger", "np.minimum", "np.maximum", r"not the larger"),
            Slip(
                "product", "np.minimum(weights, before)", "(weights * before)", r"take the smaller"
            ),
        ),
        "fair-share": (
            _by_places(_COVERAGE, r"Here a fair share is"),
            _NEGATED,
            Slip("turned", "* T / n", "* n / T", r"other way round"),
            Slip("not divided", "* T / n, 1", ", n / T", r"not divided by it"),
            Slip("by n", "* T / n", "/ n", r"by n alone"),
        ),
        "each-step": (
            _by_places(_COVERAGE, r"every beginning"),
            _NEGATED,
            Slip("alone", "np.cumsum(weights, axis=0)", "weights", r"asks each symbol alone"),
            Slip("along places", "axis=0", "axis=1", r"runs along the steps"),
            Slip("by places", "sum(axis=1)", "sum(axis=0)", r"add up the places"),
        ),
    },
    "gn-round": {
        "columns": (
            _by_rows(_BITS, r"Here each column"),
            _CUT_OFF,
            _ZERO,
            Slip(
                "one step", "abs(W).max(0) / 127", "abs(W).max() / 127 + 0 * W[0]", r"One step for"
            ),
        ),
        "from-the-smallest": (
            _by_rows(_BITS, r"Here 0 stands for", ", W.min(1)"),
            _CUT_OFF,
            Slip("256", "/ 255", "/ 256", r"255 steps between"),
            Slip(
                "no shift",
                "(W - low[:, None]) / safe[:, None])",
                "W / safe[:, None])",
                r"Subtract the smallest",
            ),
            Slip("size", "(W.max(1) - low)", "abs(W).max(1)", r"their distance"),
        ),
        "any-bits": (
            _by_rows("def eight_bits(W, bits):\n", r"whatever `bits` says"),
            _CUT_OFF,
            _ZERO,
            Slip("no sign", "2 ** (bits - 1) - 1", "2 ** bits - 1", r"One bit is the sign"),
            Slip("the power", "(2 ** (bits - 1) - 1)", "2 ** (bits - 1)", r"one less than"),
        ),
        "powers-of-two": (
            _by_rows(_BITS, r"Here a step is a power"),
            _CUT_OFF,
            Slip("below", "np.ceil", "np.floor", r"power is too small"),
            Slip("nearest", "np.ceil", "np.round", r"nearest power"),
            Slip(
                "not divided",
                "exact = abs(W).max(1) / 127",
                "exact = abs(W).max(1)",
                r"by 127 first",
            ),
        ),
        "blocks-of-four": (
            _by_rows(_BITS, r"every four neighbours"),
            _CUT_OFF,
            _ZERO,
            Slip("four blocks", "W.shape[1] // 4, 4)", "4, W.shape[1] // 4)", r"into four"),
            Slip("shape", "whole.reshape(W.shape)", "whole", r"matrix's shape"),
        ),
    },
}

_ZEROS = "zeros are divided: by what, does not matter"
EQUIVALENT = {
    "gn-round": {
        "columns": {"1 → 2": _ZEROS},
        "from-the-smallest": {"1 → 2 (3)": _ZEROS},
        "any-bits": {"1 → 2 (4)": _ZEROS},
        "powers-of-two": {"1 → 2 (2)": _ZEROS},
        "blocks-of-four": {"1 → 2 (2)": _ZEROS},
    }
}

RIGHT_HERE = {
    "gn-count": {
        "gru": {"GRU": "here it is one"},
        "two-biases": {"two biases": "here there are two"},
        "halved": {"half as wide": "here each direction has H/2"},
        "top": {"layer 2": "here it stands above a layer that reads forwards"},
    },
    "gn-cover": {"source-first": {"as it was": "here a row is a source place"}},
    "gn-round": {"columns": {"columns": "here each column has a step"}},
}
