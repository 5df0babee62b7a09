"""Asks a server (`grpc host:port`) or a gateway (`http URL`) whether it is ready; exits with 0 if it is."""

import sys
import urllib.error
import urllib.request

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

LIMIT_S = 4.0


def grpc_serves(address: str) -> bool:
    # The address is this container's own, so a proxy of the surroundings has no business here.
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            # The package's stubs list no methods of its client.
            check = HealthStub(channel).Check  # type: ignore[attr-defined]
            answer = check(HealthCheckRequest(), timeout=LIMIT_S)
        except grpc.RpcError:
            return False
    return bool(answer.status == HealthCheckResponse.SERVING)


def http_serves(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=LIMIT_S) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def main(kind: str, target: str) -> int:
    serves = {"grpc": grpc_serves, "http": http_serves}[kind]
    return 0 if serves(target) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
