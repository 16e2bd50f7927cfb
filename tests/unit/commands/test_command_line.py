from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click
import pytest

from bovespa.main import cli, main
from tests.portfolios import ibov

PROJECT = Path(__file__).resolve().parents[3]


def commands(
    group: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            yield from commands(command, (*path, name))


ALL = list(commands(cli))


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = 0
    try:
        main(arguments)
    except SystemExit as done:
        status = int(str(done.code or 0))
    output, errors = capsys.readouterr()
    return status, output, errors


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(("bovespa", *path)) for path, _ in ALL])
def test_every_command_explains_itself(
    path: tuple[str, ...], command: click.Command, capsys: pytest.CaptureFixture[str]
) -> None:
    status, output, _ = run(*path, "--help", capsys=capsys)
    assert status == 0
    assert "Usage:" in output
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{' '.join(path)} {parameter.opts[0]} has no help"


@pytest.mark.parametrize("readme", ["README.md", "README.pt-BR.md"])
def test_every_command_is_in_the_readme(readme: str) -> None:
    text = (PROJECT / readme).read_text(encoding="utf-8")
    missing = [" ".join(path) for path, _ in ALL if len(path) == 1 and f"bovespa {path[0]}" not in text]
    assert missing == []


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["parse", "/no/such/file.csv"], 1, "No such file"),
        (["nonsense"], 2, "No such command"),
        (["query"], 2, "name of a saved query"),
        (["query", "--sql", "SELECT 1", "setores"], 2, "name of a saved query"),
        (["preview", "--stack", "nowhere"], 1, "Pulumi.nowhere.yaml"),
        (["demo", "--live", "--payloads", str(PROJECT)], 2, "exclude each other"),
        (["report", "--date", "14/07/2025"], 2, "does not match"),
    ],
)
def test_a_mistake_is_one_line_and_a_status(
    arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, output, errors = run(*arguments, capsys=capsys)
    assert found == status
    assert said in errors
    assert "Traceback" not in errors
    assert output == ""


def test_parse_prints_the_totals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wire = ibov(day=date(2025, 7, 31))
    file = tmp_path / "IBOVDia_31-07-25.csv"
    file.write_bytes(wire.csv())
    status, output, _ = run("parse", str(file), "--json", capsys=capsys)
    assert status == 0
    assert json.loads(output) == {
        "index": "IBOV",
        "date": "2025-07-31",
        "members": 6,
        "quantity": sum(row.quantidade for row in wire.rows),
        "weight": "100.000",
        "redutor": "15433595.60223638",
    }


def test_parse_refuses_what_contradicts_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "IBOV.json"
    file.write_bytes(ibov(total=7).json())
    status, output, errors = run("parse", str(file), capsys=capsys)
    assert (status, output) == (1, "")
    assert "check total_quantity failed: expected 7, found" in errors
    assert len(errors.strip().splitlines()) == 1


def test_a_json_body_needs_its_index(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "body.json"
    file.write_bytes(ibov().json())
    assert run("parse", str(file), capsys=capsys)[0] == 1
    status, output, _ = run("parse", str(file), "--index", "SMLL", "--json", capsys=capsys)
    assert status == 0
    assert json.loads(output)["index"] == "SMLL"
