"""What the demos show, step by step, on the embedded stack."""
