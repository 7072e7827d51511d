#!/bin/sh
# Keeps a fresh ingestion API key in the file where a service on this machine reads it. May run every night: nothing happens until the
# key is about to expire.
#
#   renew.sh NAME FILE [COMMAND...]
#
# NAME     name of the key
# FILE     where the service reads the key; it keeps its owner and mode, a new one gets 0600
# COMMAND  makes the service read FILE again, for example: systemctl restart stackstate-agent
#
# Needs `sts` on the PATH, and STS_CLI_URL and STS_CLI_SERVICE_TOKEN (or a context saved by `sts context save`).
# Safe to run again after any failure. A service that notices changes of FILE by itself needs no script: see systemd/ and cron/.
set -eu

usage='usage: renew.sh NAME FILE [COMMAND...]'
name=${1:?$usage}
file=${2:?$usage}
shift 2

# FILE.taken says which content of FILE the service has read: a COMMAND that failed is tried again before anything else happens.
take() {
  [ -e "$file" ] || return 0
  sum=$(cksum <"$file")
  [ "$sum" != "$(cat "$file.taken" 2>/dev/null || true)" ] || return 0
  "$@"
  printf '%s\n' "$sum" >"$file.taken"
}

take "$@"
# The old key lives on for an hour at least; the next run deletes it.
sts ingestion-api-key renew --name "$name" --key-file "$file" --expires-in 90d --delete-old --after 1h --no-wait
take "$@"
