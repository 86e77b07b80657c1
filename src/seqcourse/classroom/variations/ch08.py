"""Variations of chapter 8's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_STEP = '''\
def gru_step(
    a: torch.Tensor,
    h: torch.Tensor,
    weight_hh: torch.Tensor,
    bias_hn: torch.Tensor,
) -> torch.Tensor:
    """{says}"""
    ...
'''
_REST = r"""
Sequences are rows. `a` holds the input's share and all biases but $b_{hn}$, which is `bias_hn`. No
ready-made GRU may be called."""

_STEP_NEW = Variation(
    "z-lets-in",
    {"z": "lets in the new"},
    r"""
Write one step of a GRU in which the update gate $z$ lets in the *new*:

$$
h_t = (1 - z_t) \odot h_{t-1} + z_t \odot n_t, \qquad
n_t = \tanh(a^n_t + r_t \odot (W^n h_{t-1} + b_{hn}))
$$

with $r_t = \sigma(a^r_t + W^r h_{t-1})$ and $z_t = \sigma(a^z_t + W^z h_{t-1})$. The parts of
$a_t$, and the rows of $W_{hh}$, stand in the order $r, z, n$.
"""
    + _REST,
    _STEP.format(says="h_t (B, H) from a_t (B, 3H), h_{t-1}, W_hh (3H, H) and b_hn (H,)."),
    """\
def gru_step(a, h, weight_hh, bias_hn):
    a_r, a_z, a_n = a.chunk(3, -1)
    m_r, m_z, m_n = (h @ weight_hh.T).chunk(3, -1)
    r, z = torch.sigmoid(a_r + m_r), torch.sigmoid(a_z + m_z)
    n = torch.tanh(a_n + r * (m_n + bias_hn))
    return (1 - z) * h + z * n
""",
    "z lets in the new state; in PyTorch it keeps the old one.",
)

_STEP_BEFORE = Variation(
    "reset-before",
    {"reset": "before the matrix"},
    r"""
Write one step of a GRU whose reset gate acts *before* the matrix, on the state itself:

$$
n_t = \tanh(a^n_t + W^n (r_t \odot h_{t-1}) + b_{hn}), \qquad
h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}
$$

with $r_t = \sigma(a^r_t + W^r h_{t-1})$ and $z_t = \sigma(a^z_t + W^z h_{t-1})$. The parts of
$a_t$, and the rows of $W_{hh}$, stand in the order $r, z, n$.
"""
    + _REST,
    _STEP.format(says="h_t (B, H) from a_t (B, 3H), h_{t-1}, W_hh (3H, H) and b_hn (H,)."),
    """\
def gru_step(a, h, weight_hh, bias_hn):
    a_r, a_z, a_n = a.chunk(3, -1)
    w_r, w_z, w_n = weight_hh.chunk(3)
    r, z = torch.sigmoid(a_r + h @ w_r.T), torch.sigmoid(a_z + h @ w_z.T)
    n = torch.tanh(a_n + (r * h) @ w_n.T + bias_hn)
    return (1 - z) * n + z * h
""",
    "The reset stands before the recurrent matrix.",
)

_STEP_ORDER = Variation(
    "gate-order",
    {"order": "z, r, n"},
    r"""
Write one step of a GRU whose weights are stored as Keras stores their parts: the parts of $a_t$,
and the rows of $W_{hh}$, belong to $z, r, n$, in this order, the update gate first. Otherwise it is
PyTorch's step:

$$
n_t = \tanh(a^n_t + r_t \odot (W^n h_{t-1} + b_{hn})), \qquad
h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}
$$

with $r_t = \sigma(a^r_t + W^r h_{t-1})$ and $z_t = \sigma(a^z_t + W^z h_{t-1})$.
"""
    + _REST,
    _STEP.format(
        says="h_t (B, H) from a_t (B, 3H), h_{t-1}, W_hh (3H, H), parts z, r, n, and b_hn."
    ),
    """\
def gru_step(a, h, weight_hh, bias_hn):
    a_z, a_r, a_n = a.chunk(3, -1)
    m_z, m_r, m_n = (h @ weight_hh.T).chunk(3, -1)
    r, z = torch.sigmoid(a_r + m_r), torch.sigmoid(a_z + m_z)
    n = torch.tanh(a_n + r * (m_n + bias_hn))
    return (1 - z) * n + z * h
""",
    "The parts stand in the order z, r, n.",
)

_STEP_LAYOUT = Variation(
    "in-out",
    {"layout": "in, out"},
    r"""
Write one step of a GRU for weights with a row for each unit that *sends*: a state is a row that
stands on the left of $W_{hh}$, which is $(H, 3H)$; its columns, and the parts of $a_t$, belong to
$r, z, n$ in this order. Otherwise it is PyTorch's step:

$$
n_t = \tanh(a^n_t + r_t \odot (h_{t-1} W^n + b_{hn})), \qquad
h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}
$$

with $r_t = \sigma(a^r_t + h_{t-1} W^r)$ and $z_t = \sigma(a^z_t + h_{t-1} W^z)$.
"""
    + _REST,
    _STEP.format(says="h_t (B, H) from a_t (B, 3H), h_{t-1}, W_hh (H, 3H) and b_hn (H,)."),
    """\
def gru_step(a, h, weight_hh, bias_hn):
    a_r, a_z, a_n = a.chunk(3, -1)
    m_r, m_z, m_n = (h @ weight_hh).chunk(3, -1)
    r, z = torch.sigmoid(a_r + m_r), torch.sigmoid(a_z + m_z)
    n = torch.tanh(a_n + r * (m_n + bias_hn))
    return (1 - z) * n + z * h
""",
    "Weights stored as (in, out), not as (out, in).",
)

_STEP_MINIMAL = Variation(
    "no-reset",
    {"gates": "no reset"},
    r"""
Write one step of a GRU without its reset gate:

$$
n_t = \tanh(a^n_t + W^n h_{t-1} + b_{hn}), \qquad
h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}
$$

with $z_t = \sigma(a^z_t + W^z h_{t-1})$. There are two parts: those of $a_t$, and the rows of
$W_{hh}$, stand in the order $z, n$.
"""
    + _REST,
    _STEP.format(says="h_t (B, H) from a_t (B, 2H), h_{t-1}, W_hh (2H, H) and b_hn (H,)."),
    """\
def gru_step(a, h, weight_hh, bias_hn):
    a_z, a_n = a.chunk(2, -1)
    m_z, m_n = (h @ weight_hh.T).chunk(2, -1)
    z, n = torch.sigmoid(a_z + m_z), torch.tanh(a_n + m_n + bias_hn)
    return (1 - z) * n + z * h
""",
    "One gate alone: nothing is reset.",
)

_FLIP = '''\
def flipped(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """{says}"""
    ...
'''
_NAMES = r"""
The four arrays have PyTorch's names: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0` and
`bias_hh_l0`."""
_BUGGY = r"""
```python
def flipped(weights):
    out = dict(weights)
    H = len(weights["weight_hh_l0"]) // 3
    for name in ("weight_ih_l0", "weight_hh_l0"):
        new = weights[name].copy()
        new[2 * H :] *= -1
        out[name] = new
    return out
```
"""

_FLIP_STORED = Variation(
    "stored-zrn",
    {"stored": "z, r, n"},
    r"""
A GRU's weights were trained where $z = 1$ lets in the new; the layer that is to run them lets
$z = 1$ keep the old. Both store the three parts, down the first axis, in the order $z, r, n$. This
function should make the weights fit. It runs, and the results are wrong. Write it again, so that
the layer computes what was trained; the parts keep their order, and the given arrays stay
unchanged."""
    + _NAMES
    + "\n"
    + _BUGGY,
    _FLIP.format(says="The same four arrays for the other meaning of z, parts z, r, n."),
    """\
def flipped(weights):
    out = {}
    H = len(weights["weight_hh_l0"]) // 3
    for name in weights:
        new = weights[name].copy()
        new[:H] *= -1
        out[name] = new
    return out
""",
    "The parts are stored as z, r, n.",
)

_FLIP_ORDER = Variation(
    "reordered",
    {"asked": "the order"},
    r"""
A GRU's weights come from a library that stores the three parts, down the first axis, in the order
$n, r, z$; PyTorch's layer, whose order is $r, z, n$, is to run them. Both mean the same by $z$ and
by $r$. This function should make the weights fit. It runs, and the results are wrong. Write it
again, so that the layer computes what was trained; the given arrays stay unchanged."""
    + _NAMES
    + r"""

```python
def flipped(weights):
    out = dict(weights)
    for name in ("weight_ih_l0", "weight_hh_l0"):
        n, r, z = np.split(weights[name], 3)
        out[name] = np.concatenate([z, r, n])
    return out
```
""",
    _FLIP.format(says="The same four arrays, parts in the order r, z, n instead of n, r, z."),
    """\
def flipped(weights):
    out = {}
    for name in weights:
        n, r, z = np.split(weights[name], 3)
        out[name] = np.concatenate([r, z, n])
    return out
""",
    "The parts move from n, r, z to r, z, n; no meaning changes.",
)

_FLIP_LSTM = Variation(
    "lstm",
    {"cell": "LSTM"},
    r"""
An *LSTM's* weights come from somebody to whom a forget gate of 1 means: forget all; the cell was
$c_t = (1 - f_t) \odot c_{t-1} + i_t \odot g_t$. PyTorch's layer, where $f = 1$ keeps all, is to run
them. The four parts stand down the first axis, in the order $i, f, g, o$, in both. This function
should make the weights fit. It runs, and the results are wrong. Write it again, so that the layer
computes what was trained; the given arrays stay unchanged."""
    + _NAMES
    + "\n"
    + _BUGGY.replace("// 3", "// 4"),
    _FLIP.format(says="The same four arrays for the other meaning of f, parts i, f, g, o."),
    """\
def flipped(weights):
    out = {}
    H = len(weights["weight_hh_l0"]) // 4
    for name in weights:
        new = weights[name].copy()
        new[H : 2 * H] *= -1
        out[name] = new
    return out
""",
    "An LSTM whose forget gate is turned round.",
)

_FLIP_LAYOUT = Variation(
    "in-out",
    {"layout": "in, out"},
    r"""
A GRU's weights were trained where $z = 1$ lets in the new; the layer that is to run them lets
$z = 1$ keep the old. Both store a matrix with a row for each *source*: `weight_ih_l0` is $(D, 3H)$
and `weight_hh_l0` is $(H, 3H)$, and the three parts stand along the columns, in the order
$r, z, n$. The biases are $(3H,)$. This function should make the weights fit. It runs, and the
results are wrong. Write it again, so that the layer computes what was trained, in the same layout;
the given arrays stay unchanged."""
    + _NAMES
    + "\n"
    + _BUGGY,
    _FLIP.format(says="The same four arrays for the other meaning of z; matrices (D or H, 3H)."),
    """\
def flipped(weights):
    out = {}
    H = len(weights["weight_hh_l0"])
    for name in weights:
        new = weights[name].copy()
        new[..., H : 2 * H] *= -1
        out[name] = new
    return out
""",
    "The parts stand along the columns.",
)

_RACE = '''\
def race(
    a: dict[str, np.ndarray], b: dict[str, np.ndarray]{more}
) -> tuple[float, float]:
    """{says}"""
    ...
'''
_CURVES = r"""
Two trainings left curves, `a` and `b`: dicts of arrays `step`, `seconds` and `value`, an entry each
for every time that the training was evaluated."""

_RACE_SETTLED = Variation(
    "for-good",
    {"until": "for good"},
    _CURVES
    + r""" A value may fall below a level and come back. Compare where each is below `level` *for
good*: at the first entry from which on every value is below it (both have one, and each has an
entry that is not below). Return a's steps over b's there, and a's seconds over b's.
""",
    _RACE.format(
        more=", level: float",
        says="a's steps over b's, and a's seconds over b's, until the value stays below level.",
    ),
    """\
def race(a, b, level):
    at_a, at_b = (np.flatnonzero(c["value"] >= level)[-1] + 1 for c in (a, b))
    steps = a["step"][at_a] / b["step"][at_b]
    return steps, a["seconds"][at_a] / b["seconds"][at_b]
""",
    "Until the curve stays below the level, not when it is first below.",
)

_RACE_DIFFERENCE = Variation(
    "difference",
    {"gives": "differences"},
    _CURVES
    + r""" Take of each the first entry whose value is below `level` (both have one). By how much is
`a` ahead? Return how many *steps* more `b` needs than `a`, and how many *seconds* more: positive
where `a` needs less, negative where it needs more.
""",
    _RACE.format(
        more=", level: float",
        says="b's steps minus a's, and b's seconds minus a's, to the first value below level.",
    ),
    """\
def race(a, b, level):
    at_a, at_b = ((curve["value"] < level).argmax() for curve in (a, b))
    steps = b["step"][at_b] - a["step"][at_a]
    return steps, b["seconds"][at_b] - a["seconds"][at_a]
""",
    "Differences, not ratios.",
)

_RACE_EQUAL = Variation(
    "equal-time",
    {"at": "equal time"},
    _CURVES
    + r""" Give both the same time: stop each after so many `seconds`. Return the value that `a` had
then, and the value that `b` had: of each, the *latest* entry whose seconds are not more than that
(both have one). It need not be the best so far.
""",
    _RACE.format(more=", seconds: float", says="a's and b's latest value after so many seconds."),
    """\
def race(a, b, seconds):
    at_a, at_b = (np.flatnonzero(c["seconds"] <= seconds)[-1] for c in (a, b))
    return a["value"][at_a], b["value"][at_b]
""",
    "The values at equal time, not the time to an equal value.",
)

_RACE_BEST = Variation(
    "best-of-both",
    {"level": "the best of both"},
    _CURVES
    + r""" Nobody gives you a level: take the lowest that *both* reach, which is the larger of their
two smallest values. Of each, take the first entry that is at this level or below. Return a's steps
over b's there, and a's seconds over b's.
""",
    _RACE.format(
        more="", says="a's steps over b's, and a's seconds over b's, to the lowest common value."
    ),
    """\
def race(a, b):
    level = max(a["value"].min(), b["value"].min())
    at_a, at_b = ((curve["value"] <= level).argmax() for curve in (a, b))
    steps = a["step"][at_a] / b["step"][at_b]
    return steps, a["seconds"][at_a] / b["seconds"][at_b]
""",
    "The level comes from the curves themselves.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "gr-step": (_STEP_NEW, _STEP_BEFORE, _STEP_ORDER, _STEP_LAYOUT, _STEP_MINIMAL),
    "gr-flip": (_FLIP_STORED, _FLIP_ORDER, _FLIP_LSTM, _FLIP_LAYOUT),
    "gr-time": (_RACE_SETTLED, _RACE_DIFFERENCE, _RACE_EQUAL, _RACE_BEST),
}
