"""The command line: one file for each group of commands."""

import os

# gRPC writes its own log to stderr, where only our sentences belong. It reads this when it is first imported.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
