"""Recorded exchange sessions, replayed through the producer."""
