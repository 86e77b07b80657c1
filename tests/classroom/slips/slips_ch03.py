"""What students write for the variations of chapter 3, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_ALL = Slip("of all", "counts.sum(axis=0, keepdims=True)", "counts.sum()", r"pairs' prob")
_ROWS = Slip(
    "rows",
    "counts.sum(axis=0, keepdims=True)",
    "counts.sum(axis=1, keepdims=True)",
    r"published task|divide by the contexts'",
)
_RAW = r"sum to 1: divide"

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "mk-row": {
        "before": (
            _ALL,
            _ROWS,
            Slip(
                "no keepdims",
                "counts.sum(axis=0, keepdims=True)",
                "counts.sum(axis=0)[:, None]",
                r"another column",
            ),
            Slip("turned", "return counts", "return counts.T", r"axes|published|values differ"),
        ),
        "after-before": (
            _ALL,
            _ROWS,
            Slip("not turned", ").T", ")", r"axes are (not|swapped)|transpose"),
        ),
        "bits": (
            Slip("nats", "log2", "log", r"base 2"),
            Slip("negative", "-np", "np", r"minus the logarithm|sign"),
            Slip("columns", "axis=1", "axis=0", r"it is the rows'"),
            Slip("probabilities", "-np.log2", "", r"How many bits"),
        ),
        "alpha": (
            Slip("no alpha", "counts + alpha", "counts", r"V α more"),
            Slip("sum without", "more.sum", "counts.sum", r"V α more"),
            Slip("one", "counts + alpha", "counts + 1", r"whatever α is"),
            Slip("columns", "axis=1", "axis=0", r"a row is a context"),
        ),
        "two-before": (
            Slip("zeros", "1 / len(counts)", "0.0", r"not 0"),
            Slip("the middle axis", "axis=2", "axis=1", r"unseen ones|middle axis"),
            Slip(
                "1/V nowhere",
                "np.where(totals > 0, counts / np.maximum(totals, 1), 1 / len(counts))",
                "counts / totals",
                r"unseen ones get 1/V",
            ),
            Slip(
                "add one",
                "np.where(totals > 0, counts / np.maximum(totals, 1), 1 / len(counts))",
                "(counts + 1) / (totals + len(counts))",
                r"adds 1",
            ),
        ),
    },
    "mk-stationary": {
        "staying": (
            Slip("leaving", "    total", "    a, b = 1 - a, 1 - b\n    total", r"those to stay"),
            Slip(
                "swapped",
                "(1 - b) / total, (1 - a) / total",
                "(1 - a) / total, (1 - b) / total",
                r"swapped",
            ),
            Slip("not scaled", "total = 2 - a - b", "total = 1", r"do not sum to 1"),
            Slip("sign", "a + b - 1", "1 - a - b", r"sign"),
        ),
        "runs": (
            Slip("goes on", "1 / a, 1 / b", "1 / (1 - a), 1 / (1 - b)", r"run ends"),
            Slip("swapped", "1 / a, 1 / b", "1 / b, 1 / a", r"swapped"),
            Slip("one way", "2 * a * b", "a * b", r"lead back"),
            Slip("begins", "1 / a, 1 / b", "1 / a - 1, 1 / b - 1", r"begins the run"),
        ),
        "pairs": (
            Slip(
                "given",
                "vowels, consonants = b / (a + b), a / (a + b)",
                "vowels = consonants = 1",
                r"given the first letter",
            ),
            Slip("swapped", "b / (a + b), a / (a + b)", "a / (a + b), b / (a + b)", r"swapped"),
            Slip(
                "apart",
                "vowels * (1 - a), vowels * a, consonants * (1 - b)",
                "vowels**2, vowels * consonants, consonants**2",
                r"drawn apart",
            ),
            Slip("both orders", "vowels * a,", "2 * vowels * a,", r"two kinds"),
        ),
        "later": (
            Slip(
                "in the end",
                "shrunk = b / (a + b), (1 - a - b) ** n",
                "shrunk = b / (a + b), 0",
                r"only in the end",
            ),
            Slip("one step", "** n", "** 1", r"one step"),
            Slip("off by one", "** n", "** (n + 1)", r"too many"),
            Slip("sign", "(1 - a - b)", "(a + b - 1)", r"eigenvalue"),
        ),
    },
    "mk-nucleus": {
        "top-k": (
            Slip("not scaled", " / p[kept].sum()", "", _RAW),
            Slip("the least", "argsort(-p)", "argsort(p)", r"least"),
            Slip("one too many", "[:k]", "[: k + 1]", r"too many"),
            Slip("the first", "np.argsort(-p)[:k]", "np.arange(k)", r"first k"),
        ),
        "min-p": (
            Slip("absolute", "min_p * p.max()", "min_p", r"share of the \*largest\*|no numbers"),
            Slip("not scaled", " / kept.sum()", "", _RAW),
            Slip("strict", ">=", ">", r"just reaches|no numbers"),
        ),
        "removed": (
            Slip("kept", "before >= top_p", "before < top_p", r"other way round"),
            Slip("strict", "before >= top_p", "before > top_p", r"exactly"),
            Slip("the crossing one", "before >=", "before + p[order] >", r"crosses"),
            Slip(
                "in order",
                "removed[order] = before >= top_p",
                "removed = before >= top_p",
                r"own place",
            ),
        ),
        "logits": (
            Slip("zero", "-np.inf", "0.0", r"logit of 0"),
            Slip("not normalised", "    p = p / p.sum()\n", "    p = np.exp(logits)\n", r"softmax"),
            Slip("scaled", "= logits[kept]", "= np.log(p[kept] / p[kept].sum())", r"stay as they"),
            Slip(
                "probabilities",
                "out[kept] = logits[kept]",
                "out = np.zeros(len(p))\n    out[kept] = p[kept] / p[kept].sum()",
                r"are prob",
            ),
        ),
        "batch": (
            Slip(
                "one sum", "kept.sum(axis=1, keepdims=True)", "kept.sum()", r"not the whole table"
            ),
            Slip("not scaled", " / kept.sum(axis=1, keepdims=True)", "", r"divide each"),
            Slip(
                "in order",
                "    out = ",
                "    return kept / kept.sum(axis=1, keepdims=True)\n    out = ",
                r"own place",
            ),
            Slip("columns", "axis=1", "axis=0", r"columns|no numbers|differ"),
        ),
    },
}

RIGHT_HERE = {"mk-row": {"before": {"columns": "here the columns sum to 1"}}}

_COLUMNS = {"True → False": "sums of columns stand above their columns by themselves"}
EQUIVALENT = {
    "mk-row": {
        "before": _COLUMNS,
        "after-before": _COLUMNS,
        "two-before": {"1 → 0": "what is divided by 0 is not taken"},
    },
    "mk-nucleus": {
        "logits": {
            "logits - logits.max() → logits + logits.max()": "a softmax does not see a constant",
            "before < top_p → before <= top_p": "no sum of a softmax is exactly top_p",
        },
    },
}
