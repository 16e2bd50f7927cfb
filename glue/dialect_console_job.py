"""The `jobConfig` of Glue Studio's "Download" as CreateJob properties.

The editor's switches stand for job arguments (AWS Glue Developer Guide, "AWS Glue job parameters").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PLAIN = {
    "description": "Description",
    "role": "Role",
    "version": "GlueVersion",
    "workerType": "WorkerType",
    "numberOfWorkers": "NumberOfWorkers",
    "maxRetries": "MaxRetries",
    "timeout": "Timeout",
    "jobRunQueuingEnabled": "JobRunQueuingEnabled",
    "maintenanceWindow": "MaintenanceWindow",
}
SWITCHES = {
    "metrics": "--enable-metrics",
    "observabilityMetrics": "--enable-observability-metrics",
    "spark": "--enable-spark-ui",
    "glueHiveMetastore": "--enable-glue-datacatalog",
    "logging": "--enable-continuous-cloudwatch-log",
    "etlAutoTuning": "--enable-job-insights",
    "etlAutoScaling": "--enable-auto-scaling",
}
TEXTS = {
    "bookmark": "--job-bookmark-option",
    "temporaryDirectory": "--TempDir",
    "sparkPath": "--spark-event-logs-path",
    "pythonPath": "--extra-py-files",
    "dependentPath": "--extra-jars",
    "referencedPath": "--extra-files",
    "additionalPythonModules": "--additional-python-modules",
}


def console_properties(config: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """`jobConfig` as a job name and CreateJob properties."""
    properties: dict[str, Any] = {"JobMode": "VISUAL"}
    for key, name in PLAIN.items():
        if config.get(key) not in (None, ""):
            properties[name] = config[key]
    if config.get("command"):
        properties["Command"] = _command(config)
    if isinstance(config.get("maxConcurrentRuns"), int):
        properties["ExecutionProperty"] = {"MaxConcurrentRuns": config["maxConcurrentRuns"]}
    if config.get("security") not in (None, "", "none"):
        properties["SecurityConfiguration"] = config["security"]
    if config.get("flexExecution"):
        properties["ExecutionClass"] = "FLEX"
    if config.get("connectionsList"):
        properties["Connections"] = {"Connections": list(config["connectionsList"])}
    arguments = _arguments(config)
    if arguments:
        properties["DefaultArguments"] = arguments
    tags = _pairs(config.get("tags"))
    if tags:
        properties["Tags"] = tags
    return str(config.get("name") or ""), properties


def _command(config: Mapping[str, Any]) -> dict[str, Any]:
    command = {"Name": str(config["command"])}
    language, _, major = str(config.get("language") or "").partition("-")
    if language == "python" and major:
        command["PythonVersion"] = major
    place, script = config.get("scriptLocation"), config.get("scriptName")
    if place and script:
        command["ScriptLocation"] = f"{str(place).rstrip('/')}/{script}"
    return command


def _arguments(config: Mapping[str, Any]) -> dict[str, str]:
    arguments = {argument: "true" for key, argument in SWITCHES.items() if config.get(key) is True}
    arguments |= {argument: str(config[key]) for key, argument in TEXTS.items() if config.get(key)}
    language = str(config.get("language") or "").partition("-")[0]
    if language:
        arguments["--job-language"] = language
    return arguments | _pairs(config.get("jobParameters"))


def _pairs(rows: Any) -> dict[str, str]:
    """`[{"key": …, "value": …}]` as a map."""
    if not isinstance(rows, list):
        return {}
    return {
        str(row["key"]): "" if row.get("value") is None else str(row["value"])
        for row in rows
        if isinstance(row, dict) and row.get("key")
    }
