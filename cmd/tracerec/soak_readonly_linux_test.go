package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// losing records on a small ext4 of its own, which goes away under the recorder, and
// brings back the file as the page cache and as the disk has it. It ends with
// the recorder's exit code; 77: there is no such file system here. Before the first sync, a second
// after the beginning, the disk need not even have the file's name.
const losing = `how=$1 at=$2 self=$3 seconds=$4; shift 4
truncate -s 16M "$at/img" && mkfs.ext4 -q -F -m 0 "$at/img" && mkdir "$at/m" && mount -t ext4 -o loop,errors=remount-ro "$at/img" "$at/m" || exit 77
device=$(findmnt -n -o SOURCE "$at/m")
tracerec record -e all -o "$at/m/t.trc" "$@" -- "$self" ` + subjectVerb + ` busy 600 "$at/pid" & recorder=$!
while kill -0 $recorder && [ $(cat "$at"/m/*.trc 2>/dev/null | wc -c) -lt 60000 ]; do sleep 0.05; done
sleep $seconds
cat /proc/uptime >"$at/gone"
case $how in
error) echo 1 >/sys/fs/ext4/${device#/dev/}/trigger_fs_error || exit 77 ;;
shutdown) "$self" ` + subjectVerb + ` shutdown "$at/m" ;;
esac
wait $recorder; code=$?
kill -0 $(cat "$at/pid") && echo "the command lives" && kill -9 $(cat "$at/pid")
mkdir "$at/cache" "$at/disk"
[ $how = shutdown ] || cp "$at"/m/*.trc "$at/cache"
umount "$at/m" && mount -t ext4 -o loop "$at/img" "$at/m" && cp "$at"/m/*.trc "$at/disk" || echo "cannot be mounted again"
umount "$at/m"
exit $code`

// A file system that becomes read-only, or whose disk goes away, under a running
// recording: what was on disk before is there when it is mounted again, and is
// intact; the reason is told, with exit code 2; the command goes on.
func TestSoakReadOnly(t *testing.T) {
	needRecorder(t)
	need(t, "unshare", "mount", "mkfs.ext4", "findmnt")
	if _, err := os.Stat("/dev/loop-control"); err != nil || os.Getuid() != 0 {
		t.Skip("a file system on a loop device of its own needs root and /dev/loop-control")
	}
	cases := []struct {
		how   string
		flags []string
		why   string
	}{
		{"error", nil, "input/output error|read-only file system"},
		{"error", []string{"-C", "80KB"}, "input/output error|read-only file system"},
		{"shutdown", nil, "input/output error"},
	}
	for _, c := range cases[:soak(1, len(cases), len(cases))] {
		t.Run(strings.Join(append([]string{c.how}, c.flags...), " "), func(t *testing.T) {
			at := t.TempDir()
			cmd := exec.CommandContext(t.Context(), "unshare", append([]string{"-m", "sh", "-c", losing, "sh", c.how, at, self(t), strconv.Itoa(soak(2, 5, 5))}, c.flags...)...)
			r := finish(t, cmd)
			if r.code == 77 {
				t.Skip("no ext4 of its own can be mounted here: " + r.talk)
			}
			if r.code != exitUsage || !regexp.MustCompile(c.why).MatchString(r.talk) || strings.TrimSpace(r.out) != "the command lives" {
				t.Fatalf("exit code %d\n%s%s", r.code, r.out, r.talk)
			}
			uptime, _ := os.ReadFile(filepath.Join(at, "gone"))
			seconds, err := strconv.ParseFloat(strings.Fields(string(uptime) + " 0")[0], 64)
			if err != nil {
				t.Fatal(err)
			}
			gone := int64(seconds * 1e9)
			m := regexp.MustCompile(`([0-9,]+) rows recorded, ([0-9,]+) lost`).FindStringSubmatch(r.talk)
			if m == nil || m[2] == "0" {
				t.Fatalf("nothing is said to be lost\n%s", r.talk)
			}
			told, _ := strconv.ParseUint(strings.ReplaceAll(m[1], ",", ""), 10, 64)
			for _, from := range []string{"cache", "disk"} {
				if from == "cache" && c.how == "shutdown" {
					continue // what is cached cannot be read either
				}
				files := glob(filepath.Join(at, from, "*.trc"))
				var rows uint64
				var until int64
				for _, f := range files {
					if st, err := os.Stat(f); err == nil && st.Size() == 0 { // made, and not yet begun
						os.Remove(f)
						continue
					}
					intact(t, f)
					n, last := ownRows(t, f)
					rows, until = rows+n, max(until, last)
				}
				if from == "cache" && rows != told {
					t.Errorf("the recorder says that it wrote %d rows; in %q are %d\n%s", told, files, rows, r.talk)
				}
				// What is written is synced each second.
				missing := gone - until
				if rows == 0 || missing > 4e9 {
					t.Fatalf("%s: %d rows in %q, the last %d ms before the file system was gone\n%s", from, rows, files, missing/1e6, r.talk)
				}
				t.Logf("%s: %d of %d rows in %d files, the last %d ms before it was gone", from, rows, told, len(files), missing/1e6)
				last := files[len(files)-1]
				if _, err := os.Stat(last); err != nil || totalsThere(last) {
					continue
				}
				mended := filepath.Join(t.TempDir(), "mended.trc")
				if r := finish(t, cli(t, "repair", "-o", mended, last)); r.code != 0 && r.code != exitIncomplete {
					t.Errorf("repair: exit code %d\n%s", r.code, r.talk)
				}
				if code := intact(t, mended); code != 0 || totals(t, mended).Rows == 0 {
					t.Errorf("what repair made: verify ends with %d, totals %+v", code, totals(t, mended))
				}
			}
		})
	}
}

// ownRows is how many rows a file has that no earlier one has, and the time of the
// last of all, ns since boot.
func ownRows(t *testing.T, path string) (rows uint64, last int64) {
	t.Helper()
	r, err := format.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rows = r.Rows()
	if s := r.Header().Segment; s != nil {
		rows -= min(rows, s.Repeated)
	}
	for n := range r.BlockCount() {
		last = max(last, r.BlockInfo(n).Last)
	}
	return rows, last
}
