"""What students write for the variations of chapter 18, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_MEAN = "float(np.mean(found))"
_SUM = Slip("the sum", _MEAN, "float(np.sum(found))", r"sum over all places")
_ALL = Slip("all places", _MEAN, "float(np.sum(found) / len(tokens))", r"number of all places")

_CUT = "W[:, head * size : (head + 1) * size] = 0"
_MINE = "slice(head * size, (head + 1) * size)"
_BITS = Slip("interleaved", _MINE, "slice(head, None, n)", r"bit of each head")
_NEXT = Slip("the next", _MINE, "slice((head + 1) * size, (head + 2) * size)", r"the next one")
_OURS = "def pooled(rows, real):\n"
_PUBLISHED = (
    "    rows = np.where(real[..., None], rows, 0)\n"
    "    return rows.sum(axis=1) / real.sum(axis=1, keepdims=True)\n"
)


def _pooled(says: str) -> Slip:
    """The book's solution, as it stands."""
    return Slip("copied", _OURS, _OURS + _PUBLISHED, says)


SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "wl-score": {
        "all-earlier": (
            Slip("copied", "a[t, earlier + 1].sum()", "a[t, earlier[-1] + 1]", r"latest .* alone"),
            Slip("the first", "a[t, earlier + 1].sum()", "a[t, earlier[0] + 1]", r"first .* alone"),
            Slip("themselves", "earlier + 1", "earlier", r"occurrences themselves"),
            Slip("the mean of them", "].sum()", "].mean()", r"added up"),
            _SUM,
            _ALL,
        ),
        "same-symbol": (
            Slip("copied", "a[t, earlier].sum()", "a[t, earlier[-1] + 1]", r"an induction head's"),
            Slip("behind them", "a[t, earlier]", "a[t, earlier + 1]", r"places behind"),
            Slip("the latest", "a[t, earlier].sum()", "a[t, earlier[-1]]", r"latest .* alone"),
            Slip("itself", "tokens[:t]", "tokens[: t + 1]", r"place itself does not count"),
            Slip("columns ask", "a[t, earlier]", "a[earlier, t]", r"other way round"),
            _ALL,
        ),
        "all-heads": (
            Slip("one number", ", axis=0)", ")", r"over the heads, too"),
            Slip("over the heads", "axis=0", "axis=1", r"for each place"),
            Slip("the symbol itself", "earlier[-1] + 1", "earlier[-1]", r"occurrence itself"),
            Slip("the first", "earlier[-1]", "earlier[0]", r"\*first\* earlier"),
            Slip("the sum", "np.mean", "np.sum", r"sum over all places"),
        ),
        "hits": (
            Slip(
                "copied",
                "a[t].argmax() == earlier[-1] + 1",
                "a[t, earlier[-1] + 1]",
                r"how often the largest",
            ),
            Slip("the symbol itself", "earlier[-1] + 1", "earlier[-1]", r"occurrence itself"),
            Slip("the first", "earlier[-1]", "earlier[0]", r"\*first\* earlier"),
            Slip("half", "a[t].argmax() == earlier[-1] + 1", "a[t, earlier[-1] + 1] > 0.5", "half"),
            Slip("columns ask", "a[t].argmax()", "a[:, t].argmax()", r"a row asks"),
            _ALL,
        ),
        "twice": (
            Slip("the symbol itself", "t - P + 1", "t - P", r"occurrence itself"),
            Slip("one too many", "range(P, 2", "range(P - 1, 2", r"one\s+number too many"),
            Slip("one too few", "range(P, 2", "range(P + 1, 2", r"begins at place P"),
            Slip("columns ask", "a[t, t - P + 1]", "a[t - P + 1, t]", r"other way round"),
            Slip("the sum", "np.mean", "np.sum", r"That is the sum"),
        ),
    },
    "wl-ablate": {
        "mean": (
            Slip("copied", "read[:, mine].mean(axis=0)", "0", r"puts 0"),
            Slip(
                "over the numbers",
                ".mean(axis=0)",
                ".mean(axis=1, keepdims=True)",
                r"place by place",
            ),
            Slip("one mean", ".mean(axis=0)", ".mean()", r"one mean of all"),
            Slip("all heads", _MINE, "slice(None)", r"All heads have their means"),
            _BITS,
            _NEXT,
        ),
        "another-run": (
            Slip("copied", "other[:, mine]", "0", r"puts 0"),
            Slip(
                "exchanged",
                "mixed = read.copy()",
                "mixed, other = other.copy(), read",
                r"runs are exchanged",
            ),
            Slip("added", "mixed[:, mine] =", "mixed[:, mine] +=", r"is added"),
            Slip("the other run", "return mixed", "return other", r"other run as it was"),
            _BITS,
            _NEXT,
        ),
        "several": (
            Slip("the first", "for head in heads:", "for head in heads[:1]:", r"first of the list"),
            Slip(
                "copied anew",
                "    for head in heads:\n",
                "    for head in heads:\n        W = W_o.copy()\n",
                r"last of the list",
            ),
            Slip("a number each", _CUT, "W[:, head] = 0", r"one number for each head"),
            Slip(
                "all between",
                "in heads:",
                "in range(min(heads, default=0), max(heads, default=-1) + 1):",
                r"between the first and the last",
            ),
            Slip("rows", _CUT, "W[head * size : (head + 1) * size] = 0", r"block of outputs"),
            Slip("interleaved", _CUT, "W[:, head::n] = 0", r"bit of each head"),
        ),
        "interleaved": (
            Slip(
                "copied",
                "W[:, head::n] = 0",
                "size = read.shape[1] // n\n    " + _CUT,
                r"heads take turns",
            ),
            Slip("as printed", "W[:, head::n]", "W[head::n]", r"Every n-th output"),
            Slip("by d_k", "head::n", "head :: read.shape[1] // n", r"step is n"),
            Slip("from 1", "head::n", "head - 1 :: n", r"the one before"),
        ),
        "other-way-round": (
            Slip("columns", "W[head * size", "W[:, head * size", r"rows of W_o say whence"),
            Slip("interleaved", "head * size : (head + 1) * size", "head::n", r"bit of each head"),
            Slip(
                "the next",
                "head * size : (head + 1) * size",
                "(head + 1) * size : (head + 2) * size",
                r"the next one",
            ),
            Slip("as it was", "return read @ W", "return read @ W_o", r"Nothing is taken"),
        ),
    },
    "wl-pool": {
        "largest": (
            _pooled(r"That is the mean"),
            Slip("zeros", "-np.inf", "0", r"minus infinity never wins"),
            Slip("padding", "np.where(real[..., None], rows, -np.inf)", "rows", r"Padding is in"),
            Slip("of a row", "axis=1", "axis=2", r"over the places"),
        ),
        "unit-length": (
            _pooled(r"divide it by its length"),
            Slip("no root", "np.sqrt((mean**2)", "((mean**2)", r"take its root"),
            Slip("the batch's", "axis=1, keepdims=True", "keepdims=True", r"whole batch"),
            Slip("feature by feature", "axis=1, keepdims", "axis=0, keepdims", r"over the batch"),
            Slip("a mean square", "**2).sum", "**2).mean", r"root of the mean square"),
        ),
        "weighted": (
            Slip("unweighted", "np.where(real, weight, 0)", "np.where(real, 1, 0)", r"plain mean"),
            Slip("padding", "np.where(real, weight, 0)", "weight", r"Padding is in"),
            Slip("by the count", "/ share.sum", "/ real.sum", r"how many are real"),
            Slip("all weights", "/ share.sum", "/ weight.sum", r"padding's among them"),
            Slip("the sum", " / share.sum(axis=1, keepdims=True)", "", r"That is the sum"),
        ),
        "padding-in-front": (
            Slip("behind", ">= T - lengths[:, None]", "< lengths[:, None]", r"first places"),
            Slip("one too few", ">= T", "> T", r"One row of each text is missing"),
            Slip("one too many", ">= T -", ">= T - 1 -", r"One row of padding"),
            Slip("by all places", "/ lengths[:, None]", "/ T", r"divided by all places"),
            Slip("padding", "np.where(real[..., None], rows, 0)", "rows", r"in the sum"),
        ),
        "last": (
            _pooled(r"That is the mean"),
            Slip("of the batch", "rows[np.arange(len(rows)), last]", "rows[:, -1]", r"last place"),
            Slip("all with all", "np.arange(len(rows))", ":", r"all with all"),
            Slip("one too few", "- 1", "- 2", r"before the last real one"),
        ),
    },
}

EQUIVALENT = {
    "wl-pool": {
        "unit-length": {
            "total / real.sum(axis=1)[:, None] → total * real.sum(axis=1)[:, None]": (
                "any positive factor goes when a length is divided out"
            ),
        }
    }
}
RIGHT_HERE: dict[str, dict[str, dict[str, str]]] = {
    "wl-ablate": {"interleaved": {"interleaved": "here the heads take turns"}},
    "wl-score": {"all-earlier": {"the sum over all": "here all earlier places count"}},
    "wl-pool": {"unit-length": {"made one long": "here the mean has length 1"}},
}
