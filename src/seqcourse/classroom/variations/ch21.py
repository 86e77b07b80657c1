"""Variations of chapter 21's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_WINDOW = '''\
def windowed(q: np.ndarray, k: np.ndarray, v: np.ndarray, w: int) -> np.ndarray:
    """What each place reads (T, d_v), of q and k (T, d_k), all positive, and v (T, d_v)."""
    ...
'''
_STATE = r"""
Keep one matrix and one vector, and do the same work at each place, whatever $w$. The matrix adds up
products of key and value, the vector keys; a place reads its query's product with the matrix,
divided by that with the vector. Old keys and values may be read again. Queries and keys come with
$\varphi$ applied, all positive; $1 \le w \le T$. (The check looks at values, Python's steps and
memory; not at how long the slices in a product are.)
"""

_BLOCKS = Variation(
    "blocks",
    {"window": "blocks"},
    r"""
Let linear attention forget all at once. Cut the sequence into blocks of $w$ places, the first from
place 0 to $w - 1$; the last may be shorter. Each place reads what its own block has written so far,
its own key and value included, and nothing of the blocks before."""
    + _STATE,
    _WINDOW,
    """\
def windowed(q, k, v, w):
    read = []
    for t in range(len(q)):
        if t % w == 0:
            S, z = np.zeros((k.shape[1], v.shape[1])), np.zeros(k.shape[1])
        S, z = S + np.outer(k[t], v[t]), z + k[t]
        read.append(q[t] @ S / (q[t] @ z))
    return np.array(read)
""",
    "Blocks: at every w-th place all is forgotten.",
)

_HALF_LIFE = Variation(
    "half-life",
    {"window": "half-life"},
    r"""
Let linear attention forget bit by bit. No place ever leaves, but what it has written fades: it
counts in full where it is written, half as much $w$ places on, a quarter $2w$ places on, and in
between it falls by the same factor at each step. A place reads what all up to it have left, its own
included."""
    + _STATE,
    _WINDOW,
    """\
def windowed(q, k, v, w):
    S, z = np.zeros((k.shape[1], v.shape[1])), np.zeros(k.shape[1])
    keep, read = 0.5 ** (1 / w), []
    for t in range(len(q)):
        S, z = keep * S + np.outer(k[t], v[t]), keep * z + k[t]
        read.append(q[t] @ S / (q[t] @ z))
    return np.array(read)
""",
    "What is written fades, by half in w places.",
)

_FIRST = Variation(
    "and-the-first",
    {"window": "and the first"},
    r"""
Let linear attention see the last $w$ places, its own included, *and the first of all*, place 0,
which stays for good. It counts once, while it lies among the last $w$ as later."""
    + _STATE,
    _WINDOW,
    """\
def windowed(q, k, v, w):
    S, z = np.zeros((k.shape[1], v.shape[1])), np.zeros(k.shape[1])
    read = []
    for t in range(len(q)):
        S, z = S + np.outer(k[t], v[t]), z + k[t]
        if t > w:
            S, z = S - np.outer(k[t - w], v[t - w]), z - k[t - w]
        read.append(q[t] @ S / (q[t] @ z))
    return np.array(read)
""",
    "The window, and place 0, which stays for good.",
)

_SIDES = Variation(
    "both-sides",
    {"window": "both sides"},
    r"""
The whole sequence is there, and linear attention may look ahead. Let each place see itself, the $w$
places before it and the $w$ places after it; near the ends there are fewer."""
    + _STATE,
    _WINDOW,
    """\
def windowed(q, k, v, w):
    S, z = np.zeros((k.shape[1], v.shape[1])), np.zeros(k.shape[1])
    T, read = len(q), []
    for new in range(T + w):
        t = new - w
        if new < T:
            S, z = S + np.outer(k[new], v[new]), z + k[new]
        if t > w:
            S, z = S - np.outer(k[t - w - 1], v[t - w - 1]), z - k[t - w - 1]
        if t >= 0:
            read.append(q[t] @ S / (q[t] @ z))
    return np.array(read)
""",
    "A window of w places on each side.",
)

_TOGETHER = '''\
def together(gradients: list[np.ndarray], letters: list[list[int]]) -> np.ndarray:
    """{says}

    gradients: of each share's {of};
    letters: of each share, how many each of its words has.
    """
    ...
'''
_WORDS = r"""
Words of several lengths are shared among processes. `letters` has a list for each share: how many
letters each of its words has."""

_SUMS = Variation(
    "sums",
    {"of": "sums"},
    _WORDS
    + r"""
Each process takes the *sum* of the loss over its letters, no mean, and `gradients` has the gradient
of that sum. The gradient of the mean over all letters of all shares is wanted. Write it.
""",
    _TOGETHER.format(says="The gradient of the mean over all letters.", of="sum over letters"),
    """\
def together(gradients, letters):
    return sum(gradients) / sum(sum(share) for share in letters)
""",
    "Each share gives the gradient of a sum, not of a mean.",
)

_PADDED = Variation(
    "padded",
    {"divided by": "padded size"},
    _WORDS
    + r"""
Each process pads its words to the longest *of its own*. It adds the loss up over true letters, and
divides by the size of the padded array, padding included: by its number of words times the letters
of its longest. `gradients` has the gradient of that. The gradient of the mean over all true letters
of all shares is wanted. Write it.
""",
    _TOGETHER.format(
        says="The gradient of the mean over all true letters.",
        of="sum over letters, divided by its padded size",
    ),
    """\
def together(gradients, letters):
    sizes = [len(share) * max(share) for share in letters]
    total = sum(sum(share) for share in letters)
    return sum(n * g for n, g in zip(sizes, gradients)) / total
""",
    "Each share's loss was divided by its padded size.",
)

_SENT = Variation(
    "sent",
    {"returns": "what is sent"},
    _WORDS
    + r"""
Each process takes the mean over its letters, and `gradients` has its gradient. The engine can do
one thing with what the processes send: take the plain mean, all alike. So each must scale its
gradient before. Return what they send, in order, as an array with a row for each share: its plain
mean over shares is to be the gradient of the mean over all letters of all shares.
""",
    _TOGETHER.format(
        says="What each share sends (shares, d), of which the plain mean is taken.",
        of="mean over its letters",
    ),
    """\
def together(gradients, letters):
    counts = [sum(share) for share in letters]
    mean = sum(counts) / len(counts)
    return np.array([n / mean * g for n, g in zip(counts, gradients)])
""",
    "What each share must send to an engine that takes the plain mean.",
)

_SCORED = Variation(
    "first-given",
    {"scored": "but the first"},
    _WORDS
    + r"""
The first letter of each word is given, not predicted: it has no loss, and is in no mean. Each
process takes the mean over the letters of its words that *are* predicted, and `gradients` has its
gradient. The gradient of the mean over all predicted letters of all shares is wanted. Write it.
""",
    _TOGETHER.format(
        says="The gradient of the mean over all predicted letters.",
        of="mean over predicted letters",
    ),
    """\
def together(gradients, letters):
    counts = [sum(n - 1 for n in share) for share in letters]
    return sum(n * g for n, g in zip(counts, gradients)) / sum(counts)
""",
    "Each word's first letter is given, and in no mean.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "cs-window": (_BLOCKS, _HALF_LIFE, _FIRST, _SIDES),
    "cs-shares": (_SUMS, _PADDED, _SENT, _SCORED),
}
