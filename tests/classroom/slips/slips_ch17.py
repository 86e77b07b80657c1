"""What students write for the variations of chapter 17, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_CROSS = Slip("one attention", "2 * attention", "attention", r"two attentions")
_COUNT = "def transformer_numbers(V, d, f, L):\n"
_PUBLISHED = """\
    attention = 4 * d * d + 4 * d
    network = 2 * d * f + f + d
    return V * d + L * (3 * attention + 2 * network + 10 * d)
"""
_SMOOTHED = """\
    most, rest = 1 - eps + eps / V, eps / V
    least = -most * np.log(most) - (V - 1) * rest * np.log(rest)
    return least, np.log(most / rest)
"""


def _copied(says: str) -> Slip:
    """The book's solution, as it stands."""
    return Slip("copied", _COUNT, _COUNT + _PUBLISHED, says)


SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "tr-count": {
        "untied": (
            _copied(r"here each has its own"),
            Slip("no bias", "+ V + L", "+ L", r"bias is missing"),
            Slip("two tables", "3 * V * d", "2 * V * d", r"one more"),
            _CROSS,
        ),
        "norm-first": (
            _copied(r"one norm more"),
            Slip("one side", "2 * last", "last", r"Both sides"),
            Slip("each layer", "+ 2 * last", "+ 2 * L * last", r"only the last"),
            _CROSS,
        ),
        "no-biases": (
            _copied(r"here there are none"),
            Slip("shifts", "+ 2 * d\n", "+ 4 * d\n", r"no shift|No map"),
            Slip("biases", "4 * d * d", "4 * d * d + 4 * d", r"no biases|No map"),
            _CROSS,
        ),
        "decoder-alone": (
            _copied(r"a decoder alone"),
            Slip("no last norm", " + 2 * d", "", r"behind the last layer"),
            Slip("a table for the scores", "V * d", "2 * V * d", r"count it once"),
            Slip("three norms", "network + 4 * d", "network + 6 * d", r"two norms"),
        ),
    },
    "tr-floor": {
        "others-alone": (
            Slip(
                "copied",
                "def smoothed(V, eps):\n",
                "def smoothed(V, eps):\n" + _SMOOTHED,
                r"no share",
            ),
            Slip("one other", "(V - 1) * rest", "rest", r"not one"),
            Slip("no logarithm", "np.log(most / rest)", "most / rest", r"logarithm of the ratio"),
            Slip(
                "sign",
                "least = -most * np.log(most) -",
                "least = most * np.log(most) +",
                r"positive",
            ),
        ),
        "towards-a-law": (
            Slip("evenly", "q = eps * u", "q = eps * np.ones(len(u)) / len(u)", r"evenly"),
            Slip("no own share", "q[y] += 1 - eps", "q[y] = 1 - eps", r"own share"),
            Slip("turned round", "np.log(q[y] / q)", "np.log(q / q[y])", r"minus the other"),
            Slip("sign", "return -(q", "return (q", r"positive"),
        ),
        "a-given-network": (
            Slip(
                "the floor",
                "return loss, loss - least",
                "return least, loss - least",
                r"floor itself",
            ),
            Slip("no smoothing", "return loss,", "return -np.log(p),", r"without smoothing"),
            Slip("not taken off", "loss - least", "loss", r"take the floor off"),
            Slip("turned round", "loss - least", "least - loss", r"above 0|sign"),
        ),
        "from-the-lead": (
            Slip("one share", "return V * rest", "return rest", r"one other symbol"),
            Slip("V - 1 shares", "return V * rest", "return (V - 1) * rest", r"not V - 1"),
            Slip("V ones", "+ V - 1)", "+ V)", r"not V\b"),
            Slip("sign", "-most * np.log(most) -", "most * np.log(most) +", r"positive"),
        ),
    },
}

RIGHT_HERE: dict[str, dict[str, dict[str, str]]] = {
    "tr-count": {"norm-first": {"a last norm": "that norm is what this task adds"}},
}
