"""Releases and their notes out of a CSV file: `rows` says what a line means, `naming` which release it belongs to and
how that one is called, `run` writes it."""
