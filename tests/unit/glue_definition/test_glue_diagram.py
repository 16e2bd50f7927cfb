from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.tree import Tree

from glue.definition import JobDefinition
from glue.diagram import mermaid, tree


def drawn(root: Tree) -> str:
    console = Console(width=200, no_color=True)
    with console.capture() as capture:
        console.print(root)
    return capture.get()


def test_mermaid_has_every_node_once_and_every_edge(job: JobDefinition) -> None:
    lines = mermaid(job).splitlines()
    assert lines[0] == "flowchart LR"
    assert '    n0[("Raw prices (S3ParquetSource)")]' in lines
    assert '    n7[/"Refined (S3GlueParquetTarget)"/]' in lines
    edges = {line.strip() for line in lines if "-->" in line}
    assert edges == {
        "n0 --> n1",
        "n1 --> n2",
        "n2 --> n3",
        "n3 --> n4",
        "n4 --> n5",
        "n2 --> n6",
        "n5 --> n6",
        "n6 --> n7",
    }


def test_mermaid_labels_cannot_end_their_quotes(make: Callable[..., JobDefinition]) -> None:
    job = make(a={"S3ParquetSource": {"Name": 'in"]; click a\n<b> #1', "Paths": []}})
    (line,) = [line for line in mermaid(job).splitlines() if "n0" in line]
    assert line == '    n0[("in#quot;]; click a #lt;b#gt; #35;1 (S3ParquetSource)")]'


def test_the_tree_expands_a_node_once(job: JobDefinition) -> None:
    text = drawn(tree(job))
    assert text.splitlines()[0] == "prices"
    assert text.count("Refined S3GlueParquetTarget") == 1
    assert text.count("Back (see above)") == 1
    assert "Rename price RenameField px → price" in text
    assert "By year Aggregate by y" in text


def test_the_tree_shows_markup_as_text_and_ends_on_a_cycle(make: Callable[..., JobDefinition]) -> None:
    job = make(
        a={"DropFields": {"Name": "[red]a[/red]", "Inputs": ["node-b"], "Paths": []}},
        b={"DropFields": {"Name": "b", "Inputs": ["node-a"], "Paths": []}},
    )
    assert "[red]a[/red] DropFields" in drawn(tree(job))


def test_a_long_chain_does_not_exhaust_the_stack(make: Callable[..., JobDefinition]) -> None:
    nodes = {"n0": {"S3ParquetSource": {"Name": "n0", "Paths": []}}}
    for index in range(1, 1500):
        nodes[f"n{index}"] = {
            "DropFields": {"Name": f"n{index}", "Inputs": [f"node-n{index - 1}"], "Paths": []}
        }
    assert tree(make(**nodes)).children
