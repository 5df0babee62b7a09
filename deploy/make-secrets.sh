#!/bin/sh
# Writes .env with random secrets beside docker-compose.yml. Refuses to replace one: what is encrypted and
# signed with its secrets would be lost.
set -eu
umask 077
root=$(cd "$(dirname "$0")/.." && pwd)
target=${1:-$root/.env}
[ ! -e "$target" ] || { echo "$target exists already; its secrets are in use" >&2; exit 1; }

random() { # $1 bytes, as hexadecimal digits
  od -An -vtx1 -N"$1" /dev/urandom | tr -d ' \n'
}

draft=$(mktemp "$target.XXXXXX")
trap 'rm -f "$draft"' EXIT
while IFS= read -r line; do
  case $line in
    ZEROKERF_BOOTSTRAP_API_KEY=) echo "${line}as_live_sk_$(random 24)" ;;
    S3_ACCESS_KEY=) echo "$line$(random 10)" ;;
    [A-Z]*=) echo "$line$(random 32)" ;;
    *) echo "$line" ;;
  esac
done < "$root/.env.example" > "$draft"
ln "$draft" "$target" # fails, rather than replaces, when another call was faster
echo "wrote $target"
