"""Chapter 19: patches taken away, and the CNN that keeps places, beside the nets compared with."""

from __future__ import annotations

import numpy as np
import torch

from seqcourse.data.images import Digits
from seqcourse.experiments import bags, crossover, flattened, missed
from seqcourse.nn.patches import patchify

torch.set_num_threads(1)


def test_what_is_chosen() -> None:
    flow, ink = torch.rand(500, 16), torch.rand(500, 16)
    ranks = missed.ranks(flow, ink, 0)
    assert torch.equal(ranks["another's"][0][1:], flow[:-1])
    assert len(ranks["lot"]) == missed.LOTS and not torch.equal(*ranks["lot"][:2])
    assert all(table.shape == flow.shape for tables in ranks.values() for table in tables)
    assert torch.equal(ranks["mean map"][0][0], ranks["mean map"][0][499])
    assert torch.equal(ranks["most ink"][0], -ranks["least ink"][0])


def test_paper_over_paper_changes_nothing_and_counts_are_as_said() -> None:
    torch.manual_seed(0)
    model = crossover.net("vit", "8 × 8")
    _, test = crossover.load("8 × 8")
    found = missed.away(model, *crossover.tensors(test), 0)
    assert found["count"] == 4 and set(found["left out"]) == set(found["painted"])
    blank = patchify(torch.from_numpy(test.image)[:, None], 2).mean(-1) == 0
    assert found["paper"]["all"] == round(blank.double().mean().item(), 4)
    assert found["paper"]["most ink"] < 0.01 < found["paper"]["all"] < found["paper"]["least ink"]
    empty = (blank.sum(1) >= 4).numpy()  # four patches of paper each
    few = Digits(test.image[empty], test.label[empty])
    again = missed.away(model, *crossover.tensors(few), 0)
    assert len(few.label) > 100 and again["painted"]["least ink"] == crossover.right(model, few)


def test_the_cnn_that_keeps_places_has_about_as_many_numbers() -> None:
    placed, vit = (
        sum(p.numel() for p in model.parameters())
        for model in (flattened.net(), crossover.net("vit", "8 × 8"))
    )
    assert abs(placed / vit - 1) < 0.02
    wanted = {(layout, rate) for layout in bags.LAYOUTS for rate in (1e-2, 3e-3)}
    assert {(s["layout"], s["rate"]) for s in flattened.settings()} == wanted
    assert np.isclose(flattened.RATES[0], crossover.KINDS["8 × 8"].rates["cnn"])
