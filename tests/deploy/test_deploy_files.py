"""The files of deploy/ say what they should, and agree with each other and with the package."""

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet
from traitlets.config import Config

from lstm_helpers import __version__
from lstm_helpers.cli import app

REPOSITORY = Path(__file__).resolve().parents[2]
DEPLOY = REPOSITORY / "deploy"
COMMAND = "lstm-course-singleuser"
VALUES = yaml.safe_load((DEPLOY / "zero-to-jupyterhub/values.yaml").read_text(encoding="utf-8"))
INSTALL = (DEPLOY / "tljh/install.sh").read_text(encoding="utf-8")
NUMBER = (int, float)
DOCUMENTED: dict[str, type | tuple[type, ...]] = {
    "singleuser.image.name": str,
    "singleuser.image.tag": str,
    "singleuser.cmd": str,
    "singleuser.startTimeout": int,
    "singleuser.memory.guarantee": str,
    "singleuser.memory.limit": str,
    "singleuser.cpu.guarantee": NUMBER,
    "singleuser.cpu.limit": NUMBER,
    "singleuser.storage.type": str,
    "singleuser.storage.homeMountPath": str,
    "singleuser.storage.capacity": str,
    "singleuser.networkPolicy.enabled": bool,
    "singleuser.networkPolicy.egressAllowRules.nonPrivateIPs": bool,
    "singleuser.networkPolicy.egressAllowRules.privateIPs": bool,
    "singleuser.networkPolicy.egressAllowRules.cloudMetadataServer": bool,
    "cull.enabled": bool,
    "cull.timeout": int,
    "cull.every": int,
    "prePuller.hook.enabled": bool,
    "prePuller.continuous.enabled": bool,
    "hub.concurrentSpawnLimit": int,
    "hub.config.KubeSpawner.http_timeout": int,
}
"""Keys and types as in jupyterhub/values.schema.yaml of the chart, which refuses all others."""


def leaves(values: dict, prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def instructions() -> list[tuple[str, str]]:
    """Read the Dockerfile: pairs of instruction and the rest, lines joined, comments left out."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line]


def of(kind: str) -> list[str]:
    return [rest for name, rest in instructions() if name == kind]


def copied() -> list[str]:
    """List what the Dockerfile copies out of the repository."""
    copies = [rest.split()[:-1] for rest in of("COPY") if "--from=" not in rest]
    return [name for names in copies for name in names]


def reaches_docker(path: Path) -> bool:
    """Say whether Dockerfile.dockerignore lets a file through; the last pattern that fits wins."""
    name = path.relative_to(REPOSITORY).as_posix()
    let_through = True
    for line in (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = re.escape(line.removeprefix("!")).replace(r"\*\*/", "(?:.*/)?")
        if re.fullmatch(pattern.replace(r"\*", "[^/]*") + "(?:/.*)?", name):
            let_through = line.startswith("!")
    return let_through


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what the Dockerfile copies, as far as Docker is sent it."""
    folder = tmp_path_factory.mktemp("context")
    for source in (REPOSITORY / name for name in copied()):
        for path in [source, *source.rglob("*")]:
            if path.is_file() and reaches_docker(path):
                target = folder / path.relative_to(REPOSITORY)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
    return folder


# The common configuration


def test_all_ways_start_the_same_command_with_the_same_limits() -> None:
    config = Config()
    source = (DEPLOY / "jupyterhub_config.py").read_text(encoding="utf-8")
    exec(compile(source, "jupyterhub_config.py", "exec"), {"get_config": lambda: config})
    assert config.Spawner.cmd == [COMMAND]
    assert VALUES["singleuser"]["cmd"] == COMMAND
    assert VALUES["singleuser"]["startTimeout"] == config.Spawner.start_timeout
    assert VALUES["hub"]["config"]["KubeSpawner"]["http_timeout"] == config.Spawner.http_timeout
    assert of("CMD") == [f'["{COMMAND}"]']
    assert f'"$tljh/user/bin/{COMMAND}"\n' in INSTALL
    assert any(run.endswith(f"/bin/{COMMAND}") for run in of("RUN"))
    settings = dict(re.findall(r"^tljh-config set (\S+) (\S+)$", INSTALL, re.MULTILINE))
    assert settings == {
        "limits.memory": VALUES["singleuser"]["memory"]["limit"],
        "limits.cpu": str(VALUES["singleuser"]["cpu"]["limit"]),
        "services.cull.timeout": str(VALUES["cull"]["timeout"]),
        "services.cull.every": str(VALUES["cull"]["every"]),
    }


@pytest.mark.parametrize("trait", ["cmd", "default_url", "start_timeout", "http_timeout"])
def test_a_setting_of_the_hub_is_one_that_jupyterhub_knows(trait: str) -> None:
    from jupyterhub.spawner import Spawner

    source = (DEPLOY / "jupyterhub_config.py").read_text(encoding="utf-8")
    assert re.search(rf"^c\.Spawner\.{trait} = ", source, re.MULTILINE)
    assert trait in Spawner.class_traits(config=True)
    assert len(re.findall(r"^c\.", source, re.MULTILINE)) == 4


# Zero to JupyterHub


def test_values_are_documented_ones_of_the_right_type() -> None:
    for key, value in leaves(VALUES):
        assert key in DOCUMENTED, key
        kind = DOCUMENTED[key]
        assert isinstance(value, kind), key
        assert isinstance(value, bool) == (kind is bool), key
    assert VALUES["singleuser"]["storage"]["type"] in ("dynamic", "static", "none")


def test_values_fit_the_image() -> None:
    assert VALUES["singleuser"]["image"]["tag"] == __version__
    assert VALUES["singleuser"]["storage"]["homeMountPath"] == of("WORKDIR")[-1]


# The image


def test_the_image_is_pinned_and_its_user_has_no_rights() -> None:
    project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    [allowed] = re.findall(r'^requires-python = "([^"]+)"', project, re.MULTILINE)
    for base in of("FROM"):
        [python] = re.findall(r"^python:(\d+\.\d+\.\d+)-slim-\w+(?: AS \w+)?$", base)
        assert python in SpecifierSet(allowed)
    assert [int(user) for user in of("USER")] == [1000]
    assert "ARG JUPYTERHUB=" + version("jupyterhub") in (DEPLOY / "Dockerfile").read_text("utf-8")
    lines = (DEPLOY / "requirements.txt").read_text(encoding="utf-8").splitlines()
    for line in (line for line in lines if not line.startswith("#")):
        assert re.fullmatch(r"[\w-]+==[\d.]+", line)


def test_the_image_installs_the_tested_versions_and_keeps_no_cache() -> None:
    installs = [rest for rest in of("RUN") if "pip install" in rest]
    assert len(installs) == 3
    for install in installs:
        assert "--no-cache-dir --constraint /constraints.txt" in install
    [apt] = [rest for rest in of("RUN") if "apt-get" in rest]
    assert "--no-install-recommends" in apt
    assert apt.endswith("&& rm -rf /var/lib/apt/lists/*")


def test_what_the_dockerfile_copies_is_there_and_reaches_docker(context: Path) -> None:
    for name in copied():
        assert (context / name).exists(), name
    assert not reaches_docker(REPOSITORY / "tests" / "conftest.py")
    assert not reaches_docker(REPOSITORY / "course" / ".lstm-course" / "progress.sqlite")
    assert not reaches_docker(REPOSITORY / "lstm_helpers" / "nn" / "__pycache__" / "x.pyc")


def test_the_wheel_is_built_from_what_reaches_docker(context: Path, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*build, str(context)], check=True, capture_output=True, timeout=300)
    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for kind in ("course", "solutions"):
        lessons = {path.name for path in (REPOSITORY / kind).glob("*.ipynb")}
        folder = f"lstm_helpers/_notebooks/{kind}/"
        assert {Path(name).name for name in names if name.startswith(folder)} == lessons
    assert any(name.endswith("licenses/LICENSE") for name in names)


# The page


def test_the_page_names_every_file_and_only_commands_that_exist() -> None:
    page = (DEPLOY / "README.md").read_text(encoding="utf-8")
    for path in DEPLOY.rglob("*"):
        if path.is_file() and path.name != "README.md" and "__pycache__" not in path.parts:
            assert path.relative_to(DEPLOY).as_posix() in page, path.name
    commands = {entry.name or entry.callback.__name__ for entry in app.registered_commands}
    used = set(re.findall(r"^(?:\$ )?(?:sudo )?lstm-course ([a-z-]+)", page, re.MULTILINE))
    assert used
    assert used <= commands
    for name in re.findall(r"deploy/[\w./-]*\w", page):
        assert (REPOSITORY / name).exists(), name
