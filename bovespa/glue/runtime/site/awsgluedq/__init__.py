"""The `awsgluedq` that a Glue job's script imports: only the check that Glue Studio puts before its targets."""
