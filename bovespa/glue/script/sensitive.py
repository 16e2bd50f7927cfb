"""Detection of sensitive data (PIIDetection): columns that hold it are masked or hashed."""

from __future__ import annotations

from bovespa.glue.script.context import DYNAMIC_FRAME, Context, Fragment, Generator, unsupported
from bovespa.glue.script.literals import strings, text
from glue.model import Node

MASK_DF = """\
def maskDf(df, keys):
    if not keys:
        return df
    df_to_mask = df.toDF()
    for key in keys:
        df_to_mask = df_to_mask.withColumn(key, lit({mask}))
    return DynamicFrame.fromDF(df_to_mask, glueContext, "updated_masked_df")
"""

HASH_DF = """\
def pii_column_hash(original_cell_value):
    return hashlib.sha256(str(original_cell_value).encode()).hexdigest()

pii_column_hash_udf = udf(pii_column_hash, StringType())

def hashDf(df, keys):
    if not keys:
        return df
    df_to_hash = df.toDF()
    for key in keys:
        df_to_hash = df_to_hash.withColumn(key, pii_column_hash_udf(key))
    return DynamicFrame.fromDF(df_to_hash, glueContext, "updated_hashed_df")
"""

IMPORTS = (
    "from awsglueml.transforms import EntityDetector",
    DYNAMIC_FRAME,
    "from pyspark.sql.functions import *",
)


def pii_detection(context: Context, node: Node) -> Fragment:
    """The column modes that change data; audits and the modes by row aren't written."""
    kind = str(node.get("PiiType", ""))
    imports: tuple[str, ...] = IMPORTS
    if kind == "ColumnMasking":
        name = "maskDf"
        helper = MASK_DF.replace("{mask}", text(node.get("MaskValue", "*******")))
    elif kind == "ColumnHashing":
        name, helper = "hashDf", HASH_DF
        imports = (*IMPORTS, "from pyspark.sql.types import StringType", "import hashlib")
    else:
        raise unsupported(node, f"PiiType {kind} is not supported, only ColumnMasking and ColumnHashing")
    variable, frame = context.variable(node), context.input(node)
    entities = strings(node.get("EntityTypesToDetect", []))
    rates = f"{float(node.get('SampleFraction', 1.0))}, {float(node.get('ThresholdFraction', 0.1))}"
    sensitivity = node.get("DetectionSensitivity")
    level = f", {text(sensitivity)}" if sensitivity else ""
    return Fragment(
        code="entity_detector = EntityDetector()\n"
        f"classified_map = entity_detector.classify_columns({frame}, {entities}, {rates}{level})\n\n"
        f"{helper}\n"
        f"{variable} = {name}({frame}, list(classified_map.keys()))",
        imports=imports,
    )


GENERATORS: dict[str, Generator] = {"PIIDetection": pii_detection}
