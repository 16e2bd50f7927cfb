"""How the index job reads tables that were refined before a column was added to them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from awsglue.dynamicframe import DynamicFrame

from glue.code.index_sessions import read

pytestmark = pytest.mark.slow


def test_a_column_that_was_declared_after_the_files_were_written_is_null(glue_context: Any) -> None:
    written = glue_context.spark_session.createDataFrame([("PETR4", 3)], "codigo string, papeis int")
    frame = DynamicFrame.fromDF(written, glue_context, "written")
    catalogue = SimpleNamespace(from_catalog=lambda **_: frame)
    context = SimpleNamespace(create_dynamic_frame=catalogue, spark_session=glue_context.spark_session)

    rows = read(context, "default", "carteira", "codigo string, papeis bigint, papeis_indice int", "")

    assert rows.schema.simpleString() == "struct<codigo:string,papeis:bigint,papeis_indice:int>"
    assert [tuple(row) for row in rows.collect()] == [("PETR4", 3, None)]
