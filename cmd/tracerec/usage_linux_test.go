package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWrongValues: values that a flag does not take are refused by its name, in words, and so is an output that
// is a directory, whatever --force says.
func TestWrongValues(t *testing.T) {
	const file = "../../testdata/captures/open.trc"
	dir := t.TempDir()
	if err := os.Symlink(file, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	isDir := "create " + dir + ": it is a directory: give the name of a file"
	for _, c := range []struct {
		want string
		args []string
	}{
		{`invalid argument "0" for "--within" flag: not more than 0: leave it out, or use`, []string{"replay", "--within", "0", file}},
		{`invalid argument "1x" for "--within" flag: not a time: use for example 3600, 90s or 1h`, []string{"replay", "--within", "1x", file}},
		{`invalid argument "0s" for "--every" flag: not more than 0`, []string{"split", "--every", "0s", "-o", dir + "/x", file}},
		{`invalid argument "x" for "--limit" flag: not a whole number`, []string{"replay", "--limit", "x", file}},
		{`invalid argument "8" for "--tree" flag: neither true nor false`, []string{"replay", "--tree=8", file}},
		{`invalid argument "99999999999" for "--pid" flag: too small or too large`, []string{"replay", "--pid", "99999999999", file}},
		{`invalid argument "--json" for "-o, --output" flag: that is an option; a file of such a name is ./--json`, []string{"analyze", "-o", "--json", file}},
		{"unknown flag: --limt (did you mean --limit", []string{"analyze", "--limt", "3", file}},
		{"--filter: unknown name foo", []string{"replay", "--filter", "foo", file}},
		{"--filter: unknown name foo", []string{"export", "--format", "csv", "--filter", "foo", file}},
		{"the expression: unknown name foo", []string{"filter", "-o", dir + "/x", "foo", file}},
		{"in which format is not said: give --format NAME (arrow, jsonl,", []string{"export", file}},
		{`the name "x.foo" does not say which format: give --format NAME (arrow`, []string{"export", "-o", "x.foo", file}},
		{isDir, []string{"export", "-o", dir, file}},
		{isDir, []string{"export", "--force", "--format", "csv", "-o", dir, file}},
		{isDir, []string{"repack", "-o", dir, file}},
		{isDir, []string{"repack", "--force", "-o", dir, file}},
		{isDir, []string{"replay", "--html", dir, file}},
		{"link: it is a symbolic link, which is never followed", []string{"repack", "-o", dir + "/link", file}},
		{dir + ": is a directory: give the text that dump wrote", []string{"build", "-o", dir + "/x", dir}},
		{file + " is a file: give the directory in which expect.yaml", []string{"test", file}},
		{`unknown command "anlyze" for "tracerec" (did you mean analyze?): tracerec --help lists them`, []string{"anlyze", file}},
		{`unknown command "lst" for "tracerec policy" (did you mean list?): tracerec policy --help lists them`, []string{"policy", "lst"}},
		{`no policy "revers-shell" comes with tracerec (did you mean reverse-shell?): see tracerec policy list`, []string{"policy", "show", "revers-shell"}},
		{`revers-shell: error: neither a file nor a policy that comes with tracerec (tracerec policy list) (did you mean reverse-shell?)`, []string{"analyze", "--policy", "revers-shell", file}},
		{`there is no verb "nope": tracerec --help lists them`, []string{"help", "nope"}},
		{`unknown command "nope" for "tracerec completion"`, []string{"completion", "nope"}},
		{"no recorder answers at " + dir + "/none: no such file or directory: is it the --control", []string{"snapshot", "--control", dir + "/none"}},
		{"--json and --format junit: choose one", []string{"test", "--json", "--format", "junit", dir}},
	} {
		if r := finish(t, cli(t, c.args...)); r.code != exitUsage || r.out != "" || !strings.HasPrefix(r.talk, "tracerec: ") || !strings.Contains(r.talk, c.want) {
			t.Errorf("%q: code %d, %q, want %q\n%s", c.args, r.code, r.talk, c.want, r.out)
		}
	}
	if r := finish(t, cli(t, "replay", "--around", "x", "--within", "10", file)); r.code != exitUsage || strings.Contains(r.talk, "--within") {
		t.Errorf("10 is seconds: code %d, %s%s", r.code, r.out, r.talk)
	}
}
