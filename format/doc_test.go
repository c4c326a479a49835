package format

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/internal/docparts"
)

// TestFormatDoc: the tables in FORMAT.md are those of the code. After a change:
// go test ./format -run FormatDoc -update
func TestFormatDoc(t *testing.T) {
	docparts.Check(t, "FORMAT.md", "./format", map[string]string{
		"positions": docPositions(), "line": docLine(), "columns": docColumns(), "events": docEvents(), "limits": docLimits(),
	})
}

func docPositions() string {
	l := layoutOf(Version)
	var b strings.Builder
	row := func(at any, size, what string) { fmt.Fprintf(&b, "| %v | %s | %s |\n", at, size, what) }
	b.WriteString("| at | width | schema message |\n|---|---|---|\n")
	row(4, "4", "length of the rest of the message, u32")
	row(l.schemaFile, fmt.Sprint(len(fileText)), "`id=<32 digits> crc=<8 digits>`")
	row(l.headerLen, "4", "length L of the header JSON, u32, L mod 8 = 3; padded with spaces")
	row(l.headerLen+4, "L + 1", "header JSON and a NUL: the end of the message")
	fmt.Fprintf(&b, "\n| at | width | dictionary batch message, %d bytes |\n|---|---|---|\n", len(l.dict.bytes))
	row(l.dictCount, "8", "entries, i64")
	row(l.dictNode, "16", "entries, nulls = 0")
	row(l.dictBuffers, "3 × 16", "offset and length of the buffers validity (empty), offsets (zeros), strings")
	row(l.dictBody, "8", "length of the body")
	fmt.Fprintf(&b, "\n| at | width | record batch message, %d bytes |\n|---|---|---|\n", len(l.batch.bytes))
	row(l.batchRows, "8", "rows, i64")
	row(l.batchNodes, fmt.Sprintf("%d × 16", len(l.columns)), "per column: rows, nulls")
	row(l.batchBuffers, fmt.Sprintf("%d × 16", 2*len(l.columns)), "per column: offset and length of validity, then of values")
	row(l.batchBody, "8", "length of the body")
	row(l.batchLine, fmt.Sprint(len(lineText)), "block line")
	return b.String()
}

func docLine() string {
	docs := [numLine]string{
		"the file's id", "number of the block, from 0", "sequence number of its first row", "rows",
		"least time, i64", "greatest time, i64", "CLOCK_BOOTTIME when it was written, ns", "CLOCK_REALTIME at that moment, ns",
		"records lost up to and in this block", "event types: bit e for event e, bit 63 for 63 and above",
		"least pid that is not 0", "greatest pid", "columns that are coded: bit c for column c",
		"CRC-32C of both bodies", "SHA-256, see Integrity", "CRC-32C of both messages without their bodies, taken with these 8 digits `0`",
	}
	var b strings.Builder
	b.WriteString("| at | digits | name | is |\n|---|---|---|---|\n")
	for f, field := range lineFields {
		fmt.Fprintf(&b, "| %d | %d | %s | %s |\n", lineAt[f], field.digits, field.name, docs[f])
	}
	return b.String()
}

func docColumns() string {
	types := map[Type]string{U8: "u8", U16: "u16", U32: "u32", U64: "u64", I32: "i32", I64: "i64", Bytes: "bytes"}
	var b strings.Builder
	how := map[coding]string{codePlain: "", codeThread: "thread", codeGroup: "group", codeCall: "call", codeTurn: "turn", codeTicks: "ticks", codeString: "string"}
	b.WriteString("| # | column | type | coding | since | is |\n|---|---|---|---|---|---|\n")
	for i, c := range Columns {
		coding := how[codings[i].how]
		if codings[i].planes {
			coding += ", planes"
		}
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %d | %s |\n", i, c.Name, types[c.Type], coding, c.Since, c.Doc)
	}
	return b.String()
}

func docEvents() string {
	var b strings.Builder
	b.WriteString("| # | event | since | fields (column) | is |\n|---|---|---|---|---|\n")
	for _, e := range Events {
		var fields []string
		for _, f := range e.Fields {
			field := f.Name
			if name := Columns[f.Col].Name; name != f.Name {
				field += " (" + name + ")"
			}
			fields = append(fields, field)
		}
		if e.ID == EventSyscall {
			fields = []string{"duration … path: all columns"}
		}
		fmt.Fprintf(&b, "| %d | %s | %d | %s | %s |\n", e.ID, e.Name, e.Since, strings.Join(fields, ", "), e.Doc)
	}
	return b.String()
}

func docLimits() string {
	return fmt.Sprintf("| of | at most |\n|---|---|\n| rows of a block | %d |\n| strings of a block, bytes | %d |\n"+
		"| strings of a block | %d |\n| header JSON, bytes | %d |\n| totals JSON, bytes | %d |\n| blocks of a file | %d |\n",
		MaxRows, MaxDictBytes, MaxDictCount-1, MaxHeader, MaxTotals, MaxBlocks)
}

// TestLayoutFrozen: the messages of a version never change, or its files become
// unreadable. A new column needs Since: Version+1 and a new Version; while
// version 2 is not released, put its new digest here.
func TestLayoutFrozen(t *testing.T) {
	for version, want := range []string{1: "144fee7c831ea965", Version: "76fef4da86b753ee"} {
		if version == 0 {
			continue
		}
		l := layoutOf(version)
		h := sha256.New()
		for _, m := range []*template{l.schema, l.dict, l.batch} {
			h.Write(m.bytes)
			fmt.Fprint(h, m.holes)
		}
		if got := fmt.Sprintf("%x", h.Sum(nil)[:8]); got != want {
			t.Errorf("messages of format version %d have changed: digest %s, want %s", version, got, want)
		}
	}
}
