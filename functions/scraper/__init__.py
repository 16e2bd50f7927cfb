"""The scraper: B3's portfolio of the day, checked, archived and written to the raw lake."""
