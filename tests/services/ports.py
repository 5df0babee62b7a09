"""Ports that are still free when what listened on them is started again."""

import random
import socket

#: Below the range of outgoing connections, none of which may take the port meanwhile.
_LASTING = range(23000, 30000)


def lasting_port() -> int:
    return next(port for port in random.sample(_LASTING, 200) if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
