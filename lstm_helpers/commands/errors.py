"""The two ways in which a command ends early: each with one sentence."""

__all__ = ["CommandError", "WrongUseError"]


class CommandError(Exception):
    """Something went wrong that is not the caller's mistake (exit code 1)."""


class WrongUseError(CommandError):
    """The command was called in a way that cannot work (exit code 2)."""
