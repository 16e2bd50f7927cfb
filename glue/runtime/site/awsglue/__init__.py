"""The `awsglue` that a Glue job's script imports, over plain PySpark."""

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection

__all__ = ["DynamicFrame", "DynamicFrameCollection"]
