"""``lstm-course bundle``: the course on a USB stick, for a room without network."""

from pathlib import Path

from lstm_helpers.commands.errors import CommandError, WrongUseError

__all__ = ["run"]


def run(folder: Path, *, solutions: bool, slides: str | None, torch_index: str | None) -> int:
    """Make a kit, or finish one that was interrupted.

    Parameters
    ----------
    folder : Path
        New, empty, or a kit made before.
    solutions : bool
        Whether the notebooks with solutions go into it.
    slides : str or None
        Numbers of lessons such as ``"00,03"``, or ``"all"``; None: no slides.
    torch_index : str or None
        Package index to take PyTorch from.

    Returns
    -------
    int
        0.

    Raises
    ------
    CommandError
        If the kit cannot be made.
    """
    from lstm_helpers.workshop.bundle import make_kit
    from lstm_helpers.workshop.bundle_files.errors import BundleError, ForeignFolderError

    try:
        kit = make_kit(
            folder.expanduser(),
            solutions=solutions,
            slides=_lessons(slides),
            torch_index=torch_index,
            say=lambda sentence: print(sentence, flush=True),
        )
    except ForeignFolderError as error:
        raise WrongUseError(str(error)) from None
    except BundleError as error:
        again = "What has been fetched stays; the same command goes on from there."
        raise CommandError(f"{error} {again}") from None
    except FileNotFoundError as error:
        raise CommandError(str(error)) from None
    print(f"The kit is complete: {kit.packages} wheels, {kit.bytes / 1e6:,.0f} MB, in {kit.folder}")
    print(f"Installed it takes {kit.installed_bytes / 1e9:.1f} GB. README.txt in it says how.")
    if slides is None:
        print(
            "It has no slides: `--slides 00,03` or `--slides all` makes them, which takes longer."
        )
    return 0


def _lessons(slides: str | None) -> list[str]:
    from lstm_helpers.exercises import LESSONS

    if slides is None:
        return []
    numbers = list(LESSONS) if slides == "all" else [n.strip() for n in slides.split(",")]
    unknown = [number for number in numbers if number not in LESSONS]
    if unknown:
        raise WrongUseError(
            f"There is no lesson {unknown[0]!r}: give numbers from {min(LESSONS)} to "
            f"{max(LESSONS)}, as in `--slides 00,03`, or `--slides all`."
        )
    return numbers
