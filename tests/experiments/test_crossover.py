"""Experiments of chapter 19: pictures moved and laid out, who sees what, what is taken away."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqcourse.data.images import Digits
from seqcourse.experiments import bags, crossover, larger
from seqcourse.nn.patches import patchify


def test_shifts_move_a_picture_whole_and_let_paper_in() -> None:
    images = np.arange(1, 17, dtype=np.float32).reshape(1, 4, 4).repeat(300, 0)
    moved = crossover.shifted(images, 1, np.random.default_rng(0))
    wanted = set()
    wide = np.pad(images[0], 1)
    for down in range(3):
        for across in range(3):
            wanted.add(wide[down : down + 4, across : across + 4].tobytes())
    assert {np.ascontiguousarray(one).tobytes() for one in moved} == wanted


def test_the_test_is_never_learnt_from() -> None:
    for data, kind in crossover.KINDS.items():
        pool, test = crossover.load(data)
        assert len(pool.label) == kind.train >= max(kind.counts)
        seen = {image.tobytes() for image in pool.image}
        assert sum(image.tobytes() in seen for image in test.image) < 3
        few = crossover.few(pool, 100, 1)
        assert {image.tobytes() for image in few.image} <= seen and len(few.label) == 100
    assert len(crossover.settings()) == 10 and len(larger.settings()) == 4


def test_both_nets_have_about_as_many_numbers() -> None:
    for data in crossover.KINDS:
        vit, cnn = (
            sum(p.numel() for p in crossover.net(name, data).parameters())
            for name in ("vit", "cnn")
        )
        assert abs(vit / cnn - 1) < 0.07


@pytest.mark.parametrize("layout", bags.LAYOUTS)
def test_laid_out_is_the_same_patches(layout: str) -> None:
    pool, _ = crossover.load("8 × 8")
    some = Digits(pool.image[:20], pool.label[:20])
    moved = bags.laid_out(some, layout, 3)
    before, after = (patchify(torch.from_numpy(d.image)[:, None], 2) for d in (some, moved))
    orders = []
    for rows, others in zip(before.tolist(), after.tolist(), strict=True):
        assert sorted(rows) == sorted(others)
        orders.append(rows == others)
    assert all(orders) == (layout == "as they are")
    again = bags.laid_out(Digits(some.image[:1], some.label[:1]), layout, 3)
    if layout == "one order":  # whatever stands in the rest
        assert np.array_equal(again.image[0], moved.image[0])


def test_what_is_taken_away_first() -> None:
    torch.manual_seed(0)
    model = crossover.net("vit", "28 × 28")
    _, test = crossover.load("28 × 28")
    some = Digits(test.image[:5], test.label[:5])
    orders = crossover.orders(model, some, 0)
    ink = patchify(torch.from_numpy(some.image)[:, None], 4).mean(-1).numpy()
    for order in orders.values():
        assert (np.sort(order, 1) == np.arange(49)).all()
    assert (np.diff(np.take_along_axis(ink, orders["ink"], 1), axis=1) <= 1e-6).all()
    found = crossover.looks(model, some, 0)
    starts = {share[0] for share in found["deleted"].values()}
    assert starts == {crossover.right(model, some)}
    assert np.shape(found["similarity"]) == (49, 49) and np.shape(found["maps"]) == (5, 49)


def test_the_machine_is_scikit_learns() -> None:
    pool, test = crossover.load("8 × 8")
    train = crossover.few(pool, 100, 0)
    assert 0.7 < crossover.machine(train, test) <= crossover.machine(train, test, True) + 0.1
