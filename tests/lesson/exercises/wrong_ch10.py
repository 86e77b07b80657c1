"""What learners write for the exercises of chapter 10, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong


def _sign(result: str) -> str:
    return f"def scores(log_p, lengths, alpha):\n    return {result}"


def _stop(result: str) -> str:
    return (
        "def length_law(stop):\n    going = np.cumprod(1 - stop)\n"
        "    before = np.concatenate([[1.0], going[:-1]])\n"
        f"    return {result}"
    )


def _mask(mask: str, result: str = "(paid * mask).sum() / mask.sum()") -> str:
    return (
        "def loss(log_p, target, lengths):\n"
        "    rows, places = np.indices(target.shape)\n"
        "    paid = -log_p[rows, places, target]\n"
        f"    mask = {mask}\n    return {result}"
    )


RIGHT = "places <= lengths[:, None]"


def _edits(
    step: str = "min(row[j] + 1, new[-1] + 1, row[j - 1] + (x != y))",
    first: str = "range(len(b) + 1)",
    result: str = "row[-1]",
) -> str:
    return (
        f"def edits(a, b):\n    row = list({first})\n"
        "    for i, x in enumerate(a, 1):\n        new = [i]\n"
        f"        for j, y in enumerate(b, 1):\n            new.append({step})\n"
        f"        row = new\n    return {result}"
    )


WRONG = {
    "ed-sign": [
        Wrong("as it was", _sign("log_p * lengths**alpha"), r"as it was.*Divide"),
        Wrong("multiplied", _sign("log_p * (lengths + 1) ** alpha"), r"Divide"),
        Wrong(
            "without the stop",
            _sign("log_p / np.maximum(lengths, 1e-9) ** alpha"),
            r"Divided, that",
        ),
        Wrong("1 for the empty", _sign("log_p / np.maximum(lengths, 1) ** alpha"), r"stop"),
        Wrong("positive", _sign("-log_p / (lengths + 1) ** alpha"), r"leave the sign"),
        Wrong("no power", _sign("log_p / (lengths + 1)"), r"not its power"),
        Wrong("times alpha", _sign("log_p / (max(alpha, 1e-9) * (lengths + 1))"), r"raised to it"),
        Wrong("stop twice", _sign("log_p / (lengths + 2) ** alpha"), r"counts once"),
        Wrong("Wu's", _sign("log_p / ((6 + lengths) / 6) ** alpha"), r"without the 5 and the 6"),
        Wrong("Wu's of words", _sign("log_p / ((5 + lengths) / 6) ** alpha"), r"count the stop"),
        Wrong("a bonus", _sign("log_p + alpha * (lengths + 1)"), r"A bonus for each symbol"),
        Wrong("a bonus of words", _sign("log_p + alpha * lengths"), r"A bonus for each word"),
        Wrong("one less", _sign("log_p * (lengths + 1.0) ** (1 - alpha)"), r"At alpha = 0"),
        Wrong("the best only", _sign("(log_p / (lengths + 1) ** alpha).max()"), r"not the best"),
        Wrong("taken off", _sign("log_p - (lengths + 1) ** alpha"), r"taken off"),
    ],
    "ed-stop": [
        Wrong("the stop alone", _stop("stop"), r"go on twice"),
        Wrong("one factor too many", _stop("going * stop"), r"one too many"),
        Wrong("not stopped yet", _stop("before"), r"last factor"),
        Wrong("goes on", _stop("going"), r"goes on past"),
        Wrong("up to", _stop("1 - going"), r"each length alone"),
        Wrong("stops all the way", _stop("np.cumprod(stop)"), r"did \*not\* stop"),
        Wrong("sums to one", _stop("before * stop / (before * stop).sum()"), r"longer answers"),
        Wrong(
            "one step back",
            _stop("stop * np.concatenate([[1.0], 1 - stop[:-1]])"),
            r"not at the last one only",
        ),
        Wrong(
            "stop at first only",
            _stop("np.concatenate([stop[:1], going[:-1]])"),
            r"From the second length on",
        ),
        Wrong(
            "the rest at last",
            _stop("np.concatenate([(before * stop)[:-1], before[-1:]])"),
            r"given all that was left",
        ),
        Wrong(
            "one number",
            _stop("stop * (1 - stop) ** np.arange(len(stop))"),
            r"changes from step to step",
        ),
    ],
    "ed-mask": [
        Wrong("as it was", _mask("target != 0"), r"as it was"),
        Wrong("less", _mask("places < lengths[:, None]"), r"place of the stop"),
        Wrong("no mask", _mask("np.ones(target.shape)"), r"padding counts"),
        Wrong("all places", _mask(RIGHT, "(paid * mask).mean()"), r"padding included"),
        Wrong("the sum", _mask(RIGHT, "(paid * mask).sum()"), r"That is the sum"),
        Wrong(
            "an answer",
            _mask(RIGHT, "(paid * mask).sum() / len(target)"),
            r"not by the answers",
        ),
        Wrong(
            "mean of means",
            _mask(RIGHT, "((paid * mask).sum(1) / mask.sum(1)).mean()"),
            r"mean of the answers",
        ),
        Wrong("the other way round", _mask("places > lengths[:, None]"), r"wrong way round"),
        Wrong("two stops", _mask("places <= lengths[:, None] + 1"), r"One place too many"),
        Wrong("the sign", _mask(RIGHT, "-(paid * mask).sum() / mask.sum()"), r"[Ss]ign"),
        Wrong(
            "divided by the letters",
            _mask(RIGHT, "(paid * mask).sum() / lengths.sum()"),
            r"not in the number that divides",
        ),
    ],
    "ed-beam": [
        Wrong("greedy goes on", "found = (0.161, 0.196, 0.2223)", r"does not look farther"),
        Wrong("the beam is greedy", "found = (0.184, 0.184, 0.2223)", r"beam of two has b"),
        Wrong("the beam sees all", "found = (0.184, 0.2223, 0.2223)", r"dropped it"),
        Wrong("no stop", "found = (0.184, 0.196, 0.234)", r"without the last stop"),
        Wrong("c left out", "found = (0.184, 0.196, 0.196)", r"begins with c"),
        Wrong("two digits", "found = (0.18, 0.20, 0.22)", r"Rounded too far"),
        Wrong("per cents", "found = (18.4, 19.6, 22.23)", r"not per cents"),
        Wrong("last factors", "found = (0.40, 0.70, 0.95)", r"last factor alone"),
        Wrong("two of three", "found = (0.184, 0.196)", r"three probabilities"),
    ],
    "ed-edits": [
        Wrong(
            "place by place",
            "def edits(a, b):\n    return sum(x != y for x, y in zip(a, b)) + abs(len(a) - len(b))",
            r"place by place",
        ),
        Wrong(
            "a replacement costs two",
            _edits("min(row[j] + 1, new[-1] + 1, row[j - 1] + 2 * (x != y))"),
            r"one for another|one letter for another",
        ),
        Wrong(
            "always one",
            _edits("min(row[j] + 1, new[-1] + 1, row[j - 1] + 1)"),
            r"same letter must cost nothing",
        ),
        Wrong("no deletion", _edits("min(new[-1] + 1, row[j - 1] + (x != y))"), r"No deletion"),
        Wrong("no insertion", _edits("min(row[j] + 1, row[j - 1] + (x != y))"), r"No insertion"),
        Wrong(
            "to the last but one",
            "def edits(a, b):\n    d = np.zeros((len(a) + 1, len(b) + 1), int)\n"
            "    d[:, 0] = np.arange(len(a) + 1)\n    d[0] = np.arange(len(b) + 1)\n"
            "    for i in range(1, len(a)):\n        for j in range(1, len(b)):\n"
            "            other = a[i - 1] != b[j - 1]\n"
            "            d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + other)\n"
            "    return d[len(a) - 1, len(b) - 1]",
            r"last letter of both",
        ),
        Wrong("a row of zeros", _edits(first="[0] * (len(b) + 1)"), r"by hand|not all 0"),
        Wrong("a share", _edits(result="row[-1] / max(len(b), 1)"), r"share of the length"),
    ],
    "ed-reverse": [
        Wrong("counted from one", "steps = (8, 8, 8, 1, 7, 13)", r"from step 2 to step 3"),
        Wrong("what lies between", "steps = (6, 6, 6, 0, 6, 12)", r"from step 2 to step 3"),
        Wrong("largest first", "steps = (7, 7, 7, 13, 7, 1)", r"least comes first"),
        Wrong("the mean falls", "steps = (7, 7, 7, 1, 1, 13)", r"the last ones lose"),
        Wrong("all the same", "steps = (7, 7, 7, 7, 7, 7)", r"read at step 7 now"),
        Wrong("one too many", "steps = (7, 7, 7, 1, 7, 14)", r"from step 2 to step 3"),
        Wrong("zero", "steps = (7, 7, 7, 0, 7, 13)", r"from step 2 to step 3"),
        Wrong("three", "steps = (7, 7, 7)", r"six numbers"),
    ],
}

EQUIVALENT: dict[str, dict[str, str]] = {}
