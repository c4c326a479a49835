package format

import (
	"encoding/hex"
	"strings"
)

// Each block describes itself in one line of text, the value of the key
// tracerec.block in its record batch message: name=value pairs in this order,
// every value in lower-case hexadecimal digits of fixed width, so that the
// checksums can be put in after the rest is known.
const (
	lineID       = iota // the file's id
	lineBlock           // number of the block in the file, from 0
	lineSeq             // sequence number of the first row
	lineRows            // rows
	lineFirst           // least time
	lineLast            // greatest time
	lineBoottime        // clock snapshot when the block was written
	lineRealtime        //
	lineLost            // records lost up to and in this block
	lineEvents          // bit e for event number e, bit 63 for 63 and above
	lineMinPID          // least pid that is not 0
	lineMaxPID          // greatest pid
	lineCoded           // bit c for column c where it is coded
	lineBody            // CRC-32C of both bodies
	lineChain           // SHA-256 over the chain value before and this block
	lineMeta            // CRC-32C of both messages' metadata
	numLine
)

var lineFields = [numLine]struct {
	name   string
	digits int
}{
	lineID: {"id", 32}, lineBlock: {"block", 16}, lineSeq: {"seq", 16}, lineRows: {"rows", 8},
	lineFirst: {"first", 16}, lineLast: {"last", 16},
	lineBoottime: {"boottime", 16}, lineRealtime: {"realtime", 16},
	lineLost: {"lost", 16}, lineEvents: {"events", 16},
	lineMinPID: {"minpid", 8}, lineMaxPID: {"maxpid", 8},
	lineCoded: {"coded", codedBits / 4}, lineBody: {"body", 8}, lineChain: {"chain", 64}, lineMeta: {"meta", 8},
}

// lineText is a line of zeros; lineAt is where each value starts in it.
var lineText, lineAt = func() (string, [numLine]int) {
	var b strings.Builder
	var at [numLine]int
	for f, field := range lineFields {
		if f > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(field.name + "=")
		at[f] = b.Len()
		b.WriteString(strings.Repeat("0", field.digits))
	}
	return b.String(), at
}()

// blockLine is the line of one block, in place.
type blockLine []byte

func (l blockLine) value(f int) []byte { return l[lineAt[f] : lineAt[f]+lineFields[f].digits] }

func (l blockLine) put(f int, v uint64) {
	const digits = "0123456789abcdef"
	value := l.value(f)
	for i := len(value) - 1; i >= 0; i-- {
		value[i] = digits[v&15]
		v >>= 4
	}
}

func (l blockLine) putBytes(f int, v []byte) { hex.Encode(l.value(f), v) }

// zero makes a field what it is while the checksum of its surroundings is taken.
func (l blockLine) zero(f int) {
	value := l.value(f)
	for i := range value {
		value[i] = '0'
	}
}

// putCoded puts the set in, column 0 in the last digit's lowest bit.
func (l blockLine) putCoded(s *codedSet) {
	var b [codedBits / 8]byte
	for i := range b {
		b[len(b)-1-i] = byte(s[i/8] >> (8 * (i % 8)))
	}
	l.putBytes(lineCoded, b[:])
}

func (r *lineReader) coded() (s codedSet) {
	var b [codedBits / 8]byte
	r.bytes(lineCoded, b[:])
	for i := range b {
		s[i/8] |= uint64(b[len(b)-1-i]) << (8 * (i % 8))
	}
	return s
}

// lineReader reads numbers off a line; after a bad digit everything is 0 and
// bad is set.
type lineReader struct {
	line blockLine
	bad  bool
}

func (r *lineReader) uint(f int) (v uint64) {
	for _, c := range r.line.value(f) {
		switch {
		case '0' <= c && c <= '9':
			v = v<<4 | uint64(c-'0')
		case 'a' <= c && c <= 'f':
			v = v<<4 | uint64(c-'a'+10)
		default:
			r.bad = true
			return 0
		}
	}
	return v
}

func (r *lineReader) bytes(f int, dst []byte) {
	for _, c := range r.line.value(f) {
		if 'A' <= c && c <= 'F' { // one spelling only
			r.bad = true
			return
		}
	}
	if _, err := hex.Decode(dst, r.line.value(f)); err != nil {
		r.bad = true
	}
}

// BlockInfo is what a block says about itself: enough to decide whether to
// read it.
type BlockInfo struct {
	Number         uint64 // position in the file as it was written, from 0
	Offset         int64  // in the file, bytes
	Size           int64  // bytes
	Seq            uint64 // sequence number of the first row
	Rows           int
	First, Last    int64  // least and greatest time of a row, ns since boot
	Clock          Clock  // when the block was written
	Lost           uint64 // records lost up to and in this block
	Events         uint64 // which events occur: bit e for event e, bit 63 for 63 and above
	MinPID, MaxPID uint32 // of the rows whose pid is not 0
	Chain          [32]byte
	meta           uint32 // CRC-32C of the metadata: ties the index to the block
}

// EventBit is the bit of e in BlockInfo.Events.
func EventBit(e EventID) uint64 { return 1 << min(e, 63) }

func (i *BlockInfo) put(l blockLine) {
	l.put(lineBlock, i.Number)
	l.put(lineSeq, i.Seq)
	l.put(lineRows, uint64(i.Rows))
	l.put(lineFirst, uint64(i.First))
	l.put(lineLast, uint64(i.Last))
	l.put(lineBoottime, uint64(i.Clock.Boottime))
	l.put(lineRealtime, uint64(i.Clock.Realtime))
	l.put(lineLost, i.Lost)
	l.put(lineEvents, i.Events)
	l.put(lineMinPID, uint64(i.MinPID))
	l.put(lineMaxPID, uint64(i.MaxPID))
}

// parse reads a line; the template has checked its names. Offset and Size are
// the caller's.
func (i *BlockInfo) parse(l blockLine) (body uint32, ok bool) {
	r := lineReader{line: l}
	i.Number = r.uint(lineBlock)
	i.Seq = r.uint(lineSeq)
	i.Rows = int(r.uint(lineRows))
	i.First, i.Last = int64(r.uint(lineFirst)), int64(r.uint(lineLast))
	i.Clock = Clock{int64(r.uint(lineBoottime)), int64(r.uint(lineRealtime))}
	i.Lost, i.Events = r.uint(lineLost), r.uint(lineEvents)
	i.MinPID, i.MaxPID = uint32(r.uint(lineMinPID)), uint32(r.uint(lineMaxPID))
	body = uint32(r.uint(lineBody))
	r.bytes(lineChain, i.Chain[:])
	i.meta = uint32(r.uint(lineMeta))
	return body, !r.bad
}
