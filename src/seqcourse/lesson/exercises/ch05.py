"""Checkers of chapter 5, backpropagation through time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import Predicted, about, misshapen, on_tensors, slip
from seqcourse.lesson.findings import Finding, Plain, close, holds

_AUTOGRAD = ("torch.autograd.grad", "torch.Tensor.backward", "torch.autograd.backward")


@exercise("bp-step", forbid=_AUTOGRAD)
class Step:
    """The gradient inside a step's tanh, from its logits' and from the next step's."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        def case(hidden: int, symbols: int) -> dict[str, np.ndarray]:
            return {
                "to_logits": rng.normal(size=symbols),
                "after": rng.normal(size=hidden),
                "h": rng.uniform(-0.9, 0.9, hidden),
                "W_hh": rng.normal(size=(hidden, hidden)),
                "W_ho": rng.normal(size=(symbols, hidden)),
            }

        return {"cases": [case(2, 3), case(5, 4)]}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [on_tensors(answer, *case.values()) for case in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            h, after, back = case["h"], case["after"], case["W_hh"].T
            slope = 1 - h**2
            own, later = case["W_ho"].T @ case["to_logits"], back @ after
            slips = {
                "That is the gradient by the state itself. It has yet to go back through the "
                "tanh: times 1 − h².": own + later,
                "The own output's gradient has to go through the tanh, too: add first, multiply "
                "the sum.": own + slope * later,
                "The next state's gradient has to go through this step's tanh, too: add first, "
                "multiply the sum.": slope * own + later,
                "Only the own output's gradient is in it: where is the next state's?": slope * own,
                "Only the next state's gradient is in it: where is the own output's?": slope
                * later,
                "W_hh is not transposed: a gradient goes through a matrix against its direction.": (
                    slope * (own + back.T @ after)
                ),
                "The slope of the tanh is 1 − h², with the square.": (1 - h) * (own + later),
                "h (1 − h) is the slope of the logistic function. The tanh has 1 − h².": h
                * (1 - h)
                * (own + later),
                "`after` went through the tanh of step t + 1. Step t's slope comes behind W_hhᵀ, "
                "on the sum.": slope * own + back @ (slope * after),
            }
            look = slip(given, slips) or "Two gradients, summed; then the slope of the tanh."
            yield close(f"delta for {len(h)} units", given, slope * (own + later), look=look)


@exercise("bp-bracket")
class Bracket:
    """The derivative of one unit's last state by its recurrent weight."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        sizes = (4, 5, 8)
        return {"cases": [[rng.uniform(-1, 1, n), float(rng.uniform(0.5, 1.2))] for n in sizes]}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(v.copy(), w) for v, w in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (v, w), given in zip(inputs["cases"], outputs, strict=True):
            h = [0.0]
            for v_t in v:
                h.append(float(np.tanh(v_t + w * h[-1])))
            states, total = np.array(h), len(v)
            slope = 1 - states[1:] ** 2
            direct, through = slope * states[:-1], slope * w  # F and J of steps 1 … T
            chain = [through[i + 1 :].prod() for i in range(total)]
            right = float(np.dot(chain, direct))
            inside = [(through[i + 1 :] * direct[i]).prod() for i in range(total)]
            slips = {
                "That is the colleague's: what belongs to step i stands inside the product over j. "
                "And for i = T the product is empty: yours is 1, where slope[T] h[T-1] should "
                "stand.": sum(inside),
                "What belongs to step i still stands inside the product: it comes once for every "
                "j.": sum(inside[:-1]) + direct[-1],
                "The term i = T is 1: its product is empty, but slope[T] h[T-1] belongs to it.": (
                    np.dot(chain[:-1], direct[:-1]) + 1
                ),
                "The term i = T is missing: the weight's direct effect at the last step.": np.dot(
                    chain[:-1], direct[:-1]
                ),
                "Only the last step's direct effect is there: h[T-1] depends on w, too.": direct[
                    -1
                ],
                "The product is one step too long: j begins at i + 1.": np.dot(
                    [through[i:].prod() for i in range(total)], direct
                ),
                "slope[i] is missing: the weight's own step goes through a tanh, too.": np.dot(
                    chain, states[:-1]
                ),
                "w is missing in the product: a state reaches the next one through the weight.": (
                    np.dot([slope[i + 1 :].prod() for i in range(total)], direct)
                ),
            }
            look = slip(given, slips) or "Try a small change of w: (h_T(w + ε) − h_T(w))/ε"
            yield close(f"dh_T/dw for T = {total}", given, right, look=look)


@exercise("bp-tied")
class Tied:
    """The gradient of a matrix that is used as it is and transposed, in turn."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"copies": [rng.normal(size=(steps, 3, 3)) for steps in (2, 5, 6)]}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(copies.copy()) for copies in inputs["copies"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for copies, given in zip(inputs["copies"], outputs, strict=True):
            straight, turned = copies[0::2].sum(0), copies[1::2].sum(0)
            right = straight + turned.T
            slips = {
                "That sums all copies as they are: an entry of W is another entry of a turned "
                "copy.": straight + turned,
                "The wrong half is turned: the first copy is W as it is.": straight.T + turned,
                "All copies are turned: every other, from the first on, is W as it is.": (
                    straight + turned
                ).T,
                "That is the mean: tied weights move together, so their effects add up.": right
                / len(copies),
                "Only the copies that are W as it is are in it.": straight,
                "Only the turned copies are in it.": turned.T,
            }
            look = slip(given, slips) or "Which entry of each copy is W[i, j]? Sum those."
            yield close(f"the gradient from {len(copies)} copies", given, right, look=look)


@exercise("bp-reached")
class Reached(Predicted):
    """The smallest k, a share of losses, and a share of right answers, for lag 20."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        text = "three numbers: the steps of (a), the shares of (b) and (c)"
        if lost := misshapen(outputs, 3, text):
            yield lost
            return
        look = "A piece of k steps joins its last step to its first: k − 1 steps apart."
        slips = {"With 20 steps the last loss reaches 19 steps back: count once more.": 20.0}
        yield about("(a)", outputs[0], 21.0, slip(outputs[0], slips) or look, rtol=1e-6)
        look = "In a piece of 25, at which places lies the answer in the same piece?"
        slips = {
            "That share does *not* reach its answer.": 0.8,
            "That is the share for one place. There are more than one.": 0.04,
            "Count the places 21, 22, …, 25: both ends belong to them.": 0.16,
            "As a share, not in per cent.": 20.0,
        }
        yield about("(b)", outputs[1], 0.2, slip(outputs[1], slips) or look)
        look = "Which answers are known? And of the others?"
        slips = {
            "So many are *known*. A coin gets some of the others, too.": 0.5,
            "That would be so with the state carried on.": 1.0,
            "So many are guessed wrong.": 0.25,
            "As a share, not in per cent.": 75.0,
        }
        yield about("(c)", outputs[2], 0.75, slip(outputs[2], slips) or look)


@exercise("bp-cut")
class Cut:
    """States of a sequence read in pieces, whose gradients do not leave their piece."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {
            "x": rng.normal(size=(7, 2)),
            "W_ih": rng.normal(size=(3, 2)),
            "W_hh": rng.normal(size=(3, 3)),
            "k": [3, 1, 7],
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        import torch

        layer = torch.nn.RNN(2, 3, bias=False, dtype=torch.float64)
        weights = {"weight_ih_l0": inputs["W_ih"], "weight_hh_l0": inputs["W_hh"]}
        layer.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
        found = []
        for k in inputs["k"]:
            x = torch.tensor(inputs["x"], requires_grad=True)
            states = answer(layer, x, k)
            whole = isinstance(states, torch.Tensor) and states.shape == (7, 3)
            found.append([states, _reach(states, x)] if whole else states)
        return found

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        x, W_ih, W_hh = inputs["x"], inputs["W_ih"], inputs["W_hh"]
        right = _states(x, W_ih, W_hh)
        step = np.arange(len(x))
        for k, given in zip(inputs["k"], outputs, strict=True):
            if not isinstance(given, list) or len(given) != 2:
                look = "All states of each piece are asked for, not its last alone: one row a step."
                yield close(f"the states with k = {k}", given, right, look=look)
                return
            states, reach = given
            again = np.concatenate([_states(x[i : i + k], W_ih, W_hh) for i in range(0, len(x), k)])
            slips = {
                "Each piece begins again from zeros: hand the state on, layer(piece, state).": (
                    again
                )
            }
            look = slip(states, slips) or "They are to be the states of the whole sequence."
            yield close(f"the states with k = {k}", states, right, look=look)
            past = step[:, None] >= step
            wanted = past & (step[:, None] // k == step // k)
            name = f"with k = {k}, which inputs each state's gradient reaches"
            given_reach = np.asarray(reach) > 0
            expected = f"{wanted.sum()} pairs of state and input, all within a piece"
            said = f"{given_reach.sum()} pairs"
            slips = {
                "Nothing can be learnt: the states that you return have lost their gradient.": (
                    np.zeros_like(wanted)
                ),
                "Nothing is cut: detach the state that is handed on.": past,
            }
            look = slip(given_reach * 1.0, {t: v * 1.0 for t, v in slips.items()}) or (
                "A state's gradient is to reach the inputs of its own piece up to itself, no other."
            )
            same = given_reach.shape == wanted.shape and bool((given_reach == wanted).all())
            yield holds(name, same, given=said, expected=expected, look=look)


@exercise("bp-forward-step", forbid=_AUTOGRAD)
class ForwardStep:
    """How each unit's state depends on each recurrent weight, one step on."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        def case(hidden: int) -> dict[str, np.ndarray]:
            return {
                "S": rng.normal(size=(hidden,) * 3),
                "before": rng.uniform(-0.9, 0.9, hidden),
                "h": rng.uniform(-0.9, 0.9, hidden),
                "W_hh": rng.normal(size=(hidden, hidden)),
            }

        return {"cases": [case(2), case(4)]}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [on_tensors(answer, *case.values()) for case in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            S, before, h, W = (case[name] for name in ("S", "before", "h", "W_hh"))
            slope, eye = 1 - h**2, np.eye(len(h))
            through = np.einsum("in,njm->ijm", W, S)
            direct = np.einsum("ij,m->ijm", eye, before)
            scale = slope[:, None, None]
            every = np.broadcast_to(before, direct.shape)
            slips = {
                "The slope of the tanh, 1 − h², is missing.": direct + through,
                "The slope stands on the wrong axis: it belongs to unit i, the first.": slope
                * (direct + through),
                "The slope stands on axis j: it belongs to unit i, the first.": slope[:, None]
                * (direct + through),
                "The weight's direct effect, M, is missing.": scale * through,
                "The way through the state before is missing.": scale * direct,
                "W_hh is transposed: forwards it is used as it is.": scale
                * (direct + np.einsum("ni,njm->ijm", W, S)),
                "M holds h_t: the weight multiplies the state *before*, h_{t-1}.": scale
                * (np.einsum("ij,m->ijm", eye, h) + through),
                "M moves every unit: the weight [j, m] adds to unit j only.": scale
                * (every + through),
                "M is turned round: the weight [j, m] leads from m to j.": scale
                * (np.einsum("im,j->ijm", eye, before) + through),
                "The slope is that of the state before: it is this step's tanh, 1 − h_t².": (
                    1 - before**2
                )[:, None, None]
                * (direct + through),
                "The direct effect has to go through the tanh, too: the slope times the sum.": (
                    direct + scale * through
                ),
            }
            look = slip(given, slips) or "S_t = diag(1 − h²) (M + W_hh S): check each part's axes."
            yield close(f"S for {len(h)} units", given, scale * (direct + through), look=look)


def _states(x: np.ndarray, W_ih: np.ndarray, W_hh: np.ndarray) -> np.ndarray:
    """States (T, H) from zeros."""
    h, found = np.zeros(len(W_hh)), []
    for x_t in x:
        h = np.tanh(W_ih @ x_t + W_hh @ h)
        found.append(h)
    return np.array(found)


def _reach(states: Any, x: Any) -> np.ndarray:
    """(T, T): [t, s] is how large the gradient of state t by input s is; 0 without a graph."""
    import torch

    found = np.zeros((len(states), len(x)))
    if states.requires_grad:
        for t, state in enumerate(states):
            sent = torch.autograd.grad(state.sum(), x, retain_graph=True, allow_unused=True)[0]
            if sent is not None:
                found[t] = sent.abs().sum(1).numpy()
    return found
