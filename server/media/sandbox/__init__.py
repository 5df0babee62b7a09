"""The walls round every program that reads strangers' files."""
