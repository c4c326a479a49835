package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/tracerec/tracerec/analyze/fleet/fleettest"
)

// filesBelow gives the files below a directory, by their names from there.
func filesBelow(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestExportPartition: every row of every file in the directories of its host and day; hostile
// host names lead nowhere; a file that cannot be read is skipped and told.
func TestExportPartition(t *testing.T) {
	in := t.TempDir()
	source := "../../testdata/captures/benign.trc" // of 1.5 s
	midnight := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	for host, begin := range map[string]time.Time{
		"../../etc": midnight.Add(time.Hour), "..": midnight.Add(time.Hour), "a b=c/é": midnight.Add(-700 * time.Millisecond), "": midnight.Add(time.Hour),
	} {
		to := filepath.Join(in, strings.ReplaceAll(host, "/", "_")+"x.trc")
		if err := fleettest.Rewrite(source, to, host, "boot", begin); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(t.TempDir(), "rows")
	args := []string{"export", "--parquet", "--partition", "host,date", "-o", out, in}
	_, talk, code := command(t, args...)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, talk)
	}
	files := filesBelow(t, out)
	var dirs []string
	rows := map[string]int64{}
	for _, file := range files {
		dirs = append(dirs, filepath.Dir(file))
		f, err := os.Open(filepath.Join(out, file))
		if err != nil {
			t.Fatal(err)
		}
		info, _ := f.Stat()
		p, err := parquet.OpenFile(f, info.Size())
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		rows[strings.SplitN(file, "/", 2)[0]] += p.NumRows()
		if _, is := p.Schema().Lookup("host"); is {
			t.Errorf("%s has a column host beside the directory's", file)
		}
		f.Close()
	}
	want := []string{
		"host=%2E./date=2026-11-29", "host=%2E.%2F..%2Fetc/date=2026-11-29", "host=__HIVE_DEFAULT_PARTITION__/date=2026-11-29",
		"host=a%20b%3Dc%2F%C3%A9/date=2026-11-28", "host=a%20b%3Dc%2F%C3%A9/date=2026-11-29",
	}
	slices.Sort(want)
	slices.Sort(dirs)
	if !slices.Equal(dirs, want) {
		t.Errorf("directories %q, want %q", dirs, want)
	}
	lines, _, _ := command(t, "export", "--format", "jsonl", source)
	n := int64(strings.Count(lines, "\n"))
	if len(rows) != 4 {
		t.Errorf("%d hosts", len(rows))
	}
	for host, got := range rows {
		if got != n {
			t.Errorf("%s has %d rows, want %d", host, got, n)
		}
	}
	// The second time gives the same files. What is broken is told.
	if err := os.WriteFile(filepath.Join(in, "broken.trc"), []byte("nonsense"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, talk, code = command(t, args...)
	if code != exitUsage || !strings.Contains(talk, "broken.trc") || !strings.Contains(talk, "rows of 4 recordings are in") || !slices.Equal(filesBelow(t, out), files) {
		t.Errorf("exit code %d, said %q", code, talk)
	}
	for _, bad := range [][]string{
		{"export", "--parquet", "--partition", "host,host", "-o", out, in}, {"export", "--parquet", "--partition", "pid", "-o", out, in},
		{"export", "--parquet", "--partition", "host", in}, {"export", "--parquet", "--format", "csv", source}, {"export", "--parquet", "-o", out, source, source},
	} {
		if _, _, code := command(t, bad...); code != exitUsage {
			t.Errorf("%v: exit code %d", bad, code)
		}
	}
}
