"""What learners write for the exercises of chapter 9, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong


def _ends(*halves: str) -> str:
    return (
        "def summary(states, lengths):\n    H = states.shape[2] // 2\n"
        "    rows = np.arange(len(states))\n"
        f"    return np.concatenate([{', '.join(halves)}], -1)"
    )


FORWARDS, BACKWARDS = "states[rows, lengths - 1, :H]", "states[:, 0, H:]"


def _count(first: str, other: str, width: str = "2 * H", factor: str = "2 * 4 * H") -> str:
    return (
        "def two_way_count(D, H, layers):\n"
        f"    return {factor} * ({first} + (layers - 1) * ({other})), {width}"
    )


def _stack(body: str) -> str:
    return f"def stacked(x, layers, residual):\n{body}    return x"


def _loop(line: str, before: str = "") -> str:
    return _stack(
        f"{before}    for layer in layers:\n        states = layer(x)\n"
        f"        fits = residual and states.shape == x.shape\n        {line}\n"
    )


def _total(result: str) -> str:
    return (
        f"def total(log_p, V, T):\n    strings = product(range(V), repeat=T)\n    return {result}"
    )


def _share(
    *,
    clear: str = "stack.zero_grad()",
    loss: str = "stack(x)[0].square().sum()",
    norm: str = "torch.sqrt(sum(p.grad.square().sum() for p in stack.layers[i].parameters()))",
    which: str = "(0, -1)",
    result: str = "first / last",
) -> str:
    return (
        f"def share(stack, x):\n    {clear}\n    {loss}.backward()\n"
        f"    first, last = ({norm} for i in {which})\n    return ({result}).item()"
    )


WRONG = {
    "dp-ends": [
        Wrong(
            "as it was",
            "def summary(states, lengths):\n    return states[:, -1]",
            r"read one place",
        ),
        Wrong(
            "both at the length",
            "def summary(states, lengths):\n    return states[np.arange(len(states)), lengths - 1]",
            r"where does a backward run end",
        ),
        Wrong(
            "both at the first place",
            "def summary(states, lengths):\n    return states[:, 0]",
            r"last place of each sequence",
        ),
        Wrong("the row's last step", _ends("states[:, -1, :H]", BACKWARDS), r"Use the lengths"),
        Wrong("halves exchanged", _ends(BACKWARDS, FORWARDS), r"forwards first"),
        Wrong(
            "one step early",
            _ends("states[rows, lengths - 2, :H]", BACKWARDS),
            r"one step too early",
        ),
        Wrong(
            "the features' halves mixed up",
            _ends("states[rows, lengths - 1, H:]", "states[:, 0, :H]"),
            r"forward half is h",
        ),
        Wrong("one past the end", _ends("states[rows, lengths, :H]", BACKWARDS), r"out of bounds"),
        Wrong("from the row's end", _ends(FORWARDS, "states[rows, -lengths, H:]"), r"row's end"),
        Wrong("one before the end", _ends(FORWARDS, "states[:, 1, H:]"), r"one step before"),
        Wrong(
            "the mean",
            "def summary(states, lengths):\n"
            "    return np.stack([s[:n].mean(0) for s, n in zip(states, lengths)])",
            r"You averaged",
        ),
    ],
    "dp-cones": [
        Wrong("layers see more", "seen = (3, 6, 5, 8, 7, 8)", r"does not grow with the layers"),
        Wrong("two in all", "seen = (3, 3, 2, 8, 7, 8)", r"two places more"),
        Wrong("itself seen", "seen = (3, 3, 5, 8, 8, 8)", r"neither run has read it"),
        Wrong(
            "the lower layer's cone", "seen = (3, 3, 5, 8, 7, 6)", r"read the lower one's states"
        ),
        Wrong("one way stays one way", "seen = (3, 3, 5, 8, 7, 3)", r"these have seen more"),
        Wrong("itself left out", "seen = (2, 3, 5, 8, 7, 8)", r"without place 3"),
        Wrong("five of six", "seen = (3, 3, 5, 8, 7)", r"six whole numbers"),
    ],
    "dp-count": [
        Wrong(
            "one direction",
            _count("D + H + 2", "H + H + 2", factor="4 * H"),
            r"each has weights of its own",
        ),
        Wrong("H into the upper layers", _count("D + H + 2", "H + H + 2"), r"2H numbers, not H"),
        Wrong("D into the upper layers", _count("D + H + 2", "D + H + 2"), r"not D|2H numbers"),
        Wrong("one bias", _count("D + H + 1", "3 * H + 1"), r"two biases"),
        Wrong("no bias", _count("D + H", "3 * H"), r"biases are missing"),
        Wrong("one block", _count("D + H + 2", "3 * H + 2", factor="2 * H"), r"four blocks"),
        Wrong("a GRU's", _count("D + H + 2", "3 * H + 2", factor="2 * 3 * H"), r"an LSTM has four"),
        Wrong("the first layer alone", _count("D + H + 2", "0"), r"first layer alone"),
        Wrong("one width", _count("D + H + 2", "3 * H + 2", width="H"), r"both stand side by side"),
        Wrong(
            "the upper layers one way",
            "def two_way_count(D, H, layers):\n"
            "    first, other = 2 * 4 * H * (D + H + 2), 4 * H * (3 * H + 2)\n"
            "    return first + (layers - 1) * other, 2 * H",
            r"Every layer has two directions",
        ),
        Wrong(
            "the state of both fed back",
            _count("D + H + 2", "2 * H + 2 * H + 2"),
            r"each direction feeds back itself",
        ),
        Wrong(
            "width times layers",
            _count("D + H + 2", "3 * H + 2", width="2 * H * layers"),
            r"does not grow with the layers",
        ),
        Wrong(
            "one upper layer too many",
            "def two_way_count(D, H, layers):\n"
            "    return 8 * H * (D + H + 2 + layers * (3 * H + 2)), 2 * H",
            r"one upper layer too many",
        ),
        Wrong(
            "both states fed back at the bottom",
            _count("D + 2 * H + 2", "3 * H + 2"),
            r"In the first layer, too",
        ),
    ],
    "dp-stack": [
        Wrong("plain", _loop("x = states"), r"Nothing was added"),
        Wrong(
            "always added",
            _loop("x = x + states if states.shape == x.shape else states"),
            r"With residual=False nothing",
        ),
        Wrong(
            "whatever the widths",
            _loop("x = x + states if residual else states"),
            r"only where the shapes agree",
        ),
        Wrong(
            "the network's input",
            _loop(
                "x = first + states if residual and first.shape == states.shape else states",
                "    first = x\n",
            ),
            r"what went into this layer",
        ),
        Wrong(
            "into x itself",
            _stack(
                "    for layer in layers:\n        states = layer(x)\n"
                "        if residual and states.shape == x.shape:\n            x += states\n"
                "        else:\n            x = states\n"
            ),
            r"caller's tensor",
        ),
        Wrong(
            "the sum of all",
            "def stacked(x, layers, residual):\n    total = x\n    for layer in layers:\n"
            "        x = layer(x)\n"
            "        total = total + x if total.shape == x.shape else x\n"
            "    return total if residual else x",
            r"What all the layers gave",
        ),
        Wrong(
            "the first numbers added",
            "def stacked(x, layers, residual):\n    for layer in layers:\n"
            "        states = layer(x).clone()\n        w = min(x.shape[-1], states.shape[-1])\n"
            "        if residual:\n            states[..., :w] += x[..., :w]\n"
            "        x = states\n    return x",
            r"not the first numbers",
        ),
        Wrong("to itself", _loop("x = 2 * states if fits else states"), r"added to itself"),
        Wrong("taken off", _loop("x = states - x if fits else states"), r"taken off"),
        Wrong(
            "once, at the end",
            _stack(
                "    for layer in layers[:-1]:\n        x = layer(x)\n"
                "    top = layers[-1](x)\n"
                "    x = top + (x if residual and top.shape == x.shape else 0)\n"
            ),
            r"Only the last layer adds",
        ),
        Wrong(
            "not at the first",
            _stack(
                "    x = layers[0](x)\n    for layer in layers[1:]:\n"
                "        x = layer(x) + (x if residual else 0)\n"
            ),
            r"first layer adds nothing",
        ),
        Wrong(
            "one too few",
            _loop("x = x + states if fits else states").replace("in layers:", "in layers[:-1]:"),
            r"one layer too few",
        ),
    ],
    "dp-total": [
        Wrong("mean", _total("float(np.mean([np.exp(log_p(s)) for s in strings]))"), r"the mean"),
        Wrong("logs added", _total("float(sum(log_p(s) for s in strings))"), r"added logarithms"),
        Wrong(
            "exp of the sum",
            _total("float(np.exp(sum(log_p(s) for s in strings)))"),
            r"sum of the exp",
        ),
        Wrong(
            "permutations",
            "from itertools import permutations\n\n"
            "def total(log_p, V, T):\n"
            "    return float(sum(np.exp(log_p(s)) for s in permutations(range(V), T)))",
            r"not permutations",
        ),
        Wrong(
            "combinations",
            "from itertools import combinations_with_replacement\n\n"
            "def total(log_p, V, T):\n"
            "    strings = combinations_with_replacement(range(V), T)\n"
            "    return float(sum(np.exp(log_p(s)) for s in strings))",
            r"not combinations",
        ),
        Wrong(
            "log of the total",
            _total("float(np.log(sum(np.exp(log_p(s)) for s in strings)))"),
            r"logarithm of the total",
        ),
        Wrong(
            "a letter too few",
            _total("float(sum(np.exp(log_p(s)) for s in strings))").replace(
                "range(V)", "range(V - 1)"
            ),
            r"the last one never comes",
        ),
        Wrong("always one", _total("1.0"), r"So much a law gives"),
        Wrong(
            "base two", _total("float(sum(2.0 ** log_p(s) for s in strings))"), r"natural logarithm"
        ),
        Wrong(
            "by the letter",
            _total("float(sum(np.exp(log_p(s) / T) for s in strings))"),
            r"do not divide",
        ),
        Wrong(
            "shorter ones, too",
            "def total(log_p, V, T):\n"
            "    return float(sum(np.exp(log_p(s)) for n in range(1, T + 1)\n"
            "                     for s in product(range(V), repeat=n)))",
            r"no shorter ones",
        ),
        Wrong(
            "letters from one",
            _total("float(sum(np.exp(log_p(s)) for s in strings))").replace(
                "range(V)", "range(1, V + 1)"
            ),
            r"letters are 0 to V",
        ),
    ],
    "dp-norms": [
        Wrong("upside down", _share(result="last / first"), r"last layer's as a share"),
        Wrong("not divided", _share(result="first"), r"divide by the last"),
        Wrong(
            "norms added",
            _share(norm="sum(p.grad.norm() for p in stack.layers[i].parameters())"),
            r"add the squares",
        ),
        Wrong(
            "no root",
            _share(norm="sum(p.grad.square().sum() for p in stack.layers[i].parameters())"),
            r"take the root",
        ),
        Wrong("never cleared", _share(clear="pass"), r"still in \.grad"),
        Wrong("the sum unsquared", _share(loss="stack(x)[0].sum()"), r"not squared"),
        Wrong("the last step", _share(loss="stack(x)[0][:, -1].square().sum()"), r"last step only"),
        Wrong(
            "absolute values",
            _share(norm="sum(p.grad.abs().sum() for p in stack.layers[i].parameters())"),
            r"absolute values were added",
        ),
        Wrong(
            "by the whole stack",
            "def share(stack, x):\n    stack.zero_grad()\n"
            "    stack(x)[0].square().sum().backward()\n"
            "    norm = lambda ps: torch.sqrt(sum(p.grad.square().sum() for p in ps))\n"
            "    return (norm(stack.layers[0].parameters()) / norm(stack.parameters())).item()",
            r"norm over the whole stack",
        ),
        Wrong(
            "the largest",
            _share(norm="max(p.grad.abs().max() for p in stack.layers[i].parameters())"),
            r"how their norm",
        ),
        Wrong("the second layer", _share(which="(1, -1)"), r"first has the index 0"),
        Wrong("by the second", _share(which="(0, 1)"), r"last has the index"),
        Wrong(
            "one weight alone",
            _share(norm="stack.layers[i].weight_ih_l0.grad.norm()"),
            r"take all of them",
        ),
    ],
}

EQUIVALENT: dict[str, dict[str, str]] = {}
