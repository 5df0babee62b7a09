"""Zerokerf: what users import. The client, the error catalogue and the generated messages."""
