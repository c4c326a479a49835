package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMadeOfDamaged: of a file with a damaged block nothing is made, and what to do is said.
func TestMadeOfDamaged(t *testing.T) {
	dir := t.TempDir()
	data, err := os.ReadFile("../../testdata/captures/incident.trc")
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)*3/4] ^= 4
	bad, made := filepath.Join(dir, "bad.trc"), filepath.Join(dir, "made.trc")
	if err := os.WriteFile(bad, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"filter", "true", bad}, {"repack", bad}, {"merge", bad}, {"split", "--rows", "100", bad}} {
		code, _, talk := tracerec(append(args, "-o", made)...)
		if _, err := os.Stat(made); code != exitUsage || err == nil || strings.Count(talk, "run tracerec repair first, and go on with what it makes") != 1 {
			t.Errorf("%q: code %d, %v, %s", args, code, err, talk)
		}
	}
}

// TestMadeOfUnfinished: what is made of a file without its end says so, when it is made and
// for ever: info, analyze and replay carry it, through further steps too.
func TestMadeOfUnfinished(t *testing.T) {
	dir := t.TempDir()
	whole, err := os.ReadFile("../../testdata/captures/incident.trc")
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(dir, "cut.trc")
	if err := os.WriteFile(cut, whole[:len(whole)-40], 0o600); err != nil {
		t.Fatal(err)
	}
	made := func(name string, args ...string) string {
		path := filepath.Join(dir, name)
		if code, _, talk := tracerec(append(args, "-o", path)...); code != 0 {
			t.Fatalf("%q: code %d, %s", args, code, talk)
		} else if says := strings.Contains(talk, "note: "+cut+": still being written or cut off at offset "); says != (args[len(args)-1] == cut) || says && !strings.Contains(talk, "what came after is not in the new file either") {
			t.Errorf("%q: %s", args, talk)
		}
		return path
	}
	files := []string{made("m.trc", "merge", cut), made("f.trc", "filter", "pid > 0", cut), made("p.trc", "repack", cut)}
	files = append(files, made("again.trc", "repack", files[0]))
	made("s.trc", "split", "--rows", "400", cut)
	parts, _ := filepath.Glob(filepath.Join(dir, "s-*.trc"))
	if len(parts) < 2 {
		t.Fatalf("parts: %q", parts)
	}
	for _, file := range append(files, parts...) {
		const what = "cut.trc, which was still being written or cut off"
		_, out, _ := tracerec("info", file)
		if flat := strings.Join(strings.Fields(out), " "); !strings.Contains(flat, "missing what came after the end of "+what) || strings.Contains(flat, "lost nothing made") || !strings.Contains(flat, "lost nothing that the readable part knows of") {
			t.Errorf("info %s:\n%.1500s", file, out)
		}
		if code, out, _ := tracerec("analyze", "--strict", "--fail-on", "none", file); code != exitIncomplete || !strings.Contains(strings.Join(strings.Fields(out), " "), "the file was made of "+what) {
			t.Errorf("analyze %s: code %d\n%s", file, code, out)
		}
		if _, out, _ := tracerec("replay", "--tree", file); !strings.Contains(out, "note: the file was made of "+what) {
			t.Errorf("replay %s:\n%.500s", file, out)
		}
	}
	if _, out, _ := tracerec("info", made("w.trc", "repack", "../../testdata/captures/incident.trc")); strings.Contains(out, "\nmissing ") || !strings.Contains(out, "lost       nothing\n") {
		t.Errorf("of a whole one:\n%.1500s", out)
	}
}
