"""What answers in place of B3's hosts, the exchanges and Kinesis on this machine."""
