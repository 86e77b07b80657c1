"""What students write for the variations of chapter 10, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_STOP = Slip("no stop", "places <= lengths", "places < lengths", r"stops are left out")
_ALL = Slip("padding", "places <= lengths[:, None]", "target == target", r"padding counts")
_MORE = Slip("one more", "<= lengths[:, None]", "<= lengths[:, None] + 1", r"One place too many")
_LAW = "(paid * mask).sum() / mask.sum()"
_PLACES = Slip("all places", _LAW, "(paid * mask).mean()", r"all places, padding included")
_ZEROS = Slip("row 0", "list(range(len(b) + 1))", "[0] * (len(b) + 1)", r"not all 0|back|by hand")
_BY_PLACE = Slip(
    "place by place",
    "return row[-1]",
    "return sum(x != y for x, y in zip(a, b)) + abs(len(a) - len(b))",
    r"place by place",
)
_BODY = """\
    row = {first}
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            new.append(min(row[j] + 1, new[-1] + {insert}, row[j - 1] + (x != y)))
        row = new
    return {result}
"""
_PUBLISHED = _BODY.format(first="list(range(len(b) + 1))", insert=1, result="row[-1]")

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "ed-sign": {
        "wu": (
            Slip("published", "((5 + lengths + 1) / 6)", "(lengths + 1)", r"Here it is"),
            Slip("no stop", "5 + lengths + 1", "5 + lengths", r"one of the n symbols"),
            Slip("multiplied", "log_p /", "log_p *", r"divide"),
            Slip("no six", "((5 + lengths + 1) / 6)", "(5 + lengths + 1)", r"6 is missing"),
            Slip("six outside", " / 6) ** alpha", ") ** alpha * 6", r"inside the power"),
        ),
        "reward": (
            Slip("published", "+ alpha * lengths", "/ (lengths + 1) ** alpha", r"each word earns"),
            Slip("taken off", "+ alpha", "- alpha", r"added, not taken off"),
            Slip("the stop too", "* lengths", "* (lengths + 1)", r"stop earns nothing"),
            Slip("power", "alpha * lengths", "lengths**alpha", r"no power"),
            Slip("same for all", " * lengths", "", r"count the words"),
        ),
        "costs": (
            Slip("published", "lengths**", "(lengths + 1) ** ", r"counted twice"),
            Slip("as it was", "nats /", "nats *", r"as it was"),
            Slip("negative", "return nats", "return -nats", r"leave the costs positive"),
            Slip("no power", "**alpha", "", r"not its power"),
        ),
        "each-symbol": (
            Slip("published", "(log_p * own).sum(axis=1)", "log_p.sum(axis=1)", r"behind the stop"),
            Slip("no stop", "<= lengths", "< lengths", r"stop's own"),
            Slip("multiplied", "(axis=1) /", "(axis=1) *", r"divide"),
            Slip("no power", " ** alpha", "", r"whatever alpha is"),
        ),
    },
    "ed-mask": {
        "time-first": (
            Slip("published", "places <= lengths", "columns <= lengths[:, None]", r"a column"),
            _STOP,
            Slip("padding", "places <= lengths", "target == target", r"padding counts"),
            Slip("an answer", "mask.sum()\n", "len(lengths)\n", r"divide by the symbols"),
        ),
        "over-answers": (
            Slip(
                "published",
                "((paid * mask).sum(axis=1) / mask.sum(axis=1)).mean()",
                _LAW,
                r"Here all count alike",
            ),
            Slip("sum of means", ".mean()", ".sum()", r"divide by the answers"),
            Slip("padded means", "mask.sum(axis=1)", "mask.shape[1]", r"padding included"),
            Slip("nats an answer", " / mask.sum(axis=1)", "", r"each answer's mean first"),
            _ALL,
            _MORE,
        ),
        "padding-below": (
            Slip("published", "target >= 0", "target != 0", r"padding is −1"),
            Slip("no stop", "target >= 0", "target > 0", r"stops are left out"),
            Slip("padding", "target >= 0", "target == target", r"padding counts"),
            _PLACES,
        ),
        "start-in-front": (
            Slip("published", "    target = target[:, 1:]\n", "", r"The start is paid for"),
            Slip("laws shifted too", "-log_p", "-log_p[:, 1:]", r"left out, rightly"),
            Slip(
                "the other way",
                "target = target[:, 1:]\n",
                "target, log_p = target[:, :-1], log_p[:, 1:]\n",
                r"other way",
            ),
            _STOP,
            _ALL,
            _MORE,
        ),
        "a-word": (
            Slip("published", "lengths.sum()", "mask.sum()", r"divides by the stops, too"),
            Slip("stops forgotten", "<= lengths", "< lengths", r"stops are left out"),
            Slip("nats an answer", "lengths.sum()", "len(lengths)", r"not by the answers"),
            Slip("padding", "(paid * mask)", "paid", r"the sum ends"),
        ),
    },
    "ed-edits": {
        "no-replacement": (
            Slip(
                "published",
                "row[j - 1] if x == y else min(row[j], new[-1]) + 1",
                "min(row[j] + 1, new[-1] + 1, row[j - 1] + (x != y))",
                r"Here it takes two",
            ),
            _ZEROS,
            _BY_PLACE,
        ),
        "swap": (
            Slip("published", "if i > 1", "if False", r"lacks the fourth edit"),
            Slip("for nothing", "d[i - 2, j - 2] + 1", "d[i - 2, j - 2]", r"costs 1, not nothing"),
            Slip("replaced by two", "+ (x != y)", "+ 2 * (x != y)", r"costs 1, not 2"),
            Slip(
                "row 0",
                "d[0] = range(len(a) + 1), range(len(b) + 1)",
                "d[0] = range(len(a) + 1), 0",
                r"not all 0",
            ),
        ),
        "found-in": (
            Slip(
                "published",
                _BODY.format(first="[0] * (len(b) + 1)", insert=1, result="min(row)"),
                _PUBLISHED,
                r"a piece of it is enough",
            ),
            Slip("a beginning", "[0] * (len(b) + 1)", "list(range(len(b) + 1))", r"before it"),
            Slip("all of b", "min(row)", "row[-1]", r"last row"),
        ),
        "dear-insertions": (
            Slip(
                "published",
                _BODY.format(
                    first="[2 * j for j in range(len(b) + 1)]", insert=2, result="row[-1]"
                ),
                _PUBLISHED,
                r"Here it costs 2",
            ),
            Slip(
                "turned round", "row[j] + 1, new[-1] + 2", "row[j] + 2, new[-1] + 1", r"insertion"
            ),
            Slip("row 0", "[2 * j", "[j", r"row 0, too"),
            Slip("zeros", "[2 * j", "[0 * j", r"not all 0"),
        ),
        "words": (
            Slip("published", "a.split(), b.split()", "a, b", r"split the strings"),
            Slip("edits", " / len(b)", "", r"divide by the words of b"),
            Slip("by the longer", "/ len(b)", "/ max(len(a), len(b))", r"longer of the two"),
            Slip("by the answer", "/ len(b)", "/ max(len(a), 1)", r"right ones"),
        ),
    },
}

EQUIVALENT = {"ed-edits": {"found-in": {"1 → 2": "nobody reads what is too much of row 0"}}}

RIGHT_HERE = {
    "ed-sign": {
        "wu": {"Wu's": "here it is asked for"},
        "reward": {"a bonus of words": "here it is asked for"},
        "costs": dict.fromkeys(
            ("without the stop", "1 for the empty"), "here the stop is among the lengths"
        ),
    },
    "ed-mask": {
        "over-answers": {"mean of means": "here it is asked for"},
        "a-word": {"divided by the letters": "here it is asked for"},
    },
    "ed-edits": {"no-replacement": {"a replacement costs two": "here there is none"}},
}
