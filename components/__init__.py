"""The stack's parts, one ComponentResource a file."""
