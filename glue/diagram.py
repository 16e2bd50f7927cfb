"""A job's graph to look at: Mermaid for documents, a tree for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.markup import escape
from rich.tree import Tree

from glue.model import JobDefinition, Node
from glue.nodes import Role, role_of

SHAPES = {Role.SOURCE: ('[("', '")]'), Role.TRANSFORM: ('["', '"]'), Role.TARGET: ('[/"', '"/]')}
COLOURS = {Role.SOURCE: "green", Role.TRANSFORM: "cyan", Role.TARGET: "magenta"}


def mermaid(definition: JobDefinition) -> str:
    """A Mermaid flowchart, left to right, in document order of the nodes (mermaid.js.org, "Flowcharts")."""
    names = {node_id: f"n{index}" for index, node_id in enumerate(definition.nodes)}
    lines = ["flowchart LR"]
    for node in definition.nodes.values():
        opening, closing = SHAPES[role_of(node.kind)]
        lines.append(f"    {names[node.id]}{opening}{_label(node)}{closing}")
    for node in definition.nodes.values():
        lines += [f"    {names[source]} --> {names[node.id]}" for source in node.inputs if source in names]
    return "\n".join(lines) + "\n"


def tree(definition: JobDefinition) -> Tree:
    """The graph as a tree from the sources on; a node with several inputs is expanded once."""
    root = Tree(f"[bold]{escape(definition.name)}[/bold]")
    expanded: set[str] = set()
    # A list of pairs instead of recursion: a job of a thousand nodes in a row must not exhaust the stack.
    waiting = [(root, node) for node in _roots(definition)][::-1]
    while waiting:
        branch, node = waiting.pop()
        if node.id in expanded:
            branch.add(f"[dim]{escape(_title(node))} (see above)[/dim]")
            continue
        expanded.add(node.id)
        twig = branch.add(_describe(node))
        waiting += [(twig, reader) for reader in _readers(definition, node)][::-1]
    return root


def summary(node: Node) -> str:
    """What a node does, in a few words: the paths, tables, columns or keys that matter for its kind."""
    for key in ("Paths", "Path"):
        if node.get(key) and node.kind.endswith(("Source", "Target")):
            value = node.get(key)
            return ", ".join(value) if isinstance(value, list) else str(value)
    if node.get("Database") and node.get("Table"):
        return f"{node.get('Database')}.{node.get('Table')}"
    if node.kind == "RenameField":
        return f"{_dotted(node.get('SourcePath', []))} → {_dotted(node.get('TargetPath', []))}"
    if node.kind == "Aggregate":
        groups = ", ".join(_dotted(group) for group in node.get("Groups", []))
        return f"by {groups}" if groups else "over all rows"
    if node.kind == "Join":
        return str(node.get("JoinType", ""))
    if node.kind == "CustomCode":
        return str(node.get("ClassName", ""))
    return ""


def _roots(definition: JobDefinition) -> Iterator[Node]:
    """Nodes without a known input; where a cycle leaves none, every node."""
    roots = [
        n for n in definition.nodes.values() if not any(source in definition.nodes for source in n.inputs)
    ]
    yield from roots or definition.nodes.values()


def _readers(definition: JobDefinition, node: Node) -> Iterator[Node]:
    return (reader for reader in definition.nodes.values() if node.id in reader.inputs)


def _describe(node: Node) -> str:
    colour = COLOURS[role_of(node.kind)]
    detail = summary(node)
    more = f" [dim]{escape(detail)}[/dim]" if detail else ""
    return f"[{colour}]{escape(node.name or node.id)}[/{colour}] {escape(node.kind)}{more}"


def _title(node: Node) -> str:
    return node.name or node.id


def _label(node: Node) -> str:
    """Text safe inside Mermaid's quotes: its own escapes for the quote, `#` and markup."""
    text = " ".join(f"{_title(node)} ({node.kind})".split())
    codes = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;"}
    return "".join(codes.get(character, character) for character in text)


def _dotted(path: object) -> str:
    return ".".join(str(part) for part in path) if isinstance(path, list | tuple) else str(path)
