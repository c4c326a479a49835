package verify

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

var (
	key      = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	otherKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, 32))
)

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

// fixture is a file of blocks with rows rows each.
type fixture struct {
	header format.Header
	opt    format.WriterOptions
	totals format.Totals
	change func(block int, b *format.Batch)
	open   bool // not sealed
}

func (f fixture) write(t *testing.T) []byte {
	t.Helper()
	var buf bytes.Buffer
	if f.opt.ID == [16]byte{} {
		f.opt.ID = [16]byte{1}
	}
	f.header.Host = "host"
	w, err := format.NewWriter(&buf, &f.header, f.opt)
	if err != nil {
		t.Fatal(err)
	}
	call := uint64(0)
	for block := range 5 {
		b := format.NewBatch(4)
		for range 4 {
			i := b.Append()
			call++
			b.U16[format.ColEvent][i] = uint16(format.EventSyscall)
			b.I64[format.ColTime][i] = int64(1000 * call)
			b.U32[format.ColTID][i], b.U32[format.ColTGID][i] = 7, 7
			b.U64[format.ColCall][i] = call
			b.I64[format.ColRet][i] = int64(100 + call)
		}
		if f.change != nil {
			f.change(block, b)
		}
		if err := w.Write(b, format.Clock{}); err != nil {
			t.Fatal(err)
		}
	}
	if f.open {
		w.Abort()
		return buf.Bytes()
	}
	if f.totals.Read == 0 {
		f.totals.Read, f.totals.Seen = 20, 20
	}
	if err := w.Close(&f.totals); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func check(t *testing.T, file []byte, key ed25519.PublicKey) *Report {
	t.Helper()
	r, err := format.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	report, err := File(r, "t.trc", key)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// blocksOf cuts a file into what precedes the blocks, the blocks, and the rest.
func blocksOf(t *testing.T, file []byte) (parts [][]byte) {
	r, err := format.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	at := r.BlockInfo(0).Offset
	parts = append(parts, file[:at])
	for i := range r.BlockCount() {
		info := r.BlockInfo(i)
		parts = append(parts, file[at:at+info.Size])
		at += info.Size
	}
	return append(parts, file[at:])
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestGood(t *testing.T) {
	report := check(t, fixture{opt: format.WriterOptions{Sign: key}}.write(t), public(key))
	if !report.Good() || !report.Sealed || report.Blocks != 5 || report.Rows != 20 || report.Calls.Paired != 20 {
		t.Errorf("%+v", report)
	}
	for _, c := range report.Checks {
		if c.State != OK {
			t.Errorf("%+v", c)
		}
	}
	if len(report.Checks) != len(names)-1 { // segments are for Files
		t.Errorf("%d checks", len(report.Checks))
	}
	open := check(t, fixture{open: true}.write(t), nil)
	if !open.Good() || open.Sealed {
		t.Errorf("%+v", open)
	}
}

// TestTampered: whoever changes blocks is found out, and the block is named.
// The blocks that are put in are whole: their checksums and id fit.
func TestTampered(t *testing.T) {
	edited := fixture{change: func(block int, b *format.Batch) {
		if block == 2 {
			b.I64[format.ColRet][0] = 999
		}
	}}
	foreign := fixture{opt: format.WriterOptions{ID: [16]byte{2}}}
	for _, sealed := range []bool{true, false} {
		original := blocksOf(t, fixture{open: !sealed}.write(t))
		edited.open, foreign.open = !sealed, !sealed
		p := func(i ...int) (file []byte) {
			file = bytes.Clone(original[0])
			for _, i := range i {
				file = append(file, original[1+i]...)
			}
			return append(file, original[6]...)
		}
		for name, c := range map[string]struct {
			file []byte
			says string
		}{
			"edited":     {join(original[0], original[1], original[2], blocksOf(t, edited.write(t))[3], original[4], original[5], original[6]), "block 2"},
			"foreign":    {join(original[0], original[1], original[2], blocksOf(t, foreign.write(t))[3], original[4], original[5], original[6]), "block 2"},
			"dropped":    {p(0, 1, 3, 4), "block 2 is not in the file"},
			"first gone": {p(1, 2, 3, 4), "block 0 is not in the file"},
			"swapped":    {p(0, 2, 1, 3, 4), "block 1 stands behind block 2"},
			"moved":      {p(1, 2, 3, 0, 4), "block 0 stands behind block 3"},
			"repeated":   {p(0, 1, 1, 2, 3, 4), "block 1 stands here once more"},
			"cut within": {join(original[0], original[1], original[2], original[3][:len(original[3])/2], original[4], original[5], original[6]), "block 2 is not in the file"},
		} {
			report := check(t, c.file, nil)
			said := ""
			for _, p := range report.Problems {
				said += p.Check + ": " + p.What + "\n"
			}
			if report.Good() || !strings.Contains(said, c.says) {
				t.Errorf("sealed %v, %s: %q is not in\n%s", sealed, name, c.says, said)
			}
		}
	}
}

// TestResealed: who rewrites the whole file cannot sign it.
func TestResealed(t *testing.T) {
	signed := fixture{opt: format.WriterOptions{Sign: key}}.write(t)
	plain := fixture{}.write(t)
	other := fixture{opt: format.WriterOptions{Sign: otherKey}}.write(t)
	for name, c := range map[string]struct {
		file []byte
		key  ed25519.PublicKey
		says string
	}{
		"not signed": {plain, public(key), format.ErrNotSigned.Error()},
		"other key":  {other, public(key), format.ErrOtherKey.Error()},
	} {
		if r := check(t, c.file, c.key); len(r.Problems) != 1 || !strings.Contains(r.Problems[0].What, c.says) {
			t.Errorf("%s: %+v", name, r.Problems)
		}
	}
	// The signature of one file, put into the trailer of another by one who
	// makes the trailer's checksum fit.
	moved := transplant(t, signed, fixture{change: func(_ int, b *format.Batch) { b.I64[format.ColRet][0] = 1 }}.write(t))
	for _, k := range []ed25519.PublicKey{nil, public(key)} {
		if r := check(t, moved, k); len(r.Problems) != 1 || r.Problems[0].What != format.ErrBadSignature.Error() {
			t.Errorf("moved signature: %+v", r.Problems)
		}
	}
}

// TestRows: rows that contradict each other or the totals, in files that are
// otherwise as a recorder would write them.
func TestRows(t *testing.T) {
	row := func(f func(b *format.Batch)) func(int, *format.Batch) {
		return func(block int, b *format.Batch) {
			if block == 3 {
				f(b)
			}
		}
	}
	lost := func(count, first, last uint64) func(int, *format.Batch) {
		return row(func(b *format.Batch) {
			b.U16[format.ColEvent][0] = uint16(format.EventLost)
			b.U64[format.ColArg2][0], b.U64[format.ColArg3][0], b.U64[format.ColArg4][0] = count, first, last
		})
	}
	visited := 0
	for name, c := range map[string]struct {
		fixture
		check, says string
	}{
		"twice":     {fixture{change: row(func(b *format.Batch) { b.U64[format.ColCall][1] = b.U64[format.ColCall][0] })}, Pairing, "has two rows"},
		"backwards": {fixture{change: row(func(b *format.Batch) { b.U64[format.ColCall][1] = 2 })}, Order, "stands behind its call"},
		"neither":   {fixture{change: row(func(b *format.Batch) { b.U16[format.ColFlags][1] = uint16(format.FlagNoEnter | format.FlagNoExit) })}, Pairing, "neither enter nor exit"},
		"negative":  {fixture{change: row(func(b *format.Batch) { b.I64[format.ColDuration][1] = -5 })}, Pairing, "before it is entered"},
		"seen":      {fixture{totals: format.Totals{Read: 20, Seen: 21}}, Loss, "20 records read and 0 lost are not the 21"},
		"events":    {fixture{totals: format.Totals{Events: map[string]uint64{"syscall": 19}}}, Loss, "count 19 syscall rows, there are 20"},
		"lost":      {fixture{totals: format.Totals{Read: 20, Seen: 29, Lost: 9}}, Loss, "count 9 lost records, the rows 0"},
		"lost row":  {fixture{change: lost(5, 1, 3), totals: format.Totals{Read: 20, Seen: 25}}, Loss, "5 records lost between sequence numbers 1 and 3"},
	} {
		visited++
		report := check(t, c.write(t), nil)
		if len(report.Problems) == 0 || report.Problems[0].Check != c.check || !strings.Contains(report.Problems[0].What, c.says) {
			t.Errorf("%s: %+v", name, report.Problems)
		}
	}
	if visited != 8 {
		t.Error(visited)
	}
	if r := check(t, fixture{change: lost(3, 1, 3), totals: format.Totals{Read: 20, Seen: 23}}.write(t), nil); !r.Good() {
		t.Errorf("%+v", r.Problems)
	}
}

// TestWithoutEnter: a call in which its task came into scope has no enter; of
// others the report says so.
func TestWithoutEnter(t *testing.T) {
	noEnter := func(b *format.Batch, i int) { b.U16[format.ColFlags][i] = uint16(format.FlagNoEnter) }
	file := fixture{totals: format.Totals{Read: 20, Seen: 20}, change: func(block int, b *format.Batch) {
		switch block {
		case 0:
			noEnter(b, 0) // its first
			noEnter(b, 2)
		case 1: // it left, and came again
			b.U16[format.ColEvent][1], b.U64[format.ColCall][1] = uint16(format.EventTask), 0
			noEnter(b, 2)
			noEnter(b, 3)
		}
	}}
	r := check(t, file.write(t), nil)
	if want := (Calls{Paired: 15, NoEnter: 4, Began: 2, Skipped: 1}); r.Calls != want || !r.Good() {
		t.Errorf("%+v, want %+v; %+v", r.Calls, want, r.Problems)
	}
	file.totals.Missed = 7
	for _, c := range []struct{ file, says string }{
		{r.notes[Pairing].Detail, "15 calls with enter and exit, 0 without exit, 2 in which their task came into scope, 2 more without enter, which seccomp or a tracer refused"},
		{check(t, file.write(t), nil).notes[Pairing].Detail, "2 more without enter: seccomp or a tracer refused them, or they are among the 7 runs of programs that the kernel skipped"},
	} {
		if !strings.HasSuffix(c.file, c.says) {
			t.Errorf("%q, want %q", c.file, c.says)
		}
	}
}

func TestSegments(t *testing.T) {
	var files [][]byte
	var last *format.Reader
	for n := range 4 {
		f := fixture{opt: format.WriterOptions{ID: [16]byte{byte(n + 1)}}}
		if last != nil {
			hash, _ := last.Hash()
			f.header.Segment = format.NextSegment(last.Header(), last.ID(), hash)
		}
		file := f.write(t)
		files = append(files, file)
		last, _ = format.NewReader(bytes.NewReader(file), int64(len(file)))
	}
	reports := func(n ...int) (all []*Report, said string) {
		for _, i := range n {
			all = append(all, check(t, files[i], nil))
		}
		Files(all)
		for _, r := range all {
			for _, p := range r.Problems {
				said += p.What + "\n"
			}
		}
		return all, said
	}
	all, said := reports(2, 0, 3, 1)
	if said != "" || all[0].Checks[len(all[0].Checks)-1].State != OK {
		t.Errorf("%s %+v", said, all[0].Checks)
	}
	if _, said := reports(0, 1, 3); !strings.Contains(said, "segments 2 of recording") {
		t.Error(said)
	}
	if _, said := reports(0, 1, 1); !strings.Contains(said, "is segment 1 too") {
		t.Error(said)
	}
	// Another file in the place of segment 1.
	first, _ := format.NewReader(bytes.NewReader(files[0]), int64(len(files[0])))
	hash, _ := first.Hash()
	f := fixture{opt: format.WriterOptions{ID: [16]byte{99}}, totals: format.Totals{Reason: "forged"}}
	f.header.Segment = format.NextSegment(first.Header(), first.ID(), hash)
	files[1] = f.write(t)
	if _, said := reports(0, 1, 2); !strings.Contains(said, "one of them was exchanged") {
		t.Error(said)
	}
}

// What was not read is not said to be well.
func TestWhatWasNotRead(t *testing.T) {
	good := fixture{}.write(t)
	parts := blocksOf(t, good)
	for _, c := range []struct {
		blocks int // that are damaged, of five
		state  State
		detail string
	}{
		{0, OK, "20 rows without a gap; calls of each task in order"},
		{2, OK, "12 rows that could be read; calls of each task in order"},
		{5, NotChecked, "no row could be read"},
	} {
		damaged := make([][]byte, len(parts))
		for i, p := range parts {
			damaged[i] = bytes.Clone(p)
			if i >= 1 && i <= c.blocks { // the first part is the head
				damaged[i][len(p)/2] ^= 1
			}
		}
		r := check(t, join(damaged...), nil)
		for _, got := range r.Checks {
			if got.Name == Order && (got.State != c.state || got.Detail != c.detail) {
				t.Errorf("%d blocks damaged: order is %s: %s, want %s: %s", c.blocks, got.State, got.Detail, c.state, c.detail)
			}
			if (got.Name == Pairing || got.Name == Zones) && got.State != c.state {
				t.Errorf("%d blocks damaged: %s is %s, want %s", c.blocks, got.Name, got.State, c.state)
			}
		}
	}
}
