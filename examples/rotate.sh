#!/bin/sh
# Gives a service on this machine a new ingestion API key and retires the old one.
#
#   rotate.sh NAME FILE [COMMAND...]
#
# NAME     name of the key; create the first one with `sts ingestion-api-key create`
# FILE     where the service reads the key, mode 0600
# COMMAND  makes the service read FILE again, for example: systemctl restart stackstate-agent
#
# Needs `sts` on the PATH, and STS_CLI_URL and STS_CLI_SERVICE_TOKEN (or a context saved by `sts context save`).
# Safe to run again after any failure: FILE.new marks a new key that the service does not use yet. One run at a time.
set -eu

usage='usage: rotate.sh NAME FILE [COMMAND...]'
name=${1:?$usage}
file=${2:?$usage}
shift 2
umask 077

# A rotation that was cut short is finished or undone first; a key that waits in FILE.new is used, not replaced.
if [ ! -e "$file.new" ] || [ -e "$file.new.sts-pending" ]; then
  sts ingestion-api-key rotate --name "$name" --expires-in 90d --key-file "$file.new"
fi

# Somebody may have given the service another key since: which one is right is not for a script to say.
if [ "$file" -nt "$file.new" ] && ! cmp -s "$file" "$file.new"; then
  echo "rotate.sh: $file was changed after $file.new was made; remove $file.new if $file is right" >&2
  exit 1
fi
sts ingestion-api-key verify --key-file "$file.new"

# The service sees the old file or the new one, never half of one.
cp "$file.new" "$file.copy"
mv -f "$file.copy" "$file"
"$@"

# Only now does nobody need the old key any more, if the new one is on the disk and still in its place.
sync
cmp "$file" "$file.new"
sts ingestion-api-key delete --name "$name" --superseded --key-file "$file.new" --yes --if-exists
rm -f "$file.new"
