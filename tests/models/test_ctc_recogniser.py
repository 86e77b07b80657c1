"""The recogniser for CTC: padding, lengths, layout, and a loss equal to a sum over all paths."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import seqcourse.nn
from seqcourse.data.strips import strip_batch, strips
from seqcourse.models.ctc_recogniser import CTCRecogniser, SlidingWindow

torch.set_num_threads(1)
LAYERS: dict[str, Callable[..., nn.Module]] = {
    "our RNN": seqcourse.nn.RNN,
    "our LSTM": seqcourse.nn.LSTM,
    "our GRU": seqcourse.nn.GRU,
    "torch's LSTM": nn.LSTM,
    "torch's GRU, two layers": lambda *a, **k: nn.GRU(*a, num_layers=2, **k),
}
layers = pytest.mark.parametrize("layer", LAYERS.values(), ids=list(LAYERS))
ways = pytest.mark.parametrize("both_ways", [False, True])
LENGTHS = torch.tensor([8, 1, 5, 3, 7])
TOKENS = torch.randint(0, 9, (5, 8), generator=torch.Generator().manual_seed(1))
COLUMNS = torch.rand((5, 8, 6), generator=torch.Generator().manual_seed(2)).double()


def reader(layer: Callable[..., nn.Module], both_ways: bool, frames: int = 1) -> CTCRecogniser:
    torch.manual_seed(0)
    made = layer(4, 5, batch_first=True, bidirectional=both_ways)
    return CTCRecogniser(made, 7, nn.Embedding(9, 4), frames).double()


def viewer(layer: Callable[..., nn.Module], both_ways: bool, stride: int = 2) -> CTCRecogniser:
    torch.manual_seed(0)
    made = layer(4, 5, batch_first=True, bidirectional=both_ways)
    return CTCRecogniser(made, 7, SlidingWindow(6, 5, 4, stride)).double()


def close(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one, other, rtol=1e-10, atol=1e-12)


@layers
@ways
@pytest.mark.parametrize("frames", [1, 2])
def test_padding_changes_nothing(layer: Any, both_ways: bool, frames: int) -> None:
    cases = [(reader(layer, both_ways, frames), TOKENS, [0, 8])]
    cases += [(viewer(layer, both_ways, stride), COLUMNS, [0, 9]) for stride in (1, 2, 3)]
    for model, x, fills in cases:
        found, steps = model(x, LENGTHS)
        assert found.shape == (steps.max(), 5, 7)
        for fill in fills:
            real = (torch.arange(8) < LENGTHS[:, None]).reshape(5, 8, *(1,) * (x.dim() - 2))
            hidden = torch.where(real, x, torch.tensor(fill, dtype=x.dtype))
            behind = torch.full((5, 4, *x.shape[2:]), fill, dtype=x.dtype)
            longer, same = model(torch.cat([hidden, behind], 1), LENGTHS)
            assert torch.equal(same, steps)
            for row, n in enumerate(steps.tolist()):
                assert close(longer[:n, row], found[:n, row])
        for row, length in enumerate(LENGTHS.tolist()):  # each by itself
            alone, [n] = model(x[row : row + 1, :length])
            assert len(alone) == n == steps[row]
            assert close(alone[:, 0], found[:n, row])


def test_frames_of_a_step_stand_one_behind_the_other() -> None:
    model = reader(nn.GRU, True, frames=2)
    log_probs, steps = model(TOKENS, LENGTHS)
    assert log_probs.shape == (16, 5, 7) and torch.equal(steps, 2 * LENGTHS)
    assert close(log_probs.exp().sum(-1), torch.ones(16, 5).double())
    other = TOKENS.clone()
    other[:, 3] = (other[:, 3] + 1) % 9
    one_way = reader(nn.GRU, False, frames=2)
    changed = (one_way(TOKENS)[0] != one_way(other)[0]).any(-1).any(-1)
    assert not changed[:6].any() and changed[6:].all()


@pytest.mark.parametrize(
    ("width", "stride"), [(w, s) for w in (1, 2, 3, 5) for s in (1, 2, 3) if s <= w]
)
@pytest.mark.parametrize("length", [1, 2, 7, 12])
def test_a_window_sees_what_is_around_it(width: int, stride: int, length: int) -> None:
    window = SlidingWindow(3, width, 2, stride).double()
    x = torch.rand(1, length, 3).double()
    found, [n] = window(x, torch.tensor([length]))
    assert found.shape == (1, n, 2) and n == -(-length // stride)
    weight, bias = window.convolution.weight, window.convolution.bias  # (2, 3, width)
    for place in range(int(n)):
        first = place * stride - (width - stride) // 2
        value = bias.clone()
        for k in range(width):
            if 0 <= first + k < length:
                value = value + weight[:, :, k] @ x[0, first + k]
        assert close(found[0, place], value.relu())


def test_the_loss_sums_over_all_paths() -> None:
    """Enumerated: every path of 3 steps that spells the target; divided by its length."""
    model, lengths = reader(nn.GRU, True), torch.tensor([3, 2])
    targets, sizes = torch.tensor([[1, 1], [4, 0]]), torch.tensor([2, 1])
    log_probs, _ = model(TOKENS[:2, :3], lengths)
    losses = []
    for row, (n, size) in enumerate(zip(lengths.tolist(), sizes.tolist(), strict=True)):
        total = torch.zeros((), dtype=torch.float64)
        for path in itertools.product(range(7), repeat=n):
            merged = [symbol for symbol, _ in itertools.groupby(path)]
            if [symbol for symbol in merged if symbol] == targets[row, :size].tolist():
                total += log_probs[range(n), row, list(path)].sum().exp()
        losses.append(-total.log() / size)
    found = model.loss(TOKENS[:2, :3], lengths, targets, sizes)
    assert close(found, torch.stack(losses).mean())


def test_a_target_without_a_path_counts_nothing() -> None:
    model = reader(nn.GRU, False)
    good = model.loss(TOKENS[:1], None, torch.tensor([[2, 3]]), torch.tensor([2]))
    both = model.loss(
        TOKENS[:2], torch.tensor([8, 1]), torch.tensor([[2, 3], [2, 3]]), torch.tensor([2, 2])
    )
    assert good > 0 and close(both, good / 2)


def test_numbers_as_they_are() -> None:
    torch.manual_seed(0)
    model = CTCRecogniser(nn.GRU(6, 5, batch_first=True), 7).double()
    states, _ = model.layer(COLUMNS)
    assert close(model(COLUMNS)[0], F.log_softmax(model.out(states), -1).transpose(0, 1))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: CTCRecogniser(nn.Linear(2, 2), 3), TypeError, "but Linear came"),
        (lambda: CTCRecogniser(nn.GRU(2, 2), 3), ValueError, "with batch_first=True"),
        (
            lambda: CTCRecogniser(nn.GRU(2, 2, batch_first=True), 3, nn.Embedding(4, 5)),
            ValueError,
            "will be given 5",
        ),
        (
            lambda: CTCRecogniser(nn.GRU(2, 2, batch_first=True), 3, frames=0),
            ValueError,
            "frames=0",
        ),
        (lambda: SlidingWindow(3, 2, 4, stride=3), ValueError, "no stride above"),
        (lambda: SlidingWindow(3, 2, 0), ValueError, "features=0"),
        (lambda: reader(nn.GRU, True)(COLUMNS), ValueError, r"give \(B, T\) tokens"),
        (lambda: reader(nn.GRU, True)(TOKENS + 9), ValueError, "it reads 0 to 8"),
        (lambda: viewer(nn.GRU, True)(TOKENS), ValueError, r"give \(B, T, D\)"),
        (lambda: reader(nn.GRU, True)(TOKENS, LENGTHS - 1), ValueError, "from 1 to 8"),
    ],
)
def test_what_does_not_fit(make: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_it_learns_to_read_a_strip() -> None:
    """Short strips: far better after a few steps than at first."""
    from seqcourse.training import fit

    def draw(rng: np.random.Generator) -> tuple[Tensor, ...]:
        batch = strip_batch(strips(16, rng, most=2))
        return tuple(map(torch.from_numpy, batch))

    torch.manual_seed(0)
    window = SlidingWindow(28, 12, 32, stride=4)
    model = CTCRecogniser(nn.GRU(32, 32, batch_first=True, bidirectional=True), 11, window)
    history = fit(
        model, lambda m, batch: m.loss(*batch), draw, steps=150, lr=0.01, every=50, progress=False
    )
    assert history.loss[-1] < 0.6 * history.loss[0]
