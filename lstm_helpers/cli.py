"""``lstm-course``: the course from the terminal.

Wrong use ends with one sentence on stderr and exit code 2, any other failure with one sentence
and exit code 1. What the commands do is in :mod:`lstm_helpers.commands`.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lstm_helpers.commands.errors import CommandError, WrongUseError

__all__ = ["app", "main"]

app = typer.Typer(
    name="lstm-course",
    help="LSTMs by hand and by measurement: lessons in JupyterLab, checks, progress.",
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True, epilog="Example: lstm-course lab")
def course(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    """LSTMs by hand and by measurement: lessons in JupyterLab, checks, progress."""
    if version:
        from lstm_helpers import __version__

        print(f"lstm-course {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command(epilog="Example: lstm-course lab my-lessons --port 8890")
def lab(
    folder: Annotated[
        Path, typer.Argument(help="Where your lessons are; made if it does not exist.")
    ] = Path("lstm-course"),
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port; the next free one if taken, any if 0.")
    ] = 8888,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Whether to open a browser.")
    ] = True,
) -> None:
    """Copy the lessons to a folder and open JupyterLab there; what you changed stays as it is."""
    from lstm_helpers.commands import lab

    lab.run(folder, port, browser=browser)


@app.command(epilog="Example: lstm-course doctor --full")
def doctor(
    full: Annotated[
        bool, typer.Option("--full", help="Import PyTorch and TensorFlow too: some seconds.")
    ] = False,
) -> None:
    """Say what this machine has, what is missing, and how to mend it."""
    from lstm_helpers.commands import doctor

    raise typer.Exit(doctor.run(full=full))


@app.command(epilog="Example: lstm-course progress my-lessons")
def progress(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Where your lessons are; found by itself if near.", show_default=False),
    ] = None,
) -> None:
    """Show which exercises you have passed."""
    from lstm_helpers.commands import progress

    progress.run(folder)


@app.command(epilog="Example: lstm-course check lstm-course/02_the_vanishing_gradient.ipynb")
def check(
    notebook: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="Your notebook.")
    ],
) -> None:
    """Check all exercises of a notebook; ends with 0 if all of them passed, else with 1."""
    from lstm_helpers.commands import check_notebook

    raise typer.Exit(check_notebook.run(notebook))


@app.command(epilog="Example: lstm-course grade submissions --out report")
def grade(
    submissions: Annotated[
        Path,
        typer.Argument(
            exists=True,
            readable=True,
            help="Folder or zip file with LEARNER/[ASSIGNMENT/]NN_name.ipynb.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the report; must be new or empty.")],
    lesson: Annotated[
        str | None, typer.Option(help="Grade only this lesson, such as 03.", show_default=False)
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Notebooks at once.")] = os.cpu_count() or 1,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds for an exercise; frameworks get 50 more.")
    ] = 10.0,
    memory: Annotated[
        int, typer.Option(min=256, help="Megabytes for an exercise; frameworks get 2048 more.")
    ] = 1024,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, help="For the same inputs again; by default fresh.", show_default=False
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Address of a Dask scheduler to grade on.", show_default=False),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run in the same folder.")
    ] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox/--no-sandbox", help="Whether to run answers behind a wall.")
    ] = True,
) -> None:
    """Grade strangers' notebooks: marks, a page for each learner, a page for the class."""
    from lstm_helpers.commands import grade

    raise typer.Exit(
        grade.run(
            submissions,
            out,
            lesson=lesson,
            jobs=jobs,
            timeout=timeout,
            memory=memory,
            seed=seed,
            scheduler=scheduler,
            resume=resume,
            sandbox=sandbox,
        )
    )


@app.command(epilog="Example: lstm-course export report --format canvas")
def export(
    report: Annotated[
        Path, typer.Argument(exists=True, readable=True, help="What `lstm-course grade` wrote.")
    ],
    form: Annotated[str, typer.Option("--format", help="canvas, moodle or csv.")],
    identifier: Annotated[
        str | None,
        typer.Option(
            "--id",
            help="Column for the names of learners' folders, such as 'SIS User ID' (canvas) or "
            "'Email address' (moodle); by default the login.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write; FORMAT.csv in the report if none.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file.")] = False,
) -> None:
    """Write the marks of a report as a table that Canvas or Moodle imports."""
    from lstm_helpers.commands import export

    raise typer.Exit(export.run(report, form=form, identifier=identifier, out=out, force=force))


@app.command(epilog="Example: lstm-course release --nbgrader my-course")
def release(
    nbgrader: Annotated[
        Path | None,
        typer.Option(help="Write a course folder of nbgrader here.", show_default=False),
    ] = None,
    gradescope: Annotated[
        Path | None,
        typer.Option(help="Write a lesson's autograder for Gradescope here.", show_default=False),
    ] = None,
    lesson: Annotated[
        str | None, typer.Option(help="Only this lesson, such as 03.", show_default=False)
    ] = None,
    sandbox: Annotated[
        bool,
        typer.Option(
            "--sandbox/--no-sandbox", help="Whether Gradescope runs answers behind a wall."
        ),
    ] = True,
) -> None:
    """Hand the course to nbgrader or Gradescope, with marks that cannot be forged."""
    from lstm_helpers.commands import release

    raise typer.Exit(release.run(nbgrader, gradescope, lesson=lesson, sandbox=sandbox))


@app.command(epilog="Example: lstm-course agenda --hours 3 --out agenda.html")
def agenda(
    hours: Annotated[float, typer.Option(help="Time in the room, lunch not counted.")],
    start: Annotated[str, typer.Option(help="When each day begins.")] = "09:00",
    lessons: Annotated[
        list[str] | None,
        typer.Option(
            help="A lesson or a range (03, 00-04); may be repeated. Chosen to fit if none.",
            show_default=False,
        ),
    ] = None,
    more: Annotated[
        list[str] | None,
        typer.Argument(metavar="[LESSON]...", help="More lessons.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write it as a page that prints well, too.", show_default=False),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite a file that is no agenda.")
    ] = False,
) -> None:
    """Plan a workshop: sections, exercises, breaks, and what to skip when time runs short."""
    from lstm_helpers.commands import agenda

    raise typer.Exit(
        agenda.run(
            hours, start=start, lessons=[*(lessons or ()), *(more or ())], out=out, force=force
        )
    )


@app.command(epilog="Example: lstm-course slides 03 --out the_cell.html")
def slides(
    lesson: Annotated[str, typer.Argument(help="Number of the lesson, such as 03.")],
    out: Annotated[
        Path | None,
        typer.Option(help="File to write; NN_slides.html here if none.", show_default=False),
    ] = None,
    execute: Annotated[
        bool,
        typer.Option("--run/--no-run", help="Whether to run the lesson, for its figures."),
    ] = True,
    notes: Annotated[
        bool,
        typer.Option(
            "--notes/--no-notes", help="Whether speaker notes are in the file; not for learners."
        ),
    ] = True,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite a file that holds no slides.")
    ] = False,
) -> None:
    """Make a lesson's slides: one file with figures and speaker notes, shown without network."""
    from lstm_helpers.commands import slides

    raise typer.Exit(slides.run(lesson, out=out, execute=execute, notes=notes, force=force))


@app.command(epilog="Example: lstm-course board --port 8899")
def board(
    folder: Annotated[
        Path | None,
        typer.Option(help="Where it is kept; among your data if none.", show_default=False),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 is all.")] = "0.0.0.0",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; any free one if 0.")] = 8899,
    new: Annotated[
        bool, typer.Option("--new", help="Delete the last workshop and begin a new one.")
    ] = False,
) -> None:
    """Show the room who is where and who is stuck; prints address, code and links."""
    from lstm_helpers.commands import board

    board.run(folder, host, port, new=new)


@app.command(name="catch-up", epilog="Example: lstm-course catch-up 04")
def catch_up(
    lesson: Annotated[str, typer.Argument(help="Lesson to go on with, such as 04.")],
    folder: Annotated[
        Path | None,
        typer.Argument(help="Where your lessons are; found by itself if near.", show_default=False),
    ] = None,
) -> None:
    """Join late: what earlier lessons would have left you with, beside what is yours."""
    from lstm_helpers.commands import catch_up

    raise typer.Exit(catch_up.run(lesson, folder))


@app.command(epilog="Example: lstm-course bundle usb-stick --slides all")
def bundle(
    folder: Annotated[Path, typer.Argument(help="New, empty, or a kit to finish.")],
    solutions: Annotated[
        bool, typer.Option("--solutions", help="With the instructors' notebooks.")
    ] = False,
    slides: Annotated[
        str | None,
        typer.Option(help="Lessons such as 00,03, or all; none if left out.", show_default=False),
    ] = None,
    torch_index: Annotated[
        str | None,
        typer.Option(help="Package index to take PyTorch from.", show_default=False),
    ] = None,
) -> None:
    """Collect all that an installation without network needs, for this system and Python."""
    from lstm_helpers.commands import bundle

    raise typer.Exit(
        bundle.run(folder, solutions=solutions, slides=slides, torch_index=torch_index)
    )


@app.command(epilog="Example: lstm-course build --check")
def build(
    check_only: Annotated[
        bool, typer.Option("--check", help="Write nothing; end with 1 if anything differs.")
    ] = False,
) -> None:
    """Build course/ and solutions/ from lessons/, in a checkout of the course."""
    from lstm_helpers.commands import build

    raise typer.Exit(build.run(check_only=check_only))


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process.

    Parameters
    ----------
    arguments : list of str, optional
        Words after ``lstm-course``; by default those of this process.

    Raises
    ------
    SystemExit
        Always: 0 if all went well, 1 if not, 2 for wrong use, 130 after Ctrl-C.
    """
    try:
        code: Any = app(arguments, prog_name="lstm-course", standalone_mode=False)
    except CommandError as error:
        print(error, file=sys.stderr)
        sys.exit(2 if isinstance(error, WrongUseError) else 1)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except OSError as error:
        print(f"{error.filename or 'A file'}: {error.strerror or error}.", file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        # Typer takes its usage errors from click or from a copy of click, depending on its
        # version: they are known by what they can do.
        sentence = getattr(error, "format_message", None)
        if sentence is None:
            raise
        text = " ".join(sentence().split())
        print(text if text.endswith((".", ")", "?")) else f"{text}.", file=sys.stderr)
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
