"""What learners write for the exercises of chapter 18, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong


def _one(**changed: object) -> str:
    answers: dict[str, object] = {
        "one before": True,
        "first": True,
        "most frequent": True,
        "behind the star": False,
        "came behind": False,
    }
    return f"one_head = {answers | {name.replace('_', ' '): v for name, v in changed.items()}}"


def _hand(
    *,
    one: str = "looks[0, place, place] = 20 * np.eye(T, k=-1)",
    two: str = "writes[0, before, symbol] = np.eye(V)",
    three: str = "looks[1, symbol, before] = 20 * np.eye(V)",
    four: str = "writes[1, answer, symbol] = np.eye(V)",
    back: str = "looks, writes",
    size: str = "3 * V + T",
) -> str:
    return (
        f"def induction(V, T):\n    d = {size}\n"
        "    symbol, place = slice(0, V), slice(V, V + T)\n"
        "    before, answer = slice(V + T, 2 * V + T), slice(2 * V + T, 3 * V + T)\n"
        "    looks, writes = np.zeros((2, d, d)), np.zeros((2, d, d))\n"
        f"    {one}\n    {two}\n    {three}\n    {four}\n    return {back}"
    )


def _score(
    *,
    at: str = "a[t, earlier[-1] + 1]",
    same: str = "np.flatnonzero(tokens[:t] == symbol)",
    back: str = "float(np.mean(found))",
) -> str:
    return (
        "def induction_score(a, tokens):\n    found = []\n"
        "    for t, symbol in enumerate(tokens):\n"
        f"        earlier = {same}\n"
        f"        if len(earlier):\n            found.append({at})\n"
        f"    return {back}"
    )


def _without(cut: str, back: str = "read @ W.T") -> str:
    return (
        "def without(read, W_o, head, n):\n    size = read.shape[1] // n\n    W = W_o.copy()\n"
        f"    {cut}\n    return {back}"
    )


def _bert(
    *,
    order: str = '("query", "key", "value")',
    join: str = "np.concatenate(parts)",
    norm1: str = "norm1",
    norm2: str = "norm2",
    dense: str = 'bert[f"{theirs}.{end}"]',
    part: str = 'bert[f"attention.self.{name}.{end}"]',
    projected: str = "self_attn.in_proj_{end}",
) -> str:
    return (
        "def torch_names(bert):\n    same = {\n"
        '        "attention.output.dense": "self_attn.out_proj",\n'
        f'        "attention.output.LayerNorm": "{norm1}",\n'
        '        "intermediate.dense": "linear1",\n        "output.dense": "linear2",\n'
        f'        "output.LayerNorm": "{norm2}",\n    }}\n    found = {{}}\n'
        '    for end in ("weight", "bias"):\n        for theirs, ours in same.items():\n'
        f'            found[f"{{ours}}.{{end}}"] = {dense}\n'
        f"        parts = [{part} for name in {order}]\n"
        f'        found[f"{projected}"] = {join}\n'
        "    return found"
    )


def _pool(back: str) -> str:
    return (
        f"def pooled(rows, real):\n    kept = np.where(real[..., None], rows, 0)\n    return {back}"
    )


WRONG = {
    "wl-one": [
        Wrong("recall by one head", _one(came_behind=True), r"That is recall"),
        Wrong("the star's neighbour", _one(behind_the_star=True), r"star can be found"),
        Wrong("no places", _one(one_before=False), r"vectors of their own"),
        Wrong("no counting", _one(most_frequent=False), r"all scores alike"),
        Wrong("no first", _one(first=False), r"from anywhere"),
        Wrong("a list", "one_head = [True, True, True, False, False]", r"Keep the five names"),
        Wrong("words", _one(first="yes"), r"True or False"),
    ],
    "wl-by-hand": [
        Wrong(
            "looks ahead",
            _hand(one="looks[0, place, place] = 20 * np.eye(T, k=1)"),
            r"Head 1's W_qk is the wrong way round",
        ),
        Wrong(
            "looks at itself",
            _hand(one="looks[0, place, place] = 20 * np.eye(T)"),
            r"shift the diagonal",
        ),
        Wrong("looks everywhere", _hand(one="pass"), r"Head 1 looks everywhere alike"),
        Wrong(
            "too soft",
            _hand(one="looks[0, place, place] = 2 * np.eye(T, k=-1)"),
            r"Head 1 leads by too little",
        ),
        Wrong(
            "reads 'before'",
            _hand(two="writes[0, symbol, before] = np.eye(V)"),
            r"Head 1's W_ov is the wrong way round",
        ),
        Wrong(
            "writes over the symbol",
            _hand(two="writes[0, symbol, symbol] = np.eye(V)"),
            r"this place's own",
        ),
        Wrong(
            "writes the answer at once",
            _hand(two="writes[0, answer, symbol] = np.eye(V)"),
            r"that is for head 2",
        ),
        Wrong("writes nothing", _hand(two="pass"), r"Head 1 writes nothing"),
        Wrong(
            "finds the key",
            _hand(three="looks[1, symbol, symbol] = 20 * np.eye(V)"),
            r"finds the key itself",
        ),
        Wrong(
            "Q-composition",
            _hand(three="looks[1, before, symbol] = 20 * np.eye(V)"),
            r"Head 2's W_qk is the wrong way round",
        ),
        Wrong(
            "head 2 too soft",
            _hand(three="looks[1, symbol, before] = 2 * np.eye(V)"),
            r"Head 2 leads by too little",
        ),
        Wrong(
            "copies the key",
            _hand(four="writes[1, answer, before] = np.eye(V)"),
            r"which is the key",
        ),
        Wrong(
            "answers into the symbol",
            _hand(four="writes[1, symbol, symbol] = np.eye(V)"),
            r"the output reads 'answer'",
        ),
        Wrong(
            "reads the answer",
            _hand(four="writes[1, symbol, answer] = np.eye(V)"),
            r"Head 2's W_ov is the wrong way round",
        ),
        Wrong(
            "writes symbol and before alike",
            _hand(four="writes[1, answer, symbol] = writes[1, answer, before] = np.eye(V)"),
            r"alike strong",
        ),
        Wrong(
            "two back",
            _hand(one="looks[0, place, place] = 20 * np.eye(T, k=-2)"),
            r"Head 1 looks 2 places back",
        ),
        Wrong(
            "a pair a head",
            _hand(back="tuple(zip(looks, writes))"),
            r"a pair W_qk, W_ov of each head(.|\n)*first W_qk of both",
        ),
        Wrong(
            "a pair a head, swapped",
            _hand(back="tuple(zip(writes, looks))"),
            r"a pair W_ov, W_qk of each head(.|\n)*first W_qk of both",
        ),
        Wrong("swapped", _hand(back="writes, looks"), r"both W_ov, then(.|\n)*first W_qk of both"),
        Wrong("three parts", _hand(size="3 * V + T + 1"), r"3 V \+ T parts"),
        Wrong("one matrix", _hand(back="looks"), r"W_qk of both heads(.|\n)*|two heads"),
    ],
    "wl-score": [
        Wrong("the symbol itself", _score(at="a[t, earlier[-1]]"), r"occurrence itself"),
        Wrong("the first", _score(at="a[t, earlier[0] + 1]"), r"\*first\* earlier"),
        Wrong("all of them", _score(at="a[t, earlier + 1].mean()"), r"mean over all earlier"),
        Wrong("all places", _score(back="sum(found) / len(tokens)"), r"number of all places"),
        Wrong("the sum", _score(back="sum(found)"), r"That is the sum"),
        Wrong("columns ask", _score(at="a[earlier[-1] + 1, t]"), r"other way round"),
        Wrong("the sum over all", _score(at="a[t, earlier + 1].sum()"), r"summed over all earlier"),
        Wrong(
            "its own place, always",
            _score(at="a[t, earlier[-1]]", same="np.flatnonzero(tokens[: t + 1] == symbol)"),
            r"own place, of all places",
        ),
        Wrong("its own place", _score(at="a[t, t]"), r"own place: search the earlier"),
        Wrong(
            "a fixed distance",
            "def induction_score(a, tokens):\n    T = len(tokens)\n"
            "    return float(np.mean([a[t, t - T // 2 + 1] for t in range(T // 2, T)]))",
            r"a fixed distance back: search",
        ),
        Wrong(
            "a fixed distance, where the symbol comes again",
            "def induction_score(a, tokens):\n    T = len(tokens)\n"
            "    again = [t for t in range(T // 2, T) if tokens[t] in tokens[:t]]\n"
            "    return float(np.mean([a[t, t - T // 2 + 1] for t in again]))",
            r"a fixed distance back, from",
        ),
        Wrong("one before it", _score(at="a[t, earlier[-1] - 1]"), r"place before the earlier"),
    ],
    "wl-ablate": [
        Wrong("as printed", _without("W[head::n] = 0"), r"Every n-th output"),
        Wrong("rows", _without("W[head * size : (head + 1) * size] = 0"), r"block of outputs"),
        Wrong("interleaved", _without("W[:, head::n] = 0"), r"bit of each head"),
        Wrong(
            "that head alone",
            _without(
                "pass",
                "read[:, head * size : (head + 1) * size] "
                "@ W[:, head * size : (head + 1) * size].T",
            ),
            r"this head alone",
        ),
        Wrong("from 1", _without("W[:, (head - 1) * size : head * size] = 0"), r"the one before"),
        Wrong("the next", _without("W[:, (head + 1) * size : (head + 2) * size] = 0"), r"next one"),
        Wrong("nothing", _without("pass"), r"Nothing is taken away"),
    ],
    "wl-bert": [
        Wrong("keys first", _bert(order='("key", "query", "value")'), r"in another order"),
        Wrong("values first", _bert(order='("value", "key", "query")'), r"in another order"),
        Wrong("side by side", _bert(join="np.concatenate(parts, axis=-1)"), r"side by side"),
        Wrong(
            "transposed like GPT-2's", _bert(dense='bert[f"{theirs}.{end}"].T'), r"Do not transpose"
        ),
        Wrong(
            "transposed projections",
            _bert(part='bert[f"attention.self.{name}.{end}"].T'),
            r"Do not transpose",
        ),
        Wrong("norms swapped", _bert(norm1="norm2", norm2="norm1"), r"belongs elsewhere"),
        Wrong("stacked", _bert(join="np.vstack(parts)"), r"biases stand end to end"),
        Wrong(
            "the shorter name first",
            "def torch_names(bert):\n    found = {}\n"
            "    for name, array in bert.items():\n"
            '        if ".self." in name:\n            continue\n'
            "        for theirs, ours in [\n"
            '            ("intermediate.dense", "linear1"),\n'
            '            ("output.dense", "linear2"),\n'
            '            ("attention.output.LayerNorm", "norm1"),\n'
            '            ("output.LayerNorm", "norm2"),\n'
            '            ("attention.output.dense", "self_attn.out_proj"),\n'
            "        ]:\n            name = name.replace(theirs, ours)\n"
            "        found[name] = array\n"
            '    for end in ("weight", "bias"):\n'
            "        parts = [\n"
            '            bert[f"attention.self.{n}.{end}"] for n in ("query", "key", "value")\n'
            "        ]\n"
            '        found[f"self_attn.in_proj_{end}"] = np.concatenate(parts)\n'
            "    return found",
            r"compare whole names",
        ),
        Wrong("a layer's name", _bert(projected="self_attn.in_proj.{end}"), r"with an underscore"),
        Wrong(
            "three matrices",
            "def torch_names(bert):\n    return {\n"
            '        name.replace("attention.self", "self_attn"): array\n'
            "        for name, array in bert.items()\n    }",
            r"one array together",
        ),
    ],
    "wl-pool": [
        Wrong("as printed", _pool("kept.mean(axis=1)"), r"divided by all places"),
        Wrong("padding counts", _pool("rows.mean(axis=1)"), r"Padding is in the mean"),
        Wrong(
            "padding in the sum",
            _pool("rows.sum(axis=1) / real.sum(axis=1, keepdims=True)"),
            r"Padding is in the sum",
        ),
        Wrong("the sum", _pool("kept.sum(axis=1)"), r"That is the sum"),
        Wrong(
            "made one long",
            "def pooled(rows, real):\n    kept = np.where(real[..., None], rows, 0)\n"
            "    mean = kept.sum(axis=1) / real.sum(axis=1, keepdims=True)\n"
            "    return mean / np.linalg.norm(mean, axis=1, keepdims=True)",
            r"scaled the mean to length 1",
        ),
        Wrong("the first row", _pool("rows[:, 0]"), r"first row"),
        Wrong("the batch's count", _pool("kept.sum(axis=1) / real.sum()"), r"whole batch"),
        Wrong(
            "turned round",
            "def pooled(rows, real):\n    kept = np.where(real[..., None], 0, rows)\n"
            "    return kept.sum(axis=1) / np.maximum((~real).sum(axis=1, keepdims=True), 1)",
            r"mean of the padding",
        ),
    ],
}

EQUIVALENT: dict[str, dict[str, str]] = {}
