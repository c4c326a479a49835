package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/analyze/policy"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/derive"
)

// told is what of a finding must not depend on how its recording is cut.
type told struct {
	id, rule, verdict, severity, reason, context string
	call                                         uint64
}

// findings are all of a recording's, by all analyses and policies, and its coverage. Each row that
// one names must be there, in the file that it names.
func findings(t *testing.T, paths []string, jobs int, kinds ...analyze.Kind) (list []told, c *analyze.Coverage) {
	t.Helper()
	c, err := analyze.Segments(paths, analyze.Options{Jobs: jobs, Info: true, More: kinds}, func(f *analyze.Finding) {
		context := fmt.Sprint(f.Threads, f.Ancestors, f.Raised, f.Lowered)
		for _, e := range f.Evidence {
			context += fmt.Sprint(e.Role, e.What, e.Call, e.Who)
		}
		list = append(list, told{f.ID, f.Rule, f.Verdict.String(), f.Severity.String(), f.Reason, context, f.Call})
		if !slices.Contains(paths, f.File) {
			t.Errorf("finding in %s, which is none of the files", f.File)
			return
		}
		at(t, f.File, f.Seq, f.Call)
		for _, e := range f.Evidence {
			if e.Row && e.Call != 0 {
				file := f.File
				if e.File != "" {
					file = e.File
				}
				at(t, file, e.Seq, e.Call)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return list, c
}

// at demands that a row of a file belongs to a call.
func at(t *testing.T, file string, row, call uint64) {
	t.Helper()
	r, err := format.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for b, err := range r.Blocks(format.ReadOptions{Columns: []format.ColumnID{format.ColCall}}) {
		if err != nil {
			t.Fatal(err)
		}
		if row < b.Seq+uint64(b.N) {
			if got := b.U64[format.ColCall][row-b.Seq]; got != call {
				t.Errorf("%s row %d is of call %d, want %d", file, row, got, call)
			}
			return
		}
	}
	t.Errorf("%s has no row %d", file, row)
}

// TestSegmentsAsOne cuts recordings into many parts: what analysis says of
// these, in any order and with any number of jobs, is what it says of the whole.
func TestSegmentsAsOne(t *testing.T) {
	set, problems := policy.Load([]string{"shipped"})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	total, borders := 0, 0
	for _, name := range []string{"fs-race", "policies", "exec", "incident", "messages", "io-uring", "integrity", "unfinished"} {
		t.Run(name, func(t *testing.T) {
			whole := filepath.Join("../../testdata/captures", name+".trc")
			dir := t.TempDir()
			in, err := derive.Open(whole)
			if err != nil {
				t.Fatal(err)
			}
			parts, err := derive.Split(in, derive.SplitBy{Rows: 61}, &derive.Output{Path: filepath.Join(dir, "part.trc")})
			in.Close()
			if err != nil || len(parts) < 4 {
				t.Fatal(len(parts), err)
			}
			var paths []string
			for _, p := range parts {
				paths = append(paths, p.File)
			}
			want, all := findings(t, []string{whole}, 1, set.Kind())
			for _, jobs := range []int{1, 3} {
				rand.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
				units := joinParts(paths)
				if len(units) != 1 || len(units[0]) != len(parts) {
					t.Fatalf("%d parts make %d units", len(parts), len(units))
				}
				got, c := findings(t, units[0], jobs, set.Kind())
				if !slices.Equal(got, want) {
					t.Errorf("%d jobs: %d findings, the whole has %d\n%s\n%s", jobs, len(got), len(want), lines(got, want), lines(want, got))
				}
				if c.Rows != all.Rows || c.Calls != all.Calls || !reflect.DeepEqual(c.Arguments, all.Arguments) || !reflect.DeepEqual(c.Rated, all.Rated) || len(c.Incomplete) != len(all.Incomplete) {
					t.Errorf("%d jobs: coverage differs: %d rows, %d calls, %v; the whole has %d, %d, %v", jobs, c.Rows, c.Calls, c.Incomplete, all.Rows, all.Calls, all.Incomplete)
				}
			}
			total += len(want)
			borders += len(parts) - 1

			// Without one in the middle it is said that something is missing.
			units := joinParts(slices.Delete(slices.Clone(joinParts(paths)[0]), 2, 3))
			if len(units) != 1 {
				t.Fatalf("with one missing: %d units", len(units))
			}
			_, c := findings(t, units[0], 2)
			if !strings.Contains(strings.Join(c.Incomplete, "\n"), "rows are missing before ") {
				t.Errorf("with one missing: %v", c.Incomplete)
			}
		})
	}
	if total < 100 || borders < 30 {
		t.Errorf("only %d findings and %d borders", total, borders)
	}
}

// lines are those of a that b has not.
func lines(a, b []told) string {
	var out strings.Builder
	for _, f := range a {
		if !slices.Contains(b, f) {
			fmt.Fprintf(&out, "  %+v\n", f)
		}
	}
	return out.String()
}
