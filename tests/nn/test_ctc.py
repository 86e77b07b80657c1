"""CTC's loss: equal to torch's and to counting all paths, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import seqcourse.nn
from seqcourse.nn.ctc_step import ctc_by_steps, ctc_step, log_sum
from seqcourse.nn.functional import ctc_loss

torch.set_num_threads(1)
F64 = torch.float64
INF = math.inf


class Case(NamedTuple):
    """A batch; some targets fit no path, some are empty, some sequences have no step."""

    log_probs: Tensor
    targets: Tensor
    input_lengths: Tensor
    target_lengths: Tensor
    blank: int

    def in_a_row(self) -> Case:
        rows = zip(self.targets, self.target_lengths.tolist(), strict=True)
        return self._replace(targets=torch.cat([row[:n] for row, n in rows]))


@st.composite
def cases(draw: Any, most_steps: int = 9) -> Case:
    steps, batch, classes, longest = (
        draw(st.integers(*span)) for span in ((1, most_steps), (1, 4), (2, 5), (0, 4))
    )
    return make(steps, batch, classes, longest, draw(st.integers(0, 9)), draw(st.integers(0, 999)))


def make(steps: int, batch: int, classes: int, longest: int, blank: int, seed: int) -> Case:
    generator = torch.Generator().manual_seed(seed)

    def below(most: int, *shape: int) -> Tensor:
        return torch.randint(0, most, shape, generator=generator)

    blank %= classes
    logits = 3 * torch.randn(steps, batch, classes, generator=generator, dtype=F64)
    targets = (blank + 1 + below(classes - 1, batch, longest)) % classes
    lengths = below(steps + 1, batch), below(longest + 1, batch)
    return Case(logits.log_softmax(-1), targets, *lengths, blank)


def close(ours: Any, theirs: Any) -> None:
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10, equal_nan=True)


def loss_and_gradient(
    function: Any, case: Case, towards: Tensor | None = None, **options: Any
) -> tuple[Tensor, Tensor]:
    log_probs, *rest = case
    log_probs = log_probs.clone().requires_grad_()
    loss = function(log_probs, *rest, **options)
    (grad,) = torch.autograd.grad(
        loss, log_probs, torch.ones_like(loss) if towards is None else towards
    )
    return loss.detach(), grad


@given(
    case=cases(),
    reduction=st.sampled_from(["none", "mean", "sum"]),
    zero_infinity=st.booleans(),
    row=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=100)
def test_torchs(case: Case, reduction: str, zero_infinity: bool, row: bool, seed: int) -> None:
    case = case.in_a_row() if row else case
    options = {"reduction": reduction, "zero_infinity": zero_infinity}
    shape = case.input_lengths.shape if reduction == "none" else ()
    towards = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=F64)
    ours = loss_and_gradient(ctc_loss, case, towards, **options)
    theirs = loss_and_gradient(F.ctc_loss, case, towards, **options)
    close(ours, theirs)
    layer = seqcourse.nn.CTCLoss(case.blank, reduction, zero_infinity)
    close(layer(*case[:4]), theirs[0])


def paths(case: Case) -> Tensor:
    """-ln of the sum over all C^T paths that collapse to the target."""
    losses = []
    for b, (steps, labels) in enumerate(
        zip(case.input_lengths.tolist(), case.target_lengths.tolist(), strict=True)
    ):
        total = torch.zeros((), dtype=F64)
        for path in product(range(case.log_probs.shape[2]), repeat=steps):
            merged = [k for t, k in enumerate(path) if t == 0 or path[t - 1] != k]
            if [k for k in merged if k != case.blank] == case.targets[b, :labels].tolist():
                total = (
                    total + sum(case.log_probs[t, b, k] for t, k in enumerate(path)).exp()
                    if path
                    else total + 1
                )
        losses.append(-total.log())
    return torch.stack(losses)


@given(case=cases(most_steps=5))
@settings(deadline=None, max_examples=25)
def test_all_paths(case: Case) -> None:
    close(ctc_loss(*case, reduction="none"), paths(case))


@pytest.mark.parametrize("target", [[1, 1, 2], [1, 2, 1], [2], []])
def test_all_paths_of_six_steps(target: list[int]) -> None:
    """The gradient too, by the logits: there it is the loss's own."""
    case = make(6, 1, 3, len(target), 0, seed=1)
    case = case._replace(
        targets=torch.tensor([target], dtype=torch.long),
        input_lengths=torch.tensor([6]),
        target_lengths=torch.tensor([len(target)]),
    )
    logits = case.log_probs.clone().requires_grad_()
    found = []
    for function in (paths, lambda case: ctc_loss(*case, reduction="none")):
        loss = function(case._replace(log_probs=logits.log_softmax(-1)))
        found.append((loss.detach(), torch.autograd.grad(loss.sum(), logits)[0]))
    close(found[1], found[0])


@pytest.mark.parametrize("targets", [[1, 2], [[1, 2]]])
@pytest.mark.parametrize("form", [torch.tensor, lambda n: torch.tensor([n]), lambda n: (n,)])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_one_sequence(targets: Any, form: Callable[[int], Any], reduction: str) -> None:
    log_probs = make(5, 1, 4, 1, 0, 0).log_probs[:, 0]
    case = Case(log_probs, torch.tensor(targets), form(4), form(2), 0)
    ours = loss_and_gradient(ctc_loss, case, reduction=reduction)
    close(ours, loss_and_gradient(F.ctc_loss, case, reduction=reduction))
    assert ours[0].shape == ()


def test_forms_of_targets_and_lengths() -> None:
    """Whole numbers of any size, tuples, lists, and anything at all as padding."""
    case = make(5, 2, 4, 3, 0, 0)
    case = case._replace(input_lengths=torch.tensor([5, 4]), target_lengths=torch.tensor([3, 1]))
    wanted = F.ctc_loss(*case)
    padded = case.targets.clone()
    padded[1, 1:] = torch.tensor([0, -7])
    wide = torch.cat([padded, padded.new_full((2, 2), 99)], 1)
    for targets in (case.targets.int(), case.targets.short(), case.targets.float(), padded, wide):
        close(ctc_loss(*case._replace(targets=targets)), wanted)
    for kind in (tuple, list):
        lengths = kind(case.input_lengths.tolist()), kind(case.target_lengths.tolist())
        close(ctc_loss(case.log_probs, case.targets, *lengths), wanted)
    close(ctc_loss(case.log_probs, case.targets, case[2].int(), case[3].short()), wanted)


def test_no_path() -> None:
    """Two steps for a double letter: there is no room for the blank between."""
    case = Case(
        torch.full((3, 2, 3), 1 / 3, dtype=F64).log(),
        torch.tensor([[1, 1], [1, 2]]),
        torch.tensor([2, 2]),
        torch.tensor([2, 2]),
        0,
    )
    loss, grad = loss_and_gradient(ctc_loss, case, reduction="none")
    close(loss, torch.tensor([INF, 2 * math.log(3)], dtype=F64))
    assert grad[:2, 0].isnan().all() and grad[:, 1].isfinite().all() and not grad[2].any()
    loss, grad = loss_and_gradient(ctc_loss, case, reduction="none", zero_infinity=True)
    assert loss[0] == 0 and not grad[:, 0].any() and grad[:2, 1].all()


def test_the_gradient_by_log_probs_takes_a_softmax_for_granted() -> None:
    """As torch's; and behind a log_softmax it is that of finite differences."""
    case = make(6, 2, 4, 2, 0, seed=3)._replace(
        input_lengths=torch.tensor([6, 5]), target_lengths=torch.tensor([2, 2])
    )
    _, grad = loss_and_gradient(ctc_loss, case, reduction="sum")
    close(grad.sum(-1), torch.zeros(6, 2, dtype=F64))  # of the function itself: -1 a step
    logits = case.log_probs.clone().requires_grad_()

    def loss(logits: Tensor) -> Tensor:
        return ctc_loss(logits.log_softmax(-1), *case[1:], reduction="none")

    assert torch.autograd.gradcheck(loss, logits)
    assert torch.autograd.gradgradcheck(loss, logits)
    doubled = case._replace(log_probs=case.log_probs + math.log(2))  # no probabilities any more
    close(
        loss_and_gradient(ctc_loss, doubled, reduction="sum"),
        loss_and_gradient(F.ctc_loss, doubled, reduction="sum"),
    )


@given(case=cases(most_steps=6), zero_infinity=st.booleans())
@settings(deadline=None, max_examples=30)
def test_create_graph_gives_the_same_first_gradient(case: Case, zero_infinity: bool) -> None:
    log_probs = case.log_probs.clone().requires_grad_()
    losses = ctc_loss(log_probs, *case[1:], reduction="none", zero_infinity=zero_infinity)
    ours = torch.autograd.grad(losses.sum(), log_probs, create_graph=True)[0]
    theirs = loss_and_gradient(F.ctc_loss, case, reduction="none", zero_infinity=zero_infinity)
    close(ours.detach(), theirs[1])


def test_torch_func() -> None:
    case = make(5, 2, 4, 2, 0, seed=3)._replace(
        input_lengths=torch.tensor([5, 4]), target_lengths=torch.tensor([2, 1])
    )

    def loss(log_probs: Tensor) -> Tensor:
        return ctc_loss(log_probs, *case[1:], reduction="sum")

    wanted = loss_and_gradient(F.ctc_loss, case, reduction="sum")[1]
    close(torch.func.grad(loss)(case.log_probs), wanted)
    towards = torch.randn_like(case.log_probs)
    close(torch.func.jvp(loss, (case.log_probs,), (towards,))[1], (wanted * towards).sum())
    several = torch.stack([case.log_probs, case.log_probs.roll(1, 0)])
    close(torch.func.vmap(loss)(several), torch.stack([loss(x) for x in several]))


def test_a_probability_of_zero() -> None:
    """Torch's gradient is NaN there; everywhere else it is the same."""
    case = make(5, 2, 4, 2, 0, seed=0)._replace(
        input_lengths=torch.tensor([5, 5]), target_lengths=torch.tensor([2, 1])
    )
    case.log_probs[1, :, case.targets[0, 0]] = -INF
    ours = loss_and_gradient(ctc_loss, case, reduction="sum")
    theirs = loss_and_gradient(F.ctc_loss, case, reduction="sum")
    close(ours[0], theirs[0])
    assert theirs[1].isnan().any() and ours[1].isfinite().all()
    close(ours[1], theirs[1].nan_to_num(0))
    losses = ctc_by_steps(*case)
    close(losses.sum(), theirs[0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_other_types(dtype: torch.dtype) -> None:
    case = make(8, 3, 4, 2, 0, seed=1)._replace(input_lengths=torch.tensor([8, 7, 6]))
    wanted = loss_and_gradient(ctc_loss, case, reduction="sum")
    found = loss_and_gradient(
        ctc_loss, case._replace(log_probs=case.log_probs.to(dtype)), reduction="sum"
    )
    assert found[0].dtype == found[1].dtype == dtype
    tolerance = 200 * torch.finfo(dtype).eps
    for ours, exact in zip(found, wanted, strict=True):
        torch.testing.assert_close(ours.double(), exact, rtol=tolerance, atol=tolerance)


def test_a_thousand_steps_in_float32() -> None:
    """Probabilities of e^-1000 and less: logarithms hold them."""
    generator = torch.Generator().manual_seed(0)
    log_probs = torch.randn(1000, 2, 30, generator=generator).mul(4).log_softmax(-1)
    case = Case(
        log_probs,
        torch.randint(1, 30, (2, 100), generator=generator),
        torch.tensor([1000, 900]),
        torch.tensor([100, 100]),
        0,
    )
    exact = loss_and_gradient(F.ctc_loss, case._replace(log_probs=log_probs.double()))
    found = loss_and_gradient(ctc_loss, case)
    torch.testing.assert_close(found[0].double(), exact[0], rtol=1e-5, atol=0)
    torch.testing.assert_close(found[1].double(), exact[1], rtol=0, atol=1e-4)


def test_what_comes_is_left_alone() -> None:
    case = make(5, 2, 4, 3, 0, seed=0)
    before = [x.clone() for x in case[:4]]
    loss_and_gradient(ctc_loss, case, reduction="sum")
    assert all(torch.equal(x, y) for x, y in zip(case[:4], before, strict=True))


def test_a_caller_may_write_into_the_loss() -> None:
    case = make(5, 1, 4, 1, 0, seed=0)._replace(input_lengths=torch.tensor([5]))
    log_probs = case.log_probs.clone().requires_grad_()
    loss = ctc_loss(log_probs, *case[1:], reduction="none")
    with torch.no_grad():
        loss.zero_()
    close(
        torch.autograd.grad(loss, log_probs)[0],
        loss_and_gradient(F.ctc_loss, case, reduction="none")[1],
    )


def test_step() -> None:
    """Counted by hand: blank 1 blank 1 blank 2 blank, two steps in."""
    half = math.log(0.5)
    log_alpha = torch.tensor([[half, half, -INF, -INF, -INF]], dtype=F64)
    skips = torch.tensor([[False, True, False, True, False]])
    found = ctc_step(log_alpha, torch.zeros(1, 5, dtype=F64), skips).exp()
    close(found, torch.tensor([[0.5, 1.0, 0.5, 0.5, 0.0]], dtype=F64))


def test_log_sum() -> None:
    terms = torch.tensor([[1.0, -INF, -INF], [2.0, 0.5, -INF]], dtype=F64, requires_grad=True)
    close(log_sum(terms), terms.logsumexp(0))
    (grad,) = torch.autograd.grad(log_sum(terms)[:2].sum(), terms)
    close(grad[:, :2], terms.detach()[:, :2].softmax(0))
    (grad,) = torch.autograd.grad(log_sum(terms)[2], terms)
    assert not grad.any()


TARGETS = torch.tensor([[1, 2], [3, 3]])
LENGTHS = torch.tensor([5, 4]), torch.tensor([2, 2])


def log_probs(*shape: int) -> Tensor:
    return torch.randn(*(shape or (5, 2, 4))).log_softmax(-1)


WRONG: dict[str, Callable[[Any], Any]] = {
    "blank too large": lambda f: f(log_probs(), TARGETS, *LENGTHS, 4),
    "blank below 0": lambda f: f(log_probs(), TARGETS, *LENGTHS, -1),
    "blank 1.5": lambda f: f(log_probs(), TARGETS, *LENGTHS, 1.5),
    "too many steps": lambda f: f(log_probs(), TARGETS, torch.tensor([6, 4]), LENGTHS[1]),
    "steps below 0": lambda f: f(log_probs(), TARGETS, torch.tensor([-1, 4]), LENGTHS[1]),
    "too many labels": lambda f: f(log_probs(), TARGETS, LENGTHS[0], torch.tensor([3, 2])),
    "labels below 0": lambda f: f(log_probs(), TARGETS, LENGTHS[0], torch.tensor([-1, 2])),
    "one length for two": lambda f: f(log_probs(), TARGETS, torch.tensor([5]), LENGTHS[1]),
    "a number for two": lambda f: f(log_probs(), TARGETS, torch.tensor(5), LENGTHS[1]),
    "lengths of one target": lambda f: f(log_probs(), TARGETS, LENGTHS[0], torch.tensor([2])),
    "plain numbers": lambda f: f(log_probs(5, 4), torch.tensor([1]), 5, 1),
    "lengths in float": lambda f: f(log_probs(), TARGETS, LENGTHS[0].float(), LENGTHS[1]),
    "a row too long": lambda f: f(log_probs(), torch.tensor([1, 2, 3, 3, 1]), *LENGTHS),
    "a row too short": lambda f: f(log_probs(), torch.tensor([1, 2, 3]), *LENGTHS),
    "targets of 3 dimensions": lambda f: f(log_probs(), TARGETS[None], *LENGTHS),
    "targets of another batch": lambda f: f(log_probs(), TARGETS[:1], *LENGTHS),
    "whole numbers": lambda f: f(torch.zeros(5, 2, 4).long(), TARGETS, *LENGTHS),
    "1 dimension": lambda f: f(torch.zeros(5), TARGETS, *LENGTHS),
    "4 dimensions": lambda f: f(torch.zeros(5, 1, 2, 4), TARGETS, *LENGTHS),
    "no sequence": lambda f: f(
        torch.zeros(5, 0, 4), torch.zeros(0, 2).long(), *(torch.zeros(0).long(),) * 2
    ),
    "no step": lambda f: f(torch.zeros(0, 2, 4), TARGETS, *(torch.zeros(2).long(),) * 2),
    "another reduction": lambda f: f(log_probs(), TARGETS, *LENGTHS, reduction="average"),
    "a list for log_probs": lambda f: f([1.0], TARGETS, *LENGTHS),
    "a list for targets": lambda f: f(log_probs(), [[1, 2], [3, 3]], *LENGTHS),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_torch_refuses(wrong: str) -> None:
    with pytest.raises(Exception) as ours:
        WRONG[wrong](ctc_loss)
    with pytest.raises(Exception) as theirs:
        WRONG[wrong](F.ctc_loss)
    assert ours.type is theirs.type
    assert str(ours.value).startswith("ctc_loss: ") and ":" in str(ours.value)[10:]


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (0, "targets have the blank, 0, as a label"),
        (4, "targets have class 4: log_probs has C=4"),
        (-1, "targets have class -1"),
    ],
)
def test_labels_that_are_none(label: int, message: str) -> None:
    """Torch computes with them, for the last two with what stands beside the table."""
    with pytest.raises(RuntimeError, match=message):
        ctc_loss(log_probs(), torch.tensor([[1, label], [3, 3]]), *LENGTHS)
