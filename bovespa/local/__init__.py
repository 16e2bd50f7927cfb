"""The embedded stack: the same program and the same wiring on this machine, with no AWS account."""
