"""Code that runs on Lambda. No Pulumi in here."""
