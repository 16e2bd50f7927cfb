"""Compaction: a day's many small files of trades become one sorted file per market."""
