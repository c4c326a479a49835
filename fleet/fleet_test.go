package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tracerec/tracerec/analyze/fleet/fleettest"
)

// asMain makes the test's binary the command: drivers, pools, workers and Prism are processes of it.
const asMain = "TRACEREC_FLEET_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		os.Exit(Main())
	}
	os.Exit(m.Run())
}

// within bounds what a wrong environment would make wait for ever. Machines may be slow.
const within = 4 * time.Minute

// start runs the command; said collects its standard error.
func start(t *testing.T, args ...string) (cmd *exec.Cmd, said *lines) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	t.Cleanup(cancel)
	cmd = exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), asMain+"=1")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	said = &lines{more: make(chan struct{}, 1)}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, said
}

// lines are what a process has said so far.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.more <- struct{}{}:
	default:
	}
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// wait waits until a line is like re, and gives its groups.
func (l *lines) wait(t *testing.T, re string) []string {
	t.Helper()
	end := time.After(within)
	for {
		if m := regexp.MustCompile(re).FindStringSubmatch(l.String()); m != nil {
			return m
		}
		select {
		case <-l.more:
		case <-end:
			t.Fatalf("nothing like %q was said: %s", re, l)
		}
	}
}

// tracerec runs the embedded program.
func tracerec(t *testing.T, args ...string) string {
	t.Helper()
	bin := os.Getenv("TRACEREC")
	if bin == "" {
		bin = filepath.Join(buildDir(t), "tracerec")
	}
	cmd := exec.Command(bin, args...)
	var talk bytes.Buffer
	cmd.Stderr = &talk
	out, err := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 1 {
		t.Fatalf("tracerec %q: %v: %s", args, err, &talk)
	}
	return string(out)
}

var built sync.Once
var builtIn string

func buildDir(t *testing.T) string {
	built.Do(func() {
		builtIn, _ = os.MkdirTemp("", "tracerec-fleet-test-")
		if out, err := exec.Command("go", "build", "-C", "..", "-o", filepath.Join(builtIn, "tracerec"), "./cmd/tracerec").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	})
	return builtIn
}

// hosts makes a fleet: hosts with two boots, a recording in segments, a file of two hosts, and a broken one.
func hosts(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var sources []string
	for _, s := range []string{"open", "benign", "exec", "fs-race", "io-uring", "incident"} {
		sources = append(sources, "../testdata/captures/"+s+".trc")
	}
	if err := fleettest.Make(dir, sources, 24, 18); err != nil {
		t.Fatal(err)
	}
	tracerec(t, "split", "-o", filepath.Join(dir, "part.trc"), "--rows", "900", "../testdata/captures/integrity.trc")
	two := filepath.Join(dir, "two.trc")
	tracerec(t, "merge", "-o", two, "../testdata/captures/names.trc", "../testdata/traces/drill.trc")
	if err := os.WriteFile(filepath.Join(dir, "broken.trc"), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// result is what a run found, in no order.
type result struct{ findings, coverage, fleet []string }

func parse(t *testing.T, texts ...string) *result {
	t.Helper()
	r := &result{}
	for _, text := range texts {
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			var v struct{ Type string }
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatal(err)
			}
			switch v.Type {
			case "finding":
				r.findings = append(r.findings, line)
			case "coverage":
				r.coverage = append(r.coverage, line)
			case "host", "rare":
				r.fleet = append(r.fleet, line)
			}
		}
	}
	slices.Sort(r.findings)
	slices.Sort(r.coverage)
	return r // fleet is in an order of its own
}

// files are a run's outputs, by name.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			text, err := os.ReadFile(filepath.Join(dir, path))
			all[path] = string(text)
			return err
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func ofFiles(t *testing.T, all map[string]string) *result {
	var texts []string
	for name, text := range all {
		if strings.HasSuffix(name, ".jsonl") {
			texts = append(texts, text)
		}
	}
	return parse(t, texts...)
}

func same(t *testing.T, what string, got, want *result) {
	t.Helper()
	if len(want.findings) == 0 || len(want.coverage) == 0 || len(want.fleet) == 0 {
		t.Fatal("nothing to compare with")
	}
	for _, c := range []struct {
		of        string
		got, want []string
	}{{"findings", got.findings, want.findings}, {"coverage", got.coverage, want.coverage}, {"fleet", got.fleet, want.fleet}} {
		if slices.Equal(c.got, c.want) {
			continue
		}
		t.Errorf("%s: other %s: %d lines, want %d", what, c.of, len(c.got), len(c.want))
		for i := range min(len(c.got), len(c.want)) {
			if c.got[i] != c.want[i] {
				t.Logf("got  %.600s\nwant %.600s", c.got[i], c.want[i])
				break
			}
		}
	}
}

// beamRun runs the command to its end.
func beamRun(t *testing.T, out string, args ...string) (map[string]string, string) {
	t.Helper()
	cmd, said := start(t, append(args, "--output", out)...)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%q: %v: %s", args, err, said)
	}
	return files(t, out), said.String()
}

// TestSameAnswer: embedded with one and several jobs, Beam in one process and in several, for any shards and any order
// of files: the same lines, and of Beam the same bytes. A worker that is killed changes nothing.
func TestSameAnswer(t *testing.T) {
	dir := hosts(t)
	want := parse(t, tracerec(t, "analyze", "--json", "-j", "1", dir))
	same(t, "-j 4", parse(t, tracerec(t, "analyze", "--json", "-j", "4", dir)), want)

	one, _ := beamRun(t, filepath.Join(t.TempDir(), "out"), "--input", dir, "--shards", "1")
	same(t, "Beam", ofFiles(t, one), want)
	if !strings.Contains(one["fleet.jsonl"], `"type":"unread"`) || !strings.Contains(one["fleet.jsonl"], "broken.trc") {
		t.Error("the broken file is not told")
	}
	if want := successOf(one); one["_SUCCESS"] != want {
		t.Errorf("_SUCCESS says %s, want %s", one["_SUCCESS"], want)
	}
	parquets := 0
	for name := range one {
		if strings.HasSuffix(name, ".parquet") {
			parquets++
		}
	}
	if parquets < 4 {
		t.Errorf("%d Parquet files", parquets)
	}
	equal := func(what string, got map[string]string) {
		t.Helper()
		if maps.Equal(got, one) {
			return
		}
		t.Errorf("%s: other files: %q, want %q", what, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(one)))
		for name, is := range got {
			must, there := one[name]
			if is == must || !there {
				continue
			}
			at := 0
			for at < min(len(is), len(must)) && is[at] == must[at] {
				at++
			}
			from := max(0, at-200)
			t.Logf("%s differs from byte %d of %d, want %d:\ngot  %.600q\nwant %.600q", name, at, len(is), len(must), is[from:], must[from:])
		}
	}
	apart, _ := beamRun(t, filepath.Join(t.TempDir(), "out"), "--shards", "5", "--input", filepath.Join(dir, "*.trc")+","+filepath.Join(dir, "host-00001"),
		"--input", filepath.Join(dir, "host-*0", "**", "*.trc"))
	equal("5 shards, other order", apart)

	// As separate processes.
	port := strconv.Itoa(freePort(t))
	prism, said := start(t, "prism", "--port", port)
	defer stop(t, prism)
	said.wait(t, "prism at")
	pool, said := start(t, "pool", "--listen", "127.0.0.1:0")
	defer stop(t, pool)
	at := said.wait(t, `pool at (\S+)`)[1]
	apartArgs := []string{"--input", dir, "--runner", "universal", "--endpoint", "localhost:" + port,
		"--environment_type", "EXTERNAL", "--environment_config", at, "--shards", "3", "--verbose"}
	processes, _ := beamRun(t, filepath.Join(t.TempDir(), "out"), apartArgs...)
	equal("processes", processes)
	worked := map[string]bool{}
	for _, m := range regexp.MustCompile(`process (\d+) has analyzed`).FindAllStringSubmatch(said.String(), -1) {
		worked[m[1]] = true
	}
	if len(worked) < 2 {
		t.Errorf("the work was done by %d processes: %s", len(worked), said)
	}

	// The first worker that has done something is killed.
	before := len(said.String())
	out := filepath.Join(t.TempDir(), "out")
	driver, talk := start(t, append(apartArgs, "--output", out)...)
	var victim int
	for end := time.Now().Add(within); victim == 0; {
		if m := regexp.MustCompile(`process (\d+) has analyzed`).FindStringSubmatch(said.String()[before:]); m != nil {
			victim, _ = strconv.Atoi(m[1])
			break
		}
		if time.Now().After(end) {
			t.Fatalf("no worker worked: %s", said)
		}
		time.Sleep(time.Millisecond)
	}
	if p, err := os.FindProcess(victim); err == nil {
		p.Kill()
	}
	if err := driver.Wait(); err != nil {
		t.Fatalf("%v: %s", err, talk)
	}
	said.wait(t, fmt.Sprintf(`process %d has ended: signal: killed`, victim))
	if !strings.Contains(talk.String(), "attempt 1 of 3") {
		t.Logf("the worker was killed when its work was done")
	}
	equal("killed", files(t, out))
}

// successOf counts lines of the files.
func successOf(all map[string]string) string {
	hosts := map[string]bool{}
	files, unread, rows, findings := 0, 0, 0, 0
	for name, text := range all {
		if host := regexp.MustCompile(`host=([^/]+)/.*\.jsonl$`).FindStringSubmatch(name); host != nil {
			hosts[host[1]] = true
			findings += strings.Count(text, `"type":"finding"`)
		}
		unread += strings.Count(text, `"type":"unread"`)
		if strings.HasPrefix(name, "coverage/") {
			for line := range strings.Lines(text) {
				var v struct {
					Files []string // segments
					Rows  int
				}
				if err := json.Unmarshal([]byte(line), &v); err != nil {
					return err.Error()
				}
				files, rows = files+max(1, len(v.Files)), rows+v.Rows
			}
		}
	}
	return fmt.Sprintf("{\"hosts\":%d,\"files\":%d,\"files_unread\":%d,\"rows\":%d,\"findings\":%d}\n", len(hosts), files, unread, rows, findings)
}

func stop(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
}

func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
