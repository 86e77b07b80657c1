"""The publisher: runs the chapters and builds the site and the notebooks."""

import sys
from contextlib import suppress
from importlib import import_module

# Seconds of every command: where rfc3987_syntax is installed (Jupyter's server brings it),
# jsonschema, which nbformat imports, has it build grammars of web addresses. No notebook is checked
# for any: hide it until jsonschema is imported.
if "jsonschema" not in sys.modules and "rfc3987_syntax" not in sys.modules:
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    with suppress(ImportError):
        import_module("jsonschema")
    del sys.modules["rfc3987_syntax"]
