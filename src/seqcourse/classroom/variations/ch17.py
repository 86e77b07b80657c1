"""Variations of chapter 17's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_COUNT = '''\
def transformer_numbers(V: int, d: int, f: int, L: int) -> int:
    """{says}"""
    ...
'''
_MAPS = r"""An attention has four maps of $d$ by $d$, a network one of $d$ by $f$ and one of $f$ by
$d$. """
_BIASED = r"""All these maps have biases, and a norm has a stretch and a shift of $d$ numbers each.
"""
_PLACES = r"""Places are sinusoids and have no numbers."""

_COUNT_UNTIED = Variation(
    "untied",
    {"tables": "three"},
    r"""
Count the numbers of an encoder–decoder whose tables are *not* shared: source and target have a
table of $V$ by $d$ each, and the map to the scores one more, with a bias for each symbol. There are
$L$ encoder layers (attention, network, two norms) and $L$ decoder layers (two attentions, network,
three norms) of width $d$ with $f$ units, and no norm besides. """
    + _MAPS
    + _BIASED
    + _PLACES,
    _COUNT.format(says="Numbers to train, with three tables and the scores' bias."),
    """\
def transformer_numbers(V, d, f, L):
    attention = 4 * d * d + 4 * d
    network = 2 * d * f + f + d
    encoder = attention + network + 4 * d
    decoder = 2 * attention + network + 6 * d
    return 3 * V * d + V + L * (encoder + decoder)
""",
    "Three tables, and a bias at the scores.",
)

_COUNT_FIRST = Variation(
    "norm-first",
    {"norms": "first"},
    r"""
Count the numbers of an encoder–decoder with its norms *before* the parts. $V$ symbols have one
table of $V$ by $d$ that serves source, target and, turned round, the scores, without a bias. Of the
$L$ encoder layers each has an attention, a network and two norms, of the $L$ decoder layers two
attentions, a network and three norms; and behind the last layer of the encoder, and behind that of
the decoder, stands one norm more. """
    + _MAPS
    + _BIASED
    + _PLACES,
    _COUNT.format(says="Numbers to train, with a norm more behind each side's last layer."),
    """\
def transformer_numbers(V, d, f, L):
    attention = 4 * d * d + 4 * d
    network = 2 * d * f + f + d
    encoder = attention + network + 4 * d
    decoder = 2 * attention + network + 6 * d
    last = 2 * d
    return V * d + L * (encoder + decoder) + 2 * last
""",
    "Norms first: one more behind the last layer of each side.",
)

_COUNT_PLAIN = Variation(
    "no-biases",
    {"biases": "none"},
    r"""
Count the numbers of an encoder–decoder *without biases*, as T5 is: no map has one, and a norm has
$d$ numbers, its stretch, and no shift. $V$ symbols have one table of $V$ by $d$ for source, target
and scores. Each of $L$ encoder layers has an attention, a network and two norms, each of $L$
decoder layers two attentions, a network and three norms; there is no norm besides. """
    + _MAPS
    + _PLACES,
    _COUNT.format(says="Numbers to train, without biases and shifts."),
    """\
def transformer_numbers(V, d, f, L):
    attention = 4 * d * d
    network = 2 * d * f
    encoder = attention + network + 2 * d
    decoder = 2 * attention + network + 3 * d
    return V * d + L * (encoder + decoder)
""",
    "No biases, and norms without a shift.",
)

_COUNT_DECODER = Variation(
    "decoder-alone",
    {"sides": "decoder alone"},
    r"""
Count the numbers of a decoder *alone*, such as a GPT: no encoder, no memory. $V$ symbols have one
table of $V$ by $d$, which also makes the scores, without a bias. Each of $L$ layers of width $d$
has one attention, one network of $f$ units and two norms, which stand before them; behind the last
layer stands one norm more. """
    + _MAPS
    + _BIASED
    + _PLACES,
    _COUNT.format(says="Numbers to train of a decoder alone, its norms first."),
    """\
def transformer_numbers(V, d, f, L):
    attention = 4 * d * d + 4 * d
    network = 2 * d * f + f + d
    layer = attention + network + 4 * d
    return V * d + L * layer + 2 * d
""",
    "A decoder alone, norms first.",
)

_FLOOR = '''\
def smoothed({given}) -> tuple[{back}]:
    """{says}"""
    ...
'''

_FLOOR_OTHERS = Variation(
    "others-alone",
    {"spread": "others"},
    r"""
Labels of $V$ symbols are smoothed so that the right one has $1 - \varepsilon$, and the $V - 1$
*others* share $\varepsilon$ evenly; the right symbol gets nothing of it. Give the least
cross-entropy that a network can reach with such a label, in nats, and by how much the right
symbol's logit leads each other one there.
""",
    _FLOOR.format(
        given="V: int, eps: float", back="float, float", says="The least loss, and the lead."
    ),
    """\
def smoothed(V, eps):
    most, rest = 1 - eps, eps / (V - 1)
    least = -most * np.log(most) - (V - 1) * rest * np.log(rest)
    return least, np.log(most / rest)
""",
    "The others alone share ε.",
)

_FLOOR_LAW = Variation(
    "towards-a-law",
    {"spread": "a law"},
    r"""
Labels are smoothed towards a law $u$ over the symbols, such as how frequent each is: the label of
symbol $y$ becomes $q(c) = (1 - \varepsilon)\,[c = y] + \varepsilon\, u(c)$. No share of $u$ is 0.
Give the least cross-entropy that a network can reach, in nats, and for *each* symbol $c$ by how
much the logit of $y$ leads that of $c$ there: an array like $u$, 0 at $y$.
""",
    _FLOOR.format(
        given="u: np.ndarray, y: int, eps: float",
        back="float, np.ndarray",
        says="The least loss, and the leads (V,).",
    ),
    """\
def smoothed(u, y, eps):
    q = eps * u
    q[y] += 1 - eps
    return -(q * np.log(q)).sum(), np.log(q[y] / q)
""",
    "Smoothed towards a given law, a lead for each symbol.",
)

_FLOOR_EXCESS = Variation(
    "a-given-network",
    {"asked": "a given network"},
    r"""
Labels of $V$ symbols are smoothed: the right one has $1 - \varepsilon + \varepsilon / V$, every
other $\varepsilon / V$. A network gives the right symbol the probability $p$, and shares the rest
evenly among the others. Give its cross-entropy with the smoothed label, in nats, and by how much
that lies above the least loss there is.
""",
    _FLOOR.format(
        given="V: int, eps: float, p: float",
        back="float, float",
        says="The network's loss; how far it is above the least.",
    ),
    """\
def smoothed(V, eps, p):
    most, rest, other = 1 - eps + eps / V, eps / V, (1 - p) / (V - 1)
    loss = -most * np.log(p) - (V - 1) * rest * np.log(other)
    least = -most * np.log(most) - (V - 1) * rest * np.log(rest)
    return loss, loss - least
""",
    "A given network's loss, and its excess over the least.",
)

_FLOOR_SHARE = Variation(
    "from-the-lead",
    {"asked": "the share"},
    r"""
A network was trained to the end on smoothed labels of $V$ symbols, in which the right one has
$1 - \varepsilon + \varepsilon / V$ and every other $\varepsilon / V$. Its loss is the least there
is, and the right symbol's logit leads every other one by `lead`. Find $\varepsilon$, and that loss
in nats.
""",
    _FLOOR.format(
        given="V: int, lead: float", back="float, float", says="The share ε, and the least loss."
    ),
    """\
def smoothed(V, lead):
    rest = 1 / (np.exp(lead) + V - 1)
    most = 1 - (V - 1) * rest
    return V * rest, -most * np.log(most) - (V - 1) * rest * np.log(rest)
""",
    "Turned round: ε from the lead.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "tr-count": (_COUNT_UNTIED, _COUNT_FIRST, _COUNT_PLAIN, _COUNT_DECODER),
    "tr-floor": (_FLOOR_OTHERS, _FLOOR_LAW, _FLOOR_EXCESS, _FLOOR_SHARE),
}
