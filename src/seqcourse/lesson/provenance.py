"""Where a stored result comes from, and whether it still stands."""

from __future__ import annotations

from html import escape

from IPython.display import display

from seqcourse.experiments import out_of_date, stored


def provenance(name: str) -> None:
    """Display where an experiment's stored result comes from, in one line below what shows it.

    Args:
        name: of the experiment.

    Raises:
        KeyError: there is no such experiment, or it has no stored result.
    """
    record = stored(name)
    seeds = f"{len(record['seeds'])} seed{'s' * (len(record['seeds']) != 1)}"
    took = record["seconds"]
    took = f"{took / 60:.0f} min" if took >= 100 else f"{max(took, 1)} s"
    torch = record["versions"]["torch"].partition("+")[0]
    facts = f"{seeds}, {took} on one thread, torch {torch}."
    changed = what_changed(name)
    start = '<p class="sq-provenance" style="margin:.25em 0 .75em;font-size:.85em">Stored result of'
    html = f"{start} <code>{escape(record['command'])}</code>: {escape(facts)}"
    if changed:
        html += f" <strong>{escape(changed)}</strong>"
    text = " ".join(filter(None, [f"Stored result of {record['command']}: {facts}", changed]))
    display({"text/plain": text, "text/html": f"{html}</p>"}, raw=True)  # type: ignore[no-untyped-call]


def what_changed(name: str) -> str:
    """A sentence that names the modules that changed since the result was stored, or nothing."""
    modules = " and ".join(f"seqcourse/{path}" for path in out_of_date(name))
    plural = " and " in modules
    return f"Out of date: {modules} {'have' if plural else 'has'} changed since." if modules else ""
