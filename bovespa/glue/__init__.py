"""The local Glue engine: the script that Glue would generate, and what runs it."""
