"""The command line: `seqcourse --help`."""

from __future__ import annotations

from types import ModuleType
from typing import Annotated

import typer

app = typer.Typer(
    help="An executable course on sequence models.", no_args_is_help=True, add_completion=False
)


@app.command()
def book(
    fresh: Annotated[bool, typer.Option(help="Run every chapter, stale or not.")] = False,
    only: Annotated[list[int] | None, typer.Option(help="Run no other chapter than this.")] = None,
    timeout: Annotated[int, typer.Option(help="Seconds that one cell may take.")] = 180,
) -> None:
    """Run the chapters whose record is stale, then build the site and the notebooks."""
    publish = _publisher()
    try:
        checkout = publish.book.Book.find()
        ran = publish.runner.run_stale(checkout, fresh=fresh, only=only or (), timeout=timeout)
        publish.site.build_site(checkout)
        publish.site.report(checkout, ran)
    except (publish.book.BookError, publish.runner.RunFailed) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command()
def new_chapter(
    name: Annotated[str, typer.Argument(help="Such as 04_recurrent_networks.")],
) -> None:
    """Write the skeleton of a chapter, of its checkers and of their wrong answers."""
    publish = _publisher()
    try:
        paths = publish.skeleton.write_skeleton(publish.book.Book.find(), name)
    except publish.book.BookError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo("The chapter, its checkers, and the wrong answers that prove them:")
    for path in paths:
        typer.echo(f"  {path}")
    number = name[:2]
    typer.echo(
        f"Put a short word in place of c{number} in all three. _toc.yml lists the chapter behind "
        "the one before it: begin a new part there if it opens one. Then call `make book`."
    )


@app.command()
def run(
    name: Annotated[str | None, typer.Argument(help="The experiment; without it: a list.")] = None,
) -> None:
    """Run an experiment of the course again and store its result."""
    from seqcourse import experiments

    if name is None:
        for known in experiments.names():
            typer.echo(known)
        return
    try:
        typer.echo(experiments.run(name))
    except KeyError as error:
        typer.echo(error.args[0], err=True)
        raise typer.Exit(1) from None


def _publisher() -> ModuleType:
    """The publisher, which needs more packages than a reader of the course has."""
    try:
        import seqcourse.publish.book
        import seqcourse.publish.runner
        import seqcourse.publish.site
        import seqcourse.publish.skeleton
    except ModuleNotFoundError as error:
        typer.echo(
            f"The book's tools need {error.name}: call `pip install -r requirements.txt` in a "
            "checkout of the repository.",
            err=True,
        )
        raise typer.Exit(1) from None
    return seqcourse.publish


if __name__ == "__main__":
    app()
