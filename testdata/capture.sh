#!/bin/sh
# Records testdata/captures anew, natively: capture.sh BIN [NAME...]. Needs root and, to
# record, a kernel as README.md says. Every capture is of programs that this script
# starts; what they change is in a directory or mount namespace of their own.
# Afterwards look at what changed: tracerec test testdata/captures
set -eu
bin=$(realpath "${1:?usage: capture.sh BIN [NAME...]}")
shift
only=" $* "
out=$(cd "$(dirname "$0")" && pwd)/captures
work=$(mktemp -d /tmp/tracerec-capture-XXXXXX)
trap 'rm -rf "$work"' EXIT
cp "$bin" "$work/tracerec"
cd "$work"

wanted() { [ "$only" = "  " ] || case $only in *" $1 "*) ;; *) return 1 ;; esac; }

# record NAME COMMAND: a recording that says nothing of where it was made.
record() {
	name=$1
	shift
	env -i PATH="$PATH" ./tracerec record --force -o "$name.trc" -- "$@" </dev/null >log 2>&1 || { cat log; exit 1; }
	mv "$name.trc" "$out/$name.trc"
}

# drill NAME CASE:COUNT...: races of the drill, and the log in which each says what really happened.
drill() {
	wanted "$1" || return 0
	name=$1
	shift
	printf '#!/bin/sh\nset -e\n' >run.sh
	for c in "$@"; do
		mkdir -p "d/$name/${c%:*}"
		echo "./tracerec __drill ${c%:*} $work/d/$name/${c%:*} -n ${c#*:}" >>run.sh
	done
	record "$name" sh run.sh
	: >"$out/$name.truth.jsonl"
	for c in "$@"; do
		# Times are of this machine; the calls of a race are told by their order.
		cat "d/$name/${c%:*}/truth.jsonl" >>"$out/$name.truth.jsonl"
	done
}

# script NAME: records the shell script on standard input, in a mount namespace of its own
# whose /etc and /var/log are empty. What it writes to truth is the truth.
script() {
	wanted "$1" || { cat >/dev/null; return 0; }
	cat >"$1.sh"
	: >truth
	unshare -m sh -ec '
		mount -t tmpfs none /etc && mount -t tmpfs none /var/log && mount -t tmpfs none /root
		echo "root:x:0:0::/root:/bin/sh" >/etc/passwd
		exec env -i PATH="$PATH" ./tracerec record --force -o "$1.trc" -- sh "$1.sh"' sh "$1" </dev/null >log 2>&1 || { cat log; exit 1; }
	mv "$1.trc" "$out/$1.trc"
	cp truth "$out/$1.truth.txt"
}

drill open open-flip:40
drill exec exec-argv-swap:1 exec-name-fault:1
drill names rename-swap:2 symlink-swap:2
drill attributes setxattr-swap:2 utimensat-swap:2
drill messages sendmmsg-swap:2
drill addresses connect-flip-unix:30 bind-flip:30
drill userfaultfd open-unreadable-fault:2 openat2-swap:2
drill io-uring uring-open:2
drill copies chmod-stale:1
drill benign open-steady:20 exec-steady:2 connect-steady:3 open-symlink:2 open-relative:2 open-unreadable-file:2

# fs-race: two programs, neither of them from the other, that wait for each other by FIFOs: the
# victim looks at a name and uses it, the attacker changes it in between, once as another user.
script fs-race <<'END'
chmod 711 .; mkdir -m 777 shared; cd shared
mkfifo go done
cat >attacker <<'ATTACKER'
read _ <go; mv evil config; echo >done
read _ <go; setpriv --reuid 65534 --clear-groups mv evil.theirs theirs; echo >done
read _ <go; mv evil.checked checked; echo >done
ATTACKER
cat >victim <<'VICTIM'
log() { echo "$1 $2: $(stat -c %i $2)" >>../truth; }
if [ -f config ]; then log stat config; echo >go; read _ <done; read x <config; log open config; fi
if [ -f theirs ]; then log stat theirs; echo >go; read _ <done; read x <theirs; log open theirs; fi
if [ -r checked ]; then log access checked; echo >go; read _ <done; read x <checked; log open checked; fi
VICTIM
for f in config theirs checked; do echo a >$f; done
for f in evil evil.theirs evil.checked; do echo b >$f; done
chmod 666 theirs evil.theirs
sh attacker &
sh victim
wait
END

script fs-race-benign <<'END'
# checked and used, and only another name changed in between
echo a >f; echo b >g
if [ -r f ]; then
	mv g other
	read x <f
fi
echo "f stayed one file" >>truth
# its own child, gone by then, put the other file there
echo a >h; echo b >i
if [ -f h ]; then
	mv i h
	read x <h
fi
echo "h was replaced by mv, a child of the shell" >>truth
# a file without a name is opened by the name of a directory
[ -d . ] && perl -e 'use Fcntl; sysopen(F, ".", 020200002) or die "$!"; close F'
echo "O_TMPFILE: the object is not the directory" >>truth
ln -sf f l
[ -f l ] && read x <l
echo "l led to f both times" >>truth
END

script policies <<'END'
cp /bin/true ./dropped
./dropped
echo "written, then run: $PWD/dropped" >>truth
echo /tmp/lib.so >/etc/ld.so.preload
rm /etc/ld.so.preload
echo "written: /etc/ld.so.preload" >>truth
echo login >/var/log/auth.log
rm /var/log/auth.log
echo "removed: /var/log/auth.log" >>truth
mkdir -p /root/.ssh /etc/cron.d
echo key >>/root/.ssh/authorized_keys
echo "written: /root/.ssh/authorized_keys" >>truth
echo job >/etc/cron.d/job
echo "written: /etc/cron.d/job" >>truth
END

script policies-benign <<'END'
# what is like the above and harmless
/bin/true
[ -e /etc/ld.so.preload ] || :
echo line >>/var/log/app.log
mkdir -p /root/.ssh /etc/cron.d
[ -r /root/.ssh/authorized_keys ] || :
ls /etc/cron.d
cp /bin/true ./copied
echo "nothing that a policy is about" >>truth
END
# unfinished: the recording ends while a program waits in a call.
script unfinished <<'END'
mkfifo waits
cat waits &
echo $! >pid
until grep -q '^257 ' /proc/$!/syscall; do :; done # openat, and asleep in it
echo "cat still waits in the open of waits" >>truth
END
[ ! -e pid ] || kill "$(cat pid)"
# incident: what docs/tutorial.md investigates.
script incident <<'END'
# a maintenance job that looks harmless, until its argv is another one
ls /etc >/dev/null
mkdir -p race /root/.ssh
./tracerec __drill exec-argv-swap race -n 1
echo "execve showed one argv and ran another" >>truth
cp /bin/true /tmp/.cache-update
/tmp/.cache-update --quiet
rm /tmp/.cache-update
echo "/tmp/.cache-update was written, run and removed" >>truth
bash -c 'exec 3<>/dev/tcp/127.0.0.1/9' 2>/dev/null || echo "127.0.0.1:9 refused the connection" >>truth
echo 'ssh-ed25519 AAAA intruder' >>/root/.ssh/authorized_keys
echo "a key was added to /root/.ssh/authorized_keys" >>truth
END
# integrity: benign.trc as it would be if the putname witness had been detached after 40 opens.
# The truth is this command.
if wanted integrity; then
	./tracerec dump --bare "$out/benign.trc" | awk '
		/^syscall/ && / nr=257 / && ++n > 40 {gsub(/ a_(kernel_status|rungs|copies)=[0-9]+/, "")}
		{print}' | ./tracerec build --force -o "$out/integrity.trc" -
fi
# disagreement: an open seen by hook and putname (6.12, fentry), as it would be if the hook had been
# tampered with. The truth is this command.
if wanted disagreement; then
	./tracerec filter --force -o part.trc 'tid == 557 && call == 43' "$out/../traces/6.12-fentry-drill.trc" 2>/dev/null
	./tracerec dump --bare part.trc | awk '
		/^file_open/ {sub(/ a_kernel_status=2/, " a_kernel=\"/proc/self/environ\" a_kernel_status=1")}
		/^syscall/ {sub(/ a_rungs=10 /, " a_rungs=8 ")}
		{print}' | ./tracerec build --force -o "$out/disagreement.trc" -
fi
