"""The command line: `seqcourse --help`."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import Annotated, NoReturn

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
        _stop(str(error))


@app.command()
def new_chapter(
    name: Annotated[str, typer.Argument(help="Such as 04_recurrent_networks.")],
) -> None:
    """Write the skeleton of a chapter, of its checkers and of their wrong answers."""
    publish = _publisher()
    try:
        paths = publish.skeleton.write_skeleton(publish.book.Book.find(), name)
    except publish.book.BookError as error:
        _stop(str(error))
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
    seeds: Annotated[int | None, typer.Option(min=1, help="How many; default: its own.")] = None,
    budget: Annotated[float | None, typer.Option(help="Minutes after which to stop.")] = None,
    fresh: Annotated[bool, typer.Option(help="Forget what earlier calls finished.")] = False,
    confirm: Annotated[
        bool, typer.Option(help="Only begin it again, and note that changed code agrees.")
    ] = False,
) -> None:
    """Run an experiment of the course and store its result; one that was stopped goes on."""
    from seqcourse import experiments

    if name is None:
        _list_experiments()
        return
    if name not in experiments.names():
        _stop(f"There is no experiment {name!r}; there are {', '.join(experiments.names())}.")
    if confirm:
        _confirm(name)
        return
    if budget is not None and not budget > 0:
        _stop(f"A budget of {budget:g} minutes is none: give more than 0.")
    from seqcourse.experiments._run import run as run_experiment  # loads torch

    try:
        path = run_experiment(name, seeds=seeds, minutes=budget, fresh=fresh, say=typer.echo)
    except ModuleNotFoundError as error:
        how = "" if "pip install" in str(error) else ": call `pip install 'seqcourse[data]'`"
        _stop(f"{name} cannot run. {error}{how}")
    except KeyboardInterrupt:
        _stop("Stopped. What is finished is kept: call again to go on.", code=130)
    if path:
        typer.echo(f"The result: {path}")


@app.command()
def say(
    words: Annotated[list[str], typer.Argument(help="Of the letters a to z.")],
    n: Annotated[int, typer.Option("--n", min=1, help="So many ways, and how likely each.")] = 1,
    ipa: Annotated[bool, typer.Option("--ipa", help="In the phonetic alphabet.")] = False,
) -> None:
    """Say how English words are pronounced, by the course's own network."""
    from seqcourse.models import pronouncer  # loads torch

    try:
        small = [pronouncer.checked(word) for word in words]
        answers = {word: pronouncer.pronounce(word, n) for word in dict.fromkeys(small)}
    except (ValueError, FileNotFoundError) as error:
        _stop(str(error))
    width = max(map(len, small))
    for word in small:
        for place, spoken in enumerate(answers[word]):
            name = f"{'' if place else word:{width}}"
            share = f"{spoken.probability:4.0%}  " if n > 1 else ""
            typer.echo(f"{name}  {share}{spoken.ipa if ipa else ' '.join(spoken.phonemes)}")


@app.command()
def assign(
    chapters: Annotated[
        list[int] | None, typer.Argument(help="The chapters that exercises are from.")
    ] = None,
    exercises: Annotated[
        str,
        typer.Option(help="Their names, with commas; a .md or .py file is one of your own."),
    ] = "",
    spec: Annotated[str, typer.Option(help="A seed: change each task by a variation.")] = "",
    points: Annotated[str, typer.Option(help="10, or 10,5, or bp-step=10,bp-cut=5.")] = "",
    due: Annotated[str, typer.Option(help="Such as '2026-12-01 23:59'.")] = "",
    title: Annotated[str, typer.Option(help="As students read it.")] = "",
    out: Annotated[Path | None, typer.Option(help="A folder, named as the assignment is.")] = None,
) -> None:
    """Make an assignment of exercises; without --exercises, list those that there are."""
    try:
        from seqcourse.classroom import assign, listing
        from seqcourse.classroom import chapters as store
        from seqcourse.classroom.tasks import AssignmentError
        from seqcourse.publish.book import BookError
    except ModuleNotFoundError as error:
        _stop(f"Assignments need {error.name}: call `pip install 'seqcourse[classroom]'`.")
    try:
        book = store.checkout()
        if not exercises:
            listing.show(book, chapters or [chapter.number for chapter in book.chapters()])
            return
        if out is None:
            _stop("Say where: --out hw3. The folder's name becomes the assignment's.")
        wish = assign.Wish(tuple(chapters or ()), exercises, out, spec, points, due, title)
        typer.echo(assign.summary(wish, assign.assign(book, wish)))
    except (AssignmentError, BookError) as error:
        _stop(str(error))


@app.command()
def grade(
    submissions: Annotated[Path, typer.Argument(help="The folder (or zip) that was handed in.")],
    assignment: Annotated[Path, typer.Option(help="The folder that `seqcourse assign` wrote.")],
    out: Annotated[Path, typer.Option(help="Where marks, feedback and summary go.")],
    workers: Annotated[int, typer.Option(min=0, help="At a time; 0: as many as cores.")] = 0,
    partial: Annotated[bool, typer.Option(help="Some right findings give some points.")] = False,
    seconds: Annotated[float, typer.Option(min=0.5, help="Of one cell or answer.")] = 10,
    total: Annotated[float, typer.Option(min=1, help="Seconds of one notebook.")] = 120,
    memory: Annotated[int, typer.Option(min=64, help="MB of one submission.")] = 2048,
    disk: Annotated[int, typer.Option(min=1, help="MB that a submission may write.")] = 64,
    sandbox: Annotated[bool, typer.Option(help="Off: trust every submission.")] = True,
) -> None:
    """Mark a folder of submissions; a run that was stopped goes on where it was."""
    from seqcourse.classroom import grading  # loads the checkers
    from seqcourse.classroom.inside.walls import Limits
    from seqcourse.classroom.marking import Rules

    count = workers or len(os.sched_getaffinity(0))
    rules = Rules(
        sandbox, Limits(cell=seconds, total=total, memory=memory, disk=disk), partial, count
    )
    try:
        result = grading.grade_class(
            submissions, assignment, out, rules, grading.bar, say=typer.echo
        )
    except grading.TROUBLES as error:
        _stop(str(error))
    except KeyboardInterrupt:
        _stop("Stopped. What is marked is kept: call again to go on.", code=130)
    typer.echo(grading.told(result, out))


@app.command()
def doctor(
    probe: Annotated[bool, typer.Option(help="Try the sandbox out: some seconds.")] = True,
) -> None:
    """Say what is installed, what is missing, and what each would enable."""
    from seqcourse.classroom.doctor import abilities, show

    found = abilities(probe)
    show(found)
    if found[0].missing:  # the course itself
        raise typer.Exit(1)


def _confirm(name: str) -> None:
    """Begin a stored result again; a difference ends the command."""
    from seqcourse.experiments._again import confirm as confirm_result  # loads torch

    try:
        found = confirm_result(name)
    except KeyError as error:
        _stop(str(error.args[0]))
    if found.wrong:
        _stop(f"{found.text}\n{found.wrong}")
    typer.echo(f"{found.text}\nThe stored result stands.")


def _list_experiments() -> None:
    """Every experiment, the first chapter that shows it, and whether its result still stands."""
    from rich.console import Console
    from rich.table import Table

    from seqcourse import experiments

    table = Table("experiment", "chapter", "seeds", "minutes", "its result")
    for name in experiments.names():
        facts = experiments.facts(name)
        try:
            record = experiments.stored(name)
        except KeyError:
            row = [str(len(facts.seeds)), "–", "none yet"]
        else:
            changed = ", ".join(experiments.out_of_date(name))
            state = f"out of date: {changed} has changed since" if changed else "up to date"
            row = [
                str(len(record["seeds"])),
                f"{record['seconds'] / 60:.1f}",
                state,
            ]
        table.add_row(name, str(facts.chapter), *row)
    Console().print(table)
    typer.echo("Run one by `seqcourse run NAME`; what is finished of it is kept.")


def _stop(message: str, code: int = 1) -> NoReturn:
    """End the command, and say why."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def _publisher() -> ModuleType:
    """The publisher, which needs more packages than a reader of the course has."""
    try:
        import seqcourse.publish.book
        import seqcourse.publish.runner
        import seqcourse.publish.site
        import seqcourse.publish.skeleton
    except ModuleNotFoundError as error:
        _stop(
            f"The book's tools need {error.name}: call `pip install -r requirements.txt` in a "
            "checkout of the repository."
        )
    return seqcourse.publish


if __name__ == "__main__":
    app()
