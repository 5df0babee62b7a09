"""The whole service as its users meet it: processes, sockets, real audio, in both deployments."""
