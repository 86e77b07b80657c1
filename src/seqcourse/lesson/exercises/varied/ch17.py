"""Changed tasks of chapter 17: what each asks for, and its typical mistakes."""

from __future__ import annotations

import numpy as np

from seqcourse.lesson.exercises.varied import Array, Calls, Judgement, Register, rule

# tr-count: arguments V, d, f, L


def _sizes(rng: np.random.Generator) -> Calls:
    drawn = [int(rng.integers(*limits)) for limits in ((20, 90), (3, 20), (21, 60), (2, 7))]
    return [[100, 8, 30, 2], [37_000, 512, 2048, 6], [10, 3, 5, 1], drawn]


def _count_rule(key: str, value: str, look: str) -> Register:
    what = "V = {0}, d = {1}, f = {2}, {3} layers"
    return rule("tr-count", key, value, draw=_sizes, what=what, look=look)


def _attention(d: int, biases: int = 1) -> int:
    return 4 * d * d + 4 * d * biases


def _feed(d: int, f: int, biases: int = 1) -> int:
    return 2 * d * f + (f + d) * biases


def _layers(d: int, f: int, biases: int = 1, norm: int = 2, cross: int = 1) -> int:
    """An encoder layer and a decoder layer; a norm has `norm` times d numbers."""
    parts = (2 + cross) * _attention(d, biases) + 2 * _feed(d, f, biases)
    return parts + 5 * norm * d


def _published(V: int, d: int, f: int, L: int) -> int:
    return V * d + L * _layers(d, f)


_CROSS = "A decoder layer has two attentions: its own, and the one that reads the memory."
_NO_NORMS = "The norms are missing."
_NO_BIASES = "Biases are missing: four a width in attention, f and d in the network."


@_count_rule("tables", "three", "Three tables of V by d, and the scores' bias of V.")
def _count_untied(V: int, d: int, f: int, L: int) -> Judgement:
    layers = L * _layers(d, f)
    return 3 * V * d + V + layers, {
        "That has one table for all three: here each has its own.": _published(V, d, f, L),
        "The scores' bias is missing: V numbers.": 3 * V * d + layers,
        "Source and target have a table each, and the map to the scores one more.": (
            2 * V * d + V + layers
        ),
        "The tables of source and target have no bias.": 3 * V * d + 3 * V + layers,
        _CROSS: 3 * V * d + V + L * _layers(d, f, cross=0),
        _NO_NORMS: 3 * V * d + V + L * _layers(d, f, norm=0),
        _NO_BIASES: 3 * V * d + V + L * _layers(d, f, 0),
    }


@_count_rule("norms", "first", "One norm more stands behind the last layer of each side.")
def _count_norm_first(V: int, d: int, f: int, L: int) -> Judgement:
    right = _published(V, d, f, L) + 4 * d
    return right, {
        "Behind the last layer of each side stands one norm more.": _published(V, d, f, L),
        "Both sides have a norm behind their last layer.": right - 2 * d,
        "The last norms have a stretch and a shift.": right - 2 * d,
        "That has a norm more in every layer: only the last has one.": (
            _published(V, d, f, L) + 4 * d * L
        ),
        _CROSS: right - L * _attention(d),
        _NO_NORMS: right - L * 10 * d,
        _NO_BIASES: V * d + L * _layers(d, f, 0) + 4 * d,
    }


@_count_rule("biases", "none", "No map has a bias, and a norm has d numbers, its stretch.")
def _count_no_biases(V: int, d: int, f: int, L: int) -> Judgement:
    right = V * d + L * _layers(d, f, 0, 1)
    return right, {
        "That has biases and shifts: here there are none.": _published(V, d, f, L),
        "A norm has no shift here: d numbers.": V * d + L * _layers(d, f, 0, 2),
        "The maps have no biases here.": V * d + L * _layers(d, f, 1, 1),
        "The stretches of the norms are missing.": V * d + L * _layers(d, f, 0, 0),
        _CROSS: V * d + L * _layers(d, f, 0, 1, 0),
        "The table of symbols is missing.": right - V * d,
    }


@_count_rule("sides", "decoder alone", "One attention, one network, two norms a layer.")
def _count_decoder(V: int, d: int, f: int, L: int) -> Judgement:
    layer = _attention(d) + _feed(d, f) + 4 * d
    right = V * d + L * layer + 2 * d
    return right, {
        "That is encoder and decoder: here is a decoder alone.": _published(V, d, f, L),
        "There is no memory: a layer has one attention.": right + L * (_attention(d) + 2 * d),
        "There is no memory: a layer has two norms.": right + L * 2 * d,
        "One norm more stands behind the last layer.": right - 2 * d,
        "The table that makes the scores is that of the symbols: count it once.": right + V * d,
        _NO_NORMS: right - (4 * L + 2) * d,
        _NO_BIASES: V * d + L * (_attention(d, 0) + _feed(d, f, 0) + 4 * d) + 2 * d,
    }


# tr-floor: arguments V, eps; u, y, eps; V, eps, p; or V, lead


def _shares(rng: np.random.Generator) -> Calls:
    return [[40, 0.1], [5, 0.2], [27, float(rng.uniform(0.05, 0.4))]]


def _entropy(most: float, rest: float, count: int) -> float:
    return float(-most * np.log(most) - count * rest * np.log(rest))


_PARTS = ("least loss", "lead")
_LOOK = "The least cross-entropy with a law is its entropy; a lead is ln of a ratio."


@rule(
    "tr-floor",
    "spread",
    "others",
    draw=_shares,
    what="V = {0}, ε = {1:.3g}",
    look=_LOOK,
    parts=_PARTS,
)
def _floor_others(V: int, eps: float) -> Judgement:
    most, rest = 1 - eps, eps / (V - 1)
    whole, part = 1 - eps + eps / V, eps / V
    least, lead = _entropy(most, rest, V - 1), float(np.log(most / rest))
    return (least, lead), {
        "Here the right symbol gets no share of ε: the V - 1 others have all of it.": (
            _entropy(whole, part, V - 1),
            float(np.log(whole / part)),
        ),
        "All others share ε: ε / (V - 1) each.": (None, float(np.log(most / part))),
        "That is the right symbol's part alone.": (float(-most * np.log(most)), None),
        "There are V - 1 other symbols, not one.": (_entropy(most, rest, 1), None),
        "The loss is minus the sum: it is positive.": (-least, None),
        "A lead is a difference of logits: the logarithm of the ratio.": (None, most / rest),
        "How far the right logit stands above another is above 0.": (None, -lead),
    }


def _laws(rng: np.random.Generator) -> Calls:
    return [
        [np.array([0.5, 0.3, 0.2]), 0, 0.1],
        [rng.dirichlet(2 * np.ones(6)), int(rng.integers(6)), 0.2],
    ]


@rule(
    "tr-floor",
    "spread",
    "a law",
    draw=_laws,
    what="right symbol {1}, ε = {2}",
    look=_LOOK,
    parts=("least loss", "leads"),
)
def _floor_law(u: Array, y: int, eps: float) -> Judgement:
    def both(q: Array) -> tuple[float, Array]:
        return float(-(q * np.log(q)).sum()), np.log(q[y] / q)

    one = np.zeros(len(u))
    one[y] = 1
    q = (1 - eps) * one + eps * u
    least, leads = both(q)
    even = (1 - eps) * one + eps / len(u)
    bare = eps * u
    bare[y] = 1 - eps
    return (least, leads), {
        "That spreads ε evenly: here every symbol gets ε times its share of u.": both(even),
        "The right symbol gets its own share of ε, too.": both(bare),
        "Only ε of the label is spread: the right symbol keeps 1 - ε.": both(u),
        "The loss is minus the sum: it is positive.": (-least, None),
        "Each lead is the right logit minus the other one.": (None, -leads),
        "A lead is a difference of logits: the logarithm of the ratio.": (None, q[y] / q),
    }


def _sure(rng: np.random.Generator) -> Calls:
    return [[40, 0.1, 0.99], [5, 0.2, 0.6], [27, 0.1, float(rng.uniform(0.3, 0.95))]]


@rule(
    "tr-floor",
    "asked",
    "a given network",
    draw=_sure,
    what="V = {0}, ε = {1}, p = {2:.3g}",
    look="Cross-entropy of the smoothed law with the network's; then minus that law's entropy.",
    parts=("loss", "excess"),
)
def _floor_excess(V: int, eps: float, p: float) -> Judgement:
    most, rest, other = 1 - eps + eps / V, eps / V, (1 - p) / (V - 1)

    def loss(most: float, rest: float, count: int = V - 1) -> float:
        return float(-most * np.log(p) - count * rest * np.log(other))

    floor, given = _entropy(most, rest, V - 1), loss(most, rest)
    return (given, given - floor), {
        "That is the floor itself: the network gives p, not the smoothed law.": (floor, None),
        "The right symbol gets its share of ε, too.": (loss(1 - eps, rest), None),
        "That is the loss without smoothing.": (float(-np.log(p)), None),
        "There are V - 1 other symbols, not one.": (loss(most, rest, 1), None),
        "That is the other cross-entropy: the smoothed law weighs, the network's law stands "
        "in the logarithm.": (
            float(-p * np.log(most) - (V - 1) * other * np.log(rest)),
            None,
        ),
        "The excess is what lies above the floor: take the floor off.": (None, given),
        "The excess is above 0.": (None, floor - given),
    }


def _leads(rng: np.random.Generator) -> Calls:
    return [[40, 5.0], [5, 2.0], [27, float(rng.uniform(1.0, 8.0))]]


@rule(
    "tr-floor",
    "asked",
    "the share",
    draw=_leads,
    what="V = {0}, lead {1:.3g}",
    look="With the lead m, a softmax gives the others 1 / (e^m + V - 1) each: that is ε / V.",
    parts=("ε", "least loss"),
)
def _floor_share(V: int, lead: float) -> Judgement:
    rest = 1 / (np.exp(lead) + V - 1)
    most = 1 - (V - 1) * rest
    eps, least = float(V * rest), _entropy(float(most), float(rest), V - 1)
    return (eps, least), {
        "That is ε / V, what one other symbol gets.": (float(rest), None),
        "The right symbol has a share of ε, too: ε is V such shares, not V - 1.": (
            float((V - 1) * rest),
            None,
        ),
        "The softmax divides by e to the lead plus V - 1 ones, not V.": (
            float(V / (np.exp(lead) + V)),
            None,
        ),
        "That is the right symbol's probability.": (float(most), None),
        "There are V - 1 other symbols, not one.": (None, _entropy(float(most), float(rest), 1)),
        "The loss is minus the sum: it is positive.": (None, -least),
        "That is the right symbol's part alone.": (None, float(-most * np.log(most))),
    }
