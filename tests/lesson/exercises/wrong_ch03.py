"""What learners write for the exercises of chapter 3, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong

_TOP_P = (
    "def nucleus(p, top_p):\n    order = np.argsort({sort})\n    ranked = p[order]\n"
    "    reached = np.cumsum(ranked)\n    kept = np.where({keep}, ranked, 0.0)\n"
    "    out = np.zeros(len(p))\n    out[order] = {put}\n    return out"
)


def _lent(
    *,
    text: str = '"." * len(tables) + context',
    p: str = "np.full(27, 1 / 27)",
    tables: str = "enumerate(tables)",
    h: str = "text[len(text) - j :]",
    before: str = "pass",
    u: str = "np.count_nonzero(n)",
    step: str = "(n + u * p) / (n.sum() + u)",
) -> str:
    """Witten-Bell with a mistake."""
    return (
        f"def witten_bell(tables, context):\n    text = {text}\n    p = {p}\n"
        f"    for j, table in {tables}:\n        n = table.get({h})\n        {before}\n"
        f"        if n is not None:\n            u = {u}\n            p = {step}\n    return p"
    )


WRONG = {
    "mk-row": [
        Wrong(
            "its input changed",
            "def next_symbol(counts):\n    counts /= counts.sum(1, keepdims=True)\n"
            "    return counts",
            r"changes the input it was given",
        ),
        Wrong(
            "columns",
            "def next_symbol(counts):\n    return counts / counts.sum(axis=0)",
            r"came \*before\*",
        ),
        Wrong(
            "row sums laid along the columns",
            "def next_symbol(counts):\n    return counts / counts.sum(axis=1)",
            r"keepdims=True",
        ),
        Wrong(
            "of all pairs",
            "def next_symbol(counts):\n    return counts / counts.sum()",
            r"pairs' probabilities",
        ),
        Wrong(
            "softmax",
            "def next_symbol(counts):\n    e = np.exp(counts - counts.max())\n"
            "    return e / e.sum(1, keepdims=True)",
            r"softmax of the counts",
        ),
        Wrong(
            "add-one",
            "def next_symbol(counts):\n    n = counts + 1\n    return n / n.sum(1, keepdims=True)",
            r"adds 1 to every count",
        ),
    ],
    "mk-start": [
        Wrong(
            "the colleague's own",
            "def word_log_probability(word, P):\n    x = encode([word])[1:-1]\n"
            "    return np.log(P[x[:-1], x[1:]]).sum()",
            r"Two factors are missing",
        ),
        Wrong(
            "no first factor",
            "def word_log_probability(word, P):\n    x = encode([word])[1:]\n"
            "    return np.log(P[x[:-1], x[1:]]).sum()",
            r"first letter's factor, p\(x₁ \| \.\), is missing",
        ),
        Wrong(
            "no end",
            "def word_log_probability(word, P):\n    x = encode([word])[:-1]\n"
            "    return np.log(P[x[:-1], x[1:]]).sum()",
            r"says where it stops",
        ),
        Wrong(
            "the product itself",
            "def word_log_probability(word, P):\n    x = encode([word])\n"
            "    return np.prod(P[x[:-1], x[1:]])",
            r"its logarithm is asked for",
        ),
        Wrong(
            "bits",
            "def word_log_probability(word, P):\n    x = encode([word])\n"
            "    return np.log2(P[x[:-1], x[1:]]).sum()",
            r"in bits",
        ),
        Wrong(
            "logarithm of the sum",
            "def word_log_probability(word, P):\n    x = encode([word])\n"
            "    return np.log(P[x[:-1], x[1:]].sum())",
            r"logarithm of a sum",
        ),
        Wrong(
            "base 10",
            "def word_log_probability(word, P):\n    x = encode([word])\n"
            "    return np.log10(P[x[:-1], x[1:]]).sum()",
            r"base 10",
        ),
        Wrong(
            "mean",
            "def word_log_probability(word, P):\n    x = encode([word])\n"
            "    return np.log(P[x[:-1], x[1:]]).mean()",
            r"mean of the logarithms",
        ),
        Wrong(
            "table turned",
            "def word_log_probability(word, P):\n    x = encode([word])\n"
            "    return np.log(P[x[1:], x[:-1]]).sum()",
            r"the wrong way round",
        ),
    ],
    "mk-perplexity": [
        Wrong("arithmetic mean", "perplexities = (27, 5.0, np.inf)", r"mean of 2 and 8"),
        Wrong("inverse mean", "perplexities = (27, 3.2, np.inf)", r"one over the mean"),
        Wrong("product", "perplexities = (27, 16, np.inf)", r"2 times 8"),
        Wrong("nats", "perplexities = (np.log(27), np.log(4), np.inf)", r"loss in nats"),
        Wrong("bits", "perplexities = (np.log2(27), 2.0, np.inf)", r"loss in bits"),
        Wrong("no end symbol", "perplexities = (26, 4, np.inf)", r"end of the word is a symbol"),
        Wrong("one zero hardly counts", "perplexities = (27, 4, 27.0)", r"What is −ln 0"),
        Wrong("two numbers", "perplexities = (27, 4)", r"three numbers"),
    ],
    "mk-witten-bell": [
        Wrong("frequencies", _lent(step="n / n.sum()"), r"new words will meet zeros"),
        Wrong(
            "its input changed",
            _lent(step="np.add(n, u * p, out=n) / (n.sum() + u)"),
            r"changes the input it was given",
        ),
        Wrong(
            "as many dots as letters",
            _lent(text='"." * len(context) + context', h="text[max(len(text) - j, 0) :]"),
            r"however many letters",
        ),
        Wrong(
            "dots for an empty word only",
            _lent(text='context or "." * len(tables)', h="text[max(len(text) - j, 0) :]"),
            r"however many letters",
        ),
        Wrong("zeros for kinds", _lent(u="(n == 0).sum()"), r"not of those never seen"),
        Wrong("all symbols for kinds", _lent(u="27"), r"not always 27"),
        Wrong("sightings for kinds", _lent(u="n.sum()"), r"np\.count_nonzero"),
        Wrong("does not sum to 1", _lent(step="(n + u * p) / n.sum()"), r"below the line"),
        Wrong(
            "unseen symbols only",
            _lent(step="np.where(n > 0, n, u * p) / (n.sum() + u)"),
            r"unseen symbols only",
        ),
        Wrong(
            "from 1/27 each time", _lent(step="(n + u / 27) / (n.sum() + u)"), r"You lend from 1"
        ),
        Wrong("the last 0 symbols", _lent(h="text[-j:]"), r"Length 0 is left out"),
        Wrong(
            "no dots", _lent(text="context", h="text[max(len(text) - j, 0) :]"), r"dots in front"
        ),
        Wrong(
            "dots behind",
            _lent(text='context + "." * len(tables)'),
            r"dots stand behind the letters",
        ),
        Wrong("the first symbols", _lent(text="(context or '.....')", h="text[:j]"), r"\*last\* j"),
        Wrong("one length too few", _lent(tables="enumerate(tables[:-1])"), r"longest contexts"),
        Wrong(
            "the longest first",
            _lent(tables="reversed(list(enumerate(tables)))"),
            r"the shortest first",
        ),
        Wrong("begins with nothing", _lent(p="np.zeros(27)"), r"1/27 for each symbol, not 0"),
        Wrong("begins with 26", _lent(p="np.full(27, 1 / 26)"), r"end of a word is a symbol"),
        Wrong(
            "unseen: again from 1/27",
            _lent(before="p = np.full(27, 1 / 27) if n is None else p"),
            r"start again from 1/27",
        ),
        Wrong(
            "no look whether it was seen",
            "def witten_bell(tables, context):\n    text = '.' * len(tables) + context\n"
            "    p = np.full(27, 1 / 27)\n    for j, table in enumerate(tables):\n"
            "        n = table[text[len(text) - j :]]\n        u = np.count_nonzero(n)\n"
            "        p = (n + u * p) / (n.sum() + u)\n    return p",
            r"was never seen: ask with tables\[j\]\.get",
        ),
        Wrong(
            "nothing to divide by",
            "def witten_bell(tables, context):\n    text = '.' * len(tables) + context\n"
            "    p = np.full(27, 1 / 27)\n    for j, table in enumerate(tables):\n"
            "        n = table.get(text[len(text) - j :], np.zeros(27))\n"
            "        u = np.count_nonzero(n)\n        p = (n + u * p) / (n.sum() + u)\n"
            "    return p",
            r"nothing to divide by|keep what p was",
        ),
        Wrong(
            "only the longest that was seen",
            "def witten_bell(tables, context):\n    text = '.' * len(tables) + context\n"
            "    for j in range(len(tables) - 1, -1, -1):\n"
            "        n = tables[j].get(text[len(text) - j :])\n        if n is not None:\n"
            "            u = np.count_nonzero(n)\n"
            "            return (n + u / 27) / (n.sum() + u)",
            r"You lend from 1/27",
        ),
        Wrong(
            "no dots, and the last 0 symbols",
            _lent(text="context", h="text[-j:]"),
            r"Length 0 is left out",
        ),
        Wrong(
            "returns after the first length",
            "def witten_bell(tables, context):\n    text = '.' * len(tables) + context\n"
            "    p = np.full(27, 1 / 27)\n    for j, table in enumerate(tables):\n"
            "        n = table.get(text[len(text) - j :])\n        if n is not None:\n"
            "            u = np.count_nonzero(n)\n            p = (n + u * p) / (n.sum() + u)\n"
            "        return p",
            r"right for contexts of up to 0",
        ),
    ],
    "mk-stationary": [
        Wrong(
            "swapped",
            "def two_states(a, b):\n    return a / (a + b), b / (a + b), 1 - a - b",
            r"swapped: a is the chance to \*leave\*",
        ),
        Wrong(
            "not divided",
            "def two_states(a, b):\n    return b, a, 1 - a - b",
            r"do not sum to 1",
        ),
        Wrong(
            "ratio",
            "def two_states(a, b):\n    return b / a, a / b, 1 - a - b",
            r"solve for π_V",
        ),
        Wrong(
            "sign of the eigenvalue",
            "def two_states(a, b):\n    return b / (a + b), a / (a + b), a + b - 1",
            r"sign",
        ),
        Wrong(
            "trace",
            "def two_states(a, b):\n    return b / (a + b), a / (a + b), 2 - a - b",
            r"take the eigenvalue 1 off",
        ),
        Wrong(
            "the eigenvalue 1",
            "def two_states(a, b):\n    return b / (a + b), a / (a + b), 1.0",
            r"which is the other",
        ),
        Wrong(
            "numpy's",
            "def two_states(a, b):\n    P = np.array([[1 - a, a], [b, 1 - b]])\n"
            "    return b / (a + b), a / (a + b), np.linalg.eigvals(P).min()",
            r"numpy\.linalg\.eigvals",
        ),
    ],
    "mk-nucleus": [
        Wrong(
            "its input changed",
            "def nucleus(p, top_p):\n    order = np.argsort(-p)\n"
            "    p[order[np.cumsum(p[order]) - p[order] >= top_p]] = 0\n    return p / p.sum()",
            r"changes the input it was given",
        ),
        Wrong(
            "the one that crosses is left out",
            _TOP_P.format(sort="-p", keep="reached <= top_p", put="kept / kept.sum()"),
            r"sum \*before\* it|no numbers|NaN",
        ),
        Wrong(
            "one too many",
            _TOP_P.format(sort="-p", keep="reached - ranked <= top_p", put="kept / kept.sum()"),
            r"One symbol too many",
        ),
        Wrong(
            "not scaled",
            _TOP_P.format(sort="-p", keep="reached - ranked < top_p", put="kept"),
            r"divide by its sum",
        ),
        Wrong(
            "the least likely",
            _TOP_P.format(sort="p", keep="reached - ranked < top_p", put="kept / kept.sum()"),
            r"\*least\* likely",
        ),
        Wrong(
            "sorted once more",
            "def nucleus(p, top_p):\n    order = np.argsort(-p)\n    ranked = p[order]\n"
            "    kept = np.where(np.cumsum(ranked) - ranked < top_p, ranked, 0)\n"
            "    return (kept / kept.sum())[order]",
            r"puts them back",
        ),
        Wrong(
            "sorted",
            "def nucleus(p, top_p):\n    ranked = np.sort(p)[::-1]\n"
            "    kept = np.where(np.cumsum(ranked) - ranked < top_p, ranked, 0)\n"
            "    return kept / kept.sum()",
            r"its own place",
        ),
        Wrong(
            "threshold for each",
            "def nucleus(p, top_p):\n    kept = np.where(p >= top_p, p, 0.0)\n"
            "    return kept / max(kept.sum(), 1e-9)",
            r"not a threshold",
        ),
    ],
}

EQUIVALENT: dict[str, dict[str, str]] = {}
