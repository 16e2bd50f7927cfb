"""What a table of the lake is made of: columns, partition keys, folder. No libraries: the Pulumi program reads it."""

from __future__ import annotations

from dataclasses import dataclass

_LONGEST_COMMENT = 255  # Glue's limit of a column's comment
_TRINO = {"string": "varchar", "int": "integer"}  # the other types have one name in both


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its Hive type, and what it says, in both of the house's languages.

    Raises:
        ValueError: a comment is empty, or longer than the Glue catalogue keeps.
    """

    name: str
    type: str
    comment: str
    comment_pt: str
    nullable: bool = False

    def __post_init__(self) -> None:
        for comment in (self.comment, self.comment_pt):
            if not comment or len(comment) > _LONGEST_COMMENT:
                raise ValueError(f"column {self.name}: a comment has 1 to {_LONGEST_COMMENT} characters")

    @property
    def trino_type(self) -> str:
        """The type as Athena names it: ``varchar`` for ``string``."""
        return _TRINO.get(self.type, self.type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: ``columns`` are in its files, in this order; ``keys`` are its partitions.

    ``prefix`` is its folder in the bucket, with a slash at its end.
    """

    name: str
    prefix: str
    description: str
    description_pt: str
    columns: tuple[Column, ...]
    keys: tuple[Column, ...]

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns as a query sees them: those of the files, then the partition keys."""
        return (*self.columns, *self.keys)

    def column(self, name: str) -> Column:
        """A column or key by its name.

        Raises:
            KeyError: there is none.
        """
        for column in self.all_columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")

    def types(self) -> tuple[tuple[str, str], ...]:
        """Names and Hive types of the files' columns, in order."""
        return tuple((column.name, column.type) for column in self.columns)

    def key_types(self) -> tuple[tuple[str, str], ...]:
        """Names and Hive types of the partition keys, in order."""
        return tuple((key.name, key.type) for key in self.keys)


def column(name: str, type_: str, comment: str, comment_pt: str, *, null: bool = False) -> Column:
    """A :class:`Column` on one or two lines."""
    return Column(name=name, type=type_, comment=comment, comment_pt=comment_pt, nullable=null)
