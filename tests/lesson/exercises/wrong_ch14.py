"""What learners write for the exercises of chapter 14, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong


def _leak(front: str, behind: str, cut: str = "", weight: str = "weight") -> str:
    return (
        "def causal_layer(x, weight, dilation):\n"
        "    reach = (weight.shape[-1] - 1) * dilation\n"
        f"    x = F.pad(x, ({front}, {behind}))\n"
        f"    return F.conv1d(x, {weight}, dilation=dilation){cut}"
    )


def _holes(back: str) -> str:
    return f"def seen_places(k, dilations):\n    {back}"


def _seen(ask: str = "y[0, :, -1].sum()", count: str = "int((x.grad != 0).sum())") -> str:
    return (
        "def seen_by_gradient(model, T):\n"
        "    x = torch.randn(1, 1, T, requires_grad=True)\n"
        "    y = model(x)\n"
        f"    ({ask}).backward()\n"
        f"    return {count}"
    )


def _bits(back: str) -> str:
    return f"def equal_bits(rms, decibels):\n    return {back}"


def _fifo(
    *,
    seen: str = "[*queue, x_t]",
    at: str = "-1 - i * dilation",
    weight: str = "weight[..., -1 - i].T",
    begin: str = "bias",
    back: str = "y_t, seen[1:]",
) -> str:
    return (
        "def conv_step(x_t, queue, weight, bias, dilation):\n"
        f"    seen = {seen}\n    y_t = {begin}\n"
        "    for i in range(weight.shape[-1]):\n"
        f"        y_t = y_t + seen[{at}] @ {weight}\n"
        f"    return {back}"
    )


WRONG = {
    "cv-leak": [
        Wrong("as printed", _leak("reach", "dilation", "[..., dilation:]"), r"behind the last"),
        Wrong("same padding", _leak("reach // 2", "reach - reach // 2"), r"behind the last"),
        Wrong("all behind", _leak("0", "reach"), r"behind the last"),
        Wrong("no padding", _leak("0", "0"), r"Without zeros"),
        Wrong("cut by reach", _leak("reach", "reach", "[..., :-reach]"), r"nothing to cut"),
        Wrong("a dilation too many", _leak("reach + dilation", "0"), r"too many"),
        Wrong(
            "no present",
            _leak("reach + dilation", "0", "[..., :-dilation]"),
            r"no present either",
        ),
        Wrong("one too few", _leak("reach - 1", "1"), r"future"),
        Wrong("turned round", _leak("reach", "0", weight="weight.flip(-1)"), r"wrong order"),
        Wrong(
            "no dilation",
            "def causal_layer(x, weight, dilation):\n"
            "    x = F.pad(x, (weight.shape[-1] - 1, 0))\n    return F.conv1d(x, weight)",
            r"dilation is lost",
        ),
    ],
    "cv-holes": [
        Wrong("the span", _holes("return 1 + (k - 1) * sum(dilations)"), r"left out"),
        Wrong("paths", _holes("return k ** len(dilations)"), r"counts paths"),
        Wrong(
            "without the present",
            _holes(
                "back = {0}\n    for d in dilations:\n"
                "        back = {b + i * d for b in back for i in range(k)}\n"
                "    return len(back) - 1"
            ),
            r"present counts",
        ),
        Wrong("the distance", _holes("return (k - 1) * sum(dilations)"), r"distance"),
        Wrong(
            "k + 1 places",
            _holes(
                "back = {0}\n    for d in dilations:\n"
                "        back = {b + i * d for b in back for i in range(k + 1)}\n"
                "    return len(back)"
            ),
            r"runs to k - 1",
        ),
        Wrong(
            "side by side",
            _holes("return len({0} | {i * d for d in dilations for i in range(k)})"),
            r"the one below",
        ),
    ],
    "cv-seen": [
        Wrong("all outputs", _seen("y[0].sum()"), r"\*last\*"),
        Wrong("one number", _seen("y[0, 0, -1]"), r"Add up all"),
        Wrong("another number", _seen("y[0, -1, -1]"), r"Add up all"),
        Wrong("the first output", _seen("y[0, :, 0].sum()"), r"\*first\* output"),
        Wrong(
            "the farthest",
            _seen(count="int(T - x.grad[0, 0].nonzero()[0])"),
            r"farthest place",
        ),
        Wrong("without the present", _seen(count="int((x.grad != 0).sum()) - 1"), r"One too few"),
        Wrong("a large gradient only", _seen(count="int((x.grad > 0.5).sum())"), r"not 0"),
        Wrong("rising", _seen(count="int((x.grad > 0).sum())"), r"gradients above 0"),
        Wrong("a threshold", _seen(count="int((x.grad.abs() > 1e-2).sum())"), r"are tiny"),
        Wrong(
            "place by place",
            "def seen_by_gradient(model, T):\n"
            "    x = torch.randn(1, 1, T)\n"
            "    moved = 0\n"
            "    for t in range(T):\n"
            "        other = x.clone()\n"
            "        other[..., t] += 1\n"
            "        moved += int((model(other) != model(x))[0, :, -1].any())\n"
            "    return moved",
            r"One gradient tells",
        ),
        Wrong("every place", "def seen_by_gradient(model, T):\n    return T", r"every place"),
    ],
    "cv-bits": [
        Wrong("levels", _bits("np.sqrt(10 ** (decibels / 10) / 3) / rms"), r"how many levels"),
        Wrong(
            "20 decibels",
            _bits("np.log2(np.sqrt(10 ** (decibels / 20) / 3) / rms)"),
            r"not 20",
        ),
        Wrong("no root", _bits("np.log2(10 ** (decibels / 10) / 3 / rms ** 2)"), r"root"),
        Wrong("1/V", _bits("np.log2(np.sqrt(10 ** (decibels / 10) / 12) / rms)"), r"2/V"),
        Wrong("no twelfth", _bits("np.log2(np.sqrt(10 ** (decibels / 10)) / rms)"), r"by 12"),
        Wrong("natural", _bits("np.log(np.sqrt(10 ** (decibels / 10) / 3) / rms)"), r"doublings"),
        Wrong("upside down", _bits("np.log2(np.sqrt(10 ** (decibels / 10) / 3) * rms)"), r"softer"),
        Wrong(
            "rounded",
            _bits("np.ceil(np.log2(np.sqrt(10 ** (decibels / 10) / 3) / rms))"),
            r"Do not round",
        ),
    ],
    "cv-fifo": [
        Wrong("turned round", _fifo(weight="weight[..., i].T"), r"wrong order"),
        Wrong("no bias", _fifo(begin="0.0"), r"bias is missing"),
        Wrong("the queue stays", _fifo(back="y_t, queue"), r"stays as it was"),
        Wrong("it grows", _fifo(back="y_t, seen"), r"too many stay"),
        Wrong("no dilation", _fifo(at="-1 - i"), r"dilation is left out"),
        Wrong(
            "newest first",
            _fifo(seen="[x_t, *queue]", at="i * dilation", back="y_t, seen[:-1]"),
            r"oldest first",
        ),
        Wrong("from -0 on", _fifo(back="y_t, seen[1 - len(seen) :]"), r"nothing waits"),
        Wrong("the newest goes", _fifo(back="y_t, seen[:-1]"), r"stays as it was"),
        Wrong("y_t alone", _fifo(back="y_t"), r"two things"),
        Wrong(
            "x_t missing",
            _fifo(seen="[*queue, 0 * x_t]", back="y_t, [*queue, x_t][1:]"),
            r"x_t itself",
        ),
        Wrong("bias each time", _fifo(weight="weight[..., -1 - i].T + bias", begin="0"), r"once"),
    ],
}

EQUIVALENT: dict[str, dict[str, str]] = {}
