package format

import (
	"encoding/binary"
	"hash/crc32"
)

// A problem says what is wrong with bytes of a file; "" is nothing. Problems
// become a CorruptError where path and offset are known.
type problem = string

// parts are the four pieces of a block.
type parts struct {
	dict, dictBody, batch, batchBody []byte
	count                            int // strings
	info                             BlockInfo
	body                             uint32   // CRC-32C of both bodies, as the line says
	coded                            codedSet // columns that are coded
}

var zeroDigits = []byte("00000000")

// dictLength reads the length of a dictionary message with its body off the
// message, which the template has matched.
func (l *layout) dictLength(dict []byte) (int64, problem) {
	n := binary.LittleEndian.Uint64(dict[l.dictBody:])
	if n%8 != 0 || n > maxDictParts+4*MaxDictCount+64 {
		return 0, "the dictionary's length is impossible"
	}
	return int64(len(l.dict.bytes)) + int64(n), ""
}

// metadata checks both messages of a block, without their bodies, and reads
// them into p. It allocates nothing.
func (l *layout) metadata(p *parts, id *[16]byte) problem {
	le := binary.LittleEndian
	if len(p.dict) != len(l.dict.bytes) || !l.dict.match(p.dict) {
		return "no dictionary message where a block should begin"
	}
	if len(p.batch) != len(l.batch.bytes) || !l.batch.match(p.batch) {
		return "no record batch message after the dictionary"
	}
	line := l.line(p.batch)
	var ok bool
	if p.body, ok = p.info.parse(line); !ok {
		return "the block's description is not hexadecimal"
	}
	// The checksum is taken with its own digits zero.
	sum := crc32.Checksum(p.dict, castagnoli)
	at := l.batchLine + lineAt[lineMeta]
	sum = crc32.Update(sum, castagnoli, p.batch[:at])
	sum = crc32.Update(sum, castagnoli, zeroDigits)
	sum = crc32.Update(sum, castagnoli, p.batch[at+lineFields[lineMeta].digits:])
	if sum != p.info.meta {
		return "checksum of the block's metadata does not match"
	}
	var got [16]byte
	r := lineReader{line: line}
	if r.bytes(lineID, got[:]); r.bad || got != *id {
		return "the block belongs to another file"
	}
	if what := l.codings(p, line); what != "" {
		return what
	}
	rows := le.Uint64(p.batch[l.batchRows:])
	if rows != uint64(p.info.Rows) || rows == 0 || rows > MaxRows {
		return "the number of rows is impossible"
	}
	first := l.firstString()
	count := le.Uint64(p.dict[l.dictCount:])
	if count >= MaxDictCount+first || count < first || le.Uint64(p.dict[l.dictNode:]) != count || le.Uint64(p.dict[l.dictNode+8:]) != 0 {
		return "the number of dictionary entries is impossible"
	}
	p.count = int(count - first)
	if int64(p.info.Seq) < 0 || int64(p.info.Number) < 0 {
		return "the sequence number is impossible"
	}
	dictBody, batchBody := le.Uint64(p.dict[l.dictBody:]), le.Uint64(p.batch[l.batchBody:])
	if what := checkSpans(p.dict[l.dictBuffers:], 3, dictBody, func(i int) int {
		return [...]int{0, 4 * (int(count) + 1), maxDictParts}[i]
	}); what != "" {
		return what
	}
	if what := checkSpans(p.batch[l.batchBuffers:], 2*len(l.columns), batchBody, func(i int) int {
		if i%2 == 0 {
			if l.version == 1 && Columns[l.columns[i/2]].Type == Bytes {
				return align8(p.info.Rows) / 8
			}
			return 0
		}
		return p.info.Rows * Columns[l.columns[i/2]].Type.size()
	}); what != "" {
		return what
	}
	for i, c := range l.columns {
		node := p.batch[l.batchNodes+16*i:]
		nulls := le.Uint64(node[8:])
		if le.Uint64(node) != rows || nulls > rows || nulls != 0 && (l.version > 1 || Columns[c].Type != Bytes) {
			return "column " + Columns[c].Name + " has another number of rows than the block"
		}
	}
	p.info.Size = int64(len(p.dict)) + int64(dictBody) + int64(len(p.batch)) + int64(batchBody)
	return ""
}

// codings reads which columns are coded.
func (l *layout) codings(p *parts, line blockLine) problem {
	r := lineReader{line: line}
	p.coded = r.coded()
	known := codedSet{}
	for _, c := range l.columns {
		if codingsOf(l.version)[c].how != codePlain {
			known.add(c)
		}
	}
	for _, c := range l.columns {
		if l.version > 1 && Columns[c].Type == Bytes && !p.coded.has(c) {
			return "a column of strings is not coded"
		}
	}
	if l.version > 1 && p.coded.has(ColDuration) && !p.coded.has(ColTime) {
		return "duration is coded without time"
	}
	for i := range known {
		if r.bad || p.coded[i]&^known[i] != 0 {
			return "a column is coded in a way that is not known"
		}
	}
	return ""
}

// firstString is how many entries of Arrow's dictionary stand before the strings.
func (l *layout) firstString() uint64 {
	if l.version == 1 {
		return 0
	}
	return refFirst
}

// checkSpans checks that n buffers stand one behind the other, each at a
// multiple of 8, fill the body, and are no longer than what they hold when
// it is not compressed.
func checkSpans(spans []byte, n int, body uint64, limit func(i int) int) problem {
	var at uint64
	for i := range n {
		offset, length := binary.LittleEndian.Uint64(spans[16*i:]), binary.LittleEndian.Uint64(spans[16*i+8:])
		most := uint64(limit(i))
		if most > 0 {
			most += 8
		}
		if offset != at || length > most {
			return "a buffer is not where it should be, or too long"
		}
		at += (length + 7) &^ 7
	}
	if at != body {
		return "the buffers do not fill the body"
	}
	return ""
}

// span is buffer i of a body.
func span(spans []byte, i int, body []byte) []byte {
	offset, length := binary.LittleEndian.Uint64(spans[16*i:]), binary.LittleEndian.Uint64(spans[16*i+8:])
	return body[offset : offset+length]
}

// split cuts a whole block into its parts and checks metadata and checksums.
func (l *layout) split(block []byte, id *[16]byte, p *parts) problem {
	if len(block) < len(l.dict.bytes) {
		return "the block is too short"
	}
	p.dict = block[:len(l.dict.bytes)]
	if !l.dict.match(p.dict) {
		return "no dictionary message where a block should begin"
	}
	n, what := l.dictLength(p.dict)
	if what != "" {
		return what
	}
	if n+int64(len(l.batch.bytes)) > int64(len(block)) {
		return "the block is too short"
	}
	p.dictBody = block[len(p.dict):n]
	p.batch = block[n : n+int64(len(l.batch.bytes))]
	p.batchBody = block[n+int64(len(p.batch)):]
	if what := l.metadata(p, id); what != "" {
		return what
	}
	if p.info.Size != int64(len(block)) {
		return "the block's length does not match"
	}
	if crc32.Update(crc32.Checksum(p.dictBody, castagnoli), castagnoli, p.batchBody) != p.body {
		return "checksum of the block's data does not match"
	}
	return ""
}
