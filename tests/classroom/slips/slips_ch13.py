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
            _POSITIVE,
            Slip("itself too", " - weights\n", "\n", r"step itself"),
            Slip("larger", "np.minimum", "np.maximum", r"not the larger"),
            Slip(
                "product", "np.minimum(weights, before)", "(weights * before)", r"take the smaller"
            ),
        ),
    },
}
