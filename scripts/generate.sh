#!/bin/sh
# Generates the Python stubs of protos/ into zerokerf/v1/, or below the folder given.
set -eu
cd "$(dirname "$0")/.."
out=${1:-.}
PATH="$PWD/.venv/bin:$PATH"
protoc() { python -m grpc_tools.protoc -Iprotos "$@" 2>&1 | grep -v '^Writing mypy' || true; }
protoc --python_out="$out" --mypy_out="$out" protos/zerokerf/v1/*.proto
protoc --grpc_python_out="$out" --mypy_grpc_out="$out" protos/zerokerf/v1/*_service.proto
