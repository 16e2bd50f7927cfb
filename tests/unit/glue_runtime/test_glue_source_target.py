from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bovespa.glue.runtime import source, target
from bovespa.glue.runtime.engine import Engine
from bovespa.glue.runtime.errors import NotSupportedError, RuntimeFailure, StorageError
from bovespa.glue.runtime.location import Location
from bovespa.glue.runtime.s3_store import S3Store


def put(engine: Engine, *keys: str) -> None:
    for key in keys:
        engine.store.write(Location("lake", key), key.encode())


def fetched(engine: Engine, *places: str, **options: object) -> list[str]:
    groups = source.fetch(engine, places, **options)  # type: ignore[arg-type]
    return sorted(path.read_text() for group in groups for path in group.files)


def test_a_folder_gives_its_files_but_no_hidden_ones_and_no_sibling(engine: Engine) -> None:
    put(
        engine,
        "raw/a.csv",
        "raw/sub/b.csv",
        "raw/_SUCCESS",
        "raw/_tmp/c.csv",
        "raw/.d",
        "raw2/e.csv",
    )
    engine.store.write(Location("lake", "raw/x_$folder$"), b"")
    assert fetched(engine, "s3://lake/raw/") == ["raw/a.csv", "raw/sub/b.csv"]
    assert fetched(engine, "s3://lake/raw") == ["raw/a.csv", "raw/sub/b.csv"]


def test_without_recursion_only_partitions_are_descended_into(engine: Engine) -> None:
    put(engine, "raw/a.csv", "raw/dt=1/b.csv", "raw/sub/c.csv")
    assert fetched(engine, "s3://lake/raw/", recurse=False) == ["raw/a.csv", "raw/dt=1/b.csv"]


def test_one_object_globs_and_exclusions(engine: Engine) -> None:
    put(engine, "raw/a.csv", "raw/b.csv", "raw/b.json", "raw/dt=1/c.csv", "raw/dt=2/c.csv")
    assert fetched(engine, "s3://lake/raw/a.csv") == ["raw/a.csv"]
    assert fetched(engine, "s3://lake/raw/*.csv") == ["raw/a.csv", "raw/b.csv"]
    assert fetched(engine, "s3://lake/raw/dt=*/") == ["raw/dt=1/c.csv", "raw/dt=2/c.csv"]
    assert fetched(engine, "s3://lake/raw/", exclusions=["**.json", "raw/dt=1/*"]) == [
        "raw/a.csv",
        "raw/b.csv",
        "raw/dt=2/c.csv",
    ]


def test_partition_folders_are_kept_and_grouped_by_their_keys(engine: Engine) -> None:
    put(
        engine,
        "raw/dt=2025-07-31/codigo=A%2FB/x.parquet",
        "raw/dt=2025-08-01/codigo=C/x.parquet",
        "raw/y.parquet",
    )
    groups = {group.keys: group for group in source.fetch(engine, ["s3://lake/raw/"])}
    assert set(groups) == {("dt", "codigo"), ()}
    inside = sorted(
        path.parent.relative_to(groups["dt", "codigo"].folder).as_posix()
        for path in groups["dt", "codigo"].files
    )
    assert inside == ["dt=2025-07-31/codigo=A%2FB", "dt=2025-08-01/codigo=C"]


def test_a_source_given_twice_is_read_once_and_reported(engine: Engine) -> None:
    put(engine, "raw/a.csv")
    assert fetched(engine, "s3://lake/raw/", "s3://lake/raw/a.csv", ctx="node") == ["raw/a.csv"]
    (read,) = engine.report.sources
    assert (read.ctx, read.files, read.bytes, read.skipped) == ("node", 1, len("raw/a.csv"), 0)


def test_a_source_without_a_path_is_an_error(engine: Engine) -> None:
    with pytest.raises(RuntimeFailure, match="has no path"):
        source.fetch(engine, [])


def test_exclusions_that_are_no_list_are_an_error() -> None:
    assert source.exclusion_list('["**.pdf"]') == ["**.pdf"]
    with pytest.raises(RuntimeFailure, match="JSON list"):
        source.exclusion_list("**.pdf")


def written(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def test_publishing_uploads_data_files_and_tells_their_partitions(engine: Engine, tmp_path: Path) -> None:
    out = written(
        tmp_path / "out", "d=1/c=A%2FB/p.parquet", "d=1/c=C/p.parquet", "_SUCCESS", "d=1/c=C/.p.crc"
    )
    published = target.publish(engine, out, Location("lake", "REFINED/t"))
    assert published.partitions == (("1", "A/B"), ("1", "C"))
    assert [place.key for place in published.objects] == [
        "REFINED/t/d=1/c=A%2FB/p.parquet",
        "REFINED/t/d=1/c=C/p.parquet",
    ]
    assert engine.store.read(published.objects[0]) == b"d=1/c=A%2FB/p.parquet"


def test_an_upload_that_fails_midway_takes_back_what_was_done(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(engine, "t/old.parquet")
    out = written(tmp_path / "out", *[f"d={number}/p.parquet" for number in range(40)])
    upload = S3Store.upload

    def failing(self: S3Store, path: Path, place: Location) -> None:
        if "d=30/" in place.key:
            raise StorageError("disk full")
        upload(self, path, place)

    monkeypatch.setattr(S3Store, "upload", failing)
    with pytest.raises(StorageError, match="disk full"):
        target.publish(engine, out, Location("lake", "t"))
    assert [item.location.key for item in engine.store.list(Location("lake", "t/"))] == ["t/old.parquet"]


def test_purging_honours_the_retention(engine: Engine) -> None:
    put(engine, "t/d=1/a", "t/d=1/b", "t/d=10/c")
    now = datetime.now(UTC)
    assert target.purge(engine, "s3://lake/t/d=1", {}) == 0
    assert "nothing under s3://lake/t/d=1 is older than 168 hours" in engine.report.notes[0]
    assert target.purge(engine, "s3://lake/t/d=1", {}, now=now + timedelta(hours=167)) == 0
    assert target.purge(engine, "s3://lake/t/d=1", {}, now=now + timedelta(hours=169)) == 2
    assert [item.location.key for item in engine.store.list(Location("lake", "t/"))] == ["t/d=10/c"]
    assert target.purge(engine, "s3://lake/t/", {"retentionPeriod": 0}) == 1


@pytest.mark.parametrize(
    ("path", "options", "message"),
    [
        ("s3://lake/", {"retentionPeriod": 0}, "whole bucket"),
        ("s3://lake/t/", {"retentionPeriod": "soon"}, "a number of hours, not 'soon'"),
        ("s3://lake/t/", {"manifestFilePath": "s3://lake/m"}, "the purge option manifestFilePath"),
    ],
)
def test_what_cannot_be_purged_is_said(
    engine: Engine, path: str, options: dict[str, object], message: str
) -> None:
    put(engine, "t/a")
    with pytest.raises(RuntimeFailure, match=message):
        target.purge(engine, path, options)
    assert len(list(engine.store.list(Location("lake", "t/")))) == 1


@pytest.mark.parametrize("option", ["boundedFiles", "boundedSize"])
def test_an_option_that_would_leave_files_out_is_refused(option: str) -> None:
    with pytest.raises(NotSupportedError, match=rf"the option {option} \(node raw\)"):
        source.check_options({option: "10"}, "raw")
