"""Code that runs in the stream's container before any library is there."""
