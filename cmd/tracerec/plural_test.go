package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// several matches a count before a plural: of one thing it would say "1 rows". show.Count knows both.
var several = regexp.MustCompile(`%[ds] (more )?(rows|bytes|findings|records|traces|files|lines|calls|processes|threads|blocks|parts|hosts|times|cases|steps|kinds|runs)\b`)

// neverOne are texts whose count cannot be 1, or is no count.
var neverOne = map[string]string{
	"  %d threads": "threads > 1 there", "between %s and %s parts of the recording are missing: give them too": "names of files",
	"the file has %d bytes, at most %d": "more than a limit", "%d steps, at most %d": "more than a limit",
	" … %d bytes more": "", "  (of %d bytes)": "longer than a limit", "… (%d bytes)": "longer than a limit", "%s … (%d bytes)": "longer than a limit",
	" … first %d of %d bytes": "longer than a limit", " … first %d bytes": "longer than a limit",
	"not expected: %d findings of %s, the worst: %s %s %s": "four at least", "%s and %d more": "",
	"block %d describes itself as times %d to %d, events %#x, pids %d to %d; its rows are times %d to %d, events %#x, pids %d to %d": "a number of a block",
	"a block has at most %d rows: begin another one":                              "a limit",
	"%d hosts or boots: at most %d can be in one file":                            "more than a limit",
	"%srecordings of %d hosts are in this file: choose one by FILE@HOST (%s)":     "two at least",
	"column %s has fewer than the batch's %d rows: append rows with Batch.Append": "for who writes code",
	"tracerec: %s of %s rows chosen, %s written\n":                                "of a set", "tracerec: %s: %s of %s rows drawn, %s; open it in a browser\n": "of a set",
	"--tui needs a terminal that says its size, and this one has %d columns and %d lines (stty cols 80 rows 24 sets it)": "0",
	"its %d processes":     "two at least",
	"longer than %d bytes": "a limit",
}

// TestPlurals: nobody writes a count before a plural by hand.
func TestPlurals(t *testing.T) {
	read := 0
	for _, dir := range []string{"format", "analyze", "replay", "cmd/tracerec"} {
		err := filepath.WalkDir(filepath.Join("../..", dir), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() && (e.Name() == "testdata" || e.Name() == "matrix" || e.Name() == "fleettest") {
				return orSkip(err)
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			read++
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				text, err := strconv.Unquote(lit.Value)
				if _, known := neverOne[text]; err == nil && !known && several.MatchString(text) {
					t.Errorf("%s: %q says \"1 rows\" of one: use show.Count", set.Position(lit.Pos()), text)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if read < 150 {
		t.Errorf("only %d files were read", read)
	}
}

func orSkip(err error) error {
	if err != nil {
		return err
	}
	return filepath.SkipDir
}
