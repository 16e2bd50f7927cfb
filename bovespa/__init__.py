"""The `bovespa` command: everything this project does, reachable from one program."""
