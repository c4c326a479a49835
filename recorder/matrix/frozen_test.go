//go:build linux

package matrix_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/recorder/drill"
)

var update = flag.Bool("update", false, "write the expected verdicts of the frozen captures anew")

const frozenDir = "../../testdata/traces"

// frozen are the captures of testdata/traces and which rungs made them: what
// those rungs alone can show must be there.
var frozen = []struct {
	file   string
	kernel string   // prefix of the release
	hook   string   // that was active
	rung   string   // that it belongs to
	must   []string // ARGUMENT VERDICT pairs of which there is at least one
}{
	{"drill", "6.18.", "raw_tp/kmem_cache_free", "putname", []string{
		"execve.pathname divergent", "execve.argv divergent", "openat.pathname divergent", "openat.pathname post-use-change",
		"openat.pathname consistent", "openat.pathname unreadable", "openat.pathname redirected", "renameat2.oldpath divergent",
	}},
	{"6.12-lsm-drill", "6.12.", "lsm/file_open", "lsm", slices.Concat(hookVerdicts, []string{"openat.pathname divergent"})},
	{"6.12-fentry-drill", "6.12.", "fentry/security_file_open", "fentry", slices.Concat(hookVerdicts, []string{
		"openat.pathname divergent", "connect.addr divergent", "bind.addr divergent",
	})},
	{"6.12-arm64-lsm-drill", "6.12.", "lsm/file_open", "lsm", []string{ // of two names this kernel copies the other one first
		"openat.pathname divergent", "openat.pathname post-use-change", "openat.pathname consistent", "openat2.pathname divergent",
		"execve.argv divergent", "execve.pathname consistent", "connect.addr post-use-change", "connect.addr consistent",
		"bind.addr divergent", "renameat2.newpath divergent", "symlinkat.linkpath divergent",
	}},
}

// hookVerdicts are what both captures by hooks must show.
var hookVerdicts = []string{
	"execve.pathname divergent", "execve.argv divergent", "openat.pathname post-use-change", "openat.pathname consistent",
	"openat2.pathname divergent", "connect.addr post-use-change", "connect.addr consistent", "bind.addr consistent", "symlinkat.target divergent",
}

// TestFrozenCaptures analyzes recordings made on real kernels by every rung,
// so that what cannot be recorded on this machine is analyzed on it.
func TestFrozenCaptures(t *testing.T) {
	for _, f := range frozen {
		t.Run(f.file, func(t *testing.T) {
			r, err := format.Open(filepath.Join(frozenDir, f.file+".trc"))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			h := r.Header()
			if !strings.HasPrefix(h.Kernel, f.kernel) {
				t.Errorf("recorded on %s, want %s…", h.Kernel, f.kernel)
			}
			active := false
			for _, w := range h.Manifest {
				active = active || w.Hook == f.hook && w.State == format.WitnessActive
			}
			if !active {
				t.Errorf("%s was not active", f.hook)
			}
			verdicts := make(map[argument]analyze.Verdict)
			var all []analyze.Verdict
			for v := range analyze.NumVerdicts {
				all = append(all, v)
			}
			coverage, err := analyze.Reader(r, analyze.Options{Verdicts: all}, func(f *analyze.Finding) {
				verdicts[argument{drill.CallKey{TID: f.TID, Start: f.Start, Call: f.Call}, f.Slot}] = f.Verdict
			})
			if err != nil {
				t.Fatal(err)
			}
			if state, why := r.State(); state != format.Sealed || coverage.Lost.Total > 0 {
				t.Errorf("%v (%v), %d records lost", state, why, coverage.Lost.Total)
			}
			text := counts(coverage)
			if !strings.Contains(text, "seen by "+f.rung+" ") {
				t.Errorf("nothing was seen by %s", f.rung)
			}
			for _, m := range f.must {
				if !strings.Contains(text, m+" ") {
					t.Errorf("no %s", m)
				}
			}
			compareGolden(t, filepath.Join(frozenDir, f.file+".verdicts.txt"), text)
			compareTruth(t, r, filepath.Join(frozenDir, f.file+".truth.jsonl"), verdicts)
		})
	}
}

// argument is a compared argument of one call.
type argument struct {
	call drill.CallKey
	slot int
}

// counts writes how often each verdict was given and which rungs saw the value.
func counts(c *analyze.Coverage) string {
	var b strings.Builder
	for i := range c.Arguments {
		a := &c.Arguments[i]
		name := a.Syscall + "." + a.Argument
		for v, n := range a.Verdicts {
			if n > 0 {
				fmt.Fprintf(&b, "%s %s %d\n", name, analyze.Verdict(v), n)
			}
		}
		for _, r := range a.Rungs {
			fmt.Fprintf(&b, "%s seen by %s %d\n", name, r.Rung, r.Calls)
		}
	}
	for _, u := range c.Unpaired {
		fmt.Fprintf(&b, "unpaired %s: %s: %d\n", u.Witness, u.Reason, u.Count)
	}
	return b.String()
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		var g, w string
		if i < len(gotLines) {
			g = gotLines[i]
		}
		if i < len(wantLines) {
			w = wantLines[i]
		}
		if g != w {
			t.Errorf("%s:%d: got %q, want %q", filepath.Base(name), i+1, g, w)
		}
	}
}

// compareTruth asks what each race itself found out: a call is divergent if
// and only if the program showed another value than the kernel used.
func compareTruth(t *testing.T, r *format.Reader, name string, verdicts map[argument]analyze.Verdict) {
	t.Helper()
	truths, err := splitTruth(t, name)
	if err != nil {
		t.Fatal(err)
	}
	calls, lies := 0, 0
	for i := range truths {
		truth := &truths[i]
		matched, err := drill.Match(r, truth)
		if err != nil {
			t.Fatal(err)
		}
		for k := range matched {
			c := &matched[k]
			if !c.Witnessed {
				continue
			}
			v := verdicts[argument{c.Key, c.Slot}]
			if !c.Agrees(truth) {
				t.Errorf("%s: call %+v: the kernel's view %q is not what the race found", truth.Setup.Case, c.Key, c.Kernel)
			}
			if c.Enter == nil { // unreadable
				continue
			}
			calls++
			lie := !bytes.Equal(c.Enter, c.Kernel)
			if lie {
				lies++
			}
			if lie != (v == analyze.Divergent) {
				t.Errorf("%s: call %+v: enter %q, kernel %q: %v", truth.Setup.Case, c.Key, c.Enter, c.Kernel, v)
			}
		}
	}
	if calls == 0 || lies == 0 {
		t.Errorf("%d calls, %d of them divergent: the truth tells nothing", calls, lies)
	}
	t.Logf("%d cases, %d calls, %d of them divergent, as the races themselves found", len(truths), calls, lies)
}

// splitTruth reads the truths of several cases, one after the other in a file.
func splitTruth(t *testing.T, name string) (truths []drill.Truth, err error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var parts [][]byte
	for line := range bytes.Lines(data) {
		var l struct{ Setup *json.RawMessage }
		if err := json.Unmarshal(line, &l); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if l.Setup != nil {
			parts = append(parts, nil)
		}
		if len(parts) == 0 {
			return nil, fmt.Errorf("%s: an attempt before any setup", name)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], line...)
	}
	for _, p := range parts {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, drill.TruthFile), p, 0o600); err != nil {
			return nil, err
		}
		truth, err := drill.ReadTruth(dir)
		if err != nil {
			return nil, err
		}
		truths = append(truths, truth)
	}
	return truths, nil
}
