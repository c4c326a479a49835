package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs tracerec as its users do; see testdata/script.
func TestScripts(t *testing.T) {
	files := map[string]string{"RACED": openTrace(t, "/tmp/a", "/tmp/b"), "CLEAN": openTrace(t, "/tmp/a", "/tmp/a"), "BLIND": openTrace(t, "/tmp/a", "")}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(e *testscript.Env) error {
			for name, path := range files {
				e.Setenv(name, path)
			}
			e.Setenv("SELF", self(t))
			captures, err := filepath.Abs("../../testdata/captures")
			if err != nil {
				return err
			}
			e.Setenv("CAPTURES", captures)
			return nil
		},
		Condition: func(name string) (bool, error) { return name == "record" && diagnosis().CanRecord, nil },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"jsonlines": jsonLines,
			"truncate":  truncate,
			"flip":      flip,
			"oneline":   oneLineOf,
			"newer":     newer,
			"code":      exitWith,
		},
	})
}

// jsonLines FILE TYPE [MIN [FIELD...]]: every line of FILE is one valid JSON object, at least MIN
// are of TYPE, and these have all the FIELDs.
func jsonLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: jsonlines FILE TYPE [MIN [FIELD...]]")
	}
	want := 1
	if len(args) > 2 {
		var err error
		want, err = strconv.Atoi(args[2])
		ts.Check(err)
	}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var v map[string]json.RawMessage
		dec := json.NewDecoder(bytes.NewReader([]byte(line)))
		if err := dec.Decode(&v); err != nil || dec.More() || !strings.HasSuffix(line, "}\n") {
			ts.Fatalf("not one JSON object (%v): %q", err, line)
		}
		if string(v["type"]) != strconv.Quote(args[1]) {
			continue
		}
		want--
		for _, field := range args[min(3, len(args)):] {
			if _, ok := v[field]; !ok {
				ts.Fatalf("no field %s in %s", field, line)
			}
		}
	}
	if want > 0 {
		ts.Fatalf("%d objects of type %s are missing", want, args[1])
	}
}

// truncate FILE COPY BYTES: the first BYTES of FILE; less than 0 counts from the end.
func truncate(ts *testscript.TestScript, neg bool, args []string) {
	data, n := []byte(ts.ReadFile(args[0])), 0
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	if n < 0 {
		n += len(data)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data[:n], 0o600))
}

// flip FILE COPY PERCENT: FILE with one bit changed at that part of its length.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	data := []byte(ts.ReadFile(args[0]))
	percent, err := strconv.Atoi(args[2])
	ts.Check(err)
	data[len(data)*percent/100] ^= 4
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o600))
}

// newer FILE COPY: FILE as one of format version 9, of which is known only that its first message says so.
func newer(ts *testscript.TestScript, neg bool, args []string) {
	data := []byte(ts.ReadFile(args[0]))
	mark := []byte(`{"version":`)
	at := bytes.Index(data, mark)
	if at < 0 {
		ts.Fatalf("%s does not say its version", args[0])
	}
	data[at+len(mark)] = '9'
	copy(data[200:], "another schema")
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o600))
}

// oneline FILE: FILE is one line that begins as all errors of tracerec do.
func oneLineOf(ts *testscript.TestScript, neg bool, args []string) {
	if text := ts.ReadFile(args[0]); strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "tracerec: ") {
		ts.Fatalf("not one line of tracerec: %q", text)
	}
}

// code N PROGRAM ARGS: PROGRAM ends with exit code N.
func exitWith(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	args = append([]string{"-c", `"$@"; [ $? -eq ` + strconv.Itoa(want) + ` ] || { echo "exit code $?, not ` + args[0] + `"; exit 1; }`, "sh"}, args[1:]...)
	ts.Check(ts.Exec("sh", args...))
}
