"""Reading COTAHIST, B3's files of what was traded."""
