"""Lets `python -m zerokerf` be the command line."""

from zerokerf.cli.main import run

if __name__ == "__main__":
    run()
