"""The gRPC face: servicers, conversion, validation and interceptors."""
