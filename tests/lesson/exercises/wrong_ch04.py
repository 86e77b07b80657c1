"""What learners write for the exercises of chapter 4, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong


def _count(recurrent: str = "H * (D + H + 2) + out", flat: str = "H * (T * D + 1) + out") -> str:
    return f"def count_both(T, D, H, V):\n    out = V * (H + 1)\n    return {recurrent}, {flat}"


def _chatbot(
    begin: str = "np.zeros(4)",
    loop: str = "output, hidden_state = rnn(word, hidden_state)",
    end: str = "return ff(output)",
    words: str = "inputs",
) -> str:
    return (
        f"def chatbot(inputs, rnn, ff):\n    hidden_state = {begin}\n    predictions = []\n"
        f"    for word in {words}:\n        {loop}\n    {end}"
    )


def _leaky(
    kept: str = "(1 - leak) * h", new: str = "leak * torch.tanh(a + h @ weight_hh.T)"
) -> str:
    return f"def leaky_step(a, h, weight_hh, leak=0.7):\n    return {kept} + {new}"


WRONG = {
    "rn-count": [
        Wrong("one bias", _count("H * (D + H + 1) + out"), r"One bias is missing"),
        Wrong("times T", _count("T * H * (D + H + 2) + out"), r"all steps share"),
        Wrong("no output layer", _count("H * (D + H + 2)"), r"output layer is missing"),
        Wrong("no W_hh", _count("H * (D + 2) + out"), r"W_hh is missing"),
        Wrong("one place", _count(flat="H * (D + 1) + out"), r"all T places at once"),
        Wrong("a bias a place", _count(flat="H * T * (D + 1) + out"), r"One bias serves"),
        Wrong("two biases", _count(flat="H * (T * D + 2) + out"), r"one bias of H"),
        Wrong("swapped", _count("H * (T * D + 1) + out", "H * (D + H + 2) + out"), r"swapped"),
        Wrong(
            "the sum",
            "def count_both(T, D, H, V):\n    return H * (D + H + 2) + V * (H + 1)",
            r"two numbers",
        ),
    ],
    "rn-chatbot": [
        Wrong(
            "the state is not handed on",
            _chatbot(loop="output, _ = rnn(word, hidden_state)"),
            r"Each word began at zeros",
        ),
        Wrong(
            "the state starts anew",
            _chatbot(loop="output, hidden_state = rnn(word, np.zeros(4))"),
            r"Each word began at zeros",
        ),
        Wrong(
            "returns in the loop",
            _chatbot(loop="output, hidden_state = rnn(word, hidden_state); return ff(output)"),
            r"after the first word",
        ),
        Wrong(
            "a prediction a word",
            _chatbot(
                loop="output, hidden_state = rnn(word, hidden_state); "
                "predictions.append(ff(output))",
                end="return predictions",
            ),
            r"One prediction is asked for",
        ),
        Wrong("not classified", _chatbot(end="return output"), r"let ff classify it"),
        Wrong("ff of the state", _chatbot(end="return ff(hidden_state)"), r"output first"),
        Wrong("backwards", _chatbot(words="inputs[::-1]"), r"backwards"),
        Wrong("ones", _chatbot(begin="np.ones(4)"), r"four zeros"),
        Wrong(
            "swapped",
            _chatbot(loop="hidden_state, output = rnn(word, hidden_state)"),
            r"output first",
        ),
        Wrong("one score", _chatbot(end="return ff(output).max()"), r"All scores"),
    ],
    "rn-last": [
        Wrong(
            "the last step",
            "def last_states(states, lengths):\n    return states[:, -1]",
            r"padding too",
        ),
        Wrong(
            "one too late",
            "def last_states(states, lengths):\n    return states[np.arange(len(states)), lengths]",
            r"One step too late",
        ),
        Wrong(
            "the first row's",
            "def last_states(states, lengths):\n    return states[0, lengths - 1]",
            r"first row",
        ),
        Wrong(
            "maximum",
            "def last_states(states, lengths):\n"
            "    return np.array([s[:n].max(0) for s, n in zip(states, lengths)])",
            r"maximum",
        ),
        Wrong(
            "not paired",
            "def last_states(states, lengths):\n    return states[:, lengths - 1]",
            r"pair them|Too many axes|\(B, B, H\)",
        ),
        Wrong(
            "mean",
            "def last_states(states, lengths):\n"
            "    return np.array([s[:n].mean(0) for s, n in zip(states, lengths)])",
            r"only its last state",
        ),
    ],
    "rn-order": [
        Wrong("all", "notices = (True, True, True, True)", r"to a mean"),
        Wrong("none", "notices = (False, False, False, False)", r"With the loop"),
        Wrong("loop alone", "notices = (True, False, False, False)", r"Which word is last now"),
        Wrong("max", "notices = (True, False, True, True)", r"maximum"),
        Wrong("three", "notices = (True, False, True)", r"four times True or False"),
    ],
    "rn-leaky": [
        Wrong(
            "the wrong side",
            _leaky("leak * h", "(1 - leak) * torch.tanh(a + h @ weight_hh.T)"),
            r"wrong side",
        ),
        Wrong("transposed", _leaky(new="leak * torch.tanh(a + h @ weight_hh)"), r"transposed"),
        Wrong("kept whole", _leaky("h"), r"kept whole"),
        Wrong("nothing kept", _leaky("0"), r"leaks away whole"),
        Wrong("new one whole", _leaky(new="torch.tanh(a + h @ weight_hh.T)"), r"taken whole"),
        Wrong("NumPy's", _leaky(new="leak * np.tanh(a + h @ weight_hh.T)"), r"grad"),
        Wrong("plain", _leaky("0", "torch.tanh(a + h @ weight_hh.T)"), r"plain step"),
        Wrong("no tanh", _leaky(new="leak * (a + h @ weight_hh.T)"), r"tanh is missing"),
        Wrong("no input", _leaky(new="leak * torch.tanh(h @ weight_hh.T)"), r"share a_t"),
        Wrong(
            "always 0.7",
            _leaky("0.3 * h", "0.7 * torch.tanh(a + h @ weight_hh.T)"),
            r"take the argument",
        ),
    ],
}

EQUIVALENT: dict[str, dict[str, str]] = {}
