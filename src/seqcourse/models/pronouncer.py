"""The course's own pronouncer: how English words are said, by the network that the package ships.

`pronounce("sequence")` asks the network of `joint_pronouncer`, 2 million weights in eight bits,
that `seqcourse run pronouncing_night` trained. It looks no word up. Its file holds arrays alone,
and is read without pickle.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from seqcourse.data.pairs import letters, phonemes
from seqcourse.files import write_whole
from seqcourse.models.joint_pronouncer import JointPronouncer, candidates, ranked
from seqcourse.models.quantised import Quantised, quantise

FILE = Path(__file__).with_suffix(".npz")
LONGEST = 60  # letters of a word that is asked
ABOUT, SCALE = "about", ":scale"  # in the file: what is no weight; behind a matrix' name

IPA = {
    sound: sign
    for pair in (
        "AA:ɑ AE:æ AH:ʌ AO:ɔ AW:aʊ AY:aɪ B:b CH:tʃ D:d DH:ð EH:ɛ ER:ɝ EY:eɪ F:f G:ɡ HH:h IH:ɪ IY:i "
        "JH:dʒ K:k L:l M:m N:n NG:ŋ OW:oʊ OY:ɔɪ P:p R:ɹ S:s SH:ʃ T:t TH:θ UH:ʊ UW:u V:v W:w Y:j "
        "Z:z ZH:ʒ"
    ).split()
    for sound, sign in [pair.split(":")]
}


class Spoken(NamedTuple):
    """One way to say a word.

    Args:
        phonemes: of `seqcourse.data.pronunciations.PHONEMES`, without stress.
        probability: the network's, shared out among the candidates that its search found.
    """

    phonemes: tuple[str, ...]
    probability: float

    @property
    def ipa(self) -> str:
        """In the International Phonetic Alphabet; without stress ʌ stands for ə too."""
        return ipa(self.phonemes)


class Pronouncer(NamedTuple):
    """A trained network, and how it is asked.

    Args:
        network: in eval mode.
        beam: how many beginnings each of the two searches keeps.
        share: of CTC in what ranks the candidates; the decoder has the rest.
        about: what the file tells of it: its sizes and rates.
    """

    network: JointPronouncer
    beam: int
    share: float
    about: dict[str, Any]

    def __call__(self, word: str, n: int = 1) -> list[Spoken]:
        """The n likeliest ways to say a word, best first; fewer where fewer were found.

        Args:
            word: of the letters a to z, large or small, at most 60.
            n: at least 1.

        Raises:
            ValueError: n is below 1; the word is empty or too long, or holds another letter.
        """
        if n < 1:
            raise ValueError(f"pronounce got n={n}: ask for 1 way to say a word or more.")
        source = torch.tensor([letters(checked(word))])
        most = 2 * len(word) + 8  # as in training's searches
        found = ranked(candidates(self.network, source, self.beam, most)[0], self.share)
        shares = torch.tensor([answer.score for answer in found], dtype=torch.float64).softmax(0)
        return [
            Spoken(phonemes(answer.tokens), probability)
            for answer, probability in zip(found[:n], shares.tolist(), strict=False)
        ]


def pronounce(word: str, n: int = 1) -> list[Spoken]:
    """The n likeliest ways to say an English word, by the network that is shipped.

    Args:
        word, n: as `Pronouncer` takes them.

    Raises:
        ValueError: as there; or the network's file is damaged.
        FileNotFoundError: the installed package has no such file.
    """
    return pronouncer()(word, n)


@cache
def pronouncer() -> Pronouncer:
    """The network that is shipped.

    Raises:
        FileNotFoundError, ValueError: as `load`.
    """
    return load(FILE)


def checked(word: str) -> str:
    """The word in small letters.

    Raises:
        ValueError: it is empty, too long, or holds another letter than a to z.
    """
    small = word.lower()
    strange = sorted({letter for letter in small if not "a" <= letter <= "z"})
    if strange:
        raise ValueError(
            f"{word!r} holds {', '.join(map(repr, strange))}: the pronouncer reads words of the "
            "letters a to z alone, one at a time."
        )
    if not 1 <= len(small) <= LONGEST:
        raise ValueError(
            f"A word of {len(small)} letters came: the pronouncer reads words of 1 to {LONGEST}."
        )
    return small


def ipa(sounds: Iterable[str]) -> str:
    """Phonemes such as 'CH' as one text of the International Phonetic Alphabet."""
    return "".join(IPA[sound] for sound in sounds)


def save(
    network: JointPronouncer,
    path: Path,
    *,
    sizes: Mapping[str, int],
    beam: int,
    share: float,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Write a network: each matrix in eight bits and a scale a row, all else as it is.

    Args:
        sizes: what `JointPronouncer` was made with, dropout left out.
        beam, share: as in `Pronouncer`.
        about: plain values that are to be told with it.
    """
    told = dict(about or {}) | {"sizes": dict(sizes), "beam": beam, "share": share}
    arrays: dict[str, np.ndarray] = {ABOUT: np.array(json.dumps(told, sort_keys=True))}
    for name, weight in network.state_dict().items():
        if weight.dim() == 2:
            values, scale = quantise(weight)
            arrays |= {name: values.numpy(), name + SCALE: scale[:, 0].numpy()}
        else:
            arrays[name] = weight.numpy()
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    write_whole(path, file.getvalue())


def load(path: Path) -> Pronouncer:
    """A pronouncer from a file that `save` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or of another kind.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"The pronouncer's weights are missing: {path} is no file. Install the package again."
        )
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(str(arrays.pop(ABOUT)))
        network = JointPronouncer(**about["sizes"], dropout=0.0)
        network.load_state_dict(_widened(arrays))
        beam, share = int(about["beam"]), float(about["share"])
    except (BadZipFile, OSError, EOFError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"{path} holds no pronouncer that can be read ({type(error).__name__}): install the "
            "package again."
        ) from error
    return Pronouncer(network.eval(), beam, share, about)


def _widened(arrays: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """The weights by their names, what is in eight bits as usual numbers again."""
    found = {}
    for name, values in arrays.items():
        if name.endswith(SCALE):
            continue
        weight = torch.from_numpy(values)
        if values.dtype == np.int8:
            scale = torch.from_numpy(arrays[name + SCALE])[:, None]
            weight = Quantised(weight, scale).widened()
        if not weight.is_floating_point() or not weight.isfinite().all():
            raise ValueError(f"{name} holds no finite numbers")
        found[name] = weight
    return found
