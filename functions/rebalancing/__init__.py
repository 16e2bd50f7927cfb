"""The rebalancing: B3's theoretical portfolios and previews, checked, archived and written to the raw lake."""
