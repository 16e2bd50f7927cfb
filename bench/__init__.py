"""Measurements; each is a program: `python -m bench.<name>`."""
