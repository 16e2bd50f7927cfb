"""What several functions share: reading B3's pages and downloads."""
