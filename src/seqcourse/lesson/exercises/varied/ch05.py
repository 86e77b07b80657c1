"""Changed tasks of chapter 5: what each asks for, and its typical mistakes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from seqcourse.lesson.exercises.shared import on_tensors
from seqcourse.lesson.exercises.varied import Array, Calls, Draw, Judgement, rule

# bp-step: arguments to_logits, after, h, W_hh, W_ho


def _steps(state: Callable[[Array], Array] = np.tanh, *, turned: bool = False) -> Draw:
    """Draws two steps; `state` makes a state of normal numbers, `turned` stores W_ho (in, out)."""

    def draw(rng: np.random.Generator) -> Calls:
        calls = []
        for hidden, symbols in ((2, 3), (5, 4)):
            W_ho = rng.normal(size=(symbols, hidden))
            calls.append(
                [
                    rng.normal(size=symbols),
                    rng.normal(size=hidden),
                    state(rng.normal(size=hidden)),
                    rng.normal(size=(hidden, hidden)),
                    W_ho.T if turned else W_ho,
                ]
            )
        return calls

    return draw


def _added(slope: Array, own: Array, later: Array, wrong: dict[str, Array]) -> Judgement:
    """A slope times a sum, and what comes out where a part of it is lost or misplaced."""
    return slope * (own + later), {
        "That is the gradient by the state itself. It has yet to go back through the "
        "activation: times its slope.": own + later,
        "The own output's gradient has to go through the activation, too: add first, multiply "
        "the sum.": own + slope * later,
        "The next state's gradient has to go through this step's activation, too: add first, "
        "multiply the sum.": slope * own + later,
        "Only the own output's gradient is in it: where is the next state's?": slope * own,
        "Only the next state's gradient is in it: where is the own output's?": slope * later,
        **wrong,
    }


def _relu(a: Array) -> Array:
    return np.asarray(np.maximum(a, 0))


@rule(
    "bp-step",
    "activation",
    "relu",
    draw=_steps(_relu),
    what="delta",
    look="Two gradients, summed; then only the units that are on, h > 0, let theirs through.",
    call=on_tensors,
)
def _step_relu(to_logits: Array, after: Array, h: Array, W_hh: Array, W_ho: Array) -> Judgement:
    own, later, on = W_ho.T @ to_logits, W_hh.T @ after, (h > 0) * 1.0
    return _added(
        on,
        own,
        later,
        {
            "1 − h² is the slope of the tanh. The units here are rectified: the slope is 1 where "
            "h > 0, else 0.": (1 - h**2) * (own + later),
            "That multiplies by the state. The slope of a rectified unit is 1 where h > 0, else "
            "0.": h * (own + later),
            "The other way round: units with h > 0 let the gradient through.": (1 - on)
            * (own + later),
            "W_hh is not transposed: a gradient goes through a matrix against its direction.": on
            * (own + W_hh @ after),
        },
    )


@rule(
    "bp-step",
    "activation",
    "logistic",
    draw=_steps(lambda a: 1 / (1 + np.exp(-a))),
    what="delta",
    look="Two gradients, summed; then the slope of the logistic function, from its value h.",
    call=on_tensors,
)
def _step_logistic(to_logits: Array, after: Array, h: Array, W_hh: Array, W_ho: Array) -> Judgement:
    own, later, slope = W_ho.T @ to_logits, W_hh.T @ after, h * (1 - h)
    sigma = 1 / (1 + np.exp(-h))
    return _added(
        slope,
        own,
        later,
        {
            "1 − h² is the slope of the tanh. The units here are logistic.": (1 - h**2)
            * (own + later),
            "h is the logistic function's value already: do not apply it again.": sigma
            * (1 - sigma)
            * (own + later),
            "The slope of the logistic function has two factors: h and 1 − h.": (1 - h)
            * (own + later),
            "W_hh is not transposed: a gradient goes through a matrix against its direction.": slope
            * (own + W_hh @ after),
        },
    )


@rule(
    "bp-step",
    "gradient",
    "by the state",
    draw=_steps(),
    what="the gradient by the state",
    look="`after` goes back through the tanh of step t + 1, then through W_hh; the own output's "
    "gradient is added.",
    call=on_tensors,
)
def _step_state(to_logits: Array, after: Array, h: Array, W_hh: Array, W_ho: Array) -> Judgement:
    own, slope = W_ho.T @ to_logits, 1 - h**2
    return own + W_hh.T @ (slope * after), {
        "That is the published step, between gradients inside the tanh. Here both are by the "
        "states: the slope of step t + 1 acts on `after`, before W_hhᵀ.": slope
        * (own + W_hh.T @ after),
        "`after` has yet to go back through the tanh of step t + 1: times 1 − h_after².": own
        + W_hh.T @ after,
        "The slope belongs to step t + 1: multiply `after` by it before W_hhᵀ.": own
        + slope * (W_hh.T @ after),
        "The slope acts on `after` alone: the own output's gradient arrives behind the tanh.": slope
        * own
        + W_hh.T @ (slope * after),
        "Only the own output's gradient is in it: where is the next state's?": own,
        "Only the next state's gradient is in it: where is the own output's?": W_hh.T
        @ (slope * after),
        "W_hh is not transposed: a gradient goes through a matrix against its direction.": own
        + W_hh @ (slope * after),
    }


@rule(
    "bp-step",
    "layout",
    "in, out",
    draw=_steps(turned=True),
    what="delta",
    look="Forwards it is h @ W_ho: backwards the gradient by the logits goes to the rows of W_ho.",
    call=on_tensors,
)
def _step_layout(to_logits: Array, after: Array, h: Array, W_hh: Array, W_ho: Array) -> Judgement:
    own, later, slope = W_ho @ to_logits, W_hh @ after, 1 - h**2
    return _added(
        slope,
        own,
        later,
        {
            "W_hh is transposed. Forwards it is h @ W_hh: W_hh[i, j] leads from unit i to unit j, "
            "and j's gradient goes back to i.": slope * (own + W_hh.T @ after),
            "The slope of the tanh is 1 − h², with the square.": (1 - h) * (own + later),
        },
    )


def _with_symbol(rng: np.random.Generator) -> Calls:
    calls = []
    for _, *rest in _steps()(rng):
        symbols = len(rest[3])
        p = rng.dirichlet(np.ones(symbols))
        calls.append([p, int(rng.integers(1, symbols)), *rest])
    return calls


@rule(
    "bp-step",
    "loss",
    "cross-entropy",
    draw=_with_symbol,
    what="delta",
    look="The gradient by the logits first: p, with 1 taken off at y. Then the published step.",
    call=on_tensors,
)
def _step_loss(p: Array, y: int, after: Array, h: Array, W_hh: Array, W_ho: Array) -> Judgement:
    target = np.eye(len(p))[y]
    own, later, slope = W_ho.T @ (p - target), W_hh.T @ after, 1 - h**2
    return _added(
        slope,
        own,
        later,
        {
            "p is not yet the gradient by the logits: 1 is taken off at the symbol that came, y.": (
                slope * (W_ho.T @ p + later)
            ),
            "The sign of the gradient by the logits is turned: it is p minus the target.": slope
            * (later - own),
            "1 is taken off at y alone, not from every probability.": slope
            * (W_ho.T @ (p - 1) + later),
            "That is the gradient of −ln p by p[y], not by the logits: the softmax is to be gone "
            "through, too.": slope * (W_ho.T @ (-target / p) + later),
            "W_hh is not transposed: a gradient goes through a matrix against its direction.": slope
            * (own + W_hh @ after),
        },
    )


# bp-tied: the gradients of the copies, (T, H, H)


def _copies(*steps: int) -> Draw:
    return lambda rng: [[rng.normal(size=(many, 3, 3))] for many in steps]


def _not_turned(straight: Array, turned: Array, count: int) -> dict[str, Array]:
    """Mistakes with the sums of the copies that are W as it is, and of those that are turned."""
    return {
        "That sums all copies as they are: an entry of W is another entry of a turned copy.": (
            straight + turned
        ),
        "That is the mean: tied weights move together, so their effects add up.": (
            straight + turned.T
        )
        / count,
        "Only the copies that are W as it is are in it.": straight,
    }


@rule(
    "bp-tied",
    "turned",
    "every third",
    draw=_copies(2, 5, 6),
    what="the gradient of W",
    look="Which entry of each copy is W[i, j]? Copies 3, 6, 9, … are turned.",
)
def _tied_third(copies: Array) -> Judgement:
    turned = copies[2::3].sum(0)
    straight = copies.sum(0) - turned
    first = copies[0::3].sum(0)
    return straight + turned.T, {
        "That turns every other copy, as the published task does. Here it is every third.": (
            copies[0::2].sum(0) + copies[1::2].sum(0).T
        ),
        "The first of three copies is turned in yours: it is the third.": copies.sum(0)
        - first
        + first.T,
        "The wrong ones are turned: copies 1 and 2 are W as it is.": straight.T + turned,
        **_not_turned(straight, turned, len(copies)),
    }


@rule(
    "bp-tied",
    "order",
    "last step first",
    draw=_copies(2, 5, 6),
    what="the gradient of W",
    look="Step 1 is W as it is, and it stands last: count from the end.",
)
def _tied_last_first(copies: Array) -> Judgement:
    ordered = copies[::-1]
    straight, turned = ordered[0::2].sum(0), ordered[1::2].sum(0)
    return straight + turned.T, {
        "That takes copies[0] for step 1. Here step T stands first: which steps are turned?": (
            copies[0::2].sum(0) + copies[1::2].sum(0).T
        ),
        "The wrong half is turned: step 1 is W as it is, and stands last.": straight.T + turned,
        **_not_turned(straight, turned, len(copies)),
    }


@rule(
    "bp-tied",
    "copies",
    "negated",
    draw=_copies(2, 5, 6),
    what="the gradient of W",
    look="Where W[i, j] grows, the copy of every second step falls.",
)
def _tied_negated(copies: Array) -> Judgement:
    kept, negated = copies[0::2].sum(0), copies[1::2].sum(0)
    return kept - negated, {
        "That turns every other copy, as the published task does. Here it is negated.": kept
        + negated.T,
        "That sums all copies as they are: where W grows, a negated copy falls.": kept + negated,
        "They are negated, not turned as well.": kept - negated.T,
        "The first copy is W, the second −W: yours are the other way round.": negated - kept,
        "Only the copies that are W as it is are in it.": kept,
    }


@rule(
    "bp-tied",
    "copies",
    "antisymmetric",
    draw=_copies(1, 4, 5),
    what="the gradient of W",
    look="W[i, j] stands in each copy twice: at [i, j], and with a minus at [j, i].",
)
def _tied_antisymmetric(copies: Array) -> Judgement:
    total = copies.sum(0)
    return total - total.T, {
        "That turns every other copy, as the published task does. Here all copies are W − Wᵀ.": (
            copies[0::2].sum(0) + copies[1::2].sum(0).T
        ),
        "W[i, j] stands at [j, i], too, with a minus: take the transposed sum off.": total,
        "Wᵀ has a minus in each copy.": total + total.T,
        "W stands in each copy whole, not by half.": (total - total.T) / 2,
        "The sign is turned: W itself has the plus.": total.T - total,
    }


def _with_share(rng: np.random.Generator) -> Calls:
    return [[rng.normal(size=(many, 3, 3)), float(rng.uniform(0.5, 0.9))] for many in (2, 4, 5)]


@rule(
    "bp-tied",
    "copies",
    "fading",
    draw=_with_share,
    what="the gradient of W",
    look="By how much does copy t grow where W[i, j] grows by 1?",
)
def _tied_fading(copies: Array, share: float) -> Judgement:
    weights = share ** np.arange(len(copies))
    right = np.einsum("t,tij->ij", weights, copies)
    return right, {
        "That sums all copies alike: copy t moves by γ^(t−1) where W moves by 1.": copies.sum(0),
        "The first copy is W itself: its power of γ is 0.": share * right,
        "The powers run backwards: the first copy is W itself.": np.einsum(
            "t,tij->ij", weights[::-1], copies
        ),
        "γ is raised to a power: copy 3 is γ² W.": copies[0] + share * copies[1:].sum(0),
        "A gradient is multiplied by γ^(t−1), not divided.": np.einsum(
            "t,tij->ij", 1 / weights, copies
        ),
    }


# bp-forward-step: arguments S, before, h, W_hh


def _forward(state: Callable[[Array], Array] = np.tanh, *, matrix: bool = True) -> Draw:
    """Draws two steps; `matrix`: whether the weights are one, that multiplies the state before."""

    def draw(rng: np.random.Generator) -> Calls:
        calls = []
        for hidden in (2, 4):
            S = rng.normal(size=(hidden,) * (3 if matrix else 2))
            before = [state(rng.normal(size=hidden))] if matrix else []
            h = state(rng.normal(size=hidden))
            calls.append([S, *before, h, rng.normal(size=(hidden, hidden))])
        return calls

    return draw


def _sensitivity(
    S: Array, before: Array, h: Array, W: Array, slope: Array
) -> tuple[Array, dict[str, Array]]:
    """The right S of a matrix's weights, unit first, and what comes out with a mistake."""
    scale, eye = slope[:, None, None], np.eye(len(h))
    through, direct = np.einsum("in,njm->ijm", W, S), np.einsum("ij,m->ijm", eye, before)
    return scale * (direct + through), {
        "The slope of the activation is missing.": direct + through,
        "The slope stands on axis j: it belongs to unit i, the first.": slope[:, None]
        * (direct + through),
        "The weight's direct effect is missing.": scale * through,
        "The way through the state before is missing.": scale * direct,
        "W_hh is transposed: forwards it is used as it is.": scale
        * (direct + np.einsum("ni,njm->ijm", W, S)),
        "The weight's direct effect is on unit j only, not on every unit.": scale
        * (np.broadcast_to(before, direct.shape) + through),
        "The direct effect has to go through the activation, too: the slope times the sum.": direct
        + scale * through,
    }


@rule(
    "bp-forward-step",
    "layout",
    "in, out",
    draw=_forward(),
    what="S",
    look="W_hh[m, j] leads from m to j: it multiplies the state m, and adds to unit j.",
    call=on_tensors,
)
def _forward_layout(S: Array, before: Array, h: Array, W_hh: Array) -> Judgement:
    # as published, with the weight's two axes exchanged
    right, slips = _sensitivity(S.swapaxes(1, 2), before, h, W_hh.T, 1 - h**2)
    transposed = "W_hh is transposed: forwards it is used as it is."
    turned = {text: value.swapaxes(1, 2) for text, value in slips.items() if text != transposed}
    return right.swapaxes(1, 2), {
        "That is the published task, with W_hh[j, m] leading from m to j. Here it is W_hh[m, j].": (
            _sensitivity(S, before, h, W_hh, 1 - h**2)[0]
        ),
        "A row of states stands on the left, h @ W_hh: unit i sums over the *rows* of W_hh.": slips[
            transposed
        ].swapaxes(1, 2),
        "The weight's own effect is turned round: W_hh[m, j] multiplies state m, and adds to unit "
        "j.": _sensitivity(S, before, h, W_hh.T, 1 - h**2)[0],
        "The slope stands on axis m: it belongs to unit i, the first.": (
            turned["The slope of the activation is missing."] * (1 - h**2)[:, None]
        ),
        **turned,
    }


@rule(
    "bp-forward-step",
    "activation",
    "relu",
    draw=_forward(_relu),
    what="S",
    look="S_t = diag(slope) (M + W_hh S), the slope 1 where h > 0, else 0.",
    call=on_tensors,
)
def _forward_relu(S: Array, before: Array, h: Array, W_hh: Array) -> Judgement:
    right, slips = _sensitivity(S, before, h, W_hh, (h > 0) * 1.0)
    tanh = _sensitivity(S, before, h, W_hh, 1 - h**2)[0]
    by_state = _sensitivity(S, before, h, W_hh, h)[0]
    return right, {
        "1 − h² is the slope of the tanh. The units here are rectified: the slope is 1 where "
        "h > 0, else 0.": tanh,
        "That multiplies by the state. The slope of a rectified unit is 1 where h > 0, else 0.": (
            by_state
        ),
        **slips,
    }


@rule(
    "bp-forward-step",
    "weight",
    "b",
    draw=_forward(matrix=False),
    what="S",
    look="b[j] is added to unit j: what does that do to unit i at once, and by the state before?",
    call=on_tensors,
)
def _forward_bias(S: Array, h: Array, W_hh: Array) -> Judgement:
    slope, eye = (1 - h**2)[:, None], np.eye(len(h))
    through = W_hh @ S
    return slope * (eye + through), {
        "The slope of the tanh, 1 − h², is missing.": eye + through,
        "The slope stands on axis j: it belongs to unit i, the first.": (1 - h**2)
        * (eye + through),
        "The bias's direct effect is missing: on unit j, by 1.": slope * through,
        "The way through the state before is missing.": slope * eye,
        "W_hh is transposed: forwards it is used as it is.": slope * (eye + W_hh.T @ S),
        "S stands to the right of W_hh: the sum runs over the states before.": slope
        * (eye + S @ W_hh),
        "b[j] moves unit j only, not every unit.": slope * (1 + through),
        "The direct effect has to go through the tanh, too: the slope times the sum.": eye
        + slope * through,
    }


@rule(
    "bp-forward-step",
    "axis",
    "unit last",
    draw=_forward(),
    what="S",
    look="With the unit i last: h's slope, too, belongs to the last axis.",
    call=on_tensors,
)
def _forward_last(S: Array, before: Array, h: Array, W_hh: Array) -> Judgement:
    first = np.moveaxis(S, -1, 0)
    right, slips = _sensitivity(first, before, h, W_hh, 1 - h**2)
    published = _sensitivity(S, before, h, W_hh, 1 - h**2)[0]
    return np.moveaxis(right, 0, -1), {
        "That has the unit first, as in the published task. Here it is the last axis.": published,
        "The unit came out first: move it to the end.": right,
        "The slope stands on axis j: it belongs to unit i, here the last.": np.moveaxis(
            slips["The slope stands on axis j: it belongs to unit i, the first."], 0, -1
        ),
        **{
            text: np.moveaxis(value, 0, -1)
            for text, value in slips.items()
            if not text.startswith("The slope stands")
        },
    }
