"""What learners write for the exercises of chapter 3, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong

_TOP_P = (
    "def nucleus(p, top_p):\n    order = np.argsort({sort})\n    ranked = p[order]\n"
    "    reached = np.cumsum(ranked)\n    kept = np.where({keep}, ranked, 0.0)\n"
    "    out = np.zeros(len(p))\n    out[order] = {put}\n    return out"
)

WRONG = {
    "mk-row": [
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
        Wrong("nats", "perplexities = (np.log(27), np.log(4), np.inf)", r"loss in nats"),
        Wrong("bits", "perplexities = (np.log2(27), 2.0, np.inf)", r"loss in bits"),
        Wrong("no end symbol", "perplexities = (26, 4, np.inf)", r"end of the word is a symbol"),
        Wrong("one zero hardly counts", "perplexities = (27, 4, 27.0)", r"What is −ln 0"),
        Wrong("two numbers", "perplexities = (27, 4)", r"three numbers"),
    ],
    "mk-witten-bell": [
        Wrong(
            "frequencies",
            "def witten_bell(n, shorter):\n    return n / n.sum() if n.sum() else shorter",
            r"will meet zeros",
        ),
        Wrong(
            "zeros for kinds",
            "def witten_bell(n, shorter):\n    u = (n == 0).sum()\n"
            "    return (n + u * shorter) / (n.sum() + u)",
            r"not of those never seen",
        ),
        Wrong(
            "does not sum to 1",
            "def witten_bell(n, shorter):\n    u = (n > 0).sum()\n"
            "    return (n + u * shorter) / n.sum() if u else shorter",
            r"below the line",
        ),
        Wrong(
            "unseen symbols only",
            "def witten_bell(n, shorter):\n    u = (n > 0).sum()\n"
            "    return np.where(n > 0, n, u * shorter) / (n.sum() + u) if u else shorter",
            r"unseen symbols only",
        ),
        Wrong(
            "nothing for an empty row",
            "def witten_bell(n, shorter):\n    u = (n > 0).sum()\n"
            "    return (n + u * shorter) / max(n.sum() + u, 1)",
            r"Nothing was ever seen here",
        ),
        Wrong(
            "half and half",
            "def witten_bell(n, shorter):\n"
            "    return (n / n.sum() + shorter) / 2 if n.sum() else shorter",
            r"half of each",
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
            r"the other one is asked for",
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
            "the one that crosses is left out",
            _TOP_P.format(sort="-p", keep="reached <= top_p", put="kept / kept.sum()"),
            r"must \*reach\* it|no numbers|NaN",
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
            r"one for their sum",
        ),
    ],
}

EQUIVALENT: dict[str, dict[str, str]] = {}
