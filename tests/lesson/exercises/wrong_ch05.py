"""What learners write for the exercises of chapter 5, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong


def _step(result: str) -> str:
    return (
        "def step_back(to_logits, after, h, W_hh, W_ho):\n"
        "    own, later, slope = W_ho.T @ to_logits, W_hh.T @ after, 1 - h**2\n"
        f"    return {result}"
    )


_COLLEAGUES = """
def derivative(v, w):
    h = [0.0]
    for v_t in v:
        h.append(np.tanh(v_t + w * h[-1]))
    slope = [1 - s**2 for s in h]
    T, total = len(v), 0.0
    for i in range({first}, T + {last}):
        product = {start}
        for j in range(i + {begin}, T + 1):
            product *= {factor}
        total += {term}
    return total
"""


def _bracket(
    *,
    first: str = "1",
    last: str = "1",
    start: str = "slope[i] * h[i - 1]",
    begin: str = "1",
    factor: str = "slope[j] * w",
    term: str = "product",
) -> str:
    parts = {"first": first, "last": last, "start": start, "begin": begin}
    return _COLLEAGUES.format(**parts, factor=factor, term=term)


def _tied(result: str) -> str:
    return f"def tied(copies):\n    return {result}"


def _cut(state: str, kept: str = "states", crossing: str = "state.detach()") -> str:
    return (
        "def states_in_pieces(layer, x, k):\n    state, found = None, []\n"
        f"    for piece in torch.split(x, k):\n        states, state = layer(piece, {state})\n"
        f"        state = {crossing}\n        found.append({kept})\n    return torch.cat(found)"
    )


def _forward(result: str, source: str = "before", through: str = "in,njm->ijm") -> str:
    return (
        "def forward_step(S, before, h, W_hh):\n    eye = torch.eye(len(h), dtype=h.dtype)\n"
        f'    direct = torch.einsum("ij,m->ijm", eye, {source})\n'
        f'    through = torch.einsum("{through}", W_hh, S)\n'
        f"    slope = (1 - h**2)\n    return {result}"
    )


WRONG = {
    "bp-step": [
        Wrong("no slope", _step("own + later"), r"yet to go back through the tanh"),
        Wrong("slope on the later one only", _step("own + slope * later"), r"add first"),
        Wrong("slope on the own one only", _step("slope * own + later"), r"add first"),
        Wrong("own output only", _step("slope * own"), r"where is the next state's"),
        Wrong("next state only", _step("slope * later"), r"where is the own output's"),
        Wrong("not transposed", _step("slope * (own + W_hh @ after)"), r"W_hh is not transposed"),
        Wrong("no square", _step("(1 - h) * (own + later)"), r"with the square"),
        Wrong("logistic", _step("h * (1 - h) * (own + later)"), r"logistic"),
        Wrong(
            "slope inside",
            _step("slope * own + W_hh.T @ (slope * after)"),
            r"comes behind W_hh",
        ),
        Wrong("W_ho as it is", _step("slope * (W_ho @ to_logits + later)"), r"line \d"),
        Wrong("the sign", _step("own.add_(later).mul_(slope).neg_()"), r"sign is flipped"),
    ],
    "bp-bracket": [
        Wrong(
            "the colleague's own",
            _bracket(start="1.0", factor="slope[j] * w * slope[i] * h[i - 1]"),
            r"That is the colleague's",
        ),
        Wrong(
            "only the empty product mended",
            _bracket(
                start="1.0 if i < T else slope[i] * h[i - 1]",
                factor="slope[j] * w * slope[i] * h[i - 1]",
            ),
            r"once for every j",
        ),
        Wrong(
            "one for the last term",
            _bracket(start="slope[i] * h[i - 1] if i < T else 1.0"),
            r"its product is empty",
        ),
        Wrong("without the last term", _bracket(last="0"), r"direct effect at the last step"),
        Wrong("only the last term", _bracket(first="T"), r"depends on w, too"),
        Wrong("product too long", _bracket(begin="0"), r"j begins at i \+ 1"),
        Wrong("no slope at i", _bracket(start="h[i - 1]"), r"slope\[i\] is missing"),
        Wrong("no w", _bracket(factor="slope[j]"), r"w is missing"),
    ],
    "bp-tied": [
        Wrong("all as they are", _tied("copies.sum(0)"), r"another entry of a turned copy"),
        Wrong(
            "the wrong half",
            _tied("copies[0::2].sum(0).T + copies[1::2].sum(0)"),
            r"wrong half is turned",
        ),
        Wrong("all turned", _tied("copies.sum(0).T"), r"All copies are turned"),
        Wrong(
            "mean",
            _tied("(copies[0::2].sum(0) + copies[1::2].sum(0).T) / len(copies)"),
            r"That is the mean",
        ),
        Wrong("the first half", _tied("copies[0::2].sum(0)"), r"Only the copies that are W"),
        Wrong("the turned half", _tied("copies[1::2].sum(0).T"), r"Only the turned copies"),
    ],
    "bp-reached": [
        Wrong("k = lag", "reach = (20, 0.2, 0.75)", r"19 steps back"),
        Wrong("the others", "reach = (21, 0.8, 0.75)", r"does \*not\* reach"),
        Wrong("one place", "reach = (21, 1 / 25, 0.75)", r"more than one"),
        Wrong("one place short", "reach = (21, 4 / 25, 0.75)", r"21, 22"),
        Wrong("known only", "reach = (21, 0.2, 0.5)", r"coin"),
        Wrong("carried", "reach = (21, 0.2, 1.0)", r"carried on"),
        Wrong("wrong ones", "reach = (21, 0.2, 0.25)", r"guessed wrong"),
        Wrong("per cent", "reach = (21, 20, 0.75)", r"not in per cent"),
        Wrong("two numbers", "reach = (21, 0.2)", r"three numbers"),
    ],
    "bp-cut": [
        Wrong(
            "the colleague's own",
            _cut("None", "states.detach()"),
            r"begins again from zeros",
        ),
        Wrong("state lost", _cut("None"), r"begins again from zeros"),
        Wrong("nothing cut", _cut("state", crossing="state"), r"Nothing is cut"),
        Wrong("all cut", _cut("state", "states.detach()"), r"Nothing can be learnt"),
        Wrong(
            "state set to zero",
            _cut("state", crossing="state.detach() * 0"),
            r"begins again from zeros",
        ),
        Wrong(
            "the whole at once",
            "def states_in_pieces(layer, x, k):\n    return layer(x)[0]",
            r"Nothing is cut",
        ),
        Wrong(
            "the last states only",
            "def states_in_pieces(layer, x, k):\n    state, found = None, []\n"
            "    for piece in torch.split(x, k):\n        states, state = layer(piece, state)\n"
            "        state = state.detach()\n        found.append(state)\n"
            "    return torch.cat(found)",
            r"one row a step",
        ),
    ],
    "bp-forward-step": [
        Wrong("no slope", _forward("direct + through"), r"1 − h², is missing"),
        Wrong("slope on the last axis", _forward("slope * (direct + through)"), r"wrong axis"),
        Wrong(
            "slope on the middle axis", _forward("slope[:, None] * (direct + through)"), r"axis j"
        ),
        Wrong("no direct effect", _forward("slope[:, None, None] * through"), r"M, is missing"),
        Wrong("no way through", _forward("slope[:, None, None] * direct"), r"way through"),
        Wrong(
            "transposed",
            _forward("slope[:, None, None] * (direct + through)", through="ni,njm->ijm"),
            r"used as it is",
        ),
        Wrong(
            "h for before",
            _forward("slope[:, None, None] * (direct + through)", source="h"),
            r"state \*before\*",
        ),
        Wrong(
            "every unit moved",
            _forward("slope[:, None, None] * (before + through)"),
            r"adds to unit j only",
        ),
        Wrong(
            "slope inside",
            _forward("direct + slope[:, None, None] * through"),
            r"slope times the sum",
        ),
    ],
}

EQUIVALENT: dict[str, dict[str, str]] = {}
