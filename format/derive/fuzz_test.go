package derive

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/filter"
	"github.com/tracerec/tracerec/format/text"
	"github.com/tracerec/tracerec/format/verify"
)

// TestMain bounds the memory of all tests, as in package format.
func TestMain(m *testing.M) {
	debug.SetMemoryLimit(512 << 20)
	os.Exit(m.Run())
}

// FuzzRepair repairs any bytes: an error, nothing to do, or a file that
// verifies.
func FuzzRepair(f *testing.F) {
	file, err := os.ReadFile(sampleFile(f, sample{}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add(file[:len(file)*2/3])
	f.Add(append(bytes.Clone(file[:len(file)/2]), file...))
	bad := bytes.Clone(file)
	bad[len(bad)/2] ^= 4
	f.Add(bad)
	dir := f.TempDir()
	if quick, err := os.MkdirTemp("/dev/shm", "tracerec-fuzz-"); err == nil { // what repair makes is synced
		dir = quick
		f.Cleanup(func() { os.RemoveAll(dir) })
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		name, out := filepath.Join(dir, "bad.trc"), filepath.Join(dir, "new.trc")
		if err := os.WriteFile(name, file, 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := Open(name)
		if err != nil {
			return
		}
		defer in.Close()
		rep, err := Repair(in, &Output{Path: out, Force: true})
		if err != nil || rep.Intact {
			return
		}
		made := openFile(t, out)
		report, err := verify.File(made.Reader, out, nil)
		if err != nil || !report.Sealed {
			t.Fatalf("%+v, %v", report, err)
		}
		for _, p := range report.Problems {
			if p.Check == verify.Structure || p.Check == verify.Chain || p.Check == verify.Seal || p.Check == verify.Zones {
				t.Fatalf("%+v", p)
			}
		}
	})
}

// TestVerbsOnDamage: whatever bit is flipped and wherever a sealed file is cut,
// no verb passes it off as whole: verify names a problem or says that it is not
// sealed, and the verbs that need all of a file refuse it, or write rows that
// were there and say that the file was not sealed.
func TestVerbsOnDamage(t *testing.T) {
	path := sampleFile(t, sample{})
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := dump(t, openFile(t, path))
	keep, err := filter.Parse("true")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	visited, refused := 0, 0
	try := func(bad []byte) {
		visited++
		name, out := filepath.Join(dir, "bad.trc"), filepath.Join(dir, "out.trc")
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := Open(name)
		if err != nil {
			refused++
			return
		}
		defer in.Close()
		report, err := verify.File(in.Reader, name, nil)
		if err != nil || report.Good() && report.Sealed {
			t.Fatalf("verify finds nothing: %+v, %v", report, err)
		}
		verbs := []func(in *Input) error{
			func(in *Input) error { _, err := Filter(in, keep, &Output{Path: out, Force: true}); return err },
			func(in *Input) error { _, err := Repack(in, &Output{Path: out, Force: true}); return err },
			func(in *Input) error { _, err := Merge([]*Input{in}, &Output{Path: out, Force: true}); return err },
			func(in *Input) error {
				_, err := Split(in, SplitBy{Rows: 1000}, &Output{Path: out, Force: true})
				return err
			},
			func(in *Input) error { return text.Dump(&bytes.Buffer{}, in.Reader, true) },
		}
		for i, verb := range verbs {
			in, err := Open(name) // as a process of its own
			if err != nil {
				t.Fatal(err)
			}
			state, _ := in.State()
			if err := verb(in); err == nil && state == format.Sealed {
				t.Fatalf("verb %d takes a damaged file for whole", i)
			} else if err != nil {
				refused++
			} else if i < 3 {
				made := openFile(t, out)
				got := dump(t, made)
				same(t, got, want[:len(got)])
				if r := made.Totals().Reason; r == "command ended" {
					t.Fatalf("verb %d: the recording's end is known: %s", i, r)
				}
			}
			in.Close()
		}
	}
	step := 131
	if testing.Short() {
		step = 1009
	}
	for at := 0; at < len(file); at += step {
		try(file[:at])
		bad := bytes.Clone(file)
		bad[at] ^= 1 << (at % 8)
		try(bad)
	}
	if refused < visited {
		t.Errorf("%d damaged files, %d refusals", visited, refused)
	}
}
