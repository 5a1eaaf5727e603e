"""The files that put the portal into production, read as what they mean."""

import re
import shlex
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from django.conf import settings

INSTRUCTION = re.compile(r"^([A-Z]+)\s+(.*)$")
# ${NAME}, ${NAME:-default}, ${NAME:?what is missing}
HOLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<sign>[-?])(?P<words>[^}]*))?\}")


class Missing(Exception):
    """A variable that the composition demands is not set; holds the words that its operator reads."""


def read(path: str) -> str:
    return (settings.BASE_DIR / path).read_text()


# --- Dockerfile ---


def stages() -> dict[str, list[tuple[str, str]]]:
    """The Dockerfile's instructions by stage, each with what follows it."""
    text = re.sub(r"^#.*\n", "", read("Dockerfile"), flags=re.MULTILINE).replace("\\\n", " ")
    found: dict[str, list[tuple[str, str]]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, rest = INSTRUCTION.fullmatch(line).groups()
        if name == "FROM":
            stage = found.setdefault(rest.rpartition(" AS ")[2], [])
        stage.append((name, rest))
    return found


def instructions(stage: str, name: str) -> list[str]:
    return [rest for instruction, rest in stages()[stage] if instruction == name]


def variables_of_image(stage: str) -> dict[str, str]:
    return dict(word.split("=", 1) for rest in instructions(stage, "ENV") for word in shlex.split(rest))


def in_image(path: str) -> bool:
    """Whether .dockerignore lets a path through: the last line that matches it, or a folder above it, decides."""
    passes = True
    above = [str(folder) for folder in PurePosixPath(path).parents][:-1]
    for line in filter(None, map(str.strip, read(".dockerignore").splitlines())):
        if line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        candidates = [path, *above]
        if pattern.startswith("**/"):
            pattern = pattern.removeprefix("**/")
            candidates = [candidate.rpartition("/")[2] for candidate in candidates]
        if any(fnmatch(candidate, pattern) for candidate in candidates):
            passes = line.startswith("!")
    return passes


def context() -> list[Path]:
    """What the images are built from, as paths in the repository."""
    tops = [top for top in settings.BASE_DIR.iterdir() if in_image(top.name)]
    found = [path for top in tops for path in (top.rglob("*") if top.is_dir() else [top]) if path.is_file()]
    relative = [path.relative_to(settings.BASE_DIR) for path in found]
    return [path for path in relative if in_image(str(path))]


# --- docker-compose.yml ---


def composition() -> dict[str, Any]:
    return yaml.safe_load(read("docker-compose.yml"))


def services() -> dict[str, dict[str, Any]]:
    return composition()["services"]


def holes() -> dict[str, str]:
    """The variables that the composition is filled in with; "?" for those that it demands."""
    found: dict[str, str] = {}
    for hole in HOLE.finditer(read("docker-compose.yml")):
        found[hole["name"]] = hole["sign"] or ""
    for service in services().values():
        found |= {name: "" for name, value in service.get("environment", {}).items() if value is None}
    return found


def filled(text: str, variables: dict[str, str]) -> str:
    """`text` as docker compose fills it in. Raises Missing."""

    def value(hole: re.Match) -> str:
        given = variables.get(hole["name"], "")
        if not given and hole["sign"] == "?":
            raise Missing(hole["words"])
        return given or (hole["words"] if hole["sign"] == "-" else "")

    return HOLE.sub(value, text)


def environment_of(service: str, variables: dict[str, str]) -> dict[str, str]:
    """What a service's processes find in their environment when .env says `variables`. Raises Missing."""
    found = {}
    for name, value in services()[service].get("environment", {}).items():
        if value is None and name in variables:
            found[name] = variables[name]
        elif value is not None:
            found[name] = filled(str(value), variables)
    return found


# --- .env.example ---


def example() -> dict[str, str]:
    """What .env.example sets, and what it shows behind a number sign."""
    return dict(re.findall(r"^#?([A-Z0-9_]+)=(.*)$", read(".env.example"), flags=re.MULTILINE))


def example_needed() -> set[str]:
    return set(re.findall(r"^([A-Z0-9_]+)=$", read(".env.example"), flags=re.MULTILINE))


# --- docs/operations.md and systemd's units ---


def section(title: str) -> str:
    """The text of operations.md under a heading, up to the next of its level."""
    pattern = rf"^(#+) {re.escape(title)}$\n(.*?)(?=^\1 |\Z)"
    found = re.search(pattern, read("docs/operations.md"), re.DOTALL | re.MULTILINE)
    assert found, f"operations.md has no heading “{title}”"
    return found[2]


def units() -> dict[str, dict[str, list[str]]]:
    """By name without portal- and .service: the values of each key."""
    found = {}
    for path in sorted((settings.BASE_DIR / "deploy" / "systemd").glob("portal-*.service")):
        values: dict[str, list[str]] = {}
        for key, value in re.findall(r"^(\w+)=(.*)$", path.read_text(), flags=re.MULTILINE):
            values.setdefault(key, []).append(value)
        found[path.stem.removeprefix("portal-")] = values
    return found
