package format

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"sync"
	"testing"
)

// TestProjection: the chosen columns are as in a full read, the others absent.
func TestProjection(t *testing.T) {
	file, batches := smallFile(t, true)
	r := openBytes(t, file)
	visited := 0
	for c := range Columns {
		cols := []ColumnID{ColumnID(c), ColTime}
		n := 0
		for b, err := range r.Blocks(ReadOptions{Columns: cols}) {
			if err != nil {
				t.Fatal(err)
			}
			for o := range Columns {
				mem, _ := b.memory(ColumnID(o), b.N)
				if chosen := o == c || o == int(ColTime); chosen != (mem != nil) {
					t.Fatalf("column %s: present is %v, chosen %v", Columns[o].Name, mem != nil, chosen)
				}
			}
			for i := range b.N {
				if b.Int(ColTime, i) != batches[n].Int(ColTime, i) ||
					Columns[c].Type != Bytes && b.Int(ColumnID(c), i) != batches[n].Int(ColumnID(c), i) ||
					Columns[c].Type == Bytes && !bytes.Equal(b.Value(ColumnID(c), i), batches[n].Value(ColumnID(c), i)) {
					t.Fatalf("column %s differs", Columns[c].Name)
				}
			}
			n++
		}
		visited += n
	}
	if visited != 3*int(NumColumns) {
		t.Errorf("%d blocks visited", visited)
	}
	for b, err := range r.Blocks(ReadOptions{Columns: []ColumnID{}}) {
		if err != nil || b.N == 0 || b.I64[ColTime] != nil {
			t.Fatalf("no columns: %d rows, %v", b.N, err)
		}
	}
}

// TestPrune: blocks are chosen by time and event, with and without an index.
func TestPrune(t *testing.T) {
	var batches []*Batch
	for i := range 4 {
		b := NewBatch(2)
		for k := range 2 {
			row := b.Append()
			b.I64[ColTime][row] = int64(100*i + 10*k)
			b.U16[ColEvent][row] = uint16(i + 1)
			b.U32[ColTGID][row] = uint32(k * (i + 5))
		}
		batches = append(batches, b)
	}
	for _, sealed := range []bool{true, false} {
		r := openBytes(t, writeFile(t, sealed, batches...))
		for _, test := range []struct {
			opt  ReadOptions
			want string
		}{
			{ReadOptions{}, "0123"},
			{ReadOptions{From: 110}, "123"},
			{ReadOptions{First: 1}, "123"},
			{ReadOptions{First: 2, From: 100, Events: []EventID{2, 4}}, "3"},
			{ReadOptions{From: 111}, "23"},
			{ReadOptions{To: 100}, "0"},
			{ReadOptions{To: 101}, "01"},
			{ReadOptions{From: 100, To: 200}, "1"},
			{ReadOptions{Events: []EventID{1, 3}}, "02"},
			{ReadOptions{Events: []EventID{500}}, ""},
			{ReadOptions{Events: []EventID{}}, ""},
			{ReadOptions{From: 150, Events: []EventID{4}}, "3"},
		} {
			got := ""
			for b, err := range r.Blocks(test.opt) {
				if err != nil {
					t.Fatal(err)
				}
				got += fmt.Sprint(b.Seq / 2)
			}
			if got != test.want {
				t.Errorf("sealed %v, %+v: blocks %q, want %q", sealed, test.opt, got, test.want)
			}
		}
		if i := r.BlockInfo(2); i.MinPID != 7 || i.MaxPID != 7 || i.First != 200 || i.Last != 210 || i.Clock != (Clock{2, 1002}) {
			t.Errorf("%+v", i)
		}
	}
}

// TestParallel: blocks can be read by several goroutines, in any order.
func TestParallel(t *testing.T) {
	file, batches := smallFile(t, true)
	r := openBytes(t, file)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			var dst *Batch
			for k := range 60 {
				i := (g + k) % len(batches)
				var err error
				if dst, err = r.ReadBlock(i, nil, dst); err != nil {
					t.Error(err)
				} else if d := difference(batches[i], dst); d != "" {
					t.Error(d)
				}
			}
		})
	}
	wg.Wait()
}

func TestFresh(t *testing.T) {
	file, batches := smallFile(t, true)
	var kept []*Batch
	for b, err := range openBytes(t, file).Blocks(ReadOptions{Fresh: true}) {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, b)
	}
	for i, b := range kept {
		if d := difference(batches[i], b); d != "" {
			t.Error(d)
		}
	}
}

// rewrite changes a block and makes its checksums fit again, as somebody would
// who wants to hide the change.
func rewrite(file []byte, info BlockInfo, change func(dict, batch []byte)) {
	l := layoutOf(Version)
	block := file[info.Offset : info.Offset+info.Size]
	n, _ := l.dictLength(block[:len(l.dict.bytes)])
	dict, dictBody := block[:len(l.dict.bytes)], block[len(l.dict.bytes):n]
	batch, batchBody := block[n:n+int64(len(l.batch.bytes))], block[n+int64(len(l.batch.bytes)):]
	change(dict, batch)
	line := l.line(batch)
	line.put(lineBody, uint64(crc32.Update(crc32.Checksum(dictBody, castagnoli), castagnoli, batchBody)))
	line.zero(lineMeta)
	line.put(lineMeta, uint64(crc32.Update(crc32.Checksum(dict, castagnoli), castagnoli, batch)))
}

// TestAltered: a block that was changed with fitting checksums is found by the
// chain, and by the index.
func TestAltered(t *testing.T) {
	for _, sealed := range []bool{true, false} {
		file, _ := smallFile(t, sealed)
		info := openBytes(t, file).BlockInfo(1)
		rewrite(file, info, func(_, batch []byte) { layoutOf(Version).line(batch).put(lineBoottime, 99) })
		r := openBytes(t, file)
		bad := 0
		for _, err := range r.Blocks(ReadOptions{Verify: true}) {
			if err != nil {
				bad++
			}
		}
		if err := r.VerifyBlock(1); bad != 1 || err == nil || !strings.Contains(err.Error(), "block 1") {
			t.Errorf("sealed %v: %d errors; %v", sealed, bad, err)
		}
		if err := r.VerifyBlock(0); err != nil {
			t.Error(err)
		}
		if state, _ := r.State(); state != Corrupt {
			t.Errorf("state is %s", state)
		}
	}
}

// TestForgedLengths: a block whose checksums fit but whose numbers are
// impossible is refused before anything is allocated for it.
func TestForgedLengths(t *testing.T) {
	l := layoutOf(Version)
	put := binary.LittleEndian.PutUint64
	for name, change := range map[string]func(dict, batch []byte){
		"rows":        func(_, batch []byte) { put(batch[l.batchRows:], 1<<33); l.line(batch).put(lineRows, 0xFFFFFFFF) },
		"no rows":     func(_, batch []byte) { put(batch[l.batchRows:], 0); l.line(batch).put(lineRows, 0) },
		"node":        func(_, batch []byte) { put(batch[l.batchNodes:], 1<<40) },
		"nulls":       func(_, batch []byte) { put(batch[l.batchNodes+8:], 1) },
		"offset":      func(_, batch []byte) { put(batch[l.batchBuffers+16:], 1<<40) },
		"length":      func(_, batch []byte) { put(batch[l.batchBuffers+24:], 10<<30) },
		"negative":    func(_, batch []byte) { put(batch[l.batchBuffers+24:], ^uint64(0)) },
		"batch body":  func(_, batch []byte) { put(batch[l.batchBody:], 10<<30) },
		"dict body":   func(dict, _ []byte) { put(dict[l.dictBody:], 10<<30) },
		"entries":     func(dict, _ []byte) { put(dict[l.dictCount:], 1<<40); put(dict[l.dictNode:], 1<<40) },
		"dict length": func(dict, _ []byte) { put(dict[l.dictBuffers+40:], 10<<30) },
		"sequence":    func(_, batch []byte) { l.line(batch).put(lineSeq, 1<<63) },
		"other file":  func(_, batch []byte) { l.line(batch).put(lineID, 5) },
	} {
		t.Run(name, func(t *testing.T) {
			file, batches := smallFile(t, false)
			rewrite(file, openBytes(t, file).BlockInfo(1), change)
			var got reading
			allocated := allocation(func() { got = readAll(t, file, batches, ReadOptions{}) })
			if len(got.holes) != 1 || len(got.blocks) != 2 || got.state != Corrupt {
				t.Errorf("%+v", got)
			}
			if allocated > 8<<20 {
				t.Errorf("%d bytes allocated", allocated)
			}
		})
	}
}

// TestMissingBlock: a block that was taken out leaves a hole even without an
// index.
func TestMissingBlock(t *testing.T) {
	file, batches := smallFile(t, false)
	info := openBytes(t, file).BlockInfo(1)
	file = append(file[:info.Offset:info.Offset], file[info.Offset+info.Size:]...)
	got := readAll(t, file, batches, ReadOptions{})
	if got.state != Corrupt || len(got.holes) != 1 || fmt.Sprint(got.blocks) != "[0 2]" ||
		!strings.Contains(got.holes[0].Error(), "block 1 is missing") {
		t.Errorf("%+v", got)
	}
}

// TestSwappedBlocks: blocks in another order are not rows in another order.
func TestSwappedBlocks(t *testing.T) {
	file, batches := smallFile(t, false)
	r := openBytes(t, file)
	a, b := r.BlockInfo(1), r.BlockInfo(2)
	swapped := bytes.Clone(file[:a.Offset])
	swapped = append(swapped, file[b.Offset:]...)
	swapped = append(swapped, file[a.Offset:b.Offset]...)
	if got := readAll(t, swapped, batches, ReadOptions{}); got.state != Corrupt || fmt.Sprint(got.blocks) != "[0 2]" {
		t.Errorf("%+v", got)
	}
}

// TestForgedBlock: what a traced process passes as a path may be a block that
// fits in every way, and damage may make a reader look for blocks there. But
// the process does not know the file's id.
func TestForgedBlock(t *testing.T) {
	file, batches := smallFile(t, false)
	for _, known := range []bool{false, true} {
		id := [16]byte{9}
		if known {
			id = openBytes(t, file).ID()
		}
		var other bytes.Buffer
		w, err := NewWriter(&other, sampleHeader(), WriterOptions{ID: id})
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range append(batches, batches[0]) {
			if err := w.Write(b, Clock{}); err != nil {
				t.Fatal(err)
			}
		}
		forged := other.Bytes()[w.blocks[3].Offset:]
		tail := append(bytes.Repeat([]byte("damaged "), 10), forged...)
		r := openBytes(t, append(bytes.Clone(file), tail...))
		want := 3
		if known { // so the test tests the id
			want = 4
		}
		if state, _ := r.State(); state != Corrupt || r.BlockCount() != want || len(r.Holes()) != 1 {
			t.Errorf("id known %v: %s, %d blocks, holes %v", known, state, r.BlockCount(), r.Holes())
		}
	}
}

func TestEndings(t *testing.T) {
	sealed, batches := smallFile(t, true)
	open, _ := smallFile(t, false)
	for _, test := range []struct {
		name  string
		file  []byte
		state State
		text  string
	}{
		{"sealed", sealed, Sealed, ""},
		{"unsealed", open, Unsealed, "no index follows the last block"},
		{"zeros", append(bytes.Clone(open), make([]byte, 5000)...), Unsealed, "never written to the disk"},
		{"garbage", append(bytes.Clone(open), bytes.Repeat([]byte("garbage!"), 999)...), Corrupt, "no block begins here (7992 bytes skipped)"},
		{"extra", append(bytes.Clone(sealed), 1, 2, 3), Corrupt, "bytes follow the end of the trace"},
		{"twice", append(bytes.Clone(sealed), sealed...), Corrupt, "bytes follow the end of the trace"},
	} {
		got := readAll(t, test.file, batches, ReadOptions{Verify: true})
		if got.err != nil || got.state != test.state || len(got.blocks) != 3 ||
			test.text != "" && (got.detail == nil || !strings.Contains(got.detail.Error(), test.text)) {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

func TestNotOurs(t *testing.T) {
	for _, file := range []string{"", "x", "\x7fELF", strings.Repeat("not a trace\n", 5000)} {
		_, err := NewReader(strings.NewReader(file), int64(len(file)))
		if err == nil {
			t.Errorf("%.20q opens", file)
		}
	}
}

func TestNewerVersion(t *testing.T) {
	file, _ := smallFile(t, true)
	// Of a newer version we know only that its first message has the mark.
	at := bytes.Index(file, versionMark) + len(versionMark)
	file[at] = '9'
	copy(file[200:], "another schema")
	_, err := NewReader(bytes.NewReader(file), int64(len(file)))
	var v *VersionError
	if !errors.As(err, &v) || v.Version != 9 || !strings.Contains(err.Error(), "format version 9 is newer") {
		t.Errorf("%v", err)
	}
}

func TestTotalsAndHeader(t *testing.T) {
	b := NewBatch(2)
	b.AppendRows(2)
	b.U16[ColEvent][0], b.U64[ColArg2][0] = uint16(EventLost), 17
	b.U16[ColEvent][1] = uint16(EventClock)
	r := openBytes(t, writeFile(t, true, b, NewBatch(0), b))
	totals := r.Totals()
	if totals.Rows != 4 || totals.Lost != 34 || totals.Events["lost"] != 2 || totals.Events["clock"] != 2 || totals.Reason != "end" {
		t.Errorf("%+v", totals)
	}
	if h := r.Header(); h.Version != Version || h.Table != TableDigest() || h.Host != "host" {
		t.Errorf("%+v", h)
	}
	if r.BlockCount() != 2 || r.BlockInfo(1).Lost != 34 || r.BlockInfo(0).Lost != 17 || r.Rows() != 4 {
		t.Errorf("%d blocks, %d rows", r.BlockCount(), r.Rows())
	}
}
