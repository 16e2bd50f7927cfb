from __future__ import annotations

import os
from pathlib import Path

import pytest

from bovespa.glue.runtime.directory_store import DirectoryStore
from bovespa.glue.runtime.errors import StorageError
from bovespa.glue.runtime.location import Location
from bovespa.glue.runtime.store import in_parallel


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    (tmp_path / "root").mkdir()
    return DirectoryStore(tmp_path / "root")


def keys(store: DirectoryStore, prefix: str) -> list[str]:
    return [item.location.key for item in store.list(Location("lake", prefix))]


def test_objects_are_files_under_the_bucket(store: DirectoryStore) -> None:
    store.write(Location("lake", "raw/dt=1/a b.txt"), b"one")
    assert (store.root / "lake" / "raw" / "dt=1" / "a b.txt").read_bytes() == b"one"
    assert store.read(Location("lake", "raw/dt=1/a b.txt")) == b"one"
    assert store.read(Location("lake", "raw/absent")) is None


def test_listing_is_by_prefix_of_the_key_and_sorted(store: DirectoryStore) -> None:
    for key in ("raw/b", "raw/a/x", "raw-2/x", "other"):
        store.write(Location("lake", key), b"")
    assert keys(store, "raw") == ["raw-2/x", "raw/a/x", "raw/b"]
    assert keys(store, "raw/") == ["raw/a/x", "raw/b"]
    assert keys(store, "nothing/") == []


@pytest.mark.parametrize("key", ["../outside", "raw/../../outside", "a/.."])
def test_no_key_leads_out_of_the_root(store: DirectoryStore, key: str) -> None:
    (store.root.parent / "outside").write_text("secret")
    with pytest.raises(StorageError, match="not a place under"):
        store.read(Location("lake", key))
    with pytest.raises(StorageError, match="not a place under"):
        store.write(Location("lake", key), b"")


def test_no_link_leads_out_of_the_root(store: DirectoryStore) -> None:
    (store.root.parent / "outside").mkdir()
    (store.root.parent / "outside" / "secret").write_text("secret")
    (store.root / "lake").mkdir()
    (store.root / "lake" / "link").symlink_to(store.root.parent / "outside")
    (store.root / "lake" / "file").symlink_to(store.root.parent / "outside" / "secret")
    with pytest.raises(StorageError, match="leads out"):
        store.read(Location("lake", "link/secret"))
    with pytest.raises(StorageError, match="leads out"):
        store.fetch(Location("lake", "file"), store.root / "copy")


def test_a_write_that_fails_leaves_the_old_object_and_nothing_else(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Location("lake", "x")
    store.write(place, b"old")

    def refuse(_self: Path, _target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(StorageError, match="disk full"):
        store.write(place, b"new")
    assert store.read(place) == b"old"
    assert [path.name for path in (store.root / "lake").iterdir()] == ["x"]


def test_deleting_takes_empty_folders_along_and_forgives_absent_objects(store: DirectoryStore) -> None:
    store.write(Location("lake", "a/b/c"), b"")
    store.write(Location("lake", "a/d"), b"")
    assert store.delete([Location("lake", "a/b/c"), Location("lake", "absent/x")]) == 2
    assert sorted(path.name for path in (store.root / "lake" / "a").iterdir()) == ["d"]


def test_the_version_changes_with_every_write(store: DirectoryStore) -> None:
    store.write(Location("lake", "x"), b"same")
    (first,) = store.list(Location("lake", "x"))
    os.utime(store.root / "lake" / "x", (1, 1))
    (second,) = store.list(Location("lake", "x"))
    assert first.version != second.version


def test_in_parallel_raises_the_first_failure() -> None:
    def half(number: int) -> float:
        return 1 / number

    assert sorted(in_parallel(half, [1, 2, 4])) == [0.25, 0.5, 1.0]
    with pytest.raises(ZeroDivisionError):
        in_parallel(half, [1, 0, 2] * 50)
