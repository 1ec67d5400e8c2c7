"""What tests lean on: a clock and a source of chance that obey, and real servers that come and go with the run."""
