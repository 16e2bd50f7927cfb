"""The Glue Data Catalog and Athena."""

from __future__ import annotations

from local.aws import Clients
from local.program import Answer, Registration


def catalog_database(aws: Clients, wanted: Registration) -> Answer:
    name = wanted.inputs["name"]
    existing = [found["Name"] for found in aws["glue"].get_databases()["DatabaseList"]]
    if name not in existing:  # the emulator comes with a `default`, as older accounts do
        aws["glue"].create_database(DatabaseInput={"Name": name, "Description": wanted.inputs["description"]})
    return Answer(id=name, outputs={})


def workgroup(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    settings = inputs["configuration"]
    results = settings["resultConfiguration"]
    aws["athena"].create_work_group(
        Name=inputs["name"],
        Description=inputs["description"],
        Configuration={
            "EnforceWorkGroupConfiguration": settings["enforceWorkgroupConfiguration"],
            "PublishCloudWatchMetricsEnabled": settings["publishCloudwatchMetricsEnabled"],
            "BytesScannedCutoffPerQuery": settings["bytesScannedCutoffPerQuery"],
            "EngineVersion": {"SelectedEngineVersion": settings["engineVersion"]["selectedEngineVersion"]},
            "ResultConfiguration": {
                "OutputLocation": results["outputLocation"],
                "EncryptionConfiguration": {
                    "EncryptionOption": results["encryptionConfiguration"]["encryptionOption"]
                },
            },
        },
    )
    return Answer(id=inputs["name"], outputs={})


def named_query(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    made = aws["athena"].create_named_query(
        Name=inputs["name"],
        Description=inputs["description"],
        Database=inputs["database"],
        QueryString=inputs["query"],
        WorkGroup=inputs["workgroup"],
    )
    return Answer(id=made["NamedQueryId"], outputs={})
