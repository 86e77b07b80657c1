"""What learners write for the exercises of chapter 7, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong


def _step(
    *,
    state: str = "h, c",
    z: str = "a + h @ weight_hh.T",
    order: str = "i, f, g, o",
    cell: str = "torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)",
    out: str = "torch.sigmoid(o) * torch.tanh(new)",
    back: str = "out, new",
) -> str:
    return (
        f"def lstm_step(a, state, weight_hh):\n    {state} = state\n"
        f"    {order} = ({z}).chunk(4, -1)\n    new = {cell}\n    out = {out}\n    return {back}"
    )


def _count(hidden: str = "blocks * (size + 2)", read: str = "hidden + 1", out: str = "") -> str:
    out = out or "outputs * (blocks * size + 1)"
    return (
        "def weights_1997(inputs, blocks, size, outputs):\n"
        f"    hidden = {hidden}\n    return hidden * (inputs + {read}) + {out}"
    )


def _note(
    *,
    both: str = "np.concatenate([h, x_t])",
    bias: str = "b['i']",
    cell: str = "f * c + i * new",
    out: str = "o * np.tanh(c)",
    keep: str = "h",
    reset: str = "",
    back: str = "np.array(found)",
) -> str:
    return (
        "def states(x, W, b):\n    def sigmoid(z):\n        return 1 / (1 + np.exp(-z))\n"
        "    h = c = np.zeros(len(b['f']))\n    found = []\n"
        "    for t, x_t in enumerate(x):\n"
        f"        {reset}both = {both}\n"
        "        f = sigmoid(W['f'] @ both + b['f'])\n"
        f"        i = sigmoid(W['i'] @ both + {bias})\n"
        "        new = np.tanh(W['C'] @ both + b['C'])\n"
        f"        c = {cell}\n"
        "        o = sigmoid(W['o'] @ both + b['o'])\n"
        f"        h = {out}\n        found.append({keep})\n    return {back}"
    )


def _bias(result: str) -> str:
    return f"def bias_of(k):\n    return {result}"


def _copy(result: str) -> str:
    return f"def paid(symbols, length, lag, known):\n    return {result}"


WRONG = {
    "ls-hold": [
        Wrong("forgets at 1", "held = (0.0, 0.3, 3.8, 0.1)", r"keeps everything"),
        Wrong("a sum in b", "held = (0.8, 300.0, 3.8, 0.1)", r"only the last"),
        Wrong("kept in b", "held = (0.8, 1.1, 3.8, 0.1)", r"take it out of the sum"),
        Wrong("c without the start", "held = (0.8, 0.3, 3.0, 0.1)", r"add it"),
        Wrong("one step in c", "held = (0.8, 0.3, 1.1, 0.1)", r"Each of the ten"),
        Wrong("two halvings", "held = (0.8, 0.3, 3.8, 0.2)", r"after two steps"),
        Wrong("not halved", "held = (0.8, 0.3, 3.8, 0.8)", r"share that stays"),
        Wrong("three numbers", "held = (0.8, 0.3, 3.8)", r"four numbers"),
    ],
    "ls-count": [
        Wrong(
            "ninety-three",
            "def weights_1997(inputs, blocks, size, outputs):\n    return 93",
            r"always return 93",
        ),
        Wrong("no biases", _count(read="hidden"), r"biases of cells and gates"),
        Wrong("no output", _count(out="0"), r"output layer is missing"),
        Wrong("output without bias", _count(out="outputs * blocks * size"), r"outputs' biases"),
        Wrong("gates unread", _count(read="blocks * size + 1"), r"gates' outputs are read"),
        Wrong(
            "gates for each cell", _count(hidden="3 * blocks * size"), r"belong to a block|gates"
        ),
        Wrong("forget gates", _count(hidden="blocks * (size + 3)"), r"no forget gate"),
        Wrong("one gate", _count(hidden="blocks * (size + 1)"), r"has two gates: one lets in"),
        Wrong(
            "output reads inputs",
            _count(out="outputs * (inputs + blocks * size + 1)"),
            r"cells alone, not the inputs",
        ),
        Wrong("output reads gates", _count(out="outputs * (hidden + 1)"), r"cells alone"),
        Wrong(
            "today's",
            "def weights_1997(inputs, blocks, size, outputs):\n    cells = blocks * size\n"
            "    return 4 * cells * (inputs + cells + 2) + outputs * (cells + 1)",
            r"today's LSTM",
        ),
    ],
    "ls-step": [
        Wrong("f first", _step(order="f, i, g, o"), r"i and f are exchanged"),
        Wrong("g last", _step(order="i, f, o, g"), r"g comes third"),
        Wrong("TensorFlow's", _step(order="f, i, o, g"), r"not f, i, o, g"),
        Wrong("no recurrence", _step(z="a + 0 * (h @ weight_hh.T)"), r"W_hh h_\{t-1\} is missing"),
        Wrong("reads c", _step(z="a + c @ weight_hh.T"), r"read h, not c"),
        Wrong("no a", _step(z="h @ weight_hh.T"), r"input's share"),
        Wrong(
            "the note's gap",
            _step(cell="torch.sigmoid(i) * torch.tanh(g)"),
            r"old cell is missing",
        ),
        Wrong(
            "the carousel",
            _step(cell="c + torch.sigmoid(i) * torch.tanh(g)"),
            r"kept whole: multiply it by f",
        ),
        Wrong(
            "swapped",
            _step(cell="torch.sigmoid(i) * c + torch.sigmoid(f) * torch.tanh(g)"),
            r"f goes with the old",
        ),
        Wrong(
            "candidate through a sigmoid",
            _step(cell="torch.sigmoid(f) * c + torch.sigmoid(i) * torch.sigmoid(g)"),
            r"passes through tanh",
        ),
        Wrong(
            "1 - f",
            _step(cell="(1 - torch.sigmoid(f)) * c + torch.sigmoid(i) * torch.tanh(g)"),
            r"forgets nothing",
        ),
        Wrong("no tanh on c", _step(out="torch.sigmoid(o) * new"), r"tanh is missing"),
        Wrong("old c", _step(out="torch.sigmoid(o) * torch.tanh(c)"), r"\*new\* cell"),
        Wrong("no output gate", _step(out="torch.tanh(new)"), r"output gate is missing"),
        Wrong("order of the two", _step(back="new, out"), r"output comes first"),
        Wrong("h alone", _step(back="out"), r"two tensors, \(h, c\)"),
        Wrong("state turned round", _step(state="c, h"), r"state is \(h, c\), in this order\."),
        Wrong("both turned round", _step(state="c, h", back="new, out"), r"so is what you return"),
        Wrong(
            "1 - f for i",
            _step(cell="torch.sigmoid(f) * c + (1 - torch.sigmoid(f)) * torch.tanh(g)"),
            r"i has weights of its own",
        ),
        Wrong(
            "h for c",
            _step(cell="torch.sigmoid(f) * h + torch.sigmoid(i) * torch.tanh(g)"),
            r"What goes into the new c",
        ),
        Wrong(
            "torch's own",
            "def lstm_step(a, state, weight_hh):\n"
            "    cell = torch.nn.LSTMCell(a.shape[1], a.shape[1] // 4)\n    return cell(a, state)",
            r"LSTMCell",
        ),
    ],
    "ls-bias": [
        Wrong("the rule for 1/e", _bias("math.log(k - 1) if k > 1 else 0.0"), r"1/e after k"),
        Wrong("for large k", _bias("math.log(k / math.log(2))"), r"large k only"),
        Wrong("f itself", _bias("0.5 ** (1 / k)"), r"f itself"),
        Wrong("sign", _bias("math.log(2 ** (1 / k) - 1)"), r"sign"),
        Wrong("one over e", _bias("-math.log(math.exp(1 / k) - 1)"), r"exactly 1/e"),
        Wrong("half a step", _bias("math.log(2 * k - 1)"), r"arguments \(0\.5\)"),
        Wrong("linear", _bias("1 - 0.5 / k"), r"Which f has"),
        Wrong("ln f", _bias("math.log(0.5 ** (1 / k))"), r"not ln f"),
        Wrong(
            "f after k steps", _bias("math.log(0.5**k / (1 - 0.5**k))"), r"left of ½ after k steps"
        ),
    ],
    "ls-note": [
        Wrong("forgets all", _note(cell="i * new"), r"forgets all"),
        Wrong("keeps all", _note(cell="c + i * new"), r"multiply it by f"),
        Wrong("writes all", _note(cell="f * c + new"), r"multiply it by i"),
        Wrong("swapped", _note(cell="i * c + f * new"), r"swapped: f goes"),
        Wrong("bias by time", _note(bias="b['i'][t]"), r"same at all times"),
        Wrong("the note's bias", _note(bias="b['t'][t]"), r"b has the keys f, i, C and o"),
        Wrong("no bias", _note(bias="0"), r"no bias any more"),
        Wrong("x before h", _note(both="np.concatenate([x_t, h])"), r"act on \[h, x\]"),
        Wrong("the cells", _note(keep="c"), r"These are the cells: return the h"),
        Wrong("no output gate, no tanh", _note(out="c"), r"what the output gate shows"),
        Wrong("no output gate", _note(out="np.tanh(c)"), r"output gate is missing"),
        Wrong("h leaks", _note(cell="f * h + i * new"), r"carried on and leaks is c"),
        Wrong("1 - f for i", _note(cell="f * c + (1 - f) * new"), r"input gate is not used"),
        Wrong(
            "begun anew",
            _note(reset="h = c = np.zeros(len(b['f'])); "),
            r"h and c begin at zero at every step",
        ),
        Wrong("c begun anew", _note(reset="c = 0; "), r"forgets all|c begins at zero"),
        Wrong("both minus", _note(cell="f * c - i * new"), r"What of the old c"),
        Wrong("last alone", _note(back="found[-1]"), r"states of all steps"),
    ],
    "ls-copy": [
        Wrong("per sequence", _copy("(length - known) * math.log(symbols)"), r"per sequence"),
        Wrong("over T", _copy("(length - known) * math.log(symbols) / lag"), r"n symbols come in"),
        Wrong(
            "nothing known",
            _copy("length * math.log(symbols) / (lag + 2 * length)"),
            r"take off m",
        ),
        Wrong(
            "known cost",
            _copy("known * math.log(symbols) / (lag + 2 * length)"),
            r"those forgotten cost",
        ),
        Wrong(
            "with the blank",
            _copy("(length - known) * math.log(symbols + 1) / (lag + 2 * length)"),
            r"blank is not among",
        ),
        Wrong(
            "a logarithm of what is left",
            _copy("math.log(symbols - known) / (lag + 2 * length)"),
            r"with the arguments \(4, 6, 20, 6\)",
        ),
        Wrong(
            "bits",
            _copy("(length - known) * math.log2(symbols) / (lag + 2 * length)"),
            r"in bits",
        ),
    ],
}
