"""What students write for the variations of chapter 15, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_NUMBERS = """\
    maps = [(d, n * d_k), (d, n * d_k), (d, n * d_v), (n * d_v, d)]
    return sum(i * o + o * bias for i, o in maps)
"""


def _numbers(arguments: str, says: str) -> Slip:
    """The book's solution, as it stands: it takes the arguments in the book's order."""
    header = f"def numbers({arguments}):\n"
    book = f"def numbers(d, n, d_k, d_v, bias):\n{_NUMBERS}\n\ndef other({arguments}):\n"
    return Slip("copied", header, book, says)


_NO_OUT = Slip("no W_o", ", (n * d_k, d)]", "]", r"W_o is missing")
_NO_BIASES = Slip("no biases", "i * o + o * bias", "i * o", r"with `bias` each")
_ANY_BIASES = Slip("biases always", "i * o + o * bias", "i * o + o", r"Without `bias`")

_WEIGHTS = """\
    scores = np.einsum("btnk,bsnk->bnts", q, k) / np.sqrt(q.shape[-1])
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)
"""


def _weights(says: str, more: str = "") -> Slip:
    """The book's solution, as it stands."""
    header = f"def head_weights(q, k{more}):\n"
    return Slip("copied", header, header + _WEIGHTS, says)


_ROOT = " / np.sqrt(q.shape[-1])"
_UNDIVIDED = Slip("not divided", _ROOT, "", r"not divided")
_BY_D_K = Slip("d_k", _ROOT, " / q.shape[-1]", r"by its root")
_BY_WIDTH = Slip(
    "the width", _ROOT, " / np.sqrt(q.shape[-1] * q.shape[-2])", r"root is taken of the width"
)
_OVER_QUERIES = Slip("over queries", "(-1, keepdims", "(-2, keepdims", r"over the queries")
_OVERFLOWS = Slip(
    "nothing taken off", " - scores.max(-1, keepdims=True)", "", r"largest (score )?off|largest of"
)

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "sa-count": {
        "grouped": (
            _numbers("d, n, g, d_k, bias", r"third is g here"),
            Slip("all heads", "g * d_k", "n * d_k", r"g heads serve all n"),
            Slip("W_o of g heads", "(n * d_k, d)]", "(g * d_k, d)]", r"W_o reads what all n"),
            Slip("no values", ", (d, g * d_k), (d, g * d_k)", ", (d, g * d_k)", r"g heads of each"),
            _NO_OUT,
            _NO_BIASES,
            _ANY_BIASES,
        ),
        "another-sequence": (
            _numbers("d, m, n, d_k, bias", r"second is the memory's width"),
            Slip("one width", "(m, n", "(d, n", r"made of the memory"),
            Slip("queries of the memory", "(d, n", "(m, n", r"own rows"),
            Slip("to the memory", "(n * d_k, d)]", "(n * d_k, m)]", r"gives rows of d"),
            _NO_OUT,
            _NO_BIASES,
            _ANY_BIASES,
        ),
        "multiplications": (
            _numbers("T, d, n, d_k, d_v", r"T comes first"),
            Slip("maps alone", "return maps + scores + n * T**2 * d_v", "return maps", r"missing"),
            Slip("no reading", " + n * T**2 * d_v", "", r"Reading is missing"),
            Slip("one row", "maps = T * n", "maps = n", r"for every row"),
            Slip("no W_o", "+ 2 * d_v)", "+ d_v)", r"W_o's products"),
            Slip("heads of d", "n * T**2 * d_k", "n * T**2 * d", r"not of d"),
            Slip("heads left out", "n * T**2", "T**2", r"Each head has"),
        ),
        "narrow": (
            _numbers("d, n, d_k, d_v, r", r"last is r"),
            Slip("no narrow row", "(d, r), ", "", r"d to r"),
            Slip("two narrow rows", "(d, r), ", "(d, r), (d, r), ", r"has two"),
            Slip("one for each head", "(d, r), ", "(d, n * r), ", r"one for each"),
            Slip("keys of d", "(r, n", "(d, n", r"r numbers"),
            Slip("queries of r", "[(d, n", "[(r, n", r"Queries are made of"),
            Slip("no W_o", ", (n * d_v, d)]", "]", r"W_o is missing"),
        ),
    },
    "sa-scale": {
        "time-first": (
            _weights(r"compares sequences"),
            Slip("heads first", "bnts", "nbts", r"The batch stands first"),
            Slip(
                "keys first", "bnts", "bnst", r"over the queries|Keys stand last|sum over the keys"
            ),
            _UNDIVIDED,
            _BY_D_K,
            _BY_WIDTH,
            _OVER_QUERIES,
            _OVERFLOWS,
        ),
        "cosine": (
            _weights(r"divided by their\s+lengths", ", tau"),
            Slip(
                "keys as they are",
                "    k = k / np.sqrt((k**2).sum(-1, keepdims=True))\n",
                "",
                r"Only the queries",
            ),
            Slip("squares", "np.sqrt((", "((", r"squared length"),
            Slip("multiplied", "/ tau", "* tau", r"that multiplies"),
            Slip("and the root", "/ tau", "/ np.sqrt(q.shape[-1]) / tau", r"no root of d_k"),
            Slip("no temperature", " / tau[:, None, None]", "", r"temperatures are missing"),
            Slip("lengths over heads", "2).sum(-1", "2).sum(2", r"not over the heads"),
            _OVERFLOWS,
        ),
        "nothing-to-read": (
            _weights(r"1 more"),
            Slip(
                "1 after the largest",
                "    scores = np.concatenate([scores, np.zeros_like(scores[..., :1])], -1)\n",
                "    raised = np.exp(scores - scores.max(-1, keepdims=True))\n"
                "    return raised / (1 + raised.sum(-1, keepdims=True))\n",
                r"e to minus the largest",
            ),
            Slip("a 1 for each", "scores[..., :1])], -1", "scores)], -1", r"shape"),
            _UNDIVIDED,
            _BY_D_K,
            _BY_WIDTH,
            _OVERFLOWS,
        ),
        "all-but-itself": (
            _weights(r"sees itself"),
            Slip("0 for hidden scores", "-np.inf", "0.0", r"a score like any other"),
            Slip("turned round", "-np.inf, scores", "scores, -np.inf", r"leaves a row to itself"),
            Slip(
                "after the softmax",
                "    scores = np.where(np.eye(q.shape[1], dtype=bool), -np.inf, scores)\n",
                "    a = np.exp(scores - scores.max(-1, keepdims=True))\n"
                "    a = a / a.sum(-1, keepdims=True)\n"
                "    return np.where(np.eye(q.shape[1], dtype=bool), 0.0, a)\n",
                r"after the softmax",
            ),
            _UNDIVIDED,
            _BY_D_K,
            _BY_WIDTH,
            _OVER_QUERIES,
            _OVERFLOWS,
        ),
        "grouped": (
            _weights(r"ValueError"),
            Slip(
                "in turns",
                "np.repeat(k, q.shape[2] // g, axis=2)",
                "np.tile(k, (1, 1, q.shape[2] // g, 1))",
                r"take turns",
            ),
            Slip(
                "cut the other way",
                "g, q.shape[3])",
                "q.shape[3], g).swapaxes(2, 3)",
                r"cut k into g heads",
            ),
            Slip(
                "the first alone",
                "np.repeat(k, q.shape[2] // g, axis=2)",
                "np.repeat(k[:, :, :1], q.shape[2], axis=2)",
                r"each group has its own",
            ),
            _UNDIVIDED,
            _BY_D_K,
            _BY_WIDTH,
            _OVER_QUERIES,
            _OVERFLOWS,
        ),
    },
}

EQUIVALENT: dict[str, dict[str, dict[str, str]]] = {}
RIGHT_HERE: dict[str, dict[str, dict[str, str]]] = {}
