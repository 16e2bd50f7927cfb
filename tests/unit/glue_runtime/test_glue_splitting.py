from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bovespa.glue.runtime import splitting


@pytest.mark.parametrize("codec", sorted(splitting.CODECS))
def test_rows_go_to_the_folder_of_their_values_without_the_keys(tmp_path: Path, codec: str) -> None:
    rows = pa.table(
        {
            "codigo": ["B", "A", "B", "C"],
            "peso": pa.array([Decimal(f"{n}.125") for n in range(4)], pa.decimal128(9, 3)),
            "__0": ["2025-07-31", "2025-07-31", "2025-07-31", None],
            "__1": ["B", "A/1", "B", ""],
        }
    )
    pq.write_table(rows, tmp_path / "flat.parquet")
    splitting.split(
        [tmp_path / "flat.parquet"], tmp_path / "out", keys=[("d", "__0"), ("c", "__1")], codec=codec
    )
    found = {
        path.parent.relative_to(tmp_path / "out").as_posix(): path
        for path in (tmp_path / "out").rglob("*.parquet")
    }
    assert sorted(found) == [
        "d=2025-07-31/c=A%2F1",
        "d=2025-07-31/c=B",
        "d=__HIVE_DEFAULT_PARTITION__/c=__HIVE_DEFAULT_PARTITION__",
    ]
    kept = pq.ParquetFile(found["d=2025-07-31/c=B"]).read()
    assert kept.to_pydict() == {"codigo": ["B", "B"], "peso": [Decimal("0.125"), Decimal("2.125")]}
    assert kept.schema.field("peso").type == pa.decimal128(9, 3)


def test_two_writes_never_use_the_same_name(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1], "__0": ["1"]}), tmp_path / "flat.parquet")
    for _ in range(2):
        splitting.split([tmp_path / "flat.parquet"], tmp_path / "out", keys=[("d", "__0")], codec="snappy")
    assert len(list((tmp_path / "out" / "d=1").iterdir())) == 2
