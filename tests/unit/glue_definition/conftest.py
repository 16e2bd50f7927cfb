from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from glue.definition import JobDefinition, parse

JOB: dict[str, Any] = {
    "Name": "prices",
    "JobMode": "VISUAL",
    "Role": "arn:aws:iam::123456789012:role/glue",
    "GlueVersion": "5.0",
    "WorkerType": "G.1X",
    "NumberOfWorkers": 2,
    "Command": {
        "Name": "glueetl",
        "ScriptLocation": "s3://${lake_bucket}/scripts/prices.py",
        "PythonVersion": "3",
    },
    "CodeGenConfigurationNodes": {
        "node-1": {
            "S3ParquetSource": {"Name": "Raw prices", "Paths": ["s3://${lake_bucket}/raw/"], "Recurse": True}
        },
        "node-2": {
            "RenameField": {
                "Name": "Rename price",
                "Inputs": ["node-1"],
                "SourcePath": ["px"],
                "TargetPath": ["price"],
            }
        },
        "node-3": {
            "SparkSQL": {
                "Name": "Dates",
                "Inputs": ["node-2"],
                "SqlQuery": "select *, year(day) y from t",
                "SqlAliases": [{"From": "node-2", "Alias": "t"}],
            }
        },
        "node-4": {
            "Aggregate": {
                "Name": "By year",
                "Inputs": ["node-3"],
                "Groups": [["y"]],
                "Aggs": [{"Column": ["price"], "AggFunc": "sum"}],
            }
        },
        "node-5": {
            "CustomCode": {
                "Name": "Purge",
                "Inputs": ["node-4"],
                "ClassName": "Purge",
                "Code": "print(len(dfc))\nreturn dfc",
            }
        },
        "node-6": {"SelectFromCollection": {"Name": "Rows", "Inputs": ["node-5"], "Index": 0}},
        "node-7": {
            "Join": {
                "Name": "Back",
                "Inputs": ["node-3", "node-6"],
                "JoinType": "equijoin",
                "Columns": [{"From": "node-3", "Keys": [["y"]]}, {"From": "node-6", "Keys": [["y"]]}],
            }
        },
        "node-8": {
            "S3GlueParquetTarget": {
                "Name": "Refined",
                "Inputs": ["node-7"],
                "Path": "s3://${lake_bucket}/refined/prices/",
                "PartitionKeys": [["day"], ["code"]],
                "Compression": "snappy",
                "SchemaChangePolicy": {
                    "EnableUpdateCatalog": True,
                    "UpdateBehavior": "UPDATE_IN_DATABASE",
                    "Database": "default",
                    "Table": "prices",
                },
            }
        },
    },
}


@pytest.fixture
def document() -> dict[str, Any]:
    """A small job with one node of most kinds, in the API's form; a fresh copy."""
    return copy.deepcopy(JOB)


@pytest.fixture
def job(document: dict[str, Any]) -> JobDefinition:
    return parse(document)


@pytest.fixture
def make() -> Callable[..., JobDefinition]:
    """A definition from bare nodes: `make(a={"S3ParquetSource": {...}})`, ids `node-a`."""

    def build(**nodes: dict[str, Any]) -> JobDefinition:
        return parse(
            {"Name": "made", "CodeGenConfigurationNodes": {f"node-{k}": v for k, v in nodes.items()}}
        )

    return build
