package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/text"
)

// proof says whether the long version of the proof is wanted: `make proof`.
func proof() bool { return os.Getenv("TRACEREC_PROOF") != "" }

// everything is what all analyses say, by finding id; severities below floor are left out.
func everything(t *testing.T, path string, floor analyze.Severity) (map[string]*analyze.Finding, *analyze.Coverage) {
	t.Helper()
	found := map[string]*analyze.Finding{}
	c, err := analyze.File(path, analyze.Options{}, func(f *analyze.Finding) {
		if f.Severity >= floor {
			found[f.ID] = f
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return found, c
}

// rebuild writes a trace from its text.
func rebuild(t *testing.T, dir, lines string) string {
	t.Helper()
	path := filepath.Join(dir, "edited.trc")
	w, err := text.Build(strings.NewReader(lines), func(h *format.Header, o format.WriterOptions) (*format.Writer, error) {
		os.Remove(path)
		return format.Create(path, h, o)
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = w
	return path
}

// TestProofByMutation edits a recording of benign work, and the analyzer must say
// exactly that: a byte of a kernel view, a witness that is gone, a block that is gone.
func TestProofByMutation(t *testing.T) {
	needRecorder(t)
	dir := t.TempDir()
	path := record(t, dir, nil, "sh", "-ec", `i=0; while [ $i -lt 25 ]; do echo $i >f$i; cat f$i >/dev/null; mv f$i g$i; ls -l g$i >/dev/null; rm g$i; i=$((i+1)); done`)
	nothingLost(t, path)
	before, coverage := everything(t, path, analyze.Low)
	r, err := format.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out bytes.Buffer
	if err := text.Dump(&out, r, false); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	var rows []int // calls whose first argument a witness saw as shown
	for i, line := range lines {
		if strings.HasPrefix(line, "syscall ") && strings.Contains(line, ` a_enter="/`) && strings.Contains(line, " a_enter_status=1 a_kernel_status=2") && !strings.Contains(line, " nr=59 ") {
			rows = append(rows, i)
		}
	}
	if len(rows) < 50 {
		t.Fatalf("only %d calls to edit", len(rows))
	}
	n := 12
	if proof() {
		n = 60
	}
	rng := rand.New(rand.NewPCG(1, 2))
	bytesEdited, witnessesDeleted := 0, 0
	for range n {
		at := rows[rng.IntN(len(rows))]
		line := lines[at]
		name, _, _ := strings.Cut(line[strings.Index(line, ` a_enter="`)+10:], `"`)
		if strings.Contains(name, `\`) {
			continue
		}
		k := rng.IntN(len(name))
		value := []byte(name)
		if value[k] ^= 1; value[k] == '"' || value[k] == '\\' || value[k] < ' ' || value[k] > '~' {
			continue
		}
		edit := func(what string, change func(string) string, want func(*analyze.Finding) bool, extra int) {
			t.Helper()
			lines[at] = change(line)
			defer func() { lines[at] = line }()
			if lines[at] == line {
				t.Fatalf("%s: nothing was edited in %s", what, line)
			}
			after, c := everything(t, rebuild(t, dir, strings.Join(lines, "\n")), analyze.Low)
			var news []*analyze.Finding
			for id, f := range after {
				if before[id] == nil {
					news = append(news, f)
				}
			}
			hit := 0
			for _, f := range news {
				if want(f) {
					hit++
				}
			}
			if hit != 1 || len(news) != 1+extra || len(after) != len(before)+1+extra || c.Compared() > coverage.Compared() {
				t.Errorf("%s of %s: %d new findings, %d as wanted: %v", what, line, len(news), hit, news)
			}
		}
		call := line[strings.Index(line, " call="):]
		number, _ := strconv.ParseUint(strings.Fields(call)[0][len("call="):], 10, 64)
		edit("one byte of a kernel view", func(s string) string {
			return strings.Replace(s, " a_kernel_status=2", fmt.Sprintf(" a_kernel_status=1 a_kernel=%q", value), 1)
		}, func(f *analyze.Finding) bool {
			return f.Verdict == analyze.Divergent && f.Call == number && string(f.Kernel.Bytes) == string(value) && string(f.Enter.Bytes) == name
		}, 0)
		bytesEdited++
		if strings.Contains(line, " ret=-") {
			continue
		}
		edit("a deleted witness", func(s string) string {
			s = strings.Replace(s, " a_kernel_status=2", "", 1)
			rungs := s[strings.Index(s, " a_rungs="):]
			return strings.Replace(s, " "+strings.Fields(rungs)[0], "", 1)
		}, func(f *analyze.Finding) bool { return f.Rule == "missing-witness" && f.Call == number }, 0)
		witnessesDeleted++
	}

	// A block that is gone: nothing is divergent, and it is said that something is missing.
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	hit := false
	for i := range r.BlockCount() {
		info := r.BlockInfo(i)
		bad := bytes.Clone(file)
		bad[info.Offset+info.Size/2] ^= 4
		broken := filepath.Join(dir, "broken.trc")
		if err := os.WriteFile(broken, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		found, c := everything(t, broken, analyze.Low)
		for id, f := range found {
			if before[id] == nil && (f.Verdict == analyze.Divergent || f.Verdict == analyze.MultipleCopies) {
				t.Errorf("without block %d: %v", i, f)
			}
		}
		if !c.Damaged || len(c.Incomplete) == 0 {
			t.Errorf("without block %d: not said to be damaged", i)
		}
		hit = true
	}
	if !hit {
		t.Error("no block was damaged")
	}
	if bytesEdited == 0 || witnessesDeleted == 0 {
		t.Error("too little was edited")
	}
	t.Logf("edited: %d bytes of kernel views, each found and nothing else; %d witnesses deleted, each said; %d blocks damaged one by one, each said and nothing divergent",
		bytesEdited, witnessesDeleted, r.BlockCount())
}

// TestProofBenign is the long version of TestBenignWorkHasNoFindings: half a million
// compared arguments of real work, none divergent.
func TestProofBenign(t *testing.T) {
	needRecorder(t)
	if !proof() {
		t.Skip("the long version: make proof")
	}
	const wanted, most = 500_000, 15 * time.Minute
	start := time.Now()
	sh := func(script string) []string { return []string{"sh", "-ec", script} }
	work := []struct {
		name, needs string
		prepare     func(*testing.T, string)
		command     []string
	}{
		{"find | xargs stat", "find", nil, sh(`find /usr/share /usr/include /usr/lib -xdev 2>/dev/null | head -60000 | xargs -d '\n' stat -c %n >/dev/null 2>&1 || true`)},
		{"tar", "tar", nil, sh(`tar cf /dev/stdout /usr/share/doc /usr/share/man /usr/include 2>/dev/null | wc -c >/dev/null; mkdir x; tar cf - /usr/include 2>/dev/null | tar xf - -C x`)},
		{"gcc", "gcc", cProject, sh(`for i in 1 2 3 4 5 6; do gcc -O1 -c *.c; gcc -o all *.o; ./all >/dev/null; rm *.o; done`)},
		{"go build", "go", goModule, sh(`export HOME=$PWD GOCACHE=$PWD/cache GOPATH=$PWD/gopath GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0; go build -o x . && go vet ./... && ./x`)},
		{"git", "git", cProject, sh(`export HOME=$PWD GIT_CONFIG_NOSYSTEM=1; git init -q .; git config user.name x; git config user.email x@y; for i in 1 2 3 4 5 6 7 8; do echo $i >>f0.c; git add .; git commit -qm $i; git status --short; git log -p >/dev/null; done; git gc -q; git checkout -q -b b HEAD~3; git rebase -q master 2>/dev/null || git rebase --abort 2>/dev/null || true`)},
		{"shell", "sh", nil, sh(`i=0; while [ $i -lt 400 ]; do echo $i >f$i; cat f$i >/dev/null; mv f$i g; ln -s g l; ls -l l >/dev/null; rm g l; [ -d /usr/$i ] || true; i=$((i+1)); done`)},
		{"apt-get --simulate", "apt-get", nil, []string{"apt-get", "--simulate", "-o", "Debug::NoLocking=1", "install", "apt"}},
		{"dpkg", "dpkg", nil, sh(`dpkg -l >/dev/null; dpkg -S /bin/sh >/dev/null || true; dpkg -V coreutils >/dev/null || true; dpkg -V libc6 >/dev/null || true`)},
		{"perl", "perl", nil, []string{"perl", "-e", `use File::Find; my $n = 0; find({no_chdir => 1, wanted => sub { $n++ if -f $_ && -r _ }}, "/usr/share/perl", "/usr/lib"); use POSIX; use Data::Dumper; print "$n\n"`}},
		{"python", "python3", nil, []string{"python3", "-c", `
import os, sqlite3, subprocess, json, http.client, threading, tempfile, shutil
n = 0
for d, _, files in os.walk("/usr/lib/python3"):
    for f in files:
        n += os.path.exists(os.path.join(d, f))
def work(k):
    for i in range(300):
        p = f"t{k}-{i}"
        open(p, "w").write("x"); os.rename(p, p + "r"); os.stat(p + "r"); os.unlink(p + "r")
ts = [threading.Thread(target=work, args=(k,)) for k in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
c = sqlite3.connect("a.db"); c.execute("create table t(a)")
for i in range(200):
    c.execute("insert into t values(?)", (i,)); c.commit()
subprocess.run(["ls", "/"], stdout=subprocess.DEVNULL)`}},
		{"node", "node", nil, []string{"node", "-e", `const fs = require("fs"), path = require("path"); let n = 0; const walk = d => { for (const e of fs.readdirSync(d, {withFileTypes: true})) { const p = path.join(d, e.name); try { fs.statSync(p); n++ } catch {} if (e.isDirectory() && n < 20000) walk(p) } }; walk("/usr/share"); require("child_process").execFileSync("ls"); console.log(n)`}},
		{"npm", "npm", nil, sh(`export HOME=$PWD npm_config_offline=true npm_config_update_notifier=false; npm init -y >/dev/null; npm ls >/dev/null; npm pack --dry-run >/dev/null 2>&1 || true`)},
	}
	var compared, calls uint64
	ran := map[string]bool{}
	for round := 0; (compared < wanted || len(ran) < len(work) && round == 0) && time.Since(start) < most; round++ {
		for _, w := range work {
			if round > 0 && (compared >= wanted || time.Since(start) > most) {
				break
			}
			if _, err := exec.LookPath(w.needs); err != nil {
				if round == 0 {
					t.Logf("%s: not here", w.name)
				}
				continue
			}
			dir := t.TempDir()
			if w.prepare != nil {
				w.prepare(t, dir)
			}
			path := record(t, dir, nil, w.command...)
			for a := range lies(t, path) {
				t.Errorf("%s: call %+v: its views differ", w.name, a)
			}
			found, c := everything(t, path, analyze.Low)
			for _, f := range found {
				if f.Verdict == analyze.Divergent || f.Verdict == analyze.MultipleCopies || f.Verdict == analyze.Disagreement || f.Severity >= analyze.Medium {
					t.Errorf("%s: %s %s %s.%s: %s", w.name, f.Severity, f.Rule, f.Syscall, f.Argument, f.Reason)
				}
			}
			compared, calls, ran[w.name] = compared+c.Compared(), calls+c.Calls, true
			t.Logf("%-20s %8d calls, %8d arguments compared, %d findings below medium, %d lost", w.name, c.Calls, c.Compared(), len(found), c.Lost.Total)
			os.RemoveAll(dir)
		}
	}
	t.Logf("benign: %d workloads, %d calls, %d arguments compared, none divergent, in %s", len(ran), calls, compared, time.Since(start).Round(time.Second))
	if compared < wanted {
		t.Errorf("%d arguments compared, %d wanted: the machine is too slow or has too little on it", compared, wanted)
	}
	if len(ran) < 10 {
		t.Errorf("%d workloads ran, 10 wanted", len(ran))
	}
}
