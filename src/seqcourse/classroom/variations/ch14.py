"""Variations of chapter 14's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_HOLES = '''\
def seen_places(k: int, dilations: list[int]) -> int:
    """{says}"""
    ...
'''
_STACK = r"""
`dilations` has one number $d$ for each layer, in the order from the input to the output.
"""

_HOLES_LEFT_OUT = Variation(
    "left-out",
    {"asks": "left out"},
    r"""
A stack of causal convolutions: each layer looks at $k$ places of the one below, its own and those
$d, 2d, \dots, (k-1) d$ before. How many places between the present and the farthest place that the
last output depends on does it *not* depend on? With $k = 2$ and dilations 1 and 3 it depends on the
present and on what is 1, 3 and 4 before; one place, 2 before, is left out."""
    + _STACK,
    _HOLES.format(says="How many places before the farthest are left out."),
    """\
def seen_places(k, dilations):
    back = {0}
    for d in dilations:
        back = {b + i * d for b in back for i in range(k)}
    return max(back) + 1 - len(back)
""",
    "The places that are left out are counted, not those that are seen.",
)

_HOLES_BOTH_WAYS = Variation(
    "both-ways",
    {"window": "both ways"},
    r"""
A stack of convolutions that look both ways: each layer looks at its own place, at those
$d, 2d, \dots, (k-1) d$ before, and at as many after, $2k - 1$ places in all. On how many places of
the input, far from both ends, does one output depend? Count each once. With $k = 2$ and one layer
of dilation 3 there are three: 3 before, its own, 3 after."""
    + _STACK,
    _HOLES.format(says="How many places one output depends on, before and after."),
    """\
def seen_places(k, dilations):
    away = {0}
    for d in dilations:
        away = {b + i * d for b in away for i in range(1 - k, k)}
    return len(away)
""",
    "The window reaches as far ahead as back.",
)

_HOLES_STRICT = Variation(
    "strictly-past",
    {"window": "strictly past"},
    r"""
A stack of convolutions that see the past and not the present: each layer looks at the $k$ places
$d, 2d, \dots, k d$ before its own. How far back lies the *farthest* place that the last output
depends on? Give its distance from the present. With $k = 2$ and one layer of dilation 3 it is 6."""
    + _STACK,
    _HOLES.format(says="How far back the farthest place lies that counts."),
    """\
def seen_places(k, dilations):
    far = 0
    for d in dilations:
        far += k * d
    return far
""",
    "No layer sees its own place, and the distance to the farthest is asked for.",
)

_HOLES_ONE_PATH = Variation(
    "one-path",
    {"asks": "one path"},
    r"""
A stack of causal convolutions: each layer looks at $k$ places of the one below, its own and those
$d, 2d, \dots, (k-1) d$ before. From the last output to a place of the input there may be several
*paths*, a choice of one place in each layer. How many places are reached on exactly *one* path?
With $k = 2$ and two layers of dilation 1 there are two, the present and 2 before; 1 before is
reached on two."""
    + _STACK,
    _HOLES.format(says="How many places are reached on exactly one path."),
    """\
def seen_places(k, dilations):
    paths = {0: 1}
    for d in dilations:
        new = {}
        for b, count in paths.items():
            for i in range(k):
                new[b + i * d] = new.get(b + i * d, 0) + count
        paths = new
    return sum(count == 1 for count in paths.values())
""",
    "Only places that a single path reaches count.",
)

_BITS = '''\
def equal_bits({first}: float, {second}: float) -> float:
    """{says}"""
    ...
'''

_BITS_DECIBELS = Variation(
    "decibels",
    {"asks": "decibels"},
    r"""
A sound with values between $-1$ and $1$ has the root mean square `rms`. It is rounded to the
middles of $V$ equal steps from $-1$ to $1$, with so many `bits`: $V = 2^{\text{bits}}$, which need
not be whole. How many *decibels* is its signal-to-noise ratio? Take the error as spread evenly over
a step. Ten decibels stand for each factor of ten in the ratio of mean squares.
""",
    _BITS.format(
        first="rms", second="bits", says="The signal-to-noise ratio of equal steps, in decibels."
    ),
    """\
def equal_bits(rms, bits):
    ratio = 3 * 4.0**bits * rms**2
    return 10 * np.log10(ratio)
""",
    "Bits are given, and decibels asked for.",
)

_BITS_DOWNWARDS = Variation(
    "downwards",
    {"rounding": "downwards"},
    r"""
A sound with values between $-1$ and $1$ has the root mean square `rms`. It is rounded *down*: for
each sample the lower edge of its step is said, not the middle. There are $V$ equal steps from $-1$
to $1$. How many bits (that is $\log_2 V$, do not round) does it need for a signal-to-noise ratio of
so many decibels? Take the error as spread evenly from 0 to a step's width; the noise is its mean
square, no mean taken off.
""",
    _BITS.format(
        first="rms", second="decibels", says="Bits that steps need whose lower edge is said."
    ),
    """\
def equal_bits(rms, decibels):
    levels = np.sqrt(4 * 10 ** (decibels / 10) / 3) / rms
    return np.log2(levels)
""",
    "The lower edge of a step is said, not its middle.",
)

_BITS_LAW = Variation(
    "mu-law",
    {"steps": "of the μ-law"},
    r"""
Steps of the μ-law have for a loud sound, where $1/\mu$ counts for nothing, the signal-to-noise
ratio $3 V^2 / \ln^2(1 + \mu)$. How many bits (that is $\log_2 V$, do not round) do they need for so
many decibels? Ten decibels stand for each factor of ten.
""",
    _BITS.format(first="mu", second="decibels", says="Bits that the μ-law needs; not rounded."),
    """\
def equal_bits(mu, decibels):
    levels = np.log(1 + mu) * np.sqrt(10 ** (decibels / 10) / 3)
    return np.log2(levels)
""",
    "Steps of the μ-law, for a loud sound.",
)

_BITS_SINE = Variation(
    "sine",
    {"sound": "a sine"},
    r"""
A *sine* swings between `-peak` and `peak`, within $-1$ and $1$. How many bits (that is
$\log_2 V$, do not round) do $V$ equal steps from $-1$ to $1$ need for a signal-to-noise ratio of so
many decibels? The middle of a step is said; take the error as spread evenly over it. Of the sine
take the mean square over whole periods.
""",
    _BITS.format(first="peak", second="decibels", says="Bits that a sine needs; not rounded."),
    """\
def equal_bits(peak, decibels):
    levels = np.sqrt(2 * 10 ** (decibels / 10) / 3) / peak
    return np.log2(levels)
""",
    "A sine's peak is given, not a root mean square.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "cv-holes": (_HOLES_LEFT_OUT, _HOLES_BOTH_WAYS, _HOLES_STRICT, _HOLES_ONE_PATH),
    "cv-bits": (_BITS_DECIBELS, _BITS_DOWNWARDS, _BITS_LAW, _BITS_SINE),
}
