"""What the real engine plans is what `bovespa preview` lists."""

from __future__ import annotations

from bovespa.local.configuration import load_configuration
from bovespa.local.deployment import preview
from tests.engine.conftest import NewProject

STREAM = {"enabled": True}


def test_pulumi_preview_lists_what_bovespa_preview_lists(new_project: NewProject) -> None:
    """Of the stack prod; that of dev, with the stream, is in test_engine_new.py."""
    project = new_project("preview-prod")
    project.pulumi("stack", "init", "prod")

    planned = project.pulumi("preview").steps

    assert {step.op for step in planned} == {"create"}
    listed = preview(load_configuration("prod")).resources
    assert sorted((step.type, step.name) for step in planned if step.custom) == sorted(
        (resource.type, resource.name) for resource in listed
    )


def test_a_mistake_in_the_configuration_is_one_line(new_project: NewProject) -> None:
    project = new_project("mistake")
    project.pulumi("stack", "init", "dev")
    project.pulumi("config", "set", "glueWorkerType", "Z.9X")

    refused = project.pulumi("preview", fails=True)

    assert "Traceback" not in refused.output
    (error,) = [line for text in refused.errors for line in text.splitlines() if "glueWorkerType" in line]
    assert "expected one of" in error
