"""What students write for the variations of chapter 6, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_IN_PLACE = Slip("not in place", "g.mul_(", "(g * ", r"in place")
_NO_GUARD = Slip("no guard", "if norm > max_norm", "if True", r"never above 1")
_UNUSED = Slip("only the variance", "+ (", "+ 0 * (", r"c counts, too")
_FIT_ALL = Slip("fitted on all", "lstsq(h[:cut], x[:cut])", "lstsq(h, x)", r"what it has seen")
_NO_ONES = Slip("no constant", "np.column_stack([h, np.ones(len(h))])", "h", r"constant is missing")
_LEFT = Slip("what is left", "return 1 - error", "return error", r"take it from 1")

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "vg-clip": {
        "largest-entry": (
            _IN_PLACE,
            _NO_GUARD,
            Slip("no absolute value", "g.abs().max()", "g.max()", r"absolute values"),
            Slip(
                "the published norm",
                "max(g.abs().max() for g in gradients)",
                "torch.sqrt(sum((g**2).sum() for g in gradients))",
                r"root of the summed squares",
            ),
        ),
        "each-its-own": (
            _IN_PLACE,
            _NO_GUARD,
            Slip("squared", "torch.sqrt((g**2).sum())", "(g**2).sum()", r"squared norms"),
            Slip("total returned", "return norms", "return norms.norm()", r"one norm for each"),
        ),
        "exact-length": (
            _IN_PLACE,
            Slip("clipped", "max_norm / norm", "min(1.0, max_norm / norm)", r"made longer"),
            Slip("to length 1", "max_norm / norm", "1 / norm", r"to be max_norm"),
            Slip(
                "no root",
                "torch.sqrt(sum((g**2).sum() for g in gradients))",
                "sum((g**2).sum() for g in gradients)",
                r"squared norm|square root",
            ),
        ),
        "values": (
            Slip("not in place", "g.clamp_(", "g.clamp(", r"in place"),
            Slip(
                "from above",
                "g.clamp_(-max_norm, max_norm)",
                "g.clamp_(max=max_norm)",
                r"above only",
            ),
            Slip("the number", " / sum(g.numel() for g in gradients)", "", r"how many there are"),
            Slip("positive only", "g.abs() > max_norm", "g > max_norm", r"positive entries only"),
        ),
        "new-tensors": (
            Slip("in place", "factor * g for", "g.mul_(factor) for", r"changed in place"),
            Slip(
                "no guard", "min(1.0, max_norm / norm.item())", "max_norm / norm", r"never above 1"
            ),
            Slip("the norm", "return [factor * g for g in gradients]", "return norm", r"as a list"),
        ),
    },
    "vg-sixth": {
        "symmetric": (
            Slip("published", "/ 3 + c**2", "/ 12 + (m * a / 2 - c) ** 2", r"between 0 and a"),
            Slip("the stretch", "/ 3", "/ 12", r"stretch of 2a"),
            Slip("one number", "m * a", "a", r"m of them are added"),
            Slip("m squared", "m * a", "m**2 * a", r"not m² times"),
            Slip("only the variance", " + c**2", "", r"c counts, too"),
        ),
        "mean": (
            _UNUSED,
            Slip("one number", "/ (12 * m)", "/ 12", r"varies less"),
            Slip("m squared", "12 * m", "12 * m**2", r"m of them are added"),
            Slip("mean of the sum", "(a / 2 - c)", "(m * a / 2 - c)", r"whatever m is"),
        ),
        "difference": (
            Slip("one sum", "/ 6", "/ 12", r"twice as much"),
            Slip("cancelled", "m * a**2 / 6 + ", "", r"do not cancel|also varies"),
            Slip("means kept", "c**2", "(m * a / 2 - c) ** 2", r"means cancel"),
        ),
        "bits": (
            _UNUSED,
            Slip("mean square", "m * p * (1 - p)", "m * p", r"p − p²"),
            Slip("one bit", "m * p * (1 - p)", "p * (1 - p)", r"m of them are added"),
            Slip("mean of one", "(m * p - c)", "(p - c)", r"m times p"),
        ),
        "random-guess": (
            Slip("guess does not vary", " + c**2 / 12", "", r"guess varies, too"),
            Slip("always c", "(m * a - c) ** 2 / 4", "(m * a / 2 - c) ** 2", r"c / 2 on average"),
            Slip("taken off", "+ c**2 / 12", "- c**2 / 12", r"variances add up"),
        ),
    },
    "vg-probe": {
        "first-quarter": (
            _NO_ONES,
            _LEFT,
            Slip("fitted on all", "lstsq(h[cut:], x[cut:])", "lstsq(h, x)", r"what it has seen"),
        ),
        "odd-rows": (
            _NO_ONES,
            _LEFT,
            Slip("fitted on all", "lstsq(h[0::2], x[0::2])", "lstsq(h, x)", r"what it has seen"),
        ),
        "rmse": (
            _NO_ONES,
            _FIT_ALL,
            Slip("no root", "np.sqrt(", "(", r"root is missing"),
            Slip(
                "absolute",
                "np.sqrt(np.mean((x[cut:] - h[cut:] @ weights) ** 2))",
                "np.mean(np.abs(x[cut:] - h[cut:] @ weights))",
                r"mean absolute error",
            ),
        ),
        "ridge": (
            _LEFT,
            Slip("no penalty", "+ penalty * np.eye(h.shape[1])", "", r"without a penalty"),
            Slip("a mean", "penalty *", "cut * penalty *", r"not with their mean"),
            Slip("squared", "penalty *", "penalty**2 *", r"not λ²"),
        ),
        "both-scores": (
            _NO_ONES,
            _FIT_ALL,
            Slip("swapped", "tuple(scores)", "scores[1], scores[0]", r"swapped"),
            Slip("one mean", "x[part].mean()", "x[:cut].mean()", r"mean in the denominator"),
            Slip("the gap", "tuple(scores)", "scores[0] - scores[1]", r"both|number"),
        ),
    },
}

RIGHT_HERE = {
    "vg-clip": {"exact-length": {"always to max_norm": "this is what the variation asks for"}},
}

_AT_THE_LIMIT = {"norm > max_norm → norm >= max_norm": "at the limit the factor is 1"}
EQUIVALENT = {
    "vg-clip": {"largest-entry": _AT_THE_LIMIT, "each-its-own": _AT_THE_LIMIT},
    "vg-probe": {
        "ridge": {
            "x[:cut] - mean → x[:cut] + mean": "centred states do not see a constant",
        },
    },
}
