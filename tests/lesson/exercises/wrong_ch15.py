"""What learners write for the exercises of chapter 15, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong


def _weights(divisor: str = "np.sqrt(q.shape[-1])", axis: str = "-1", best: str = "") -> str:
    best = best or f"scores.max({axis}, keepdims=True)"
    return (
        "def head_weights(q, k):\n"
        f"    scores = np.einsum('btnk,bsnk->bnts', q, k) / ({divisor})\n"
        f"    raised = np.exp(scores - {best})\n"
        f"    return raised / raised.sum({axis}, keepdims=True)\n"
    )


def _two(scores: str, end: str = "np.linalg.pinv(keys) @ scores * np.sqrt(keys.shape[1])") -> str:
    return (
        "def ask_two(keys, a, b, p):\n    scores = np.zeros(len(keys))\n"
        f"    {scores}\n    return {end}\n"
    )


_BOTH = "scores[a], scores[b] = 20 + np.log(p), 20 + np.log(1 - p)"


def _numbers(into: str, out: str, biases: str) -> str:
    return f"def numbers(d, n, d_k, d_v, bias):\n    return {into} + {out} + bias * ({biases})\n"


_INTO, _OUT, _BIASES = "d * n * (2 * d_k + d_v)", "n * d_v * d", "n * (2 * d_k + d_v) + d"


def _stream(
    body: str = "",
    *,
    new: str = "max(top, scores.max())",
    skip: str = "        if new == -np.inf:\n            continue\n",
    z: str = "z * shrink + w.sum()",
    v: str = "v * shrink + w @ values",
    w: str = "np.exp(scores - new)",
    shrink: str = "np.exp(top - new)",
    result: str = "v / z if z > 0 else v",
    top: str = "-np.inf",
) -> str:
    loop = body or (
        f"    for scores, values in blocks:\n        new = {new}\n{skip}"
        f"        shrink, w = {shrink}, {w}\n        z, v = {z}, {v}\n        top = new\n"
    )
    return (
        f"def read_stream(blocks, width):\n    top, z, v = {top}, 0.0, np.zeros(width)\n"
        f"{loop}    return {result}\n"
    )


def _heads(
    parts: str = "zip((query, key, value), weights, biases)",
    made: str = "nn.functional.linear(x, w, b)",
    cut: str = ".unflatten(2, (n, -1)).transpose(1, 2)",
    root: str = "math.sqrt(q.shape[-1])",
    masks: str = (
        "        if key_padding_mask is not None:\n"
        "            scores = scores.masked_fill(key_padding_mask[:, None, None], -torch.inf)\n"
        "        if attn_mask is not None:\n"
        "            scores = scores.masked_fill(attn_mask, -torch.inf)\n"
    ),
    a: str = "scores.softmax(-1)",
    read: str = "(a @ v).transpose(1, 2).flatten(2)",
    result: str = "self.out_proj(read), a.mean(1)",
    own: str = "self.in_proj_weight = nn.Parameter(torch.empty(3 * embed_dim, embed_dim))",
) -> str:
    return (
        "class MultiheadAttention(nn.Module):\n"
        "    def __init__(self, embed_dim, num_heads):\n        super().__init__()\n"
        f"        self.num_heads = num_heads\n        {own}\n"
        "        self.in_proj_bias = nn.Parameter(torch.zeros(3 * embed_dim))\n"
        "        self.out_proj = nn.Linear(embed_dim, embed_dim)\n\n"
        "    def forward(self, query, key, value, key_padding_mask=None, attn_mask=None):\n"
        "        n, d = self.num_heads, query.shape[-1]\n"
        "        weights, biases = self.in_proj_weight.chunk(3), self.in_proj_bias.chunk(3)\n"
        f"        q, k, v = ({made}{cut} for x, w, b in {parts})\n"
        f"        scores = q @ k.mT / {root}\n{masks}        a = {a}\n        read = {read}\n"
        f"        return {result}\n"
    )


WRONG = {
    "sa-scale": [
        Wrong("as printed", _weights("q.shape[-1] * q.shape[-2]", "-2"), r"As printed"),
        Wrong("d_k", _weights("q.shape[-1]"), r"by its root"),
        Wrong("the width", _weights("q.shape[-1] * q.shape[-2]"), r"width of all heads. A head"),
        Wrong(
            "the root of the width",
            _weights("np.sqrt(q.shape[-1] * q.shape[-2])"),
            r"root is taken of the width",
        ),
        Wrong("over queries", _weights(axis="-2"), r"runs over the queries"),
        Wrong("over queries, d_k", _weights("q.shape[-1]", "-2"), r"by its\s+root"),
        Wrong("not divided", _weights("1"), r"not divided"),
        Wrong("multiplied", _weights("1 / np.sqrt(q.shape[-1])"), r"multiplied"),
        Wrong("nothing taken off", _weights(best="0"), r"take each row's largest off"),
    ],
    "sa-two": [
        Wrong(
            "the sum of both keys",
            "def ask_two(keys, a, b, p):\n    return 100 * (keys[a] + keys[b])\n",
            r"unless keys are at right angles|must differ by",
        ),
        Wrong(
            "mixed by p",
            "def ask_two(keys, a, b, p):\n    return 100 * (p * keys[a] + (1 - p) * keys[b])\n",
            r"How do the scores of a and b differ",
        ),
        Wrong(
            "mixed by logarithms",
            "def ask_two(keys, a, b, p):\n    root = np.sqrt(keys.shape[1])\n"
            "    return root * ((20 + np.log(p)) * keys[a] + (20 + np.log(1 - p)) * keys[b])\n",
            r"right angles",
        ),
        Wrong("swapped", _two(_BOTH.replace("a], scores[b", "b], scores[a")), r"each other's"),
        Wrong("no root", _two(_BOTH, "np.linalg.pinv(keys) @ scores"), r"q·k / √d_k here"),
        Wrong(
            "d_k",
            _two(_BOTH, "np.linalg.pinv(keys) @ scores * keys.shape[1]"),
            r"here by its root",
        ),
        Wrong("even", _two("scores[a] = scores[b] = 20"), r"score alike"),
        Wrong(
            "a small lead",
            _two(_BOTH.replace("20", "2")),
            r"other keys get a share",
        ),
        Wrong(
            "the weights as scores",
            _two("scores[a], scores[b] = p, 1 - p"),
            r"How do the scores of a and b differ",
        ),
        Wrong(
            "the root of the number of keys",
            _two(_BOTH, "np.linalg.pinv(keys) @ scores * np.sqrt(len(keys))"),
            r"root of the number of keys",
        ),
        Wrong(
            "not logarithms",
            _two("scores[a], scores[b] = 20 + p, 21 - p"),
            r"How do the scores of a and b differ",
        ),
        Wrong("the weights", _two(_BOTH, "scores"), r"One query, a number for each column|a and b"),
    ],
    "sa-count": [
        Wrong("no W_o", _numbers(_INTO, "0", "n * (2 * d_k + d_v)"), r"W_o is missing"),
        Wrong("no bias of W_o", _numbers(_INTO, _OUT, "n * (2 * d_k + d_v)"), r"W_o's biases"),
        Wrong("biases of W_o alone", _numbers(_INTO, _OUT, "d"), r"biases of queries"),
        Wrong("no biases", _numbers(_INTO, _OUT, "0"), r"with `bias` each"),
        Wrong(
            "biases always",
            f"def numbers(d, n, d_k, d_v, bias):\n    return {_INTO} + {_OUT} + {_BIASES}\n",
            r"Without `bias`",
        ),
        Wrong(
            "one head",
            _numbers("d * (2 * d_k + d_v)", _OUT, "2 * d_k + d_v + d"),
            r"one head's maps",
        ),
        Wrong("W_o square", _numbers(_INTO, "d * d", _BIASES), r"d by d"),
        Wrong("W_o of one head", _numbers(_INTO, "d_v * d", _BIASES), r"all heads read"),
        Wrong("W_o of keys", _numbers(_INTO, "n * d_k * d", _BIASES), r"has n · d_k"),
        Wrong(
            "heads read slices",
            _numbers("d // n * n * (2 * d_k + d_v)", _OUT, _BIASES),
            r"each reads all d",
        ),
        Wrong(
            "values as wide as keys",
            _numbers("d * n * 3 * d_k", _OUT, "n * 3 * d_k + d"),
            r"Values have d_v",
        ),
        Wrong(
            "no keys",
            _numbers("d * n * (d_k + d_v)", _OUT, "n * (d_k + d_v) + d"),
            r"Keys are missing",
        ),
    ],
    "sa-stream": [
        Wrong("no shrinking", _stream(shrink="1.0"), r"did not shrink"),
        Wrong("values do not shrink", _stream(v="v + w @ values"), r"values' sum does not"),
        Wrong("sum does not shrink", _stream(z="z + w.sum()"), r"sum of exponentials does not"),
        Wrong("the last block", _stream(z="w.sum()", v="w @ values"), r"last block"),
        Wrong("not divided", _stream(result="v"), r"not divided"),
        Wrong(
            "own exponentials", _stream(w="np.exp(scores - scores.max())"), r"relative to its own"
        ),
        Wrong("grows", _stream(shrink="np.exp(new - top)"), r"factor e\^\(old - new\)"),
        Wrong(
            "the block's largest", _stream(new="scores.max()"), r"largest of \*all\* scores so far"
        ),
        Wrong("nothing taken off", _stream(shrink="1.0", w="np.exp(scores)"), r"NaN or infinity"),
        Wrong("begun at 0", _stream(top="0.0", skip=""), r"begins at -inf"),
        Wrong("begun at -1000", _stream(top="-1000.0", skip="", result="v / z"), r"begins at -inf"),
        Wrong(
            "divided in each block",
            _stream(v="v * shrink + w @ values / w.sum()"),
            r"One block: w @ values",
        ),
        Wrong("no skip", _stream(skip=""), r"while all is -inf"),
        Wrong("0 by 0", _stream(result="v / z"), r"0 is not divided by 0"),
        Wrong(
            "the mean of means",
            "def read_stream(blocks, width):\n    means = []\n"
            "    for scores, values in blocks:\n        w = np.exp(scores - scores.max())\n"
            "        means.append(w @ values / w.sum())\n    return np.mean(means, 0)\n",
            r"blocks' own means",
        ),
        Wrong(
            "a list",
            "def read_stream(blocks, width):\n    blocks = list(blocks)\n"
            "    scores = np.concatenate([s for s, _ in blocks])\n"
            "    values = np.concatenate([v for _, v in blocks])\n"
            "    w = np.exp(scores - max(scores.max(), -9e9))\n"
            "    return w @ values / max(w.sum(), 1e-300)\n",
            r"kept, counted, indexed or read twice",
        ),
        Wrong(
            "twice",
            "def read_stream(blocks, width):\n    top = max(s.max() for s, _ in blocks)\n"
            "    w = [(np.exp(s - top), v) for s, v in blocks]\n"
            "    return sum(a @ v for a, v in w) / sum(a.sum() for a, _ in w)\n",
            r"read twice",
        ),
    ],
    "sa-shuffle": [
        Wrong(
            "all the same",
            'shuffled = ("same",) * 7',
            r"does it stay where it was",
        ),
        Wrong(
            "queries do not matter",
            'shuffled = ("moves", "same", "moves", "other", "same", "other", "moves")',
            r"belong to queries",
        ),
        Wrong(
            "keys and values apart",
            'shuffled = ("moves", "same", "same", "same", "same", "other", "moves")',
            r"other keys' values",
        ),
        Wrong(
            "a causal mask is harmless",
            'shuffled = ("moves", "same", "same", "other", "same", "moves", "moves")',
            r"mask stays where it is",
        ),
        Wrong(
            "every mask harms",
            'shuffled = ("moves", "same", "same", "other", "same", "other", "other")',
            r"All but myself",
        ),
        Wrong(
            "the mean moves",
            'shuffled = ("moves", "same", "same", "other", "moves", "other", "moves")',
            r"what could move",
        ),
        Wrong(
            "six words", 'shuffled = ("moves", "same", "same", "other", "same", "other")', "seven"
        ),
        Wrong("another word", 'shuffled = ("equivariant",) * 7', r"one of three words"),
    ],
    "sa-heads": [
        Wrong("not scaled", _heads(root="1"), r"not divided"),
        Wrong("root of d", _heads(root="math.sqrt(d)"), r"root of d: of d / n"),
        Wrong("d_k", _heads(root="q.shape[-1]"), r"by its root"),
        Wrong("softmax over queries", _heads(a="scores.softmax(-2)"), r"runs over the queries"),
        Wrong(
            "cut by view",
            _heads(cut=".reshape(len(x), n, x.shape[1], -1)"),
            r"cut by view alone",
        ),
        Wrong(
            "cut the other way",
            _heads(
                cut=".unflatten(2, (-1, n)).transpose(1, 2)",
                read="(a @ v).transpose(1, 2).flatten(2)",
            ),
            r"n heads of d / n",
        ),
        Wrong("no masks", _heads(masks=""), r"padding(.|\n)*left out"),
        Wrong(
            "turned round",
            _heads(
                masks="        if key_padding_mask is not None:\n            scores = scores."
                "masked_fill(~key_padding_mask[:, None, None], -torch.inf)\n"
                "        if attn_mask is not None:\n"
                "            scores = scores.masked_fill(~attn_mask, -torch.inf)\n"
            ),
            r"turned round",
        ),
        Wrong(
            "no hidden future",
            _heads(
                masks="        if key_padding_mask is not None:\n            scores = scores."
                "masked_fill(key_padding_mask[:, None, None], -torch.inf)\n"
            ),
            r"attn_mask is left out",
        ),
        Wrong(
            "zeros for scores",
            _heads(
                masks="        if key_padding_mask is not None:\n            scores = scores."
                "masked_fill(key_padding_mask[:, None, None], 0)\n"
                "        if attn_mask is not None:\n"
                "            scores = scores.masked_fill(attn_mask, 0)\n"
            ),
            r"a score like any other",
        ),
        Wrong("no biases", _heads(made="(x @ w.T)"), r"biases of queries"),
        Wrong(
            "transposed",
            _heads(made="(x @ w + b)"),
            r"transposed",
        ),
        Wrong(
            "all of the query",
            _heads("zip((query, query, query), weights, biases)"),
            r"made of the query",
        ),
        Wrong("root of n", _heads(root="math.sqrt(n)"), r"root of n: of d / n"),
        Wrong(
            "one mask of two",
            _heads(
                masks="        if attn_mask is not None:\n"
                "            scores = scores.masked_fill(attn_mask, -torch.inf)\n"
                "        elif key_padding_mask is not None:\n            scores = scores."
                "masked_fill(key_padding_mask[:, None, None], -torch.inf)\n"
            ),
            r"True in either is enough",
        ),
        Wrong(
            "where both hide",
            _heads(
                masks="        hide = attn_mask\n        if key_padding_mask is not None:\n"
                "            hide = key_padding_mask[:, None, None]\n"
                "            hide = hide if attn_mask is None else hide & attn_mask\n"
                "        if hide is not None:\n"
                "            scores = scores.masked_fill(hide, -torch.inf)\n"
            ),
            r"True in either is enough",
        ),
        Wrong(
            "values of the key",
            _heads("zip((query, key, key), weights, biases)"),
            r"values were made of `key`",
        ),
        Wrong("no out_proj", _heads(result="read, a.mean(1)"), r"out_proj is missing"),
        Wrong(
            "joined as it stands",
            _heads(read="(a @ v).reshape(len(query), -1, d)"),
            r"changing heads and places back",
        ),
        Wrong(
            "the mean reads",
            _heads(read="(a.mean(1, keepdim=True) @ v).transpose(1, 2).flatten(2)"),
            r"only for the return value",
        ),
        Wrong("all weights", _heads(result="self.out_proj(read), a"), r"their mean, \(B, L, S\)"),
        Wrong("one thing", _heads(result="self.out_proj(read)"), r"what is read, the weights"),
        Wrong(
            "a Linear instead",
            _heads(own="self.in_proj_weight = nn.Parameter(torch.empty(embed_dim, 3 * embed_dim))"),
            r"Keep the parameters",
        ),
        Wrong(
            "torch's",
            "class MultiheadAttention(nn.MultiheadAttention):\n"
            "    def __init__(self, embed_dim, num_heads):\n"
            "        super().__init__(embed_dim, num_heads, batch_first=True)\n",
            r"Write that part yourself",
        ),
    ],
}

EQUIVALENT: dict[str, dict[str, str]] = {}
