"""The embedded Athena: Trino's SQL in DuckDB's words, and what a query reads."""
