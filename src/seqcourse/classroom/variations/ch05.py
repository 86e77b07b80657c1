"""Variations of chapter 5's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_STEP = '''\
def step_back(
    to_logits: torch.Tensor,
    after: torch.Tensor,
    {state}: torch.Tensor,
    W_hh: torch.Tensor,
    W_ho: torch.Tensor,
) -> torch.Tensor:
    """{says}"""
    ...
'''

_STEP_RELU = Variation(
    "relu",
    {"activation": "relu"},
    r"""
The units of a recurrent network are rectified: with
$a_t = W_{ih} x_t + W_{hh} h_{t-1} + b$ the state is $h_t = \max(0, a_t)$, and the logits are
$\ell_t = W_{ho} h_t + c$. Write one step of backpropagation through time, from $t + 1$ to $t$.

You get the gradient of the loss by the logits of step $t$; `after`, which is $\delta_{t+1}$, the
gradient by $a_{t+1}$; the state $h_t$; and the two matrices, stored as in the equations. Return
$\delta_t$, the gradient by $a_t$. Where $a_t$ is exactly 0, take the slope to be 0. No autograd.
""",
    _STEP.format(
        state="h",
        says="delta_t (H,) of rectified units, from the gradient by the logits (V,),\n"
        "    delta_{t+1} (H,) and the state h_t (H,).",
    ),
    """\
def step_back(to_logits, after, h, W_hh, W_ho):
    to_h = W_ho.T @ to_logits + W_hh.T @ after
    return (h > 0) * to_h
""",
    "Rectified units in the place of tanh.",
)

_STEP_LOGISTIC = Variation(
    "logistic",
    {"activation": "logistic"},
    r"""
The units of a recurrent network are logistic: with
$a_t = W_{ih} x_t + W_{hh} h_{t-1} + b$ the state is $h_t = \sigma(a_t) = 1 / (1 + e^{-a_t})$, and
the logits are $\ell_t = W_{ho} h_t + c$. Write one step of backpropagation through time, from
$t + 1$ to $t$.

You get the gradient of the loss by the logits of step $t$; `after`, which is $\delta_{t+1}$, the
gradient by $a_{t+1}$; the state $h_t$, but not $a_t$; and the two matrices, stored as in the
equations. Return $\delta_t$, the gradient by $a_t$. No autograd.
""",
    _STEP.format(
        state="h",
        says="delta_t (H,) of logistic units, from the gradient by the logits (V,),\n"
        "    delta_{t+1} (H,) and the state h_t (H,).",
    ),
    """\
def step_back(to_logits, after, h, W_hh, W_ho):
    to_h = W_ho.T @ to_logits + W_hh.T @ after
    return h * (1 - h) * to_h
""",
    "Logistic units in the place of tanh.",
)

_STEP_STATE = Variation(
    "by-state",
    {"gradient": "by the state"},
    r"""
A recurrent network has the states $h_t = \tanh(W_{ih} x_t + W_{hh} h_{t-1} + b)$ and the logits
$\ell_t = W_{ho} h_t + c$. This time, walk back from state to state, not from the inside of one
$\tanh$ to the inside of the one before.

You get the gradient of the loss by the logits of step $t$; `after`, the gradient by the *state*
$h_{t+1}$, with all that comes later in it; that state $h_{t+1}$ itself; and the two matrices,
stored as in the equations. Return the gradient by the state $h_t$: what comes from its own logits,
and what comes back from $h_{t+1}$. No autograd.
""",
    _STEP.format(
        state="h_after",
        says="Gradient by h_t (H,), from the gradient by the logits (V,) of step t,\n"
        "    the gradient by h_{t+1} (H,) and the state h_{t+1} (H,).",
    ),
    """\
def step_back(to_logits, after, h_after, W_hh, W_ho):
    delta_after = (1 - h_after**2) * after
    return W_ho.T @ to_logits + W_hh.T @ delta_after
""",
    "From the gradient by one state to that by the state before, not from delta to delta.",
)

_STEP_LAYOUT = Variation(
    "in-out",
    {"layout": "in, out"},
    r"""
Some libraries store a weight matrix the other way round, with a row for each *source* and a column
for each target. A state is then a row that stands on the left:
$a_t = x_t W_{ih} + h_{t-1} W_{hh} + b$, $h_t = \tanh(a_t)$, and the logits are
$\ell_t = h_t W_{ho} + c$. So `W_hh` is $(H, H)$ with $W_{hh}[i, j]$ leading from unit $i$ to unit
$j$, and `W_ho` is $(H, V)$.

Write one step of backpropagation through time. You get the gradient of the loss by the logits of
step $t$; `after`, which is $\delta_{t+1}$, the gradient by $a_{t+1}$; the state $h_t$; and the two
matrices in this layout. Return $\delta_t$, the gradient by $a_t$. No autograd.
""",
    _STEP.format(
        state="h",
        says="delta_t (H,) from the gradient by the logits (V,), delta_{t+1} (H,)\n"
        "    and the state h_t (H,); W_hh (H, H) and W_ho (H, V) lead from row to column.",
    ),
    """\
def step_back(to_logits, after, h, W_hh, W_ho):
    to_h = W_ho @ to_logits + W_hh @ after
    return (1 - h**2) * to_h
""",
    "Weights stored as (in, out), not as (out, in).",
)

_STEP_LOSS = Variation(
    "cross-entropy",
    {"loss": "cross-entropy"},
    r"""
A recurrent network has $a_t = W_{ih} x_t + W_{hh} h_{t-1} + b$, the states $h_t = \tanh(a_t)$ and
the logits $\ell_t = W_{ho} h_t + c$; step $t$ adds $-\ln p_t[y_t]$ to the loss, with
$p_t = \mathrm{softmax}(\ell_t)$ and the symbol $y_t$ that came. Write one step of backpropagation
through time, from $t + 1$ to $t$.

Nobody computed the gradient by the logits for you. You get the probabilities $p_t$ and the number
$y_t$; `after`, which is $\delta_{t+1}$, the gradient by $a_{t+1}$; the state $h_t$; and the two
matrices, stored as in the equations. Return $\delta_t$, the gradient by $a_t$. No autograd. Do not
change $p_t$ in place.
""",
    '''\
def step_back(
    p: torch.Tensor,
    y: int,
    after: torch.Tensor,
    h: torch.Tensor,
    W_hh: torch.Tensor,
    W_ho: torch.Tensor,
) -> torch.Tensor:
    """delta_t (H,) from the probabilities (V,), the symbol that came, delta_{t+1} (H,)
    and the state h_t (H,)."""
    ...
''',
    """\
def step_back(p, y, after, h, W_hh, W_ho):
    to_logits = p.clone()
    to_logits[y] -= 1
    to_h = W_ho.T @ to_logits + W_hh.T @ after
    return (1 - h**2) * to_h
""",
    "From the softmax's probabilities and the symbol, not from the gradient by the logits.",
)

_TIED = '''\
def tied(copies: np.ndarray{more}) -> np.ndarray:
    """{says}"""
    ...
'''

_TIED_THIRD = Variation(
    "every-third",
    {"turned": "every third"},
    r"""
A network uses one square matrix $W$ at every step, but turned round at every third:
$W^{(1)} = W$, $W^{(2)} = W$, $W^{(3)} = W^\top$, $W^{(4)} = W$, $W^{(5)} = W$,
$W^{(6)} = W^\top$, and so on. Autograd gave you the gradients of $T$ untied copies, the copy of
step 1 first. What is the gradient of $W$?
""",
    _TIED.format(
        more="", says="Gradient of W (H, H) from those of its copies (T, H, H), t = 1 first."
    ),
    """\
def tied(copies):
    turned = copies[2::3].sum(0)
    return copies.sum(0) - turned + turned.T
""",
    "Every third copy is transposed, not every other.",
)

_TIED_LAST = Variation(
    "last-first",
    {"order": "last step first"},
    r"""
A network uses one square matrix $W$ at every step, but turned round at every other:
$W^{(1)} = W$, $W^{(2)} = W^\top$, $W^{(3)} = W$, and so on, up to step $T$, which may be odd or
even. Going backwards, you collected the gradients of the $T$ untied copies as they came: the copy
of step $T$ stands first, that of step 1 last. What is the gradient of $W$?
""",
    _TIED.format(
        more="", says="Gradient of W (H, H) from those of its copies (T, H, H), t = T first."
    ),
    """\
def tied(copies):
    forwards = copies[::-1]
    return forwards[0::2].sum(0) + forwards[1::2].sum(0).T
""",
    "The copies come in the order of the way back.",
)

_TIED_NEGATED = Variation(
    "negated",
    {"copies": "negated"},
    r"""
A network uses one square matrix $W$ at every step, but with its sign changed at every other:
$W^{(1)} = W$, $W^{(2)} = -W$, $W^{(3)} = W$, and so on. Autograd gave you the gradients of $T$
untied copies, the copy of step 1 first. What is the gradient of $W$?
""",
    _TIED.format(
        more="", says="Gradient of W (H, H) from those of its copies (T, H, H), t = 1 first."
    ),
    """\
def tied(copies):
    return copies[0::2].sum(0) - copies[1::2].sum(0)
""",
    "Every other copy is negated, not transposed.",
)

_TIED_ANTI = Variation(
    "antisymmetric",
    {"copies": "antisymmetric"},
    r"""
A network keeps its states from growing by an antisymmetric recurrent matrix. It stores a square
matrix $W$ without any constraint, and uses $W - W^\top$ at every step. Autograd gave you the
gradients of $T$ untied copies of $W - W^\top$, the copy of step 1 first. What is the gradient of
$W$?
""",
    _TIED.format(
        more="",
        says="Gradient of W (H, H) from those of T copies of W − Wᵀ, (T, H, H), t = 1 first.",
    ),
    """\
def tied(copies):
    total = copies.sum(0)
    return total - total.T
""",
    "Every copy is W minus its transpose.",
)

_TIED_FADING = Variation(
    "fading",
    {"copies": "fading"},
    r"""
A network uses one square matrix $W$ at every step, but a little less of it each time:
$W^{(1)} = W$, $W^{(2)} = \gamma W$, $W^{(3)} = \gamma^2 W$, and so on, with a fixed number
$\gamma$ between 0 and 1, `gamma` in the code. Autograd gave you the gradients of $T$ untied copies,
the copy of step 1 first. What is the gradient of $W$?
""",
    _TIED.format(
        more=", gamma: float",
        says="Gradient of W (H, H) from those of its copies (T, H, H), t = 1 first.",
    ),
    """\
def tied(copies, gamma):
    shares = gamma ** np.arange(len(copies))
    return (shares[:, None, None] * copies).sum(0)
""",
    "Copy t is a power of γ times W; no copy is transposed.",
)

_FORWARD = '''\
def forward_step(
    {arguments}
) -> torch.Tensor:
    """{says}"""
    ...
'''
_STATES = "S: torch.Tensor, before: torch.Tensor, h: torch.Tensor, W_hh: torch.Tensor"

_FORWARD_LAYOUT = Variation(
    "in-out",
    {"layout": "in, out"},
    r"""
Some libraries store a weight matrix the other way round, with a row for each *source* and a column
for each target. A state is then a row that stands on the left:
$h_t = \tanh(x_t W_{ih} + h_{t-1} W_{hh} + b)$, and $W_{hh}[m, j]$ leads from unit $m$ to unit $j$.
Carry forwards how the states depend on these weights: $S_t[i, m, j]$ is the derivative of unit
$i$'s state $h_t$ by $W_{hh}[m, j]$, the axes of the weight in its own order. The weight was used at
step $t$ and at all steps before.

You get $S_{t-1}$, the states $h_{t-1}$ and $h_t$, and $W_{hh}$ in this layout. Return $S_t$. No
autograd.
""",
    _FORWARD.format(
        arguments=_STATES,
        says="S_t[i, m, j] (H, H, H) from S_{t-1}, the states h_{t-1} and h_t (H,).",
    ),
    """\
def forward_step(S, before, h, W_hh):
    eye = torch.eye(len(h), dtype=h.dtype)
    direct = torch.einsum("ij,m->imj", eye, before)
    through = torch.einsum("ni,nmj->imj", W_hh, S)
    return (1 - h**2)[:, None, None] * (direct + through)
""",
    "Weights stored as (in, out), not as (out, in).",
)

_FORWARD_BIAS = Variation(
    "bias",
    {"weight": "b"},
    r"""
A recurrent network has the states $h_t = \tanh(W_{ih} x_t + W_{hh} h_{t-1} + b)$. Carry forwards
how they depend on the bias: $S_t[i, j]$ is the derivative of unit $i$'s state $h_t$ by $b[j]$. The
bias was added at step $t$ and at all steps before.

You get $S_{t-1}$, the state $h_t$ and $W_{hh}$. Return $S_t$. No autograd.
""",
    _FORWARD.format(
        arguments="S: torch.Tensor, h: torch.Tensor, W_hh: torch.Tensor",
        says="S_t (H, H) from S_{t-1} and the state h_t (H,).",
    ),
    """\
def forward_step(S, h, W_hh):
    eye = torch.eye(len(h), dtype=h.dtype)
    return (1 - h**2)[:, None] * (eye + W_hh @ S)
""",
    "The sensitivity to the bias: a matrix.",
)

_FORWARD_RELU = Variation(
    "relu",
    {"activation": "relu"},
    r"""
The units of a recurrent network are rectified:
$h_t = \max(0, W_{ih} x_t + W_{hh} h_{t-1} + b)$. Carry forwards how the states depend on the
recurrent weights: $S_t[i, j, m]$ is the derivative of unit $i$'s state $h_t$ by the weight
$W_{hh}[j, m]$, which leads from unit $m$ to unit $j$. The weight was used at step $t$ and at all
steps before.

You get $S_{t-1}$, the states $h_{t-1}$ and $h_t$, and $W_{hh}$. Return $S_t$; where a unit is
exactly 0, its slope is 0. No autograd.
""",
    _FORWARD.format(
        arguments=_STATES,
        says="S_t (H, H, H) from S_{t-1}, the states h_{t-1} and h_t (H,) of rectified units.",
    ),
    """\
def forward_step(S, before, h, W_hh):
    eye = torch.eye(len(h), dtype=h.dtype)
    direct = torch.einsum("ij,m->ijm", eye, before)
    through = torch.einsum("in,njm->ijm", W_hh, S)
    return (h > 0)[:, None, None] * (direct + through)
""",
    "Rectified units in the place of tanh.",
)

_FORWARD_LAST = Variation(
    "unit-last",
    {"axis": "unit last"},
    r"""
A recurrent network has the states $h_t = \tanh(W_{ih} x_t + W_{hh} h_{t-1} + b)$. Carry forwards
how they depend on the recurrent weights, with the weight's two axes *first* and the unit *last*:
$S_t[j, m, i]$ is the derivative of unit $i$'s state $h_t$ by the weight $W_{hh}[j, m]$, which leads
from unit $m$ to unit $j$. The weight was used at step $t$ and at all steps before.

You get $S_{t-1}$ in this order, the states $h_{t-1}$ and $h_t$, and $W_{hh}$. Return $S_t$ in the
same order. No autograd.
""",
    _FORWARD.format(
        arguments=_STATES,
        says="S_t (H, H, H), the unit last, from S_{t-1}, the states h_{t-1} and h_t (H,).",
    ),
    """\
def forward_step(S, before, h, W_hh):
    eye = torch.eye(len(h), dtype=h.dtype)
    direct = torch.einsum("ij,m->jmi", eye, before)
    through = torch.einsum("in,jmn->jmi", W_hh, S)
    return (1 - h**2) * (direct + through)
""",
    "The weight's axes first, the unit last.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "bp-step": (_STEP_RELU, _STEP_LOGISTIC, _STEP_STATE, _STEP_LAYOUT, _STEP_LOSS),
    "bp-tied": (_TIED_THIRD, _TIED_LAST, _TIED_NEGATED, _TIED_ANTI, _TIED_FADING),
    "bp-forward-step": (_FORWARD_LAYOUT, _FORWARD_BIAS, _FORWARD_RELU, _FORWARD_LAST),
}
