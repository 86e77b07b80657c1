"""From the long run of the pronunciation ladder to the file that the package ships.

python -m seqcourse.experiments._shipping
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from seqcourse import experiments
from seqcourse.experiments import pronouncing_night as night
from seqcourse.experiments._pieces import folder
from seqcourse.models import pronouncer
from seqcourse.models.joint_pronouncer import JointPronouncer

NAME = "pronouncing_night"


def ship(weights: Path, to: Path = pronouncer.FILE) -> None:
    """Write the pronouncer's file, asked as the dev words chose.

    Args:
        weights: what the run left, rounded already.

    Raises:
        KeyError: the run has no stored result.
        ValueError: the dev words chose another search than the joint one.
    """
    found = experiments.result(NAME)
    chosen = night.searches()[found["chosen"]]
    if chosen is None:
        raise ValueError(f"The dev words chose {found['chosen']!r}: the file knows joint searches.")
    sizes = {key: found["setting"][key] for key in night.SIZES}
    network = JointPronouncer(**sizes)
    with np.load(weights, allow_pickle=False) as file:
        network.load_state_dict({name: torch.from_numpy(file[name]) for name in file.files})
    rates = {
        part: {rate: round(one[rate], 2) for rate in ("per", "wer")}
        for part, one in (("dev", found["dev"][found["chosen"]]), ("test", found["test"]))
    }
    about = {"experiment": NAME, "rates": rates}
    pronouncer.save(network, to, sizes=sizes, beam=night.BEAM, share=chosen, about=about)


if __name__ == "__main__":
    ship(folder(NAME) / night.FOUND)
    print(f"{pronouncer.FILE}: {pronouncer.FILE.stat().st_size / 1e6:.2f} MB")
