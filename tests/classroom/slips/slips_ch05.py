"""What students write for the variations of chapter 5, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_STEP = (
    Slip("next state only", "W_ho.T @ to_logits + W_hh", "W_hh", r"own output's\?"),
    Slip("own output only", " + W_hh.T @ after", "", r"the next state's\?"),
    Slip("not transposed", "W_hh.T", "W_hh", r"W_hh is not transposed"),
)
_TIED = (
    Slip("all as they are", "return ", "return copies.sum(0)  # ", r"as they are|alike|\[j, i\]"),
)
_FORWARD = (
    Slip("no direct effect", "(direct + through)", "through", r"direct effect is missing"),
    Slip("no way through", "(direct + through)", "direct", r"way through"),
)

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "bp-step": {
        "relu": (
            *_STEP,
            Slip("tanh", "(h > 0)", "(1 - h**2)", r"slope of the tanh"),
            Slip("times the state", "(h > 0)", "h", r"multiplies by the state"),
            Slip("the units that are off", "h > 0", "h <= 0", r"other way round"),
        ),
        "logistic": (
            *_STEP,
            Slip("tanh", "h * (1 - h)", "(1 - h**2)", r"slope of the tanh"),
            Slip("no slope", "h * (1 - h) * ", "", r"by the state itself"),
            Slip(
                "applied again",
                "return ",
                "h = torch.sigmoid(h)\n    return ",
                r"do not apply it again",
            ),
        ),
        "by-state": (
            Slip("no slope", "(1 - h_after**2) * after", "after", r"yet to go back"),
            Slip(
                "slope on the sum",
                "return W_ho.T @ to_logits + W_hh.T @ delta_after",
                "return (1 - h_after**2) * (W_ho.T @ to_logits + W_hh.T @ after)",
                r"published step",
            ),
            Slip("not transposed", "W_hh.T", "W_hh", r"W_hh is not transposed"),
            Slip("own output only", " + W_hh.T @ delta_after", "", r"the next state's\?"),
        ),
        "in-out": (
            Slip("transposed", "W_hh @", "W_hh.T @", r"W_hh is transposed"),
            Slip("no slope", "(1 - h**2) * ", "", r"by the state itself"),
            Slip("next state only", "W_ho @ to_logits + ", "", r"own output's\?"),
        ),
        "cross-entropy": (
            *_STEP,
            Slip("p as it is", "    to_logits[y] -= 1\n", "", r"1 is taken off at the symbol"),
            Slip("off everywhere", "to_logits[y] -= 1", "to_logits -= 1", r"y alone"),
            Slip("sign", "W_ho.T @ to_logits", "-W_ho.T @ to_logits", r"p minus the target"),
            Slip("no slope", "(1 - h**2) * ", "", r"by the state itself"),
        ),
    },
    "bp-tied": {
        "every-third": (
            *_TIED,
            Slip("every other", "[2::3]", "[1::2]", r"as the published task does"),
            Slip("first of three", "[2::3]", "[0::3]", r"it is the third"),
            Slip("mean", " + turned.T", " + turned.T) / len(copies", r"shape|mean|\("),
        ),
        "last-first": (
            *_TIED,
            Slip("not turned round", "copies[::-1]", "copies", r"Here step T stands first"),
            Slip(
                "the wrong half",
                "forwards[0::2].sum(0) + forwards[1::2].sum(0).T",
                "forwards[0::2].sum(0).T + forwards[1::2].sum(0)",
                r"wrong half",
            ),
        ),
        "negated": (
            *_TIED,
            Slip("turned", "- copies[1::2].sum(0)", "+ copies[1::2].sum(0).T", r"published task"),
            Slip("both", "copies[1::2].sum(0)", "copies[1::2].sum(0).T", r"not turned as well"),
            Slip("first half", " - copies[1::2].sum(0)", "", r"Only the copies"),
        ),
        "antisymmetric": (
            *_TIED,
            Slip("plus", "- total.T", "+ total.T", r"minus in each copy"),
            Slip("half", "total - total.T", "(total - total.T) / 2", r"not by half"),
            Slip("sign", "total - total.T", "total.T - total", r"sign is (turned|flipped)"),
        ),
        "fading": (
            *_TIED,
            Slip(
                "begins at 1", "np.arange(len(copies))", "np.arange(1, len(copies) + 1)", r"power"
            ),
            Slip("backwards", "shares[:, None, None]", "shares[::-1, None, None]", r"backwards"),
            Slip(
                "divided", "shares[:, None, None] *", "1 / shares[:, None, None] *", r"not divided"
            ),
        ),
    },
    "bp-forward-step": {
        "in-out": (
            *_FORWARD,
            Slip("no slope", "(1 - h**2)[:, None, None] * ", "", r"slope of the activation"),
            Slip("slope on m", "(1 - h**2)[:, None, None]", "(1 - h**2)[:, None]", r"axis"),
            Slip("transposed", "ni,nmj", "in,nmj", r"\*rows\* of W_hh"),
            Slip("turned round", "ij,m->imj", "im,j->imj", r"turned round|values differ"),
        ),
        "bias": (
            Slip("no direct effect", "(eye + W_hh @ S)", "(W_hh @ S)", r"direct effect is missing"),
            Slip("no slope", "(1 - h**2)[:, None] * ", "", r"slope of the tanh"),
            Slip("slope on j", "[:, None]", "", r"axis j"),
            Slip("transposed", "W_hh @", "W_hh.T @", r"W_hh is transposed"),
        ),
        "relu": (
            *_FORWARD,
            Slip("tanh", "(h > 0)", "(1 - h**2)", r"slope of the tanh"),
            Slip("no slope", "(h > 0)[:, None, None] * ", "", r"slope of the activation"),
        ),
        "unit-last": (
            *_FORWARD,
            Slip("slope on m", "(1 - h**2)", "(1 - h**2)[:, None]", r"slope|axis"),
            Slip("unit first", "->jmi", "->ijm", r"unit|axis|slope|values differ"),
            Slip("transposed", '"in,jmn->jmi"', '"ni,jmn->jmi"', r"W_hh is transposed"),
        ),
    },
}

RIGHT_HERE = {
    "bp-step": {"logistic": {"logistic": "its slope is the one asked for"}},
}
