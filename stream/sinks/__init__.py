"""Where records go: Kinesis, a directory, standard output."""
