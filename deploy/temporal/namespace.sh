#!/bin/sh
# Creates the namespace, and ends when the engine answers for it, which can be ten seconds later.
# TEMPORAL_ADDRESS is read by the tool itself.
set -eu

within() { # $1 tries a second apart, then the command
  left=$1
  shift
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || { "$@"; return; } # the last try says why
    sleep 1
  done
}

within 60 temporal operator cluster health
temporal operator namespace describe -n "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create -n "$TEMPORAL_NAMESPACE" --retention 72h
within 60 temporal workflow list -n "$TEMPORAL_NAMESPACE" --limit 1
