"""Print the link that brings a repository's notebooks to whoever follows it, by nbgitpuller.

``python deploy/pull_link.py https://hub.example.org https://git.example.org/me/lstm-course``. The
form is documented under "Options in an nbgitpuller URL". Standard library only.
"""

import argparse
from urllib.parse import urlencode, urlsplit

NOTEBOOK = "course/00_start_here.ipynb"


def pull_link(hub: str, repository: str, branch: str = "main", notebook: str = NOTEBOOK) -> str:
    """Write the link.

    Parameters
    ----------
    hub : str
        Address of the hub, with its path if it has one.
    repository : str
        What learners' servers can ``git clone`` without a password.
    branch : str
        Branch that is pulled.
    notebook : str
        What is opened afterwards: path inside the repository.

    Returns
    -------
    str
        Address to hand out. Every learner's own server pulls, after she has logged in.

    Raises
    ------
    ValueError
        If one of the addresses is not a web address, or the repository has no name.

    Examples
    --------
    >>> link = pull_link("https://hub.example.org", "https://git.example.org/me/lstm-course")
    >>> link.partition("?")[0]
    'https://hub.example.org/hub/user-redirect/git-pull'
    """
    for what, address in (("hub", hub), ("repository", repository)):
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError(
                f"The {what} must be an address that begins with https:// or http://; "
                f"got {address!r}."
            )
    folder = urlsplit(repository).path.rstrip("/").rpartition("/")[2].removesuffix(".git")
    if not folder:
        raise ValueError(f"The repository's address must end with its name; got {repository!r}.")
    query = {
        "repo": repository.rstrip("/"),
        "branch": branch,
        "targetpath": folder,
        "urlpath": f"lab/tree/{folder}/{notebook.lstrip('/')}",
    }
    return f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{urlencode(query)}"


def main() -> None:
    """Read the command line and print the link."""
    parser = argparse.ArgumentParser(description="Print a link for nbgitpuller.")
    parser.add_argument("hub", help="address of the hub, such as https://hub.example.org")
    parser.add_argument("repository", help="address of the repository that servers clone")
    parser.add_argument("--branch", default="main", help="branch that is pulled (main)")
    parser.add_argument("--notebook", default=NOTEBOOK, help=f"what opens ({NOTEBOOK})")
    given = parser.parse_args()
    try:
        print(pull_link(given.hub, given.repository, given.branch, given.notebook))
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
