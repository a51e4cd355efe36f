"""What is wrong with an offline kit, in one sentence."""

__all__ = ["BundleError", "ForeignFolderError"]


class BundleError(Exception):
    """The kit could not be made."""


class ForeignFolderError(BundleError):
    """The folder holds something else."""
