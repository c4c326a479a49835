package filter

import (
	"runtime"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// FuzzParse compiles any expression and asks it of rows: an error or an answer, never a panic,
// never much memory, the same each time, and from no column that Columns does not name.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`syscall == "openat" && path startsWith "/etc"`, `any(argv, # startsWith "-r")`, `"putname" in a_rungs`,
		`wall.Year() == 2023 && at == 0`, `comm matches "^c.t$"`, `pid in 11..12`, `under(path, "/etc") or cidr(kernel.ip, "10.0.0.0/8")`,
		`len(filter(1..1000, # > pid)) > 0`, `repeat(comm, 1000000) != ""`, `path[seq:] == string(duration)`, `((((true))))`, `not (ret < 0 ? true : false)`,
	} {
		f.Add(text, "/etc/passwd")
	}
	f.Add(`path matches comm`, "(((")
	f.Add(`date(path) > wall`, "2026-13-45")
	f.Add(`int(path) > 1 / pid`, "99999999999999999999")
	f.Fuzz(func(t *testing.T, text, value string) {
		if len(text) > 200 { // nested loops over ranges are slow, not wrong
			return
		}
		b := rows()
		for i := range b.N {
			b.SetBytes(format.ColPath, i, []byte(value))
			b.SetBytes(format.ColComm, i, []byte(value))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		expression, err := Parse(text)
		if err != nil {
			return
		}
		narrow := *b
		keep := map[format.ColumnID]bool{}
		for _, c := range expression.Columns() {
			keep[c] = true
		}
		for c := range format.NumColumns {
			if !keep[c] {
				narrow.U8[c], narrow.U16[c], narrow.U32[c], narrow.U64[c], narrow.I32[c], narrow.I64[c] = nil, nil, nil, nil, nil, nil
			}
		}
		for i := range b.N {
			yes, err := expression.Match(b, i, &options)
			again, err2 := expression.Match(&narrow, i, &options)
			if yes != again || (err == nil) != (err2 == nil) {
				t.Fatalf("row %d: %v, %v; with its columns alone %v, %v", i, yes, err, again, err2)
			}
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<30 {
			t.Fatalf("%d bytes allocated", n)
		}
	})
}
