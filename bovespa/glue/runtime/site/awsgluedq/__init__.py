"""The `awsgluedq` that a Glue job's script imports: rules are shown, never evaluated."""
