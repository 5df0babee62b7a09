"""The service: takes jobs over gRPC and runs them."""
