"""Sums on a clock: the net with its keys looked up, against the same net written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqcourse.models.modular import ModularAdder, spectrum, sums


def net(modulus: int = 7) -> ModularAdder:
    torch.manual_seed(0)
    return ModularAdder(modulus, 12, 3, 10).double()


def test_looking_up_is_computing() -> None:
    model = net()
    questions = torch.cartesian_prod(torch.arange(7), torch.arange(7))
    tokens = torch.cat([questions, torch.full((49, 1), 7)], 1)  # a, b, =
    x = model.embedding(tokens) + model.place.weight  # (49, 3, 12)
    heads = [part(x).view(49, 3, 3, 4).transpose(1, 2) for part in (model.key, model.value)]
    query = model.query(x[:, 2]).view(49, 3, 1, 4)
    a = (query @ heads[0].mT / math.sqrt(4)).softmax(-1)
    last = x[:, 2] + model.out((a @ heads[1]).flatten(1))
    last = last + model.outer(torch.relu(model.inner(last)))
    torch.testing.assert_close(model(questions), model.answer(last))


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_no_sum_stands_on_one_side_and_its_mirror_on_the_other(share: float) -> None:
    found = sums(11, share, np.random.default_rng(0))
    train, test = ({tuple(pair) for pair in side} for side in (found.train, found.test))
    assert not train & test and len(train) + len(test) == 121
    assert {(b, a) for a, b in train} == train
    assert ((found.train.sum(1) - found.train_answer) % 11 == 0).all()
    assert ((found.test.sum(1) - found.test_answer) % 11 == 0).all()
    assert len(found.train) == pytest.approx(121 * share, abs=6)
    again = sums(11, share, np.random.default_rng(0))
    assert all(np.array_equal(one, other) for one, other in zip(found, again, strict=True))


def test_a_wave_is_seen_as_one() -> None:
    model = net(11)
    angle = 2 * torch.pi * 3 * torch.arange(11) / 11
    with torch.no_grad():
        model.embedding.weight.zero_()
        model.embedding.weight[:11, 0] = torch.cos(angle)
        model.embedding.weight[:11, 1] = torch.sin(angle) + 5
    shares = spectrum(model)
    assert shares.shape == (5,) and shares[2] == pytest.approx(1)
    assert spectrum(net(11)).sum() == pytest.approx(1)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="no multiple"):
        ModularAdder(7, 10, 3, 4)
    for share in (0, 1):
        with pytest.raises(ValueError, match="between 0 and 1"):
            sums(7, share, np.random.default_rng(0))
