"""Install the LSTM course from the folder that this file is in, without network.

python install.py [FOLDER] [--check]

FOLDER is where the course goes, by default lstm-course-env in your home folder. With --check, the
files of this folder are compared with manifest.json, and nothing is installed. Nothing is ever
written beside this file. Standard library only, and readable by old Pythons, which are told
which one is needed.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import Any

KIT = Path(__file__).absolute().parent
MARK = "lstm-course-kit.json"
OURS = ("bin", "etc", "include", "lib", "lib64", "Include", "Lib", "Scripts", "share")
"""What an environment consists of; an earlier one is made anew."""
MB = 10**6
COMMAND = "install.bat" if os.name == "nt" else "sh install.sh"


class RefusedError(Exception):
    """The course cannot be installed, for the reason given."""


def main(words: "list[str]") -> int:
    """Do what the command line says, and return the exit code."""
    options = [word for word in words if word.startswith("-")]
    places = [word for word in words if not word.startswith("-")]
    if set(options) - {"--check"} or len(places) > 1:
        print((__doc__ or "").strip())
        return 0 if {"-h", "--help"} & set(options) else 2
    try:
        manifest = read_manifest()
        if not options:
            check_python(manifest)
        check_files(manifest["files"])
        if options:
            print("Every file is as it was made.")
            return 0
        place = Path(places[0]).expanduser() if places else Path.home() / "lstm-course-env"
        install(manifest, place.absolute())
    except RefusedError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or 'A file'}: {error.strerror or error}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nInterrupted; run `{COMMAND}` again to start over.", file=sys.stderr)
        return 130
    return 0


def read_manifest() -> "dict[str, Any]":
    """Read what this folder should hold."""
    try:
        manifest = json.loads((KIT / "manifest.json").read_text(encoding="utf-8"))
        finished = manifest["finished"]
    except (OSError, ValueError, KeyError, TypeError):
        raise RefusedError("manifest.json is missing or damaged: copy the kit anew.") from None
    if not finished:
        raise RefusedError(
            "This kit is not complete: `lstm-course bundle`, which made it, was interrupted; "
            "run it again on the same folder."
        )
    return dict(manifest)


def check_python(manifest: "dict[str, Any]") -> None:
    """Refuse a Python or a system for which these wheels were not made."""
    needed = (manifest["implementation"], manifest["python"])
    found = (platform.python_implementation(), "{}.{}".format(*sys.version_info))
    system = f"{manifest['system']} {manifest['machine']}"
    here = f"{platform.system()} {platform.machine()}"
    if system != here:
        raise RefusedError(
            f"This kit is for {system}, but this machine is {here}: a kit for it is made by "
            "`lstm-course bundle` on such a machine."
        )
    if needed != found:
        raise RefusedError(
            f"This kit needs {needed[0]} {needed[1]}, but {sys.executable} is {found[0]} "
            f"{platform.python_version()}: install Python {needed[1]} and run `{COMMAND}` again."
        )


def check_files(files: "dict[str, dict[str, Any]]") -> None:
    """Compare every file with the manifest, and name those that differ."""
    total = sum(entry["size"] for entry in files.values())
    print(f"Checking {len(files)} files, {total / MB:,.0f} MB", flush=True)
    wrong, done, told = [], 0, time.time()
    for name, entry in sorted(files.items()):
        fault = compare(KIT / name, entry)
        if fault:
            wrong.append(f"  {name}: {fault}")
        done += entry["size"]
        if time.time() - told > 5:
            told = time.time()
            print(f"  {100 * done // max(total, 1)} %", flush=True)
    if wrong:
        count = "1 file is" if len(wrong) == 1 else f"{len(wrong)} files are"
        head = f"{count} damaged; nothing was installed. Copy what is named here, or the kit, anew:"
        raise RefusedError("\n".join([head, *wrong]))


def compare(path: Path, entry: "dict[str, Any]") -> str:
    """Say what is wrong with a file; an empty string if nothing is."""
    digest = hashlib.sha256()
    try:
        size = path.stat().st_size
        if size != entry["size"]:
            return f"has {size} bytes and should have {entry['size']}"
        with path.open("rb") as stream:
            for block in iter(lambda: stream.read(1 << 20), b""):
                digest.update(block)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:  # a stick that fails
        return f"cannot be read ({error.strerror or error})"
    return "" if digest.hexdigest() == entry["sha256"] else "its content has changed"


def install(manifest: "dict[str, Any]", place: Path) -> None:
    """Make the environment, put the course into it, and say how to start it."""
    ready_place(place, manifest["installed_bytes"])
    (place / MARK).write_text(json.dumps({"finished": False}), encoding="utf-8")
    print(f"Making a Python environment in {place}", flush=True)
    venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt").create(str(place))
    put_packages(manifest, place)
    scripts = place / ("Scripts" if os.name == "nt" else "bin")
    start = "start.bat" if os.name == "nt" else "start.sh"
    shutil.copyfile(str(KIT / start), str(place / start))
    (place / MARK).write_text(json.dumps({"finished": True}), encoding="utf-8")
    subprocess.call([str(scripts / "lstm-course"), "doctor"], cwd=str(place))
    print("\nThe course is installed; the stick is no longer needed. Start it with")
    print(f'  {"" if os.name == "nt" else "sh "}"{place / start}"')


def ready_place(place: Path, needed: int) -> None:
    """Make the folder, or clear it of an earlier environment; refuse any other folder."""
    if place.is_dir() and any(place.iterdir()):
        if not (place / MARK).is_file():
            raise RefusedError(
                f"{place} holds something else: name a folder that is new or empty, as in "
                f"`{COMMAND} FOLDER`."
            )
    elif place.exists() and not place.is_dir():
        raise RefusedError(f"{place} is a file: name a folder, as in `{COMMAND} FOLDER`.")
    for name in OURS:
        old = place / name
        if old.is_symlink():
            old.unlink()
        elif old.is_dir():
            shutil.rmtree(str(old))
    above = place
    while not above.exists():
        above = above.parent
    free = shutil.disk_usage(str(above)).free
    if free < needed * 1.1:
        raise RefusedError(
            f"The course needs {needed * 1.1 / 1e9:.1f} GB in {place}, but {free / 1e9:.1f} GB are "
            f"free: free some space, or name a folder on another disk, as in `{COMMAND} FOLDER`."
        )
    place.mkdir(parents=True, exist_ok=True)


def put_packages(manifest: "dict[str, Any]", place: Path) -> None:
    """Let the pip of the kit install everything, and say how far it is."""
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wheels = KIT / "wheels"
    pip = str(next(wheels.glob("pip-*.whl")) / "pip")  # Python runs it as it is
    command = [str(python), pip, "install", "--no-index", "--find-links", str(wheels)]
    command += ["--constraint", str(KIT / "constraints.txt"), "--no-compile", "--no-cache-dir"]
    command += ["--disable-pip-version-check", "--no-warn-script-location", "--no-input"]
    command += [f"lstm-course=={manifest['course']}", "pip"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    kept.pop("PYTHONPATH", None)
    kept.update(PIP_CONFIG_FILE=os.devnull, PIP_ROOT_USER_ACTION="ignore")
    count, total = manifest["packages"], manifest["installed_bytes"] / MB
    before = shutil.disk_usage(str(place)).used
    print(f"Installing {count} packages, {total:,.0f} MB", flush=True)
    log = place / "install.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=kept, stdout=output, stderr=subprocess.STDOUT)
        told = time.time()
        while process.poll() is None:
            time.sleep(0.2)
            if time.time() - told > 10:
                told = time.time()
                grown = (shutil.disk_usage(str(place)).used - before) / MB
                print(f"  {min(max(grown, 0), total):,.0f} MB", flush=True)
    if process.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        errors = [line for line in lines if line.startswith("ERROR:")] or lines[-1:]
        head = f"pip could not install the course; all it said is in {log}."
        raise RefusedError("\n".join([head, *errors]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
