"""The code of the jobs' CustomCode nodes, as modules that can be checked and tested; see :mod:`glue.code.nodes`."""
