"""A stack's configuration as the Pulumi CLI would hand it to the program."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bovespa.local.errors import LocalError

PROJECT = Path(__file__).resolve().parents[2]
# Where stacks keep their files; another folder for stacks that must not meet.
WORK = Path(os.environ.get("BOVESPA_WORK") or PROJECT / ".work")


@dataclass(frozen=True, slots=True, kw_only=True)
class StackConfiguration:
    """Values are text, or JSON text, by their full keys (``bovespa:indices``)."""

    project: str
    stack: str
    values: Mapping[str, str]

    @property
    def region(self) -> str:
        return self.values["aws:region"]

    @property
    def existing_roles(self) -> list[str]:
        """The names of the roles that the account has and the stack must not make."""
        given = json.loads(self.values.get(f"{self.project}:existingRoles") or "{}")
        roles = {self.values.get(f"{self.project}:existingRoleArn", ""), *(given.values() if given else ())}
        return sorted(role.rpartition("/")[2] for role in roles if role)

    def name_pattern(self, type_: str) -> str:
        """The pattern of the names that the engine gives to a type's resources (Pulumi, "Autonaming")."""
        given = json.loads(self.values.get("pulumi:autonaming", "{}"))
        ours = given.get("providers", {}).get(type_.split(":")[0], {}).get("resources", {}).get(type_, {})
        pattern: str = ours.get("pattern") or given.get("pattern") or "${name}-${hex(7)}"
        return pattern


def load_configuration(stack: str, overrides: Mapping[str, Any] | None = None) -> StackConfiguration:
    """Defaults of ``Pulumi.yaml``, then the stack's file if there is one, then the overrides.

    Raises:
        LocalError: a named stack other than ``local`` has no file.
    """
    document = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text(encoding="utf-8"))
    project = document["name"]
    values: dict[str, Any] = {}
    for key, declared in document["config"].items():
        entry = declared if isinstance(declared, Mapping) else {"value": declared}
        if "value" in entry or "default" in entry:
            values[_full(project, key)] = entry.get("value", entry.get("default"))
    path = PROJECT / f"Pulumi.{stack}.yaml"
    if path.exists():
        given = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("config") or {}
        values |= {_full(project, key): value for key, value in given.items()}
    elif stack != "local":
        known = ", ".join(sorted(p.name.split(".")[1] for p in PROJECT.glob("Pulumi.*.yaml")))
        raise LocalError(f"no stack named {stack!r}: there is no {path.name} (known: {known})")
    values |= {_full(project, key): value for key, value in (overrides or {}).items()}
    return StackConfiguration(
        project=project, stack=stack, values={key: _text(value) for key, value in values.items()}
    )


def _full(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
