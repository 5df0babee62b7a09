"""Webhooks: what is told to clients' servers, signed and on record, until it is delivered or given up."""
