"""What `pulumi install` and `pulumi new` find: the root's requirements.txt, and Pulumi.yaml's words about itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.packaging import PROJECT
from components.sources import sources_of


def locked(path: Path) -> dict[str, str]:
    entries = re.findall(
        r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", path.read_text(encoding="utf-8"), re.MULTILINE
    )
    return dict(entries)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_program_imports_nothing_that_pulumi_does_not_install() -> None:
    ours = {path.name for path in PROJECT.iterdir() if path.is_dir()}
    imported: set[str] = set()
    for source in sources_of(PROJECT, "__main__", "components.visual_job_provider"):
        for node in ast.walk(ast.parse((PROJECT / source).read_bytes())):
            if isinstance(node, ast.Import):
                imported |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.split(".")[0])
    foreign = imported - set(sys.stdlib_module_names) - ours
    brings = packages_distributions()

    missing = {
        module
        for module in foreign
        if not {normal(name) for name in brings[module]} & set(locked(PROJECT / "requirements.txt"))
    }

    assert {"pulumi", "pulumi_aws", "boto3"} <= foreign
    assert missing == set()


def test_pulumis_lock_agrees_with_that_of_make() -> None:
    """They share .venv: `pulumi install` must not put another version there."""
    all_of_it = locked(PROJECT / "requirements" / "dev.txt")

    assert {name: all_of_it.get(name) for name in locked(PROJECT / "requirements.txt")} == locked(
        PROJECT / "requirements.txt"
    )


def test_every_entry_has_a_hash_and_no_address() -> None:
    text = (PROJECT / "requirements.txt").read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"\n(?=\S)", text.strip()) if not entry.startswith("#")]

    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert "--index" not in text


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text(encoding="utf-8"))
    return document


def test_the_cli_that_is_needed_is_the_sdks_oldest(project: dict[str, Any]) -> None:
    wanted = (PROJECT / "requirements" / "program.in").read_text(encoding="utf-8")
    oldest = re.search(r"^pulumi>=([\d.]+)", wanted, re.MULTILINE)

    assert oldest
    assert project["requiredPulumiVersion"] == f">={oldest[1]}.0"


def test_a_template_asks_for_keys_that_there_are_with_defaults_as_text(project: dict[str, Any]) -> None:
    """A default that YAML reads as true or a number can't be read by `pulumi new`."""
    asked = project["template"]["config"]

    assert set(asked) <= set(project["config"])
    for key, entry in asked.items():
        declared = project["config"][key]
        default = declared.get("value", declared.get("default"))
        assert isinstance(entry["default"], str), key
        assert entry["default"] == (default if isinstance(default, str) else str(default).lower()), key
        assert entry["description"]


def test_no_file_has_words_that_a_template_would_replace() -> None:
    """`pulumi new` writes the project's name and description over them in every file that it copies."""
    words = ("${" + "PROJECT}", "${" + "DESCRIPTION}")
    rooms = [folder for folder in PROJECT.iterdir() if folder.is_dir() and not folder.name.startswith(".")]
    own = [
        path
        for room in rooms
        for ending in ("py", "yaml", "json", "md")
        for path in room.rglob(f"*.{ending}")
    ]

    assert [path for path in own if any(word in path.read_text(encoding="utf-8") for word in words)] == []


def build(hook: str, into: Path) -> subprocess.CompletedProcess[str]:
    """A hook of PEP 517 or 660, called as pip calls it."""
    call = f"import setuptools.build_meta as b, sys; b.{hook}(sys.argv[1])"
    return subprocess.run(
        [sys.executable, "-c", call, into], cwd=PROJECT, capture_output=True, text=True, timeout=120
    )


def test_a_wheel_is_refused_in_one_line_and_an_editable_install_is_not(tmp_path: Path) -> None:
    refused = build("build_wheel", tmp_path)

    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith("error: bovespa-pipeline is an application")
    assert "Traceback" not in refused.stderr
    assert not list(tmp_path.iterdir())

    assert build("build_editable", tmp_path).returncode == 0
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as held:
        assert {name for name in held.namelist() if name.endswith(".py")} == {
            "__editable___bovespa_pipeline_0_1_0_finder.py"
        }
