package text

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

var update = flag.Bool("update", false, "make recording.trc of a version that is not released of its text")

// TestCompat: the frozen file of each version is read to the rows of its text.
func TestCompat(t *testing.T) {
	dirs, _ := filepath.Glob("../../testdata/compat/v*")
	if len(dirs) != format.Version {
		t.Fatalf("%d frozen versions, the format is at %d: see testdata/compat/README.md", len(dirs), format.Version)
	}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "README.md")); err != nil {
			t.Errorf("where the file is from is not said: %v", err)
		}
		path := filepath.Join(dir, "recording.trc")
		want, err := os.ReadFile(filepath.Join(dir, "recording.txt"))
		if err != nil {
			t.Fatal(err)
		}
		if *update && strings.HasSuffix(dir, fmt.Sprint("v", format.Version)) {
			file, err := build(string(want))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, file, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, place := range []string{"/root/", "/work/", "/home/runner", ".internal", "registry"} { // of the machine that it was made on
			if bytes.Contains(want, []byte(place)) {
				t.Errorf("%s has %q", path, place)
			}
		}
		r, err := format.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		var got bytes.Buffer
		if err := Dump(&got, r, false); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s is read to other rows than it had", path)
		}
		if state, why := r.State(); state != format.Sealed || r.Rows() < 100 {
			t.Errorf("%s: %s (%v), %d rows", path, state, why, r.Rows())
		}
	}
}
