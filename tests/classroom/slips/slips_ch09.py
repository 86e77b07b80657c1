"""What students write for the variations of chapter 9, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_FIRST = Slip("first layer alone", " + (layers - 1) * other", "", r"first layer alone")
_PLAIN = Slip(
    "nothing added",
    "if residual and states.shape",
    "if False and states.shape",
    r"Nothing was added",
)
_ALWAYS = Slip("always added", "residual and ", "", r"nothing is to be added")

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "dp-count": {
        "gru": (
            _FIRST,
            Slip("LSTM", "2 * 3", "2 * 4", r"a GRU has three"),
            Slip("H above", "2 * H + H + 2", "H + H + 2", r"read both of them"),
            Slip("width", ", 2 * H\n", ", H\n", r"side by side"),
        ),
        "one-way": (
            _FIRST,
            Slip("2H above", ", H + H + 2", ", 2 * H + H + 2", r"not 2H"),
            Slip("width", ", H\n", ", 2 * H\n", r"H wide"),
            Slip("twice", "return 4", "return 2 * 4", r"half of that"),
        ),
        "summed": (
            _FIRST,
            Slip("side by side", ", H + H + 2", ", 2 * H + H + 2", r"H wide"),
            Slip("width", ", H\n", ", 2 * H\n", r"H wide"),
            Slip("one direction", "2 * 4", "4", r"weights of its own"),
        ),
        "one-bias": (
            _FIRST,
            Slip("two biases", "H + 1", "H + 2", r"here there is one"),
            Slip("no bias", "H + 1", "H", r"biases are missing"),
            Slip("width", ", 2 * H\n", ", H\n", r"side by side"),
        ),
        "two-way-bottom": (
            Slip("2H for ever", "        width = H\n", "", r"from layer 3 on"),
            Slip("H at once", "    for _", "    width = H\n    for _", r"2H numbers|2H wide"),
            Slip("one way below", "= 2 * 4 * H", "= 4 * H", r"twice the weights"),
        ),
    },
    "dp-stack": {
        "own-input": (
            _PLAIN,
            _ALWAYS,
            Slip(
                "the layer's",
                "x + states if residual and states.shape == x.shape",
                "h + states if residual and states.shape == h.shape",
                r"network's own input",
            ),
        ),
        "scaled": (
            _PLAIN,
            _ALWAYS,
            Slip("not scaled", " / 2**0.5", "", r"not scaled"),
            Slip("halved", "2**0.5", "2", r"not by 2"),
        ),
        "over-two": (
            _PLAIN,
            _ALWAYS,
            Slip(
                "every layer",
                "one, two in zip(layers[0::2], layers[1::2]):\n        states = two(one(x))",
                "layer in layers:\n        states = layer(x)",
                r"around every two",
            ),
        ),
        "every-layer": (
            _PLAIN,
            _ALWAYS,
            Slip("the last", "torch.cat(found, -1)", "x", r"what every layer does"),
            Slip("before the sum", "found.append(x)", "found.append(states)", r"before the sum"),
            Slip("x, too", "found = []", "found = [x]", r"not among them"),
        ),
        "dense": (
            Slip(
                "turned", "torch.cat(found, -1)", "torch.cat(found[::-1], -1)", r"other way round"
            ),
            Slip("all", "found[-1]\n", "torch.cat(found, -1)\n", r"alone are asked for"),
            Slip("too few", "found[-1]\n", "found[-2]\n", r"one layer too few"),
        ),
    },
    "dp-ends": {
        "time-first": (
            Slip(
                "both at the end",
                "states[0, :, H:]",
                "states[lengths - 1, np.arange(len(lengths)), H:]",
                r"one place only",
            ),
            Slip("padded end", "lengths - 1, np", "-1, np", r"Use the lengths"),
            Slip("too early", "lengths - 1", "lengths - 2", r"too early"),
        ),
        "padding-in-front": (
            Slip("as behind", "T - lengths", "0", r"padding where"),
            Slip(
                "both at the end", "np.arange(len(states)), T - lengths", ":, -1", r"one place only"
            ),
            Slip(
                "changed places",
                "[states[:, -1, :H], backwards]",
                "[backwards, states[:, -1, :H]]",
                r"changed places",
            ),
        ),
        "mask": (
            Slip("polarity", "~padding", "padding", r"True means padding"),
            Slip(
                "both at the end",
                "states[:, 0, H:]",
                "states[np.arange(len(states)), lengths - 1, H:]",
                r"one place only",
            ),
            Slip("too early", "lengths - 1", "lengths - 2", r"too early"),
        ),
        "summed": (
            Slip(
                "side by side",
                "forwards + states[:, 0, H:]",
                "np.concatenate([forwards, states[:, 0, H:]], 1)",
                r"Here they are added",
            ),
            Slip(
                "both at the end",
                "states[:, 0, H:]",
                "states[np.arange(len(states)), lengths - 1, H:]",
                r"one place only",
            ),
            Slip("padded end", "np.arange(len(states)), lengths - 1", ":, -1", r"is padding"),
            Slip(
                "the mean",
                "forwards + states[:, 0, H:]",
                "(forwards + states[:, 0, H:]) / 2",
                r"not averaged|times",
            ),
        ),
    },
}

_AXIS = {"-1 → 1": "the last axis of two is axis 1"}
EQUIVALENT = {
    "dp-stack": {"over-two": {"0::2 → 0:-1:2": "the number of layers is even"}},
    "dp-ends": {
        "time-first": _AXIS,
        "padding-in-front": {"-1 → 1 (2)": _AXIS["-1 → 1"]},
        "mask": _AXIS,
    },
}

RIGHT_HERE = {
    "dp-count": {
        "gru": {"a GRU's": "here it is one"},
        "one-bias": {"one bias": "here there is one"},
    },
    "dp-stack": {"own-input": {"the network's input": "here it is asked for"}},
}
