"""Transforms that live in modules of their own: Glue Studio's `gs_…` family, custom visual transforms, PII."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from glue.model import Node
from glue.script.context import DYNAMIC_FRAME, Context, Fragment, Generator, unsupported
from glue.script.literals import boolean, number, strings, text

MASK_DF = """\
def maskDf(df, keys):
    if not keys:
        return df
    df_to_mask = df.toDF()
    for key in keys:
        df_to_mask = df_to_mask.withColumn(key, lit({mask}))
    return DynamicFrame.fromDF(df_to_mask, glueContext, "updated_masked_df")
"""


def dynamic_transform(context: Context, node: Node) -> Fragment:
    """A method that a module adds to DynamicFrame; the module is the file in `Path`."""
    function = str(node.get("FunctionName", ""))
    module = PurePosixPath(str(node.get("Path", ""))).stem or function
    if not function.isidentifier() or not module.isidentifier():
        raise unsupported(
            node, f"FunctionName {function!r} or Path {node.get('Path')!r} is not a Python name"
        )
    arguments = []
    for parameter in node.get("Parameters", []):
        name, value = str(parameter.get("Name", "")), _argument(parameter)
        if value is None:
            continue
        if not name.isidentifier():
            raise unsupported(node, f"Parameters: {name!r} is not a Python name")
        arguments.append(f"{name}={value}")
    return Fragment(
        code=f"{context.variable(node)} = {context.input(node)}.{function}({', '.join(arguments)})",
        imports=(f"import {module}",),
    )


def pii_detection(context: Context, node: Node) -> Fragment:
    """Detect sensitive data by column and mask those columns; the other modes aren't written."""
    if node.get("PiiType") != "ColumnMasking":
        raise unsupported(node, f"PiiType {node.get('PiiType')} is not supported, only ColumnMasking")
    variable, frame = context.variable(node), context.input(node)
    entities = strings(node.get("EntityTypesToDetect", []))
    rates = f"{float(node.get('SampleFraction', 1.0))}, {float(node.get('ThresholdFraction', 0.1))}"
    sensitivity = node.get("DetectionSensitivity")
    level = f", {text(sensitivity)}" if sensitivity else ""
    mask = MASK_DF.replace("{mask}", text(node.get("MaskValue", "*******")))
    return Fragment(
        code="entity_detector = EntityDetector()\n"
        f"classified_map = entity_detector.classify_columns({frame}, {entities}, {rates}{level})\n\n{mask}\n"
        f"{variable} = maskDf({frame}, list(classified_map.keys()))",
        imports=(
            "from awsglueml.transforms import EntityDetector",
            DYNAMIC_FRAME,
            "from pyspark.sql.functions import *",
        ),
    )


def _argument(parameter: dict[str, Any]) -> str | None:
    values = parameter.get("Value")
    if values is None:
        return None
    values = values if isinstance(values, list) else [values]
    kind = str(parameter.get("Type", "str"))
    if not values or (kind != "list" and values[0] in (None, "")):
        return None
    if kind == "list":
        numeric = str(parameter.get("ListType", "str")) in ("int", "float")
        return "[" + ", ".join((number(value) if numeric else None) or text(value) for value in values) + "]"
    if kind == "bool":
        return boolean(str(values[0]).lower() == "true")
    if kind in ("int", "float", "complex"):
        return number(values[0]) or text(values[0])
    return text(values[0])


GENERATORS: dict[str, Generator] = {"DynamicTransform": dynamic_transform, "PIIDetection": pii_detection}
