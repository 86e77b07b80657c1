"""Changed tasks of chapter 3: what each asks for, and its typical mistakes."""

from __future__ import annotations

import numpy as np

from seqcourse.lesson.exercises.varied import Array, Calls, Draw, Judgement, Register, rule

# mk-row: argument counts


def _counts(rng: np.random.Generator) -> Calls:
    return [[rng.integers(1, 50, (n, n)).astype(float)] for n in (3, 27)]


def _row_rule(key: str, value: str, look: str, draw: Draw = _counts) -> Register:
    return rule("mk-row", key, value, draw=draw, what="the table", look=look)


_EACH_ROW = "That makes each row sum to 1, as in the published task. Read yours again."
_ALL = "All numbers together sum to 1: these are pairs' probabilities."


@_row_rule("gives", "before", "Given c, which symbols came before it? Column c has to sum to 1.")
def _row_before(counts: Array) -> Judgement:
    return counts / counts.sum(0), {
        f"{_EACH_ROW} Here c is given: its column holds what came before.": counts
        / counts.sum(1, keepdims=True),
        "The axes are turned: the result has h in its rows, like the counts.": (
            counts / counts.sum(0)
        ).T,
        "Each count is divided by the sum of another column: the column sums stand above their "
        "columns.": counts / counts.sum(0)[:, None],
        _ALL: counts / counts.sum(),
    }


@_row_rule("layout", "after, before", "The rows of the result are contexts, and sum to 1.")
def _row_layout(counts: Array) -> Judgement:
    right = (counts / counts.sum(0)).T
    return right, {
        "The values are right, the axes are not: in the result the context h has the rows.": (
            right.T
        ),
        f"{_EACH_ROW} Here a row of counts is one symbol after every context.": counts
        / counts.sum(1, keepdims=True),
        "That gives, for each symbol, the contexts that it came after: divide by the contexts' "
        "sums.": (counts / counts.sum(1, keepdims=True)).T,
        "Each count is divided by the sum of another context.": counts.T / counts.sum(0),
        _ALL: counts.T / counts.sum(),
    }


@_row_rule(
    "gives", "bits", "The rarer a symbol in its row, the more bits: minus log2 of its share."
)
def _row_bits(counts: Array) -> Judgement:
    p = counts / counts.sum(1, keepdims=True)
    return -np.log2(p), {
        "Those are the probabilities. How many bits is each worth?": p,
        "Those are nats: a bit is a logarithm to base 2.": -np.log(p),
        "A surprise is not negative: minus the logarithm.": np.log2(p),
        "Divide by the row's sum before you take the logarithm.": -np.log2(counts),
        "Each column was divided by its own sum: h is given, so it is the rows'.": -np.log2(
            counts / counts.sum(0)
        ),
        "Those are the pairs' own bits: given h, divide by the row's sum.": -np.log2(
            counts / counts.sum()
        ),
        "That weighs each surprise by its probability: the surprise alone is asked for.": -p
        * np.log2(p),
    }


def _with_alpha(rng: np.random.Generator) -> Calls:
    calls: Calls = []
    for n, alpha in ((3, 1.0), (27, 0.3), (5, float(rng.uniform(2, 4)))):
        counts = rng.integers(0, 9, (n, n)).astype(float)
        counts[-1] = 0  # a context that was never seen
        calls.append([counts, alpha])
    return calls


@_row_rule(
    "smoothing", "alpha", "α more of every symbol, in every row: V α more in its sum.", _with_alpha
)
def _row_alpha(counts: Array, alpha: float) -> Judgement:
    sums, many = counts.sum(1, keepdims=True), len(counts)
    return (counts + alpha) / (sums + many * alpha), {
        "A row's sum grows by α for each of its V symbols.": (counts + alpha) / (sums + alpha),
        "That adds 1, whatever α is.": (counts + 1) / (sums + many),
        "That adds α to the symbols that were never seen only.": (
            np.where(counts > 0, counts, alpha)
            / np.where(counts > 0, counts, alpha).sum(1, keepdims=True)
        ),
        "Each column sums to 1 here: a row is a context.": (counts + alpha)
        / (counts + alpha).sum(0),
    }


def _triples(rng: np.random.Generator) -> Calls:
    calls: Calls = []
    for n in (3, 6):
        counts = rng.integers(0, 20, (n, n, n)).astype(float)
        counts[rng.integers(n), 0] = 0  # a context that was never seen
        counts[rng.integers(n), 1] = np.eye(n)[rng.integers(n)]  # and one that was seen once
        calls.append([counts])
    return calls


@_row_rule(
    "context",
    "two symbols",
    "After each pair g, h the numbers sum to 1; unseen ones get 1/V.",
    _triples,
)
def _row_two(counts: Array) -> Judgement:
    sums, many = counts.sum(2, keepdims=True), len(counts)
    with np.errstate(invalid="ignore"):
        right = np.where(sums > 0, counts / sums, 1 / many)
        middle = counts / counts.sum(1, keepdims=True)
    return right, {
        "A pair that was never seen gets 1/V for every symbol, not 0.": np.where(
            sums > 0, right, 0.0
        ),
        "That adds up over h, the middle axis: the next symbol c has the last one.": middle,
        "That leaves g out: both symbols before are given.": counts
        / counts.sum((0, 2), keepdims=True)[0],
        "That divides by the sums of g alone: both symbols before are given.": counts
        / counts.sum((1, 2), keepdims=True),
        _ALL: counts / counts.sum(),
        "That adds 1 to every count: 1/V is for pairs that were never seen alone.": (counts + 1)
        / (sums + many),
    }


# mk-stationary: arguments a, b


def _chances(rng: np.random.Generator) -> Calls:
    pairs = [[0.2, 0.7], [0.9, 0.6]]
    return [*pairs, *rng.uniform(0.05, 0.95, (3, 2)).tolist()]


def _chain_rule(
    key: str, value: str, look: str, parts: tuple[str, ...], draw: Draw = _chances, more: str = ""
) -> Register:
    what = "a = {0:.3g}, b = {1:.3g}" + more
    return rule("mk-stationary", key, value, draw=draw, what=what, look=look, parts=parts)


@_chain_rule(
    "chances",
    "staying",
    "A vowel is left with probability 1 − a, a consonant with 1 − b.",
    ("π_V", "π_C", "λ"),
)
def _chain_staying(a: float, b: float) -> Judgement:
    total = 2 - a - b
    right = (1 - b) / total, (1 - a) / total, a + b - 1
    return right, {
        "That takes a and b for the chances to *change* class. Here they are those to stay.": (
            b / (a + b),
            a / (a + b),
            1 - a - b,
        ),
        "The two are swapped: a large a makes vowels stay, and so makes them frequent.": (
            right[1],
            right[0],
            None,
        ),
        "They do not sum to 1: divide by 2 − a − b.": (1 - b, 1 - a, None),
        "The sign is wrong: the trace of P is a + b, and one eigenvalue is 1.": (
            None,
            None,
            1 - a - b,
        ),
        "That is the trace; take the eigenvalue 1 off.": (None, None, a + b),
        "That is the eigenvalue 1; the other one is asked for.": (None, None, 1.0),
    }


@_chain_rule(
    "asked",
    "runs",
    "A run of vowels ends at each letter with probability a: how long until then? And a pair "
    "differs where a vowel is left, or a consonant.",
    ("the runs of vowels", "the runs of consonants", "the share of pairs"),
)
def _chain_runs(a: float, b: float) -> Judgement:
    vowels = b / (a + b)
    return (1 / a, 1 / b, 2 * a * b / (a + b)), {
        "The two are swapped: a is the chance that a run of *vowels* ends.": (1 / b, 1 / a, None),
        "The vowel that begins the run counts, too.": ((1 - a) / a, (1 - b) / b, None),
        "a is the chance that the run ends, not that it goes on.": (
            1 / (1 - a),
            1 / (1 - b),
            None,
        ),
        "Those are the shares of the letters, not the lengths of runs.": (
            vowels,
            1 - vowels,
            None,
        ),
        "Those are changes from a vowel only: as many lead back.": (
            None,
            None,
            a * b / (a + b),
        ),
        "That is the chance of two different letters if they were drawn apart from each other.": (
            None,
            None,
            2 * vowels * (1 - vowels),
        ),
        "Weigh the two chances by how often the classes occur.": (None, None, (a + b) / 2),
        "Those are the pairs that are alike.": (None, None, 1 - 2 * a * b / (a + b)),
        "A share is at most 1: weigh the two chances by how often the classes occur.": (
            None,
            None,
            a + b,
        ),
    }


@_chain_rule(
    "asked",
    "pairs",
    "The share of the first letter's class, times the chance of the second's.",
    ("VV", "VC", "CC"),
)
def _chain_pairs(a: float, b: float) -> Judgement:
    v, c = b / (a + b), a / (a + b)
    return (v * (1 - a), v * a, c * (1 - b)), {
        "Those are chances given the first letter: times the share of its class.": (
            1 - a,
            a,
            1 - b,
        ),
        "That is as if letters were drawn apart from each other: use a and b for the second "
        "letter.": (v * v, v * c, c * c),
        "The classes' shares are swapped: a large a makes vowels rare.": (
            c * (1 - a),
            c * a,
            v * (1 - b),
        ),
        "VC and CV are two kinds of pair: give VC alone.": (None, 2 * v * a, None),
        "a is the chance to change class, 1 − a to stay.": (v * a, v * (1 - a), c * b),
    }


def _with_steps(rng: np.random.Generator) -> Calls:
    return [[*pair, n] for pair, n in zip(_chances(rng), (1, 2, 3, 6, 0), strict=True)]


@_chain_rule(
    "asked",
    "n steps on",
    "Each is π_V plus something that shrinks by 1 − a − b at each step.",
    ("after a vowel", "after a consonant"),
    _with_steps,
    ", n = {2}",
)
def _chain_later(a: float, b: float, n: int) -> Judgement:
    v, shrunk = b / (a + b), (1 - a - b) ** n
    return (v + (1 - v) * shrunk, v - v * shrunk), {
        "That is the stationary share, which is reached only in the end.": (v, v),
        "That is one step: n of them are asked for.": (1 - a, b),
        "A vowel need not stay one all the time: other ways lead back, too.": (
            (1 - a) ** n,
            None,
        ),
        "One step too many: after n = 0 steps you are where you began.": (
            v + (1 - v) * shrunk * (1 - a - b),
            v - v * shrunk * (1 - a - b),
        ),
        "The two are swapped.": (v - v * shrunk, v + (1 - v) * shrunk),
        "The sign of the eigenvalue is wrong: it is 1 − a − b.": (
            v + (1 - v) * (a + b - 1) ** n,
            v - v * (a + b - 1) ** n,
        ),
        "Those are the chances of a consonant.": (
            (1 - v) * (1 - shrunk),
            1 - v + v * shrunk,
        ),
    }


# mk-nucleus: arguments p, top_p


def _scaled(p: Array) -> Array:
    return p / p.sum() if p.sum() else p


def _kept(p: Array, share: float, *, past: float = 0.0) -> Array:
    """Whether each symbol is in the nucleus; `past` shifts the sum that decides it."""
    order = np.argsort(-p, kind="stable")
    before = np.cumsum(p[order]) - p[order]
    kept = np.zeros(len(p), bool)
    kept[order] = before < share + past
    return kept


def _nucleus(p: Array, share: float) -> Array:
    return _scaled(np.where(_kept(p, share), p, 0.0))


def _laws(rng: np.random.Generator) -> Calls:
    return [
        [np.array([0.125, 0.0625, 0.5, 0.25, 0.0625]), 0.5],
        [np.array([0.0625, 0.25, 0.5, 0.1875]), 0.6],
        [np.array([0.125, 0.75, 0.125]), 0.25],
        [rng.dirichlet(np.ones(9)), 0.8],
        [rng.dirichlet(np.ones(7)), 0.9],
    ]


def _cut_rule(key: str, value: str, look: str, draw: Draw = _laws, name: str = "top_p") -> Register:
    what = f"{name} = {{1:.3g}}"
    return rule("mk-nucleus", key, value, draw=draw, what=what, look=look)


def _with_k(rng: np.random.Generator) -> Calls:
    return [[rng.dirichlet(np.ones(many)), k] for many, k in ((5, 2), (4, 1), (9, 6), (6, 6))]


@_cut_rule("cut", "top k", "Sort; the k likeliest stay, each in its own place.", _with_k, "k")
def _cut_top_k(p: Array, k: int) -> Judgement:
    order = np.argsort(-p)
    rank = np.argsort(order)
    right = np.where(rank < k, p, 0.0)
    return _scaled(right), {
        "What is left does not sum to 1: divide by its sum.": right,
        "That keeps the *least* likely ones: sort the other way round.": _scaled(
            np.where(rank >= len(p) - k, p, 0.0)
        ),
        "One too few: k of them stay.": _scaled(np.where(rank < k - 1, p, 0.0)),
        "One too many: k of them stay.": _scaled(np.where(rank < k + 1, p, 0.0)),
        "The result is in order of probability: put each back into its own place.": _scaled(
            np.where(np.arange(len(p)) < k, p[order], 0.0)
        ),
        "That keeps the first k symbols, not the likeliest.": _scaled(
            np.where(np.arange(len(p)) < k, p, 0.0)
        ),
        "Nothing was cut off.": p,
    }


def _with_floor(rng: np.random.Generator) -> Calls:
    return [
        [np.array([0.1875, 0.25, 0.375, 0.125, 0.0625]), 0.5],
        [np.array([0.0625, 0.25, 0.5, 0.1875]), 0.4],
        [rng.dirichlet(np.ones(9)), 0.3],
        [rng.dirichlet(np.ones(7)), 0.1],
        [rng.dirichlet(np.ones(7)), 0.6],
    ]


@_cut_rule(
    "cut", "min p", "The least that stays is min_p times the largest of p.", _with_floor, "min_p"
)
def _cut_min_p(p: Array, share: float) -> Judgement:
    right = np.where(p >= share * p.max(), p, 0.0)
    return _scaled(right), {
        "A symbol that just reaches the least stays.": _scaled(
            np.where(p > share * p.max(), p, 0.0)
        ),
        "min_p is a share of the *largest* probability, not a probability.": _scaled(
            np.where(p >= share, p, 0.0)
        ),
        "That is the nucleus, top-p, of the published task. Here no sum decides.": _nucleus(
            p, share
        ),
        "What is left does not sum to 1: divide by its sum.": right,
        "That keeps the unlikely ones.": _scaled(np.where(p < share * p.max(), p, 0.0)),
        "The largest is asked for, not the mean.": _scaled(np.where(p >= share * p.mean(), p, 0.0)),
        "Nothing was cut off.": p,
    }


@_cut_rule("gives", "removed", "True where a symbol is outside of the nucleus.")
def _cut_removed(p: Array, share: float) -> Judgement:
    removed = ~_kept(p, share)
    order = np.argsort(-p, kind="stable")
    before = np.cumsum(p[order]) - p[order]
    crossing = np.zeros(len(p), bool)
    crossing[order] = before + p[order] > share
    more = np.zeros(len(p), bool)
    more[order] = before > share
    return removed, {
        "The other way round: True means removed, not kept.": ~removed,
        "The symbol that crosses top_p stays: one is removed if the sum *before* it has reached "
        "top_p.": crossing,
        "Where top_p was reached exactly, the next symbol is removed.": more,
        "The answer is in order of probability: put each back into its own place.": removed[order],
        "Those are the probabilities. Here True or False is asked for.": _nucleus(p, share),
        "top_p is not a threshold for a single symbol: sort, and add up.": p < share,
    }


def _with_logits(rng: np.random.Generator) -> Calls:
    return [[np.log(p) + rng.normal(), share * 0.999] for p, share in _laws(rng)]


@_cut_rule(
    "takes",
    "logits",
    "The nucleus of softmax(logits); kept logits as they are, the others minus infinity.",
    _with_logits,
)
def _cut_logits(logits: Array, share: float) -> Judgement:
    p = np.exp(logits - logits.max())
    p /= p.sum()
    kept = _kept(p, share)
    right = np.where(kept, logits, -np.inf)
    with np.errstate(divide="ignore"):
        logs = np.log(_nucleus(p, share))
    return right, {
        "Those are probabilities: logits are asked for.": _nucleus(p, share),
        "Those are logarithms of the scaled probabilities: kept logits stay as they are.": logs,
        "A logit of 0 is no probability of 0: what is cut off gets minus infinity.": np.where(
            kept, logits, 0.0
        ),
        "Add up probabilities, softmax(logits), not e to the logits.": np.where(
            _kept(np.exp(logits), share), logits, -np.inf
        ),
        "That keeps the ones outside of the nucleus.": np.where(kept, -np.inf, logits),
        "Nothing was cut off.": logits,
    }


def _with_rows(rng: np.random.Generator) -> Calls:
    return [
        [rng.dirichlet(np.ones(6), 3), 0.7],
        [rng.dirichlet(np.ones(5), 5), 0.5],
        [np.array([[0.125, 0.0625, 0.5, 0.25, 0.0625], [0.25, 0.25, 0.125, 0.3125, 0.0625]]), 0.75],
    ]


@_cut_rule("axis", "a batch", "Each row has its own nucleus, and sums to 1.", _with_rows)
def _cut_rows(p: Array, share: float) -> Judgement:
    right = np.array([_nucleus(row, share) for row in p])
    raw = np.array([np.where(_kept(row, share), row, 0.0) for row in p])
    columns = np.array([np.where(_kept(row, share), row, 0.0) for row in p.T]).T
    whole = _nucleus(p.ravel(), share).reshape(p.shape)
    sums = columns.sum(1, keepdims=True)
    return right, {
        "Each row has a nucleus of its own: that is one for the whole table.": whole,
        "Each row has a nucleus of its own: that goes down the columns.": columns
        / np.where(sums > 0, sums, 1.0),
        "The rows do not sum to 1: divide each by its own sum.": raw,
        "Each row sums to 1, not the whole table.": raw / raw.sum(),
        "The rows are in order of probability: put each back into its own place.": -np.sort(
            -right, axis=1
        ),
        "Nothing was cut off.": p,
    }
