"""The adding problem from four starts: the parts of a trial, and what is stored."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqcourse.experiments import adding


def test_the_starts_are_what_their_names_say() -> None:
    torch.manual_seed(0)
    nets = {name: adding.net(name) for name in adding.STARTS}
    eye = torch.eye(adding.HIDDEN)
    weights = {name: net.layer.weight_hh_l0.detach() for name, net in nets.items()}
    assert torch.equal(weights["identity, relu"], eye)
    orthogonal = weights["orthogonal, tanh"]
    torch.testing.assert_close(orthogonal @ orthogonal.T, eye, rtol=0, atol=1e-5)
    for name in ("torch's, relu", "torch's, tanh"):
        assert weights[name].abs().max() <= adding.HIDDEN**-0.5
    for name, net in nets.items():
        assert net.layer.nonlinearity == name.split(", ")[1]


@pytest.mark.parametrize("start", adding.STARTS)
def test_reach_is_the_norm_of_autograds_jacobian(start: str) -> None:
    torch.manual_seed(0)
    model = adding.net(start)
    x, _ = adding.draw(np.random.default_rng(0), 6, 1)
    states = model.layer(x)[0]  # (1, 6, H)

    def onwards(h: torch.Tensor) -> torch.Tensor:
        return model.layer(x[:, 2:], h)[1]

    full = torch.autograd.functional.jacobian(onwards, states[:, 1:2].transpose(0, 1))
    norm = torch.linalg.matrix_norm(full.reshape(adding.HIDDEN, -1), 2)
    assert adding.reach(model, x)[4] == pytest.approx(float(norm.log10()), abs=0.02)


def test_a_constant_pays_a_sixth() -> None:
    class One(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.ones(len(x), 1)

    error = adding.squared_error(One(), adding.draw(np.random.default_rng(0), 10, 200_000))
    assert float(error) == pytest.approx(1 / 6, abs=1e-3)


def test_the_summary_finds_the_step() -> None:
    trial = {
        "setting": {"length": 10, "start": "identity, relu"},
        "seed": 0,
        "seconds": 1.4,
        "error": [0.2, 0.05, 0.02, 0.009],
        "before": [0.0],
        "after": [0.0],
        "largest_norm": 3.0,
        "baseline": 0.166,
    }
    stuck = [0.2] * (adding.LIMIT // adding.EVERY)
    rounded = [0.2, 0.05, 0.01]  # it stopped here, so that it was less
    run = adding.summary([trial | {"error": e} for e in (trial["error"], stuck, rounded)])["runs"]
    assert [(r["found"], r["solved"]) for r in run] == [(200, 400), (None, None), (200, 300)]
