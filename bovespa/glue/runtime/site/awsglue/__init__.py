"""The `awsglue` that a Glue job's script imports, over plain PySpark."""

# Names are Glue's.

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection

__all__ = ["DynamicFrame", "DynamicFrameCollection"]
