"""Bodies of visual jobs, and what the provider is given of them."""

from __future__ import annotations

import json
from typing import Any

from bovespa.local.emulator import REGION
from tests.stack.glue_server import ACCOUNT

Body = dict[str, Any]


def job(name: str = "prices") -> Body:
    return {
        "Name": name,
        "JobMode": "VISUAL",
        "Role": "arn:aws:iam::000000000000:role/glue",
        "Command": {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": "s3://lake/glue/scripts/p.py"},
        "GlueVersion": "5.1",
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
        "Timeout": 15,
        "Tags": {"project": "bovespa", "stack": "test"},
        "CodeGenConfigurationNodes": {
            "node-1": {"S3ParquetSource": {"Name": "Raw", "Paths": ["s3://lake/raw/"], "Recurse": True}},
            "node-2": {
                "RenameField": {
                    "Name": "Rename",
                    "Inputs": ["node-1"],
                    "SourcePath": ["px"],
                    "TargetPath": ["price"],
                }
            },
            "node-3": {
                "S3GlueParquetTarget": {
                    "Name": "Refined",
                    "Inputs": ["node-2"],
                    "Path": "s3://lake/REFINED/prices/",
                    "PartitionKeys": [["day"]],
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


def inputs(body: Body, account: str = ACCOUNT) -> dict[str, Any]:
    return {"name": body["Name"], "region": REGION, "account": account, "definition": json.dumps(body)}


def nodes(body: Body) -> Body:
    found: Body = body["CodeGenConfigurationNodes"]
    return found


def reordered(body: Body) -> Body:
    return {
        key: dict(reversed(value.items())) if isinstance(value, dict) else value
        for key, value in reversed(body.items())
    }
