"""The commands of `bovespa`, one a module."""
