"""The Glue Data Catalog and Athena."""

from __future__ import annotations

from bovespa.local.aws import Clients
from bovespa.local.emulator import ACCOUNT
from bovespa.local.program import Answer, Registration
from bovespa.local.provision.wire import given, pascal


def catalog_database(aws: Clients, wanted: Registration) -> Answer:
    name = wanted.inputs["name"]
    existing = [found["Name"] for found in aws["glue"].get_databases()["DatabaseList"]]
    if name not in existing:  # the emulator comes with a `default`, as older accounts do
        aws["glue"].create_database(DatabaseInput={"Name": name, "Description": wanted.inputs["description"]})
    return Answer(id=name, outputs={})


def catalog_table(aws: Clients, wanted: Registration) -> Answer:
    """A table, or a view: the emulator's Athena takes no notice of a table without a location."""
    inputs = wanted.inputs
    storage = {**inputs["storageDescriptor"]}
    library = storage.pop("serDeInfo")
    aws["glue"].create_table(
        DatabaseName=inputs["databaseName"],
        PartitionIndexes=pascal(inputs.get("partitionIndices", [])),
        TableInput={
            "Name": inputs["name"],
            "Description": inputs["description"],
            "TableType": inputs["tableType"],
            "Parameters": inputs["parameters"],
            "PartitionKeys": pascal(inputs.get("partitionKeys", [])),
            "StorageDescriptor": {**pascal(storage), "SerdeInfo": pascal(library)},
            **given(
                ViewOriginalText=inputs.get("viewOriginalText"),
                ViewExpandedText=inputs.get("viewExpandedText"),
            ),
        },
    )
    return Answer(id=f"{inputs['databaseName']}:{inputs['name']}", outputs={})


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
    region = aws["athena"].meta.region_name
    arn = f"arn:aws:athena:{region}:{ACCOUNT}:workgroup/{inputs['name']}"
    return Answer(id=inputs["name"], outputs={"arn": arn})


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
