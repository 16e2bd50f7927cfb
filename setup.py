"""Everything else stands in pyproject.toml; this refuses what would not work."""

from __future__ import annotations

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.errors import SetupError


class NoWheel(bdist_wheel):  # type: ignore[misc]
    """A wheel would put rooms called `lake` and `glue` into site-packages, without their SQL and JSON.

    An editable install asks this command only for its metadata, so it is not refused.
    """

    def run(self) -> None:
        raise SetupError(
            "bovespa-pipeline is an application that runs from its checkout, so there is no wheel of it:"
            " install it there with `pip install --no-deps -e .` (`make` does)"
        )


setup(cmdclass={"bdist_wheel": NoWheel})
