"""The Bitcoin stream's components, one a module; ``fetch_archive`` is what its container runs first."""
