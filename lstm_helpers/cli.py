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
) -> None:
    """Write the marks of a report as a table that Canvas or Moodle imports."""
    from lstm_helpers.commands import export

    raise typer.Exit(export.run(report, form=form, identifier=identifier, out=out))


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
