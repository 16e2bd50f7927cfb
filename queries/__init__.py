"""Athena SQL that people run: in the console, through ``bovespa query``, in the report."""
