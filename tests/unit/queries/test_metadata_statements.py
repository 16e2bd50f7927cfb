"""SHOW and DESCRIBE of the embedded Athena, against what the Athena User Guide and Hive print."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from bovespa.athena.catalogue import Catalogue
from bovespa.athena.metadata import answer, is_metadata
from lake.athena import QueryFailed

PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
CARTEIRA: dict[str, Any] = {
    "Name": "carteira",
    "Description": "One row per index's member",
    "TableType": "EXTERNAL_TABLE",
    "Parameters": {"classification": "parquet", "EXTERNAL": "TRUE"},
    "PartitionKeys": [{"Name": "data_pregao", "Type": "date"}, {"Name": "codigo", "Type": "string"}],
    "StorageDescriptor": {
        "Columns": [
            {"Name": "indice", "Type": "string", "Comment": "B3's code; d'água"},
            {"Name": "participacao", "Type": "decimal(9,3)"},
        ],
        "Location": "s3://lake/REFINED/carteira/",
        "InputFormat": f"{PARQUET}.MapredParquetInputFormat",
        "OutputFormat": f"{PARQUET}.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": f"{PARQUET}.serde.ParquetHiveSerDe"},
    },
}
DEFINITION = base64.b64encode(json.dumps({"originalSql": "SELECT 1 AS a\nFROM carteira"}).encode()).decode()
VIEW: dict[str, Any] = {
    "Name": "continua",
    "TableType": "VIRTUAL_VIEW",
    "ViewOriginalText": f"/* Presto View: {DEFINITION} */",
    "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}]},
}
KNOWN = Catalogue(
    tables={"default": {"carteira": CARTEIRA, "continua": VIEW}, "outro": {}},
    partitions={"default/carteira": [["2025-09-02", "VALE3"], ["2025-09-01", "A/B"]]},
)


def lines(sql: str, database: str = "default") -> list[str]:
    assert is_metadata(sql)
    return [row[0] for row in answer(sql, KNOWN, database).rows]


@pytest.mark.parametrize(
    ("sql", "column", "expected"),
    [
        ("SHOW DATABASES", "database_name", ["default", "outro"]),
        ("show schemas like 'o*'", "database_name", ["outro"]),
        ("SHOW TABLES", "tab_name", ["carteira", "continua"]),
        ("SHOW TABLES;", "tab_name", ["carteira", "continua"]),
        ("SHOW TABLES IN outro", "tab_name", []),
        ("SHOW TABLES FROM `default` 'cart*'", "tab_name", ["carteira"]),
        ("SHOW TABLES LIKE '*inua|CART*'", "tab_name", ["carteira", "continua"]),
        ("SHOW TABLES 'cart'", "tab_name", []),
        ("SHOW TABLES 'c.rteira'", "tab_name", []),
        ("SHOW VIEWS", "views", ["continua"]),
        ("SHOW COLUMNS IN carteira", "field", ["indice", "participacao", "data_pregao", "codigo"]),
        ("SHOW COLUMNS FROM carteira IN default", "field", ["indice", "participacao", "data_pregao", "codigo"]),
        (
            "SHOW PARTITIONS default.carteira",
            "partition",
            ["data_pregao=2025-09-01/codigo=A%2FB", "data_pregao=2025-09-02/codigo=VALE3"],
        ),
        ("SHOW CREATE VIEW continua", "Create View", ["CREATE VIEW default.continua AS", "SELECT 1 AS a", "FROM carteira"]),
    ],
)  # fmt: skip
def test_lists_are_named_as_athenas(sql: str, column: str, expected: list[str]) -> None:
    assert answer(sql, KNOWN, "default").columns == (column,)
    assert [line.rstrip() for line in lines(sql)] == expected


def test_a_table_is_described_as_hive_does() -> None:
    assert answer("DESCRIBE carteira", KNOWN, "default").columns == ("col_name", "data_type", "comment")
    assert lines("DESCRIBE carteira") == [
        "indice              \tstring              \tB3's code; d'água   ",
        "participacao        \tdecimal(9,3)        \t                    ",
        "data_pregao         \tdate                \t                    ",
        "codigo              \tstring              \t                    ",
        "\t \t ",
        "# Partition Information\t \t ",
        "# col_name          \tdata_type           \tcomment             ",
        "\t \t ",
        "data_pregao         \tdate                \t                    ",
        "codigo              \tstring              \t                    ",
    ]
    assert lines("DESC default.carteira participacao") == [
        "participacao        \tdecimal(9,3)        \t                    "
    ]
    *_, blank, detail = lines("DESCRIBE EXTENDED carteira")
    assert blank == "\t \t "
    assert detail.startswith(
        "Detailed Table Information\tTable(tableName:carteira, dbName:default, location:s3:"
    )


def test_a_tables_ddl_can_be_read_and_run_again() -> None:
    assert "\n".join(lines("SHOW CREATE TABLE `default`.`carteira`")) == (
        "CREATE EXTERNAL TABLE `carteira`(\n"
        "  `indice` string COMMENT 'B3\\'s code; d\\'água', \n"
        "  `participacao` decimal(9,3))\n"
        "COMMENT 'One row per index\\'s member'\n"
        "PARTITIONED BY ( \n"
        "  `data_pregao` date, \n"
        "  `codigo` string)\n"
        "ROW FORMAT SERDE \n"
        f"  '{PARQUET}.serde.ParquetHiveSerDe' \n"
        "STORED AS INPUTFORMAT \n"
        f"  '{PARQUET}.MapredParquetInputFormat' \n"
        "OUTPUTFORMAT \n"
        f"  '{PARQUET}.MapredParquetOutputFormat'\n"
        "LOCATION\n"
        "  's3://lake/REFINED/carteira/'\n"
        "TBLPROPERTIES (\n"
        "  'EXTERNAL'='TRUE', \n"
        "  'classification'='parquet')"
    )


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SHOW TABLES IN nada", "SCHEMA_NOT_FOUND: Schema 'nada' does not exist"),
        ("DESCRIBE nada", "TABLE_NOT_FOUND: Table 'awsdatacatalog.default.nada' does not exist"),
        ("SHOW PARTITIONS continua", "Table default.continua is not a partitioned table"),
        ("DESCRIBE carteira nada", "cannot find field nada from carteira"),
        ("SHOW CREATE TABLE continua", "continua is a view: SHOW CREATE VIEW continua shows it"),
        ("SHOW CREATE VIEW carteira", "carteira is a table: SHOW CREATE TABLE carteira shows it"),
        ("SHOW FUNCTIONS", "the embedded Athena knows SHOW DATABASES, .*, not SHOW FUNCTIONS"),
        ("SHOW TABLES; DROP TABLE carteira", "not SHOW TABLES; DROP TABLE carteira"),
    ],
)
def test_what_is_not_there_is_one_line(sql: str, reason: str) -> None:
    with pytest.raises(QueryFailed, match=reason) as refused:
        answer(sql, KNOWN, "default")

    assert "\n" not in str(refused.value)


def test_other_statements_are_none() -> None:
    assert not is_metadata("SELECT 'SHOW TABLES'")
    assert not is_metadata("SHOWN")
