"""The command line: one folder for each group of commands."""
