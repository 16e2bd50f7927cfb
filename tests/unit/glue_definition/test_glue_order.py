from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glue.definition import DefinitionError, parse
from glue.order import hash_order, in_order


def node(kind: str, *inputs: str) -> dict[str, Any]:
    return {kind: {"Name": kind, "Inputs": list(inputs)}}


def ids(nodes: dict[str, Any]) -> list[str]:
    return [item.id for item in in_order(parse({"Name": "j", "CodeGenConfigurationNodes": nodes}))]


def test_keys_iterate_as_in_a_java_hash_map() -> None:
    # "a".hashCode() is 97, "b" 98, "Aa" and "BB" both 2112: buckets 1, 2 and 0 of 16, ties as inserted.
    assert hash_order(["b", "BB", "a", "Aa"]) == ["BB", "Aa", "a", "b"]


def test_the_map_grows_at_three_quarters() -> None:
    # "1" is 49: bucket 1 of 16, beside "a" (97), but bucket 17 of the 32 that a thirteenth key asks for.
    twelve = [chr(code) for code in range(97, 109)]
    assert hash_order(["1", *twelve[:11]])[-1] == "k"
    assert hash_order(["1", *twelve])[-1] == "1"


def test_breadth_first_with_targets_at_the_end() -> None:
    nodes = {
        "node-1": node("S3ParquetSource"),
        "node-2": node("DropFields", "node-1"),
        "node-3": node("S3DirectTarget", "node-1"),
        "node-4": node("DropFields", "node-2"),
        "node-5": node("S3DirectTarget", "node-4"),
    }
    assert ids(nodes) == ["node-1", "node-2", "node-4", "node-3", "node-5"]


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.integers(2, 30))
def test_inputs_come_before_their_readers_whatever_the_documents_order(rng: random.Random, size: int) -> None:
    names = [f"node-{rng.randrange(10**12)}-{index}" for index in range(size)]
    nodes = {
        name: node("DropFields", *rng.sample(names[:index], min(index, 2)))
        for index, name in enumerate(names)
    }
    shuffled = list(nodes)
    rng.shuffle(shuffled)
    order = ids({name: nodes[name] for name in shuffled})
    assert sorted(order) == sorted(names)
    places = {name: place for place, name in enumerate(order)}
    for name, body in nodes.items():
        assert all(places[source] < places[name] for source in body["DropFields"]["Inputs"])


def test_a_cycle_is_named() -> None:
    nodes = {"node-1": node("DropFields", "node-2"), "node-2": node("DropFields", "node-1")}
    with pytest.raises(DefinitionError, match='cycle or read an unknown node: node-1 "DropFields", node-2'):
        ids(nodes)
