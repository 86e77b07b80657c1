"""Checkers of chapter 18: what attention learns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import Called, Predicted, called, fixed, misshapen, slip
from seqcourse.lesson.findings import Finding, Plain, close, holds

ONE_HEAD = {
    "one before": (
        True,
        "Place t can ask for place t - 1 by its number: places have vectors of their own.",
    ),
    "first": (True, "The first place can be told by its number, from anywhere."),
    "most frequent": (
        True,
        "With all scores alike a head reads the mean of all symbols. Which is largest in it?",
    ),
    "behind the star": (
        False,
        "The star can be found. But what stands behind it has nothing of the star in its own row, "
        "and the star nothing of what stands behind it.",
    ),
    "came behind": (
        False,
        "The earlier occurrence can be found; but what came behind it has nothing of that symbol "
        "in its own row. That is recall.",
    ),
}


@exercise("wl-one")
class One(Predicted):
    """What one layer with one head can do."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        if not isinstance(outputs, dict) or set(outputs) != set(ONE_HEAD):
            look = f"Keep the five names: {', '.join(ONE_HEAD)}."
            yield holds("the five answers", False, given=outputs, expected="a dict", look=look)
            return
        for name, (right, look) in ONE_HEAD.items():
            given = outputs[name]
            if given in (True, False) and isinstance(given, bool | int):
                yield holds(name, given == right, look=look)
            else:
                look = "Give True or False."
                yield holds(name, False, given=given, expected="True or False", look=look)


@exercise("wl-by-hand", forbid=("seqcourse.models.circuits.induction_by_hand",))
class ByHand:
    """The matrices of an induction head and of what it needs."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for V, T in ((6, 11), (9, 14)):
            period = (T - 1) // 2
            rows = []
            for _ in range(8):
                loop = 1 + rng.permutation(V - 1)[:period]
                rows.append(np.concatenate([[0], np.resize(loop, T - 1)]))
            cases.append({"V": V, "T": T, "tokens": np.stack(rows)})
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [called(answer, c["V"], c["T"]) for c in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            V, T, tokens = case["V"], case["T"], case["tokens"]
            d = 3 * V + T
            name = f"V = {V}, T = {T}"
            if wrong := misshapen(given, 2, "W_qk of both heads, and W_ov of both", name):
                yield wrong
                continue
            try:
                looks, writes = (np.asarray(part, dtype=float) for part in given)
            except (TypeError, ValueError):
                looks = writes = np.zeros(0)
            if looks.shape != (2, d, d) or writes.shape != (2, d, d):
                sizes = f"{np.shape(looks)} and {np.shape(writes)}"
                look = "A row has 3 V + T parts; there are two heads."
                yield holds(name, False, given=sizes, expected=f"(2, {d}, {d}) each", look=look)
                continue
            if not (np.isfinite(looks).all() and np.isfinite(writes).all()):
                look = "Fill the matrices with zeros first; np.empty holds anything."
                yield holds(
                    name, False, given="NaN or infinite entries", expected="numbers", look=look
                )
                continue
            findings = _all(name, looks, writes, tokens, V)
            if not all(f.ok for f in findings):
                four = np.stack([looks, writes])
                for turned, found in (
                    (four.transpose(1, 0, 2, 3), "a pair W_qk, W_ov of each head"),
                    (four.transpose(1, 0, 2, 3)[::-1], "a pair W_ov, W_qk of each head"),
                    (four[::-1], "both W_ov, then both W_qk"),
                ):
                    if all(f.ok for f in _all(name, turned[0], turned[1], tokens, V)):
                        look = "The four are right, in another order: first W_qk of both heads."
                        wanted = "both W_qk, then both W_ov"
                        findings = [holds(name, False, given=found, expected=wanted, look=look)]
                        break
            yield from findings


def _all(
    name: str, looks: np.ndarray, writes: np.ndarray, tokens: np.ndarray, V: int
) -> list[Finding]:
    """What is found of both heads."""
    first, second, answers = _run(looks, writes, tokens, V)
    return [
        _looks_back(name, first, tokens, looks[0], V),
        _writes_before(name, writes, tokens, V),
        _looks_behind(name, second, tokens, looks[1], V),
        _answers(name, answers, tokens, writes[1], V),
    ]


def _parts(V: int, T: int) -> tuple[slice, slice, slice, slice]:
    return slice(0, V), slice(V, V + T), slice(V + T, 2 * V + T), slice(2 * V + T, 3 * V + T)


def _softmax(scores: np.ndarray) -> np.ndarray:
    T = scores.shape[-1]
    scores = np.where(np.tri(T, dtype=bool), scores, -np.inf)
    grown = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray(grown / grown.sum(-1, keepdims=True))


def _run(
    looks: np.ndarray, writes: np.ndarray, tokens: np.ndarray, V: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both heads' weights (N, T, T), and what stands in 'answer' in the end (N, T, V)."""
    N, T = tokens.shape
    symbol, place, _, answer = _parts(V, T)
    x = np.zeros((N, T, 3 * V + T))
    x[..., symbol] = np.eye(V)[tokens]
    x[..., place] = np.eye(T)
    seen = []
    for W_qk, W_ov in zip(looks, writes, strict=True):
        weights = _softmax(x @ W_qk @ x.transpose(0, 2, 1))
        seen.append(weights)
        x = x + weights @ x @ W_ov.T
    return seen[0], seen[1], x[..., answer]


def _earlier(tokens: np.ndarray) -> list[tuple[int, int]]:
    """Each place whose symbol was there before, and the place of the latest."""
    found = []
    for t, symbol in enumerate(tokens):
        at = np.flatnonzero(tokens[:t] == symbol)
        if len(at):
            found.append((t, int(at[-1])))
    return found


def _looks_back(
    name: str, weights: np.ndarray, tokens: np.ndarray, W: np.ndarray, V: int
) -> Finding:
    T = tokens.shape[1]
    t = np.arange(1, T)
    there = float(weights[:, t, t - 1].min())
    place = _parts(V, T)[1]
    far = [k for k in range(2, T // 2) if weights[:, t[k - 1 :], t[k - 1 :] - k].min() > 0.9]
    look = "Head 1's W_qk raises the score of place t - 1 for place t: which block, which diagonal?"
    if weights[:, t, t].min() > 0.9:
        look = "Head 1 looks at its own place: shift the diagonal by one, so that t asks for t - 1."
        if np.allclose(W[place, place], W[place, place].max() * np.eye(T, k=1)):
            look = (
                "Head 1's W_qk is the wrong way round: its row is the place that asks, its column "
                "the one that is asked, which is one less."
            )
    elif np.allclose(W[place, place], W.max() * np.eye(T, k=1)) and W.max() > 0:
        look = (
            "Head 1's W_qk is the wrong way round: its row is the place that asks, its column the "
            "one that is asked, which is one less."
        )
    elif far:
        look = f"Head 1 looks {far[0]} places back: one is wanted."
    elif np.ptp(weights[:, -1]) < 1e-6:
        look = "Head 1 looks everywhere alike: its W_qk does nothing in the block (place, place)."
    elif weights[:, t, t - 1].min() > 0.12 and np.argmax(weights[0, -1]) == T - 2:
        look = "Head 1 leads by too little: multiply its W_qk by 20."
    return holds(
        f"{name}: head 1 looks one back", there > 0.99,
        given=f"{there:.2f} of its weight at least", expected="nearly 1", look=look,
    )  # fmt: skip


def _writes_before(name: str, writes: np.ndarray, tokens: np.ndarray, V: int) -> Finding:
    """Whether head 1's W_ov brings the symbol into 'before', and into nothing else."""
    T = tokens.shape[1]
    symbol, place, before, answer = _parts(V, T)
    W = writes[0]
    x = np.zeros((*tokens.shape, len(W)))
    x[..., symbol], x[..., place] = np.eye(V)[tokens], np.eye(T)
    written = x[:, :-1] @ W.T  # for places 2 … T, were its look right
    there = written[..., before]
    ok = (
        (there.argmax(-1) == tokens[:, :-1]).all()
        and there.max(-1).min() > 0.3
        and np.abs(written[..., symbol]).max() < 0.3
    )
    look = "Head 1 writes the symbol that it reads into the part 'before', unchanged."
    if W[symbol, before].any() and not W[before, symbol].any():
        look = (
            "Head 1's W_ov is the wrong way round: its row is where it writes, its column where "
            "it reads."
        )
    elif not W.any():
        look = "Head 1 writes nothing: its W_ov is 0."
    elif W[symbol, symbol].any():
        look = "Head 1 writes into 'symbol', where this place's own stands: take the part 'before'."
    elif W[answer, symbol].any():
        look = "Head 1 writes into 'answer': that is for head 2. Take the part 'before'."
    elif W[before, place].any():
        look = "Head 1 is to write down the symbol that stands there, not the place's number."
    return holds(f"{name}: head 1 writes the symbol before", ok, look=look)


def _looks_behind(
    name: str, weights: np.ndarray, tokens: np.ndarray, W: np.ndarray, V: int
) -> Finding:
    T = tokens.shape[1]
    symbol, _, before, _ = _parts(V, T)
    pairs = [(n, t, s) for n, row in enumerate(tokens) for t, s in _earlier(row)]
    n, t, s = np.array(pairs).T
    # a symbol may have come twice before: both places behind it are right
    right = np.zeros_like(weights)
    for i, row in enumerate(tokens):
        for place in range(1, T):
            for at in np.flatnonzero(row[:place] == row[place]):
                right[i, place, at + 1] = 1
    there = float((weights * right).sum(-1)[n, t].min())
    look = "Head 2 compares the symbol here with what stands in 'before' there."
    if W[symbol, symbol].any():
        look = (
            "Head 2 looks for the same symbol, and so finds the key itself: the answer stands "
            "behind it, where that symbol is in 'before'."
        )
    elif W[before, symbol].any() and not W[symbol, before].any():
        look = (
            "Head 2's W_qk is the wrong way round: the row is who asks, by its symbol; the column "
            "is who is asked, by what stood before it."
        )
    elif not W.any():
        look = "Head 2 looks everywhere alike: its W_qk is 0."
    elif 0.05 < there <= 0.99 and np.allclose(W[symbol, before] / W.max(), np.eye(V)):
        look = "Head 2 leads by too little: multiply its W_qk by 20."
    return holds(
        f"{name}: head 2 looks behind the same symbol", there > 0.98,
        given=f"{there:.2f} of its weight at least", expected="nearly 1", look=look,
    )  # fmt: skip


def _answers(name: str, answers: np.ndarray, tokens: np.ndarray, W: np.ndarray, V: int) -> Finding:
    T = tokens.shape[1]
    symbol, _, before, answer = _parts(V, T)
    hits = []
    for n, row in enumerate(tokens):
        for t, s in _earlier(row):
            others = np.delete(answers[n, t], row[s + 1])
            hits.append(answers[n, t, row[s + 1]] > 0.3 + max(0, others.max()))
    share = float(np.mean(hits))
    look = "Head 2 copies the symbol that it reads into 'answer'."
    if W[answer, before].any() and W[answer, symbol].any():
        look = (
            "Head 2 writes two symbols into 'answer', alike strong: the one at the place found, "
            "and what stood before it, which is the key. Take 'symbol' alone."
        )
    elif W[answer, before].any():
        look = "Head 2 writes what stood before the place found, which is the key: take 'symbol'."
    elif W[symbol, answer].any() and not W[answer, symbol].any():
        look = (
            "Head 2's W_ov is the wrong way round: its row is where it writes, its column where "
            "it reads."
        )
    elif W[symbol, symbol].any() and not W[answer, symbol].any():
        look = "Head 2 writes into 'symbol'; the output reads 'answer'."
    elif not W.any():
        look = "Head 2 writes nothing: its W_ov is 0."
    return holds(
        f"{name}: the answer is what came next before", share == 1.0,
        given=f"right by 0.3 or more in {share:.0%}", expected="100%", look=look,
    )  # fmt: skip


@exercise(
    "wl-score",
    forbid=("seqcourse.models.circuits.attention_to", "seqcourse.models.circuits.after_same"),
)
class Score(Called):
    """The induction score of one head on one sequence."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for tokens in ([3, 1, 4, 2, 3, 1, 4, 2], [5, 5, 0, 5, 2, 0, 1], [2, 7, 2, 7, 2, 1, 7]):
            T = len(tokens)
            a = np.tril(rng.dirichlet(np.ones(T), T))
            cases.append((a / a.sum(1, keepdims=True), np.array(tokens)))
        return {"cases": cases}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (a, tokens), given in zip(inputs["cases"], outputs, strict=True):
            last = _earlier(tokens)
            first = [(t, int(np.flatnonzero(tokens == tokens[t])[0])) for t, _ in last]
            T = len(tokens)
            right = float(np.mean([a[t, s + 1] for t, s in last]))
            every = [
                np.mean([a[t, s + 1] for s in np.flatnonzero(tokens[:t] == tokens[t])])
                for t, _ in last
            ]
            again = np.array([t for t, _ in last])
            total = [
                sum(a[t, s + 1] for s in np.flatnonzero(tokens[:t] == tokens[t])) for t, _ in last
            ]
            half = T // 2
            slips = {
                "That is the weight on the earlier occurrence itself: the place behind it is "
                "wanted.": np.mean([a[t, s] for t, s in last]),
                "That is the place before the earlier occurrence: one behind is wanted.": (
                    np.mean([a[t, s - 1] for t, s in last])
                ),
                "You divided by the number of all places: only those count whose symbol was there "
                "before.": sum(a[t, s + 1] for t, s in last) / T,
                "That is the sum: the mean is wanted.": sum(a[t, s + 1] for t, s in last),
                "That is the *first* earlier occurrence: the latest is wanted.": (
                    np.mean([a[t, s + 1] for t, s in first])
                ),
                "You took the mean over all earlier occurrences: the latest alone counts.": (
                    np.mean(every)
                ),
                "You summed over all earlier occurrences: the latest alone counts.": np.mean(total),
                "That is the weight on the own place: search the earlier ones, tokens[:t].": (
                    a[again, again].mean()
                ),
                "That is the weight on the own place, of all places: search the earlier ones, "
                "tokens[:t].": np.diag(a).mean(),
                "You looked a fixed distance back: search each symbol's own latest place.": (
                    np.mean([a[t, t - half + 1] for t in range(half, T)])
                ),
                "You looked a fixed distance back, from places whose symbol came again: search "
                "its latest place.": np.mean([a[t, t - half + 1] for t in again if t >= half]),
                "Rows ask and columns are asked: you took them the other way round.": (
                    np.mean([a[s + 1, t] for t, s in last])
                ),
            }
            look = slip(given, slips, rtol=1e-6) or (
                "For each place whose symbol was there before, take a[t, s + 1], with s its "
                "latest earlier place."
            )
            yield close(f"tokens {tokens.tolist()}", given, right, look=look, rtol=1e-6)


@exercise("wl-ablate")
class Ablate(Called):
    """What is left when a head is taken away."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for T, n, size, d, head in ((4, 3, 2, 5, 1), (3, 2, 4, 8, 0), (5, 4, 2, 8, 3)):
            read, W = rng.normal(size=(T, n * size)), rng.normal(size=(d, n * size))
            cases.append((read, W, head, n))
        return {"cases": cases}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (read, W, head, n), given in zip(inputs["cases"], outputs, strict=True):
            size = read.shape[1] // n
            block = slice(head * size, (head + 1) * size)

            def left(rows: Any = slice(0), columns: Any = slice(0), W: Any = W) -> np.ndarray:
                cut = W.copy()
                cut[rows] = 0
                cut[:, columns] = 0
                return np.asarray(cut)

            right = read @ left(columns=block).T
            slips = {
                "Every n-th output is gone, and all heads are there: rows of W_o say where to.": (
                    read @ left(rows=slice(head, None, n)).T
                ),
                "A block of outputs is gone, and all heads are there: take columns of W_o.": (
                    read @ left(rows=block).T
                ),
                "Every n-th column takes a bit of each head: heads stand side by side, each a "
                "block.": read @ left(columns=slice(head, None, n)).T,
                "Nothing is taken away.": read @ W.T,
                "That is this head alone: all others are wanted.": read[:, block] @ W[:, block].T,
                "Heads are counted from 0: you took away the one before.": (
                    read @ left(columns=slice(max(0, (head - 1) * size), head * size)).T
                ),
                "Heads are counted from 0: you took away the next one.": (
                    read @ left(columns=slice((head + 1) * size, (head + 2) * size)).T
                ),
            }
            look = slip(given, slips, rtol=1e-6)
            if not look and np.shape(given) != right.shape:
                look = "What the heads add has as many columns as W_o has rows: (T, d)."
            look = look or "Which columns of `read` are the head's, and so which of W_o?"
            name = f"{n} heads of {size}, without number {head}"
            yield close(name, given, right, look=look, rtol=1e-6)


@exercise("wl-bert", forbid=("seqcourse.models.minilm.from_bert",))
class Bert:
    """A layer of BERT's under torch's names."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        shapes = {
            "attention.self.query": (4, 4),
            "attention.self.key": (4, 4),
            "attention.self.value": (4, 4),
            "attention.output.dense": (4, 4),
            "attention.output.LayerNorm": (4,),
            "intermediate.dense": (6, 4),
            "output.dense": (4, 6),
            "output.LayerNorm": (4,),
        }
        bert = {}
        for name, shape in shapes.items():
            bert[f"{name}.weight"] = rng.normal(size=shape).round(3)
            bert[f"{name}.bias"] = rng.normal(size=shape[:1]).round(3)
        return {"bert": bert}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        found = answer({name: fixed(array) for name, array in inputs["bert"].items()})
        return found if found is None else dict(found)

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        bert = inputs["bert"]
        right = _torch_names(bert)
        if not isinstance(outputs, dict):
            look = "Return a dict: torch's name, array."
            yield holds("the arrays by name", False, given=outputs, expected="a dict", look=look)
            return
        lacking = sorted(set(right) - set(outputs))
        strange = sorted(set(outputs) - set(right))
        look = "torch's layer has 12 arrays: weight and bias of six names."
        if any("query" in name or "key" in name or "value" in name for name in strange):
            look = "Queries, keys and values have one array together: in_proj_weight, in_proj_bias."
        elif any("attention.linear2" in name for name in strange):
            look = (
                "'attention.output.dense' ends in 'output.dense', and was replaced as that: "
                "compare whole names, or replace the longer one first."
            )
        elif "self_attn.in_proj.weight" in strange:
            look = "It is in_proj_weight and in_proj_bias, with an underscore: no layer of its own."
        given = f"missing {lacking[:3]}, not torch's {strange[:3]}"
        fits = not lacking and not strange
        yield holds("the names", fits, given=given, expected="torch's 12", look=look)
        for name in right:
            if name in outputs:
                yield _array(name, outputs[name], right[name], bert)


def _torch_names(bert: Any, order: Sequence[str] = ("query", "key", "value")) -> dict[str, Any]:
    same = {
        "attention.output.dense": "self_attn.out_proj",
        "attention.output.LayerNorm": "norm1",
        "intermediate.dense": "linear1",
        "output.dense": "linear2",
        "output.LayerNorm": "norm2",
    }
    found = {}
    for end in ("weight", "bias"):
        for theirs, ours in same.items():
            found[f"{ours}.{end}"] = bert[f"{theirs}.{end}"]
        parts = [bert[f"attention.self.{name}.{end}"] for name in order]
        found[f"self_attn.in_proj_{end}"] = np.concatenate(parts)
    return found


def _array(name: str, given: Plain, right: np.ndarray, bert: Any) -> Finding:
    look = "Each array is BERT's own, unchanged."
    try:
        mine = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        mine = np.zeros(0)
    same = mine.shape == right.shape and np.allclose(mine, right)
    if same:
        return holds(name, True)
    if "in_proj" in name:
        end = name.rsplit("_", 1)[1]
        parts = [bert[f"attention.self.{part}.{end}"] for part in ("query", "key", "value")]
        look = "Queries, keys and values stand one below the other, in this order: (3 d, d)."
        if end == "bias":
            look = "The three biases stand end to end, in this order: one array of (3 d,)."
        if mine.shape == right.shape and np.allclose(np.sort(mine, None), np.sort(right, None)):
            look = "The three are there, in another order: queries first, then keys, then values."
            if mine.ndim == 2 and np.allclose(mine, np.concatenate([p.T for p in parts])):
                look = "Do not transpose: both keep a linear map as (out, in)."
        elif mine.ndim == 2 and mine.shape == right.shape[::-1]:
            look = "The three stand side by side: put them one below the other, axis 0."
    elif mine.ndim == 2 and mine.shape == right.shape[::-1] and np.allclose(mine.T, right):
        look = "Do not transpose: both keep a linear map as (out, in)."
    else:
        others = [key for key, array in bert.items() if np.array_equal(array, mine)]
        if others:
            look = f"That is BERT's {others[0]}, which belongs elsewhere."
    wanted = f"another array of shape {right.shape}"
    return holds(name, False, given=f"an array of shape {mine.shape}", expected=wanted, look=look)


@exercise("wl-pool")
class Pool(Called):
    """The mean over a text's real rows."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for lengths, T in (((3, 5, 1), 5), ((2, 2), 4)):
            rows = rng.normal(size=(len(lengths), T, 3))
            cases.append((rows, np.arange(T) < np.array(lengths)[:, None]))
        return {"cases": cases}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (rows, real), given in zip(inputs["cases"], outputs, strict=True):
            kept = np.where(real[..., None], rows, 0)
            counts = real.sum(1)
            right = kept.sum(1) / counts[:, None]
            slips = {
                "The sum is right, and divided by all places: divide by how many are real.": (
                    kept.mean(1)
                ),
                "Padding is in the mean: leave its rows out.": rows.mean(1),
                "Padding is in the sum, not in the count: leave its rows out of both.": (
                    rows.sum(1) / counts[:, None]
                ),
                "That is the sum: divide by how many are real.": kept.sum(1),
                "You scaled the mean to length 1: that comes later; here give the mean itself.": (
                    right / np.linalg.norm(right, axis=1, keepdims=True)
                ),
                "That is the first row of each text: the mean of all is wanted.": rows[:, 0],
                "That is divided by the real rows of the whole batch: each text has its own.": (
                    kept.sum(1) / counts.sum()
                ),
                "True means real here: you took the mean of the padding.": (
                    np.where(real[..., None], 0, rows).sum(1)
                    / np.maximum((~real).sum(1), 1)[:, None]
                ),
            }
            look = slip(given, slips, rtol=1e-6)
            if not look and np.shape(given) != right.shape:
                look = "One row for each text: (B, d)."
            look = look or "Sum the real rows of each text, and divide by how many it has."
            name = f"{len(rows)} texts of {', '.join(map(str, counts))} pieces"
            yield close(name, given, right, look=look, rtol=1e-6)
