package format

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// pieces are a block that is to be put together anew, checksums and all.
type pieces struct {
	l                         *layout
	dict, batch               []byte   // messages, whose buffers' places and body lengths are filled in
	dictBuffers, batchBuffers [][]byte // in the order of the file
	late                      func()   // changes messages after that
}

func (p *pieces) put(msg []byte, at int, v uint64) { binary.LittleEndian.PutUint64(msg[at:], v) }

// values is the buffer of column c.
func (p *pieces) values(c ColumnID) *[]byte { return &p.batchBuffers[2*p.l.place[c]+1] }

// reblock changes block n of an unsealed file, which ends with it.
func reblock(t testing.TB, file []byte, n int, change func(p *pieces)) []byte {
	t.Helper()
	r := openBytes(t, file)
	info, l := r.BlockInfo(n), r.head.layout
	var from parts
	if what := l.split(bytes.Clone(file[info.Offset:info.Offset+info.Size]), &r.head.id, &from); what != "" {
		t.Fatal(what)
	}
	p := &pieces{l: l, dict: from.dict, batch: from.batch, late: func() {}}
	for i := range 3 {
		p.dictBuffers = append(p.dictBuffers, bytes.Clone(span(p.dict[l.dictBuffers:], i, from.dictBody)))
	}
	for i := range 2 * len(l.columns) {
		p.batchBuffers = append(p.batchBuffers, bytes.Clone(span(p.batch[l.batchBuffers:], i, from.batchBody)))
	}
	change(p)
	body := func(msg []byte, at, length int, buffers [][]byte) (body []byte) {
		var spans [][2]int
		for _, b := range buffers {
			spans = append(spans, [2]int{len(body), len(b)})
			body = append(body, b...)
			body = append(body, make([]byte, align8(len(b))-len(b))...)
		}
		putSpans(msg[at:], spans)
		p.put(msg, length, uint64(len(body)))
		return body
	}
	dictBody := body(p.dict, l.dictBuffers, l.dictBody, p.dictBuffers)
	batchBody := body(p.batch, l.batchBuffers, l.batchBody, p.batchBuffers)
	p.late()
	line := l.line(p.batch)
	line.put(lineBody, uint64(crc32.Update(crc32.Checksum(dictBody, castagnoli), castagnoli, batchBody)))
	line.zero(lineMeta)
	line.put(lineMeta, uint64(crc32.Update(crc32.Checksum(p.dict, castagnoli), castagnoli, p.batch)))
	out := bytes.Clone(file[:info.Offset])
	for _, part := range [][]byte{p.dict, dictBody, p.batch, batchBody} {
		out = append(out, part...)
	}
	return out
}

// refoot changes prologue and index of a sealed file, and its trailer, and makes the checksums fit.
func refoot(t testing.TB, file []byte, change func(foot []byte), trailer func(b []byte)) []byte {
	t.Helper()
	file = bytes.Clone(file)
	r := openBytes(t, file)
	tail := file[len(file)-trailerSize:]
	at := binary.LittleEndian.Uint64(tail)
	foot := file[at : len(file)-trailerSize]
	change(foot)
	binary.LittleEndian.PutUint32(foot[28:], crc32.Checksum(foot[:28], castagnoli))
	last := r.blocks[len(r.blocks)-1].Chain
	hash := seal(&last, foot)
	copy(tail, appendTrailer(nil, int64(at), &hash, &r.sig, foot))
	trailer(tail)
	binary.LittleEndian.PutUint32(tail[140:], crc32.Checksum(tail[:140], castagnoli))
	return file
}

// rehead changes the first message and makes its checksum fit.
func rehead(file []byte, version int, change func(head []byte)) []byte {
	file = bytes.Clone(file)
	l := layoutOf(version)
	head := file[:messagePrefix+binary.LittleEndian.Uint32(file[4:])]
	change(head)
	putFileCRC(head[l.schemaFile:], 0)
	putFileCRC(head[l.schemaFile:], crc32.Checksum(head, castagnoli))
	return file
}

const huge = 10 << 30

// hostileFiles has for each length that stands in a file one that says 10 GB
// there, or as much as fits, with right checksums.
func hostileFiles(t testing.TB) map[string][]byte {
	files := map[string][]byte{}
	le := binary.LittleEndian
	b := NewBatch(40)
	newSampler(7).fill(b, 40)
	for version := 1; version <= Version; version++ {
		l := layoutOf(version)
		open, sealed := writeFile(t, false, b), writeFile(t, true, b)
		if version == 1 {
			open, sealed = writeVersion1(t, false, false, b), writeVersion1(t, true, false, b)
		}
		name := func(s string, args ...any) string { return fmt.Sprintf("v%d: ", version) + fmt.Sprintf(s, args...) }
		block := func(what string, change func(p *pieces)) { files[what] = reblock(t, open, 0, change) }

		files[name("length of the first message")] = rehead(sealed, version, func(h []byte) { le.PutUint32(h[4:], 1<<32-8) })
		files[name("length of the header")] = rehead(sealed, version, func(h []byte) { le.PutUint32(h[l.headerLen:], 1<<32-5) })

		dict := func(what string, at ...int) {
			block(name("dictionary: %s", what), func(p *pieces) {
				p.late = func() {
					for _, at := range at {
						p.put(p.dict, at, huge)
					}
				}
			})
		}
		dict("body", l.dictBody)
		dict("entries", l.dictCount)
		dict("entries and node", l.dictCount, l.dictNode)
		dict("nulls", l.dictNode+8)
		for i := range 3 {
			dict(fmt.Sprint("offset of buffer ", i), l.dictBuffers+16*i)
			dict(fmt.Sprint("length of buffer ", i), l.dictBuffers+16*i+8)
		}
		dict("length of the last buffer and body", l.dictBuffers+40, l.dictBody)
		block(name("dictionary: as many entries as may be"), func(p *pieces) {
			p.late = func() {
				p.put(p.dict, l.dictCount, MaxDictCount-1)
				p.put(p.dict, l.dictNode, MaxDictCount-1)
			}
		})

		batch := func(what string, at ...int) {
			block(name("rows: %s", what), func(p *pieces) {
				p.late = func() {
					for _, at := range at {
						p.put(p.batch, at, huge)
					}
				}
			})
		}
		batch("body", l.batchBody)
		batch("rows", l.batchRows)
		block(name("rows: everywhere"), func(p *pieces) {
			p.late = func() {
				p.put(p.batch, l.batchRows, 0xFFFFFFFF)
				l.line(p.batch).put(lineRows, 0xFFFFFFFF)
				for i := range l.columns {
					p.put(p.batch, l.batchNodes+16*i, 0xFFFFFFFF)
				}
			}
		})
		for i, c := range l.columns {
			column := Columns[c].Name
			batch(column+" rows", l.batchNodes+16*i)
			batch(column+" nulls", l.batchNodes+16*i+8)
			for k := range 2 {
				batch(fmt.Sprintf("%s offset %d", column, k), l.batchBuffers+32*i+16*k)
				batch(fmt.Sprintf("%s length %d", column, k), l.batchBuffers+32*i+16*k+8)
			}
			block(name("%s: uncompressed length", column), func(p *pieces) { le.PutUint64(*p.values(c), huge) })
			for what, frame := range hostileFrames(40 * Columns[c].Type.size()) {
				block(name("%s: %s", column, what), func(p *pieces) { *p.values(c) = frame })
			}
		}
		bytesAt := 2
		block(name("strings: uncompressed length"), func(p *pieces) { le.PutUint64(p.dictBuffers[bytesAt], huge) })
		for what, frame := range hostileFrames(5000) {
			block(name("strings: %s", what), func(p *pieces) { p.dictBuffers[bytesAt] = frame })
		}
		if version == 1 {
			block(name("strings: ends"), func(p *pieces) { p.dictBuffers[1] = plainBuffer(bytes.Repeat([]byte{0, 255, 255, 255}, b.Dict.Len())) })
		} else {
			count := func(p *pieces) int { return int(le.Uint64(p.dict[l.dictCount:])) - refFirst }
			block(name("strings: lengths"), func(p *pieces) {
				parts := make([]byte, 4*l.bytes+5*count(p))
				for i := 4*l.bytes + count(p); i < len(parts); i++ {
					parts[i] = 0xFF
				}
				p.dictBuffers[bytesAt] = plainBuffer(parts)
			})
			block(name("strings: where the columns' begin"), func(p *pieces) {
				parts := make([]byte, 4*l.bytes+5*count(p))
				for i := range 4 * l.bytes {
					parts[i] = 0xFF
				}
				p.dictBuffers[bytesAt] = plainBuffer(parts)
			})
		}

		none := func([]byte) {}
		for what, at := range map[string]int{"blocks": 8, "offset": prologueSize, "size": prologueSize + 8, "seq": prologueSize + 16} {
			files[name("index: %s", what)] = refoot(t, sealed, func(f []byte) { le.PutUint64(f[at:], huge) }, none)
		}
		files[name("index: as many blocks as may be")] = refoot(t, sealed, func(f []byte) { le.PutUint64(f[8:], MaxBlocks) }, none)
		files[name("index: rows")] = refoot(t, sealed, func(f []byte) { le.PutUint32(f[prologueSize+72:], 1<<32-1) }, none)
		files[name("index: length of totals")] = refoot(t, sealed, func(f []byte) { le.PutUint32(f[16:], 1<<32-1) }, none)
		files[name("index: as long totals as may be")] = refoot(t, sealed, func(f []byte) { le.PutUint32(f[16:], MaxTotals) }, none)
		files[name("trailer: offset")] = refoot(t, sealed, none, func(b []byte) { le.PutUint64(b, huge) })
		files[name("trailer: negative offset")] = refoot(t, sealed, none, func(b []byte) { le.PutUint64(b, 1<<63) })
	}
	return files
}

func plainBuffer(b []byte) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, noCompression), b...)
}

// hostileFrames are buffers that say to hold n bytes, with zstd frames that say otherwise or
// would need much memory; none is longer than a buffer of n bytes may be.
func hostileFrames(n int) map[string][]byte {
	le := binary.LittleEndian
	buffer := func(frame []byte) []byte {
		out := append(le.AppendUint64(nil, uint64(n)), frame...)
		return out[:min(len(out), n+8)]
	}
	magic := []byte{0x28, 0xB5, 0x2F, 0xFD}
	content := func(descriptor byte, fields ...byte) []byte {
		return buffer(append(append(append(bytes.Clone(magic), descriptor), fields...), bytes.Repeat([]byte{0x02, 0, 0x10, 'a'}, 50)...))
	}
	return map[string][]byte{
		"content of 10 GB":          content(0xE0, le.AppendUint64(nil, huge)...), // one segment
		"content of 10 GB, window":  content(0xC0, append([]byte{0xFF}, le.AppendUint64(nil, huge)...)...),
		"content not said, window":  content(0x00, 0xFF), // 3.75 TB
		"content of 2^64 - 1":       content(0xE0, bytes.Repeat([]byte{0xFF}, 8)...),
		"runs of more than it says": content(0xA0, le.AppendUint32(nil, uint32(n))...),
	}
}

// worstFile is what costs a reader most: a small file whose every block has as many rows
// and as long strings as may be.
func worstFile(t testing.TB, blocks int) []byte {
	b := NewBatch(0)
	b.AppendRows(MaxRows)
	for i := range 4 {
		b.SetBytes(ColComm, i, bytes.Repeat([]byte{byte('a' + i)}, MaxDictBytes/4))
	}
	all := make([]*Batch, blocks)
	for i := range all {
		all[i] = b
	}
	return writeFile(t, false, all...)
}

// TestHostile reads hostile files in a process that may have little memory: the lengths
// cost nothing, and the worst that is not refused costs what FORMAT.md says.
func TestHostile(t *testing.T) {
	if dir := os.Getenv("TRACEREC_HOSTILE"); dir != "" {
		readHostile(dir)
		return
	}
	files := hostileFiles(t)
	if len(files) < 1700 {
		t.Errorf("%d files", len(files))
	}
	lengths := t.TempDir()
	for name, file := range files {
		name = strings.NewReplacer(": ", "-", " ", "-").Replace(name)
		if err := os.WriteFile(filepath.Join(lengths, name), file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A length that is true, but of a hole that costs nothing on the disk.
	sparse, err := os.Create(filepath.Join(lengths, "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	file, _ := smallFile(t, true)
	size := int64(len(file))
	at := int64(binary.LittleEndian.Uint64(file[size-trailerSize:]))
	foot := appendPrologue(nil, footer{blocks: (200<<20 - prologueSize - trailerSize) / entrySize, version: Version})
	sparse.Write(file[:at])
	sparse.Write(foot)
	sparse.WriteAt(appendTrailer(nil, at, new([32]byte), new(signature), foot), at+footer{blocks: (200<<20 - prologueSize - trailerSize) / entrySize}.size()-trailerSize)
	if err := sparse.Close(); err != nil {
		t.Fatal(err)
	}
	worst := t.TempDir()
	if err := os.WriteFile(filepath.Join(worst, "worst"), worstFile(t, 4), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dir   string
		limit int // MiB
		files int // 0: it is too little
	}{{lengths, 96, len(files) + 1}, {worst, MaxMemory >> 20, 1}, {worst, 96, 0}} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestHostile$")
		cmd.Env = append(os.Environ(), "TRACEREC_HOSTILE="+c.dir, "TRACEREC_LIMIT="+strconv.Itoa(c.limit), "GOMAXPROCS=4")
		out, err := cmd.CombinedOutput()
		t.Logf("limit %d MiB: %s", c.limit, firstLines(string(out), 20))
		if c.files == 0 {
			if err == nil || !strings.Contains(string(out), "out of memory") && runtime.GOOS == "linux" {
				t.Errorf("%d MiB are enough: %v", c.limit, err)
			}
			continue
		}
		if err != nil || !strings.Contains(string(out), fmt.Sprintf("\n%d files", c.files)) {
			t.Errorf("%s: %v", c.dir, err)
		}
	}
}

func firstLines(s string, n int) string {
	lines := strings.SplitAfterN(s, "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "")
}

// readHostile reads all files of dir in every way, with TRACEREC_LIMIT MiB more memory than it has.
func readHostile(dir string) {
	limit, _ := strconv.Atoi(os.Getenv("TRACEREC_LIMIT"))
	before := limitMemory(uint64(limit) << 20)
	names, _ := filepath.Glob(filepath.Join(dir, "*"))
	whole := 0
	for _, name := range names {
		r, err := Open(name)
		if err != nil {
			continue
		}
		rows := uint64(0)
		for b, err := range r.Blocks(ReadOptions{Verify: true}) {
			if err == nil {
				rows += uint64(b.N)
			}
		}
		state, _ := r.State()
		if rows > 0 && state == Sealed {
			whole++
			fmt.Println(name, "is taken for whole")
		}
		if s, err := r.Salvage(); err == nil {
			for range s.Blocks(ReadOptions{Columns: []ColumnID{ColTime, ColPath}}) {
			}
		}
		r.Close()
	}
	fmt.Printf("\n%d files, %d taken for whole, peak %s\n", len(names), whole, before())
	if whole > 0 {
		os.Exit(1)
	}
}
