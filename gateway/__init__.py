"""REST for the split service: a gRPC client like any other, plus signed files and server-sent events."""
