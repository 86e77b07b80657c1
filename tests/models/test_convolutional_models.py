"""TCN, WaveNet and the piano roll's model: no future, caches, padding, saved and loaded."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from seqcourse.data.words import IGNORE
from seqcourse.models.language_model import LanguageModel, sample_words
from seqcourse.models.piano_roll import PianoRollModel, roll_nats
from seqcourse.models.tcn import TCN
from seqcourse.models.wavenet import WaveNet, generate
from seqcourse.nn import GRU

torch.set_num_threads(1)


def tcn(**options: Any) -> TCN:
    torch.manual_seed(0)
    return TCN(3, 5, **options).double().eval()


def close(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one, other, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("dilations", "k"), [((1, 2, 4), 3), ((1,), 2), ((4, 1), 1)])
def test_a_tcn_sees_its_field_and_no_future(dilations: Any, k: int) -> None:
    model, x = tcn(dilations=dilations, kernel_size=k), torch.randn(2, 40, 3).double()
    y, caches = model(x)
    assert y.shape == (2, 40, 5) and len(caches) == 2 * len(dilations)
    for t in (1, 17, 39):
        other = x.clone()
        other[:, t:] += 1
        assert torch.equal(model(other)[0][:, :t], y[:, :t])
    x.requires_grad_()
    (slope,) = torch.autograd.grad(model(x)[0][:, -1].sum(), x)
    seen = 40 - int(slope.abs().sum((0, 2)).nonzero()[0])
    assert seen == model.receptive_field


def test_a_tcn_goes_on_from_its_caches() -> None:
    model, x = tcn(), torch.randn(2, 11, 3).double()
    y, end = model(x)
    state: Any = None
    parts = []
    for t in range(11):
        y_t, state = model(x[:, t : t + 1], state)
        parts.append(y_t)
    assert close(torch.cat(parts, 1), y)
    assert all(close(a, b) for a, b in zip(state, end, strict=True))
    with pytest.raises(ValueError, match="6 caches, and 2 came"):
        model(x, end[:2])
    with pytest.raises(ValueError, match="one at least"):
        TCN(3, 5, dilations=())


def test_a_language_model_over_a_tcn() -> None:
    torch.manual_seed(0)
    model = LanguageModel(27, TCN(6, 8), 6).eval()
    tokens = torch.randint(27, (4, 9))
    logits, _ = model(tokens)
    padded = torch.cat([tokens, torch.zeros(4, 3, dtype=torch.long)], 1)
    assert torch.allclose(model(padded)[0][:, :9], logits, atol=1e-5)
    assert torch.isfinite(model.loss(tokens, torch.full_like(tokens, IGNORE).fill_(2)))
    assert sample_words(model, 3, seed=0) == sample_words(model, 3, seed=0)


def wavenet(**options: Any) -> WaveNet:
    torch.manual_seed(0)
    return WaveNet((1, 2, 4), 6, 7, levels=9, **options).double().eval()


OPTIONS = [{}, {"condition_channels": 2}, {"gated": False}, {"skips": False}, {"kernel_size": 3}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_wavenet_sees_no_future_and_goes_on_from_its_caches(options: dict[str, Any]) -> None:
    model, sound = wavenet(**options), torch.randint(9, (2, 30))
    e = torch.randn(2, 2, 30).double() if "condition_channels" in options else None
    logits, _ = model(sound, e)
    assert logits.shape == (2, 30, 9)
    for t in (1, 12, 29):
        other = sound.clone()
        other[:, t:] = (other[:, t:] + 1) % 9
        assert torch.equal(model(other, e)[0][:, :t], logits[:, :t])
    state, parts = None, []
    for t in range(30):
        new, state = model(sound[:, t : t + 1], None if e is None else e[..., t : t + 1], state)
        parts.append(new)
    assert close(torch.cat(parts, 1), logits)
    far = sound.clone()
    far[:, 29 - model.receptive_field] = (far[:, 29 - model.receptive_field] + 1) % 9
    assert torch.equal(model(far, e)[0][:, -1], logits[:, -1])


@pytest.mark.parametrize("moving", [False, True])
def test_what_is_generated_from_caches_is_what_is_generated_from_scratch(moving: bool) -> None:
    model = wavenet(condition_channels=2)
    e = torch.randn(3, 2, 25).double() if moving else torch.randn(3, 2).double()
    for begin in (None, torch.randint(9, (3, 4))):
        one, other = (
            generate(model, 25, e, seed=5, begin=begin, cached=cached) for cached in (True, False)
        )
        assert one.shape == (3, 25) and torch.equal(one, other)
    assert not torch.equal(one, generate(model, 25, e, seed=6, begin=begin))


def test_the_loss_is_that_of_each_next_sample_under_its_own_condition() -> None:
    model, sound, e = wavenet(condition_channels=2), torch.randint(9, (2, 8)), torch.randn(2, 2, 8)
    e = e.double()
    logits, _ = model(sound[:, :-1], e[..., 1:])
    wanted = -logits.log_softmax(-1).gather(-1, sound[:, 1:, None]).mean()
    assert close(model.loss(sound, e), wanted)


def test_saved_and_loaded_is_saved() -> None:
    for make, x in ((wavenet, torch.randint(9, (1, 9))), (tcn, torch.randn(1, 9, 3).double())):
        model, file = make(), io.BytesIO()
        torch.save(model.state_dict(), file)
        file.seek(0)
        other = make()
        for p in other.parameters():
            torch.nn.init.zeros_(p)
        other.load_state_dict(torch.load(file))
        assert torch.equal(other(x)[0], model(x)[0])


@pytest.mark.parametrize(
    ("says", "make"),
    [
        ("dilation for each block", lambda: WaveNet(())),
        ("two levels", lambda: WaveNet((1,), levels=1)),
        ("whole numbers", lambda: wavenet()(torch.zeros(1, 4))),
        (
            "3 caches, and 1 came",
            lambda: wavenet()(torch.zeros(1, 1).long(), None, (torch.zeros(1),)),
        ),
        ("no condition came", lambda: wavenet(condition_channels=2)(torch.zeros(1, 4).long())),
        ("temperature=0", lambda: generate(wavenet(), 3, seed=0, temperature=0)),
        ("length=0", lambda: generate(wavenet(), 0, seed=0)),
    ],
)
def test_what_is_refused_is_named(says: str, make: Any) -> None:
    with pytest.raises(ValueError, match=says):
        make()


def test_a_rolls_loss_counts_real_frames_alone() -> None:
    torch.manual_seed(0)
    model = PianoRollModel(GRU(4, 5, batch_first=True), 4, dropout=0.5).eval()
    frames = torch.randint(2, (2, 6, 4)).float()
    real = torch.tensor([[True] * 6, [True] * 3 + [False] * 3])
    alone = [model.loss(frames[:1], real[:1]), model.loss(frames[1:, :3], real[1:, :3])]
    wanted = (5 * alone[0] + 2 * alone[1]) / 7
    assert torch.allclose(model.loss(frames, real), wanted)
    other = frames.clone()
    other[1, 3:] = 1 - other[1, 3:]
    assert torch.allclose(model.loss(other, real), wanted)
    model.train()
    assert roll_nats(model, frames, real) == pytest.approx(float(wanted.detach()), rel=1e-5)
    assert model.training
    with pytest.raises(ValueError, match="input_size=3"):
        PianoRollModel(GRU(3, 5, batch_first=True), 4)
    assert np.isfinite(roll_nats(PianoRollModel(TCN(4, 5), 4), frames, real))
