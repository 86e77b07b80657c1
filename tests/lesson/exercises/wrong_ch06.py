"""What learners write for the exercises of chapter 6, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong


def _clip(
    *,
    norm: str = "torch.sqrt(sum((g**2).sum() for g in gradients))",
    test: str = "norm > max_norm",
    change: str = "g.mul_(max_norm / norm)",
    back: str = "norm",
) -> str:
    return (
        "def clip_norm(parameters, max_norm):\n"
        "    gradients = [p.grad for p in parameters if p.grad is not None]\n"
        f"    norm = {norm}\n    if {test}:\n        for g in gradients:\n            {change}\n"
        f"    return {back}"
    )


def _step(*lines: str) -> str:
    known = {
        "clear": "optimizer.zero_grad()",
        "loss": "loss = loss_of(model)",
        "back": "loss.backward()",
        "clip": "torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)",
        "cut": "torch.nn.utils.clip_grad_value_(model.parameters(), max_norm)",
        "step": "optimizer.step()",
        "return": "return loss.item()",
        "again": "return loss_of(model).item()",
        "tensor": "return loss",
    }
    body = "\n".join(f"    {known[line]}" for line in lines)
    return f"def train_step(model, loss_of, optimizer, max_norm):\n{body}"


def _probe(
    *,
    ones: str = "np.column_stack([h, np.ones(len(h))])",
    cut: str = "3 * len(h) // 4",
    fit: str = "np.linalg.lstsq(h[:cut], x[:cut])[0]",
    rest: str = "x[cut:]",
    error: str = "((rest - h[cut:] @ weights) ** 2).sum()",
    score: str = "1 - error / ((rest - rest.mean()) ** 2).sum()",
) -> str:
    return (
        f"def readable(h, x):\n    h = {ones}\n    cut = {cut}\n    weights = {fit}\n"
        f"    rest = {rest}\n    error = {error}\n    return {score}"
    )


def _start(result: str) -> str:
    return (
        "def orthogonal_start(size, generator):\n"
        "    a = torch.randn(size, size, generator=generator)\n"
        f"    q, r = torch.linalg.qr(a)\n    return {result}"
    )


WRONG = {
    "vg-clip": [
        Wrong("new gradients", _clip(change="g = g * max_norm / norm"), r"in place"),
        Wrong(
            "each by its own norm",
            "def clip_norm(parameters, max_norm):\n"
            "    gradients = [p.grad for p in parameters if p.grad is not None]\n"
            "    for g in gradients:\n        g.mul_(min(1.0, max_norm / g.norm().item()))\n"
            "    return torch.sqrt(sum((g**2).sum() for g in gradients))",
            r"clipped by its own norm",
        ),
        Wrong(
            "entries cut",
            _clip(test="True", change="g.clamp_(-max_norm, max_norm)"),
            r"Each entry was cut",
        ),
        Wrong("always to max_norm", _clip(test="True"), r"never above 1"),
        Wrong(
            "no root",
            _clip(norm="sum((g**2).sum() for g in gradients)"),
            r"lacks its square root|squared norm",
        ),
        Wrong("sum of norms", _clip(norm="sum(g.norm() for g in gradients)"), r"do not add up"),
        Wrong(
            "the norm after",
            _clip(back="torch.sqrt(sum((g**2).sum() for g in gradients))"),
            r"after the clipping",
        ),
        Wrong("upside down", _clip(change="g.mul_(norm / max_norm)"), r"wrong way round"),
        Wrong("no return", _clip(back="None"), r"return"),
        Wrong(
            "None not left out",
            _clip().replace(" if p.grad is not None", ""),
            r"NoneType",
        ),
        Wrong(
            "torch's own",
            "def clip_norm(parameters, max_norm):\n"
            "    return torch.nn.utils.clip_grad_norm_(parameters, max_norm)",
            r"clip_grad_norm_",
        ),
    ],
    "vg-sixth": [
        Wrong(
            "variance alone",
            "def baseline(m, a, c):\n    return m * a**2 / 12",
            r"c counts, too",
        ),
        Wrong(
            "distance alone",
            "def baseline(m, a, c):\n    return (m * a / 2 - c) ** 2",
            r"the sum also varies",
        ),
        Wrong(
            "m squared",
            "def baseline(m, a, c):\n    return m**2 * a**2 / 12 + (m * a / 2 - c) ** 2",
            r"not m² times",
        ),
        Wrong(
            "one number",
            "def baseline(m, a, c):\n    return a**2 / 12 + (m * a / 2 - c) ** 2",
            r"m of them are added",
        ),
        Wrong(
            "second moment",
            "def baseline(m, a, c):\n    return m * a**2 / 3 + (m * a / 2 - c) ** 2",
            r"takes off the squared mean",
        ),
        Wrong(
            "a not squared",
            "def baseline(m, a, c):\n    return m * a / 12 + (m * a / 2 - c) ** 2",
            r"square of a",
        ),
        Wrong(
            "mean of one",
            "def baseline(m, a, c):\n    return m * a**2 / 12 + (a / 2 - c) ** 2",
            r"mean of the sum",
        ),
        Wrong(
            "the printed one",
            "def baseline(m, a, c):\n    return 0.1767",
            r"an estimate\. Derive it",
        ),
        Wrong(
            "c taken off each number",
            "def baseline(m, a, c):\n    return m * a**2 / 12 + m * (a / 2 - c) ** 2",
            r"taken off once",
        ),
    ],
    "vg-order": [
        Wrong(
            "the scripts' own",
            _step("clear", "loss", "clip", "back", "step", "return"),
            r"not there yet",
        ),
        Wrong("after the step", _step("clear", "loss", "back", "step", "clip", "return"), r"used"),
        Wrong("never cleared", _step("loss", "back", "clip", "step", "return"), r"earlier steps"),
        Wrong(
            "cleared too late",
            _step("loss", "back", "clip", "clear", "step", "return"),
            r"did not move|cleared between",
        ),
        Wrong(
            "entries cut", _step("clear", "loss", "back", "cut", "step", "return"), r"clip the norm"
        ),
        Wrong(
            "the loss after",
            _step("clear", "loss", "back", "clip", "step", "again"),
            r"loss after the step",
        ),
        Wrong(
            "a tensor", _step("clear", "loss", "back", "clip", "step", "tensor"), r"loss\.item\(\)"
        ),
        Wrong("no step", _step("clear", "loss", "back", "clip", "return"), r"did not move"),
    ],
    "vg-delay": [
        Wrong("the singular value", "delay = (2.0, 32.0, 0.0)", r"largest singular value"),
        Wrong("five times two", "delay = (0.0, 10.0, 0.0)", r"5 times 2"),
        Wrong("zero at once", "delay = (0.0, 0.0, 0.0)", r"let a 1 walk"),
        Wrong("one doubling more", "delay = (0.0, 64.0, 0.0)", r"too many"),
        Wrong("it goes on", "delay = (0.0, 32.0, 256.0)", r"eight places"),
        Wrong("the last unit", "delay = (0.0, 32.0, 128.0)", r"One more\?"),
        Wrong("two numbers", "delay = (0.0, 32.0)", r"three numbers"),
    ],
    "vg-probe": [
        Wrong(
            "fitted on all",
            _probe(fit="np.linalg.lstsq(h, x)[0]"),
            r"judged on what it has seen",
        ),
        Wrong(
            "judged on what it was fitted on",
            _probe(rest="x[:cut]", error="((rest - h[:cut] @ weights) ** 2).sum()"),
            r"sequences it was fitted on",
        ),
        Wrong("no constant", _probe(ones="h"), r"constant is missing"),
        Wrong(
            "squared correlation",
            _probe(score="np.corrcoef(rest, h[cut:] @ weights)[0, 1] ** 2"),
            r"squared correlation",
        ),
        Wrong("squared error", _probe(score="error / len(rest)"), r"mean squared error"),
        Wrong(
            "the share left",
            _probe(score="error / ((rest - rest.mean()) ** 2).sum()"),
            r"take it from 1",
        ),
        Wrong(
            "another mean",
            _probe(score="1 - error / ((rest - x[:cut].mean()) ** 2).sum()"),
            r"mean in the denominator",
        ),
        Wrong(
            "divided by n − 1",
            _probe(score="1 - error / len(rest) / rest.var(ddof=1)"),
            r"with n − 1",
        ),
        Wrong("mean not taken off", _probe(score="1 - error / (rest**2).sum()"), r"take x̄ off"),
        Wrong(
            "everything at once",
            _probe(
                fit="np.linalg.lstsq(h, x)[0]",
                rest="x",
                error="((rest - h @ weights) ** 2).sum()",
            ),
            r"keep the last quarter back",
        ),
    ],
    "vg-start": [
        Wrong("no signs", _start("q"), r"signs are not yet random"),
        Wrong("signs on the rows", _start("q * r.diagonal().sign()[:, None]"), r"to the rows"),
        Wrong("the whole diagonal", _start("q * r.diagonal()"), r"only its sign"),
        Wrong("R", _start("r"), r"That is R"),
        Wrong("scaled Gaussian", _start("a / size**0.5"), r"singular values are not 1"),
        Wrong("columns of length 1", _start("a / a.norm(dim=0)"), r"right angles"),
        Wrong("the identity", _start("torch.eye(size)"), r"not random"),
        Wrong(
            "another seed",
            "def orthogonal_start(size, generator):\n"
            "    q, r = torch.linalg.qr(torch.randn(size, size))\n"
            "    return q * r.diagonal().sign()",
            r"of other numbers",
        ),
        Wrong(
            "torch's own",
            "def orthogonal_start(size, generator):\n"
            "    return torch.nn.init.orthogonal_(torch.empty(size, size), generator=generator)",
            r"orthogonal_",
        ),
    ],
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "vg-clip": {"norm > max_norm → norm >= max_norm": "where they are equal the factor is 1"},
}
