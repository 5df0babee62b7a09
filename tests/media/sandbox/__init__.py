"""The walls round what reads strangers' files."""
