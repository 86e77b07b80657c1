"""What learners write for the exercises of chapter 11, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong

_SOFTMAX = "    w = np.exp(w - w.max())\n    w = w / w.sum()\n"


def _step(body: str) -> str:
    return "def decoder_step(s, y, memory, cell, score):\n" + body


def _asked(by: str, result: str, before: str = "", weigh: str = _SOFTMAX) -> str:
    return _step(
        f"{before}    w = score({by}, memory)\n{weigh}    m = w @ memory\n    return {result}\n"
    )


_FIRST = "    new = cell(s, y, np.zeros(memory.shape[1]))\n"


def _weights(result: str, before: str = "") -> str:
    return f"def masked_weights(scores, real):\n{before}    return {result}\n"


_EXP = "    a = np.exp(scores - scores.max(-1, keepdims=True))\n"


def _jacobian(result: str, scores: str = "keys @ q / tau") -> str:
    return (
        f"def jacobian(q, keys, values, tau):\n    a = np.exp({scores})\n    a = a / a.sum()\n"
        f"    return {result}\n"
    )


def _lifted(query: str, new: str, keys: str = "keys") -> str:
    return (
        "def lifted(q, keys, tau):\n    square = (keys**2).sum(-1, keepdims=True)\n"
        f"    return {query}, np.concatenate([{keys}, {new}], -1)\n"
    )


def _additive(
    inner: str = "of_query + of_key",
    scores: str = "torch.tanh(inner) @ u",
    a: str = "scores.masked_fill(padding[:, None], -torch.inf).softmax(-1)",
    result: str = "a @ value, a",
) -> str:
    return (
        "def additive_attention(query, key, value, weight_q, weight_k, u, padding):\n"
        "    of_query = (query @ weight_q.T)[:, :, None]\n"
        "    of_key = (key @ weight_k.T)[:, None]\n"
        f"    inner = {inner}\n    scores = {scores}\n    a = {a}\n    return {result}\n"
    )


WRONG = {
    "at-circle": [
        Wrong("as it was", _asked("new", "cell(new, y, m), m", _FIRST), r"new state asks here"),
        Wrong("Luong's", _asked("new", "new, m", _FIRST), r"new state asks here"),
        Wrong("reads with nothing", _asked("s", "new, m", _FIRST), r"with nothing read"),
        Wrong("called twice", _asked("s", "cell(cell(s, y, m), y, m), m"), r"called twice with"),
        Wrong("no softmax", _asked("s", "cell(s, y, m), m", weigh=""), r"take their softmax"),
        Wrong(
            "not divided",
            _asked("s", "cell(s, y, m), m", weigh="    w = np.exp(w)\n"),
            r"not divided by their sum",
        ),
        Wrong(
            "hard",
            _asked("s", "cell(s, y, m), m", weigh="    w = np.eye(len(w))[w.argmax()]\n"),
            r"hard look-up",
        ),
        Wrong(
            "the mean",
            _step("    m = memory.mean(0)\n    return cell(s, y, m), m\n"),
            r"plain mean",
        ),
        Wrong("one thing", _asked("s", "cell(s, y, m)"), r"next state, what was read"),
        Wrong("other order", _asked("s", "m, cell(s, y, m)"), r"in the other order"),
        Wrong("exchanged", _asked("s", "cell(m, y, s), m"), r"it is cell\(s, y, m\)"),
        Wrong("symbol last", _asked("s", "cell(s, m, y), m"), r"wants a state"),
        Wrong(
            "read again",
            _step(
                "    def read(s):\n        w = np.exp(score(s, memory))\n"
                "        return w @ memory / w.sum()\n"
                "    s = cell(s, y, read(s))\n    return s, read(s)\n"
            ),
            r"by the new state",
        ),
        Wrong(
            "the first state advanced",
            _asked("s", "cell(new, y, m), m", _FIRST),
            r"read twice",
        ),
    ],
    "at-mask": [
        Wrong(
            "as it was",
            _weights("a / a.sum(-1, keepdims=True) * real", _EXP),
            r"padding took its share",
        ),
        Wrong(
            "divided at the end",
            _weights("a / a.sum(-1, keepdims=True)", _EXP + "    a = a * real\n"),
            r"largest \*real\* score",
        ),
        Wrong(
            "scores of zero",
            _weights(
                "a / a.sum(-1, keepdims=True)",
                "    scores = scores * real\n" + _EXP,
            ),
            r"a score like any other",
        ),
        Wrong(
            "turned round",
            _weights(
                "a / a.sum(-1, keepdims=True)",
                "    scores = np.where(real, -1e9, scores)\n" + _EXP,
            ),
            r"True is a real place",
        ),
        Wrong("not masked", _weights("a / a.sum(-1, keepdims=True)", _EXP), r"Nothing is masked"),
        Wrong(
            "NaN where all is padding",
            _weights(
                "a / a.sum(-1, keepdims=True)",
                "    scores = np.where(real, scores, -np.inf)\n" + _EXP,
            ),
            r"Where all is padding every weight",
        ),
        Wrong(
            "even where all is padding",
            _weights(
                "a / a.sum(-1, keepdims=True)",
                "    scores = np.where(real, scores, -1e9)\n" + _EXP,
            ),
            r"no even weights|even\s+weights",
        ),
        Wrong(
            "the batch's largest",
            _weights(
                "a / np.where(real.any(-1, keepdims=True), a.sum(-1, keepdims=True), 1)",
                "    scores = np.where(real, scores, -np.inf)\n"
                "    a = np.exp(scores - scores.max())\n",
            ),
            r"each row's own largest|largest \*real\* score",
        ),
        Wrong(
            "zeros, divided by a tiny number",
            _weights(
                "a / np.maximum(a.sum(-1, keepdims=True), 1e-300)",
                "    a = np.exp(scores) * real\n",
            ),
            r"largest \*real\* score",
        ),
        Wrong(
            "no maximum taken off",
            _weights("a / a.sum(-1, keepdims=True)", "    a = np.where(real, np.exp(scores), 0)\n"),
            r"largest \*real\* score",
        ),
        Wrong(
            "the other axis",
            _weights("a / a.sum(0)", "    a = np.where(real, np.exp(scores), 0)\n"),
            r"over the places, the last axis",
        ),
        Wrong("exponentials", _weights("np.exp(scores) * real"), r"not divided by their sum"),
    ],
    "at-cov": [
        Wrong("second moment", _jacobian("(values * a[:, None]).T @ keys / tau"), r"means are not"),
        Wrong(
            "no temperature",
            _jacobian("(a[:, None] * (values - a @ values)).T @ keys"),
            r"1/τ is missing",
        ),
        Wrong(
            "times the temperature",
            _jacobian("tau * (a[:, None] * (values - a @ values)).T @ keys"),
            r"divide by it",
        ),
        Wrong(
            "transposed",
            _jacobian("keys.T @ (a[:, None] * (values - a @ values)) / tau"),
            r"transpose",
        ),
        Wrong(
            "plain means",
            _jacobian("(a[:, None] * (values - values.mean(0))).T @ (keys - keys.mean(0)) / tau"),
            r"taken under the weights",
        ),
        Wrong(
            "cold weights",
            _jacobian("(a[:, None] * (values - a @ values)).T @ keys / tau", "keys @ q"),
            r"divide the scores by τ first",
        ),
        Wrong(
            "unweighted",
            _jacobian("(values - a @ values).T @ (keys - a @ keys) / tau"),
            r"weights are missing",
        ),
        Wrong(
            "a mean of means",
            _jacobian("(a[:, None] * (values - a @ values)).T @ keys / tau / len(a)"),
            r"sum to 1 already",
        ),
        Wrong(
            "bare exponentials",
            _jacobian("(a[:, None] * (values - a @ values)).T @ keys / tau"),
            r"1,000 overflow",
        ),
        Wrong("sign", _jacobian("(a[:, None] * (a @ values - values)).T @ keys / tau"), r"sign"),
    ],
    "at-kernel": [
        Wrong("plain", _lifted("np.append(q, 0) / tau", "square"), r"plain attention"),
        Wrong("no temperature", _lifted("np.append(q, 1)", "-square / 2"), r"divided by 2τ"),
        Wrong("sign", _lifted("np.append(q, 1) / tau", "square / 2"), r"wrong sign"),
        Wrong("not halved", _lifted("np.append(q, 1) / tau", "-square"), r"half of them"),
        Wrong(
            "length", _lifted("np.append(q, 1) / tau", "-np.sqrt(square) / 2"), r"not the length"
        ),
        Wrong(
            "half a temperature",
            _lifted("np.append(q / tau, 1)", "-square / 2"),
            r"but not the new number",
        ),
        Wrong(
            "the other half",
            _lifted("np.append(q, 1 / tau)", "-square / 2"),
            r"but not the dot product",
        ),
        Wrong(
            "twice",
            _lifted("np.append(q, 1) / tau", "-square / 2 / tau", "keys / tau"),
            r"not to both",
        ),
        Wrong("not lifted", "def lifted(q, keys, tau):\n    return q / tau, keys\n", r"One number"),
        Wrong(
            "weights",
            "def lifted(q, keys, tau):\n"
            "    return np.exp(-((q - keys) ** 2).sum(-1) / (2 * tau))\n",
            r"two: the query, the keys",
        ),
    ],
    "at-additive": [
        Wrong(
            "mask turned round",
            _additive(
                a="scores.masked_fill(~padding[:, None], -torch.inf).softmax(-1).nan_to_num()"
            ),
            r"True is padding",
        ),
        Wrong("not masked", _additive(a="scores.softmax(-1)"), r"not masked"),
        Wrong(
            "masked after",
            _additive(a="scores.softmax(-1).masked_fill(padding[:, None], 0)"),
            r"after the softmax",
        ),
        Wrong("no tanh", _additive(scores="inner @ u"), r"tanh is missing"),
        Wrong(
            "over the queries",
            _additive(a="scores.masked_fill(padding[:, None], -1e9).softmax(1)"),
            r"over the keys|after",
        ),
        Wrong("no query", _additive(inner="0 * of_query + of_key"), r"same for every query"),
        Wrong(
            "two tanh",
            _additive(scores="torch.tanh(of_query) @ u + torch.tanh(of_key) @ u"),
            r"cancels in the softmax",
        ),
        Wrong(
            "scores of zero",
            _additive(a="(scores * ~padding[:, None]).softmax(-1)"),
            r"a score like any other",
        ),
        Wrong("u inside", _additive(scores="torch.tanh(inner @ u)"), r"inside the tanh"),
        Wrong(
            "scaled",
            _additive(scores="torch.tanh(inner) @ u / len(u) ** 0.5"),
            r"divided by a root",
        ),
        Wrong("what is read alone", _additive(result="a @ value"), r"what is read, the weights"),
        Wrong(
            "the keys read",
            _additive(result="a @ key[..., : value.shape[-1]], a"),
            r"weights @ value|keys were averaged",
        ),
    ],
    "at-two": [
        Wrong("other key", "shares = (1 / 4, 9 / 10, 1, 1 / 2, 3 / 4, 3 / 7)", r"weight of key 2"),
        Wrong("upside down", "shares = (1 / 3, 9 / 10, 1, 1 / 2, 3 / 4, 3 / 7)", r"upside down"),
        Wrong("ratio", "shares = (3, 9 / 10, 1, 1 / 2, 3 / 4, 3 / 7)", r"ratio of the two weights"),
        Wrong("tripled", "shares = (3 / 4, 6 / 7, 1, 1 / 2, 3 / 4, 3 / 7)", r"squared: 9 to 1"),
        Wrong("unchanged", "shares = (3 / 4, 3 / 4, 1, 1 / 2, 3 / 4, 3 / 7)", r"temperature does"),
        Wrong(
            "cold is even", "shares = (3 / 4, 9 / 10, 1 / 2, 1, 3 / 4, 3 / 7)", r"Cold makes hard"
        ),
        Wrong("100", "shares = (3 / 4, 9 / 10, 1, 1 / 2, 1, 3 / 7)", r"does not see what is added"),
        Wrong("halved", "shares = (3 / 4, 9 / 10, 1, 1 / 2, 3 / 4, 3 / 8)", r"joins the sum"),
        Wrong("both", "shares = (3 / 4, 9 / 10, 1, 1 / 2, 3 / 4, 6 / 7)", r"have together"),
        Wrong("five of six", "shares = (3 / 4, 9 / 10, 1, 1 / 2, 3 / 4)", r"six numbers"),
    ],
}

EQUIVALENT: dict[str, dict[str, str]] = {}
