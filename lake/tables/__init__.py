"""The tables of the lake, one a module: columns, keys and folders."""
