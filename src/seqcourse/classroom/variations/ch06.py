"""Variations of chapter 6's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_CLIP = '''\
def clip_norm(parameters: list[torch.Tensor], max_norm: float) -> {gives}:
    """{says}"""
    ...
'''

_CLIP_LARGEST = Variation(
    "largest-entry",
    {"norm": "largest entry"},
    r"""
Clip gradients by another norm. The norm of a vector is here its *largest absolute entry*,
$\|g\|_\infty = \max_i |g_i|$. Take the `.grad` of all parameters as one long vector $g$. If its
norm is more than `max_norm`, multiply all of them, in place, by one factor, so that it becomes
`max_norm`; else leave them as they are.

Return the norm as it was before. A parameter without a gradient (its `.grad` is `None`) is left
out; at least one has a gradient. PyTorch's own clipping may not be called.
""",
    _CLIP.format(
        gives="torch.Tensor",
        says="Shorten all gradients by one factor, to a largest entry of max_norm at most.",
    ),
    """\
def clip_norm(parameters, max_norm):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = max(g.abs().max() for g in gradients)
    if norm > max_norm:
        for g in gradients:
            g.mul_(max_norm / norm)
    return norm
""",
    "The norm is the largest absolute entry, not the root of the summed squares.",
)

_CLIP_EACH = Variation(
    "each-its-own",
    {"norm": "each its own"},
    r"""
Clip each gradient on its own. For every parameter, take the norm of its `.grad` alone, the root of
the summed squares of its entries. If it is more than `max_norm`, multiply this `.grad`, in place,
so that its norm becomes `max_norm`; else leave it as it is.

Return all these norms as they were before, as one tensor with one number for each gradient, in the
order of the parameters. A parameter without a gradient (its `.grad` is `None`) is left out, and has
no number. PyTorch's own clipping may not be called.
""",
    _CLIP.format(
        gives="torch.Tensor",
        says="Shorten each gradient to a norm of max_norm at most; norms (n,).",
    ),
    """\
def clip_norm(parameters, max_norm):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norms = torch.stack([torch.sqrt((g**2).sum()) for g in gradients])
    for g, norm in zip(gradients, norms):
        if norm > max_norm:
            g.mul_(max_norm / norm)
    return norms
""",
    "A norm and a factor for each parameter, not one for all.",
)

_CLIP_EXACT = Variation(
    "exact-length",
    {"length": "exact"},
    r"""
Do not clip, *normalise*. Take the `.grad` of all parameters as one long vector; its norm is the
root of the summed squares of all entries. Multiply all of them, in place, by one factor, so that
the norm is exactly `max_norm`, whether it was longer or shorter before.

Return the norm as it was before; it is never 0. A parameter without a gradient (its `.grad` is
`None`) is left out. PyTorch's own clipping may not be called.
""",
    _CLIP.format(
        gives="torch.Tensor",
        says="Bring all gradients, by one factor, to a total norm of exactly max_norm.",
    ),
    """\
def clip_norm(parameters, max_norm):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.sqrt(sum((g**2).sum() for g in gradients))
    for g in gradients:
        g.mul_(max_norm / norm)
    return norm
""",
    "Short gradients are lengthened, too.",
)

_CLIP_VALUES = Variation(
    "values",
    {"clip": "values"},
    r"""
Clip the *values*. Cut every entry of every parameter's `.grad`, in place and on its own, to lie
between `-max_norm` and `max_norm`; an entry that does already stays as it is.

Return the share of entries that had to be cut, a number between 0 and 1: those with an absolute
value above `max_norm`, out of all entries of all gradients. A parameter without a gradient (its
`.grad` is `None`) is left out of everything. PyTorch's own clipping may not be called.
""",
    _CLIP.format(
        gives="float", says="Cut each entry to ±max_norm; returns the share that was cut."
    ),
    """\
def clip_norm(parameters, max_norm):
    gradients = [p.grad for p in parameters if p.grad is not None]
    cut = sum((g.abs() > max_norm).sum().item() for g in gradients)
    for g in gradients:
        g.clamp_(-max_norm, max_norm)
    return cut / sum(g.numel() for g in gradients)
""",
    "Each entry is cut, and the share of cut entries comes back.",
)

_CLIP_NEW = Variation(
    "new-tensors",
    {"gives": "new tensors"},
    r"""
Clip without touching anything. Take the `.grad` of all parameters as one long vector; its norm is
the root of the summed squares of all entries. If it is more than `max_norm`, one factor brings it
down to `max_norm`.

Return the clipped gradients as a list of *new* tensors, one for each gradient, in the order of the
parameters; every `.grad` stays as it was. A parameter without a gradient (its `.grad` is `None`) is
left out, and has no entry in the list. PyTorch's own clipping may not be called.
""",
    _CLIP.format(
        gives="list[torch.Tensor]",
        says="New gradients, shortened by one factor to a total norm of max_norm at most.",
    ),
    """\
def clip_norm(parameters, max_norm):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.sqrt(sum((g**2).sum() for g in gradients))
    factor = min(1.0, max_norm / norm.item())
    return [factor * g for g in gradients]
""",
    "The clipped gradients come back as new tensors; nothing is changed in place.",
)

_SIXTH = '''\
def baseline(m: int, {second}: float, c: float) -> float:
    """{says}"""
    ...
'''

_SIXTH_SYMMETRIC = Variation(
    "symmetric",
    {"numbers": "symmetric"},
    r"""
In the adding problem, let the numbers be uniform between $-a$ and $a$. $m$ of them are marked, and
the target is the sum of the marked ones. They are independent. Whatever you see, you say $c$. What
is your expected squared error?

Derive it on paper, then write it as a function of $m$, $a$ and $c$, without drawing any numbers.
""",
    _SIXTH.format(second="a", says="Expected squared error of always saying c."),
    """\
def baseline(m, a, c):
    return m * a**2 / 3 + c**2
""",
    "Numbers between −a and a.",
)

_SIXTH_MEAN = Variation(
    "mean",
    {"target": "mean"},
    r"""
In the adding problem, let the numbers be uniform between 0 and $a$. $m$ of them are marked, and the
target is the *mean* of the marked ones. They are independent. Whatever you see, you say $c$. What
is your expected squared error?

Derive it on paper, then write it as a function of $m$, $a$ and $c$, without drawing any numbers.
""",
    _SIXTH.format(second="a", says="Expected squared error of always saying c."),
    """\
def baseline(m, a, c):
    return a**2 / (12 * m) + (a / 2 - c) ** 2
""",
    "The target is the mean of the marked numbers, not their sum.",
)

_SIXTH_DIFFERENCE = Variation(
    "difference",
    {"target": "difference"},
    r"""
In the adding problem, let the numbers be uniform between 0 and $a$. $m$ of them are marked with a
plus and another $m$ with a minus; the target is the sum of the first minus the sum of the second.
All numbers are independent. Whatever you see, you say $c$. What is your expected squared error?

Derive it on paper, then write it as a function of $m$, $a$ and $c$, without drawing any numbers.
""",
    _SIXTH.format(second="a", says="Expected squared error of always saying c."),
    """\
def baseline(m, a, c):
    return m * a**2 / 6 + c**2
""",
    "A second sum is taken off the first.",
)

_SIXTH_BITS = Variation(
    "bits",
    {"numbers": "bits"},
    r"""
In the adding problem, let the numbers be bits: each is 1 with probability $p$ and 0 otherwise,
independently. $m$ of them are marked, and the target is the sum of the marked ones. Whatever you
see, you say $c$, which need be no whole number. What is your expected squared error?

Derive it on paper, then write it as a function of $m$, $p$ and $c$, without drawing any numbers.
""",
    _SIXTH.format(second="p", says="Expected squared error of always saying c."),
    """\
def baseline(m, p, c):
    return m * p * (1 - p) + (m * p - c) ** 2
""",
    "Bits in the place of uniform numbers.",
)

_SIXTH_RANDOM = Variation(
    "random-guess",
    {"guess": "random"},
    r"""
In the adding problem, the numbers are uniform between 0 and $a$. $m$ of them are marked, and the
target is the sum of the marked ones. They are independent. You do not look: each time you say a
new random number, uniform between 0 and $c$. What is your expected squared error?

Derive it on paper, then write it as a function of $m$, $a$ and $c$, without drawing any numbers.
""",
    _SIXTH.format(second="a", says="Expected squared error of saying a number between 0 and c."),
    """\
def baseline(m, a, c):
    return m * a**2 / 12 + c**2 / 12 + (m * a - c) ** 2 / 4
""",
    "The guess is a uniform random number, not a constant.",
)

_PROBE = '''\
def readable(h: np.ndarray, x: np.ndarray{more}) -> {gives}:
    """{says}"""
    ...
'''

_PROBE_FIRST = Variation(
    "first-quarter",
    {"held back": "first quarter"},
    r"""
How well can the numbers $x$ be read off the states $h$ of $N$ sequences? Keep the *first* quarter
of the sequences back, the first `N // 4` of them (rounded down). Fit a linear regression with a
constant on all the others, and score it on those kept back:
$R^2 = 1 - \sum (x - \hat x)^2 / \sum (x - \bar x)^2$, with $\bar x$ the mean of those kept back.
""",
    _PROBE.format(
        more="",
        gives="float",
        says="R² of x (N,) read linearly from h (N, H), on the first quarter.",
    ),
    """\
def readable(h, x):
    h = np.column_stack([h, np.ones(len(h))])
    cut = len(h) // 4
    weights = np.linalg.lstsq(h[cut:], x[cut:])[0]
    rest = x[:cut]
    error = ((rest - h[:cut] @ weights) ** 2).sum()
    return 1 - error / ((rest - rest.mean()) ** 2).sum()
""",
    "The first quarter is kept back, not the last.",
)

_PROBE_ODD = Variation(
    "odd-rows",
    {"held back": "odd rows"},
    r"""
How well can the numbers $x$ be read off the states $h$ of $N$ sequences? Keep every second sequence
back: fit a linear regression with a constant on rows 0, 2, 4, …, and score it on rows 1, 3, 5, …:
$R^2 = 1 - \sum (x - \hat x)^2 / \sum (x - \bar x)^2$, with both sums over the odd rows and
$\bar x$ their mean.
""",
    _PROBE.format(
        more="", gives="float", says="R² of x (N,) read linearly from h (N, H), on the odd rows."
    ),
    """\
def readable(h, x):
    h = np.column_stack([h, np.ones(len(h))])
    weights = np.linalg.lstsq(h[0::2], x[0::2])[0]
    rest = x[1::2]
    error = ((rest - h[1::2] @ weights) ** 2).sum()
    return 1 - error / ((rest - rest.mean()) ** 2).sum()
""",
    "Every second sequence is kept back, not the last quarter.",
)

_PROBE_RMSE = Variation(
    "rmse",
    {"score": "rmse"},
    r"""
How well can the numbers $x$ be read off the states $h$ of $N$ sequences? Fit a linear regression
with a constant on the first three quarters of the sequences, `3 * N // 4` of them, and look at its
errors $x - \hat x$ on the rest. Return their size in the numbers' own unit: the root of the mean
square over the rest.
""",
    _PROBE.format(
        more="",
        gives="float",
        says="Root mean square error of x (N,) read from h (N, H), on the last quarter.",
    ),
    """\
def readable(h, x):
    h = np.column_stack([h, np.ones(len(h))])
    cut = 3 * len(h) // 4
    weights = np.linalg.lstsq(h[:cut], x[:cut])[0]
    return np.sqrt(np.mean((x[cut:] - h[cut:] @ weights) ** 2))
""",
    "The root mean square error, not R².",
)

_PROBE_RIDGE = Variation(
    "ridge",
    {"fit": "ridge"},
    r"""
How well can the numbers $x$ be read off the states $h$ of $N$ sequences? With many units and few
sequences, plain regression reads noise. So hold its weights small: on the first three quarters of
the sequences, `3 * N // 4` of them, choose weights $w$ and constant $c$ to minimise
$\sum (x - w^\top h - c)^2 + \lambda \sum_j w_j^2$. The constant is free; $\lambda$ is `penalty` in
the code. (Take the means of $h$ and $x$ over these sequences off first: then $c$ is gone.)

Score it on the rest: $R^2 = 1 - \sum (x - \hat x)^2 / \sum (x - \bar x)^2$, with $\bar x$ the mean
of that rest.
""",
    _PROBE.format(
        more=", penalty: float",
        gives="float",
        says="R² of x (N,) read from h (N, H) with a penalty, on the last quarter.",
    ),
    """\
def readable(h, x, penalty):
    cut = 3 * len(h) // 4
    mean = x[:cut].mean()
    centred = h - h[:cut].mean(0)
    seen = centred[:cut]
    square = seen.T @ seen + penalty * np.eye(h.shape[1])
    weights = np.linalg.solve(square, seen.T @ (x[:cut] - mean))
    rest = x[cut:]
    error = ((rest - mean - centred[cut:] @ weights) ** 2).sum()
    return 1 - error / ((rest - rest.mean()) ** 2).sum()
""",
    "A regression with a penalty on its weights.",
)

_PROBE_BOTH = Variation(
    "both-scores",
    {"gives": "both scores"},
    r"""
How well can the numbers $x$ be read off the states $h$ of $N$ sequences, and how much of it is
learnt by heart? Fit a linear regression with a constant on the first three quarters of the
sequences, `3 * N // 4` of them. Score this one fit twice, on the sequences that it saw and on the
rest: each time $R^2 = 1 - \sum (x - \hat x)^2 / \sum (x - \bar x)^2$, with $\bar x$ the mean of the
sequences that are scored. Return both, the score on what it saw first.
""",
    _PROBE.format(
        more="",
        gives="tuple[float, float]",
        says="R² of x (N,) read from h (N, H): on the first three quarters, on the last.",
    ),
    """\
def readable(h, x):
    h = np.column_stack([h, np.ones(len(h))])
    cut = 3 * len(h) // 4
    weights = np.linalg.lstsq(h[:cut], x[:cut])[0]
    scores = []
    for part in (slice(0, cut), slice(cut, len(x))):
        error = ((x[part] - h[part] @ weights) ** 2).sum()
        scores.append(1 - error / ((x[part] - x[part].mean()) ** 2).sum())
    return tuple(scores)
""",
    "Two scores of one fit, on what it saw and on the rest.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "vg-clip": (_CLIP_LARGEST, _CLIP_EACH, _CLIP_EXACT, _CLIP_VALUES, _CLIP_NEW),
    "vg-sixth": (
        _SIXTH_SYMMETRIC,
        _SIXTH_MEAN,
        _SIXTH_DIFFERENCE,
        _SIXTH_BITS,
        _SIXTH_RANDOM,
    ),
    "vg-probe": (_PROBE_FIRST, _PROBE_ODD, _PROBE_RMSE, _PROBE_RIDGE, _PROBE_BOTH),
}
