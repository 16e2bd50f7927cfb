"""Market data: B3's COTAHIST files, read, checked, archived and written to the raw lake."""
