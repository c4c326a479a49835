#!/bin/sh
# ship.sh FILE...: copies finished recordings to where SHIP_TO says, and deletes each of them once it is
# certain to be there. For record -z, and for tracerec-ship.service.
#
#   SHIP_TO  s3://BUCKET/PREFIX      by aws, which compares checksums of what it sends
#            gs://BUCKET/PREFIX      by gcloud storage, the same
#            https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX   by azcopy
#            REMOTE:PATH             by rclone
#            /PATH                   a directory, mounted from elsewhere
#   TRACEREC the program; KEEP=1 keeps the files
#
# A file that verify finds fault with is not sent and not deleted: somebody has to look at it. So is one that could
# not be sent. Exit code 1 then; record says so at its end, systemd tries again.
set -u
umask 077
tracerec=${TRACEREC:-tracerec}
to=${SHIP_TO:?say where to: s3://, gs://, https://, REMOTE:PATH or /PATH}
failed=0

send() { # FILE DESTINATION
	case $2 in
	s3://*) aws s3 cp --only-show-errors "$1" "$2" ;;
	gs://*) gcloud storage cp --quiet --no-clobber "$1" "$2" ;;
	https://*) azcopy copy "$1" "$2" --put-md5 --overwrite=false --output-level=quiet ;;
	/*)
		mkdir -p "${2%/*}" && cp "$1" "$2.part" && cmp "$1" "$2.part" && sync "$2.part" && mv "$2.part" "$2"
		;;
	*:*) rclone copyto --immutable "$1" "$2" ;;
	*)
		echo "ship.sh: SHIP_TO=$to is no place that I know" >&2
		return 1
		;;
	esac
}

for file; do
	[ -e "$file" ] || continue # a pattern that is of nothing
	if ! said=$("$tracerec" verify "$file" 2>&1); then
		printf 'ship.sh: %s is kept, not sent: %s\n' "$file" "$said" >&2
		failed=1
	elif ! send "$file" "${to%/}/$(uname -n)/$(date -u -r "$file" +%F)/${file##*/}"; then
		printf 'ship.sh: %s is kept: it could not be sent\n' "$file" >&2
		failed=1
	elif [ "${KEEP:-}" != 1 ]; then
		rm -- "$file" || failed=1
	fi
done
exit $failed
