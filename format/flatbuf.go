package format

import (
	"bytes"
	"encoding/binary"
	"slices"

	flatbuffers "github.com/google/flatbuffers/go"
)

// Arrow describes each message by a flatbuffer. Ours have a fixed shape per
// format version: the same tables, the same vector lengths, strings of fixed
// width. So a message is a template, made once with the flatbuffers builder,
// with holes at known places for the numbers that differ. The writer fills
// the holes; the reader compares everything else byte for byte and so never
// follows an offset that it took from a file.

// Numbers of the Arrow columnar format, from its Message.fbs and Schema.fbs.
const (
	arrowV5          = 4
	arrowSchema      = 1 // MessageHeader
	arrowDictionary  = 2
	arrowRecordBatch = 3
	arrowInt         = 2 // Type
	arrowBinary      = 4
	arrowZstd        = 1 // CompressionType

	continuation  = 0xFFFFFFFF // before the length of every message
	messagePrefix = 8          // continuation and length
)

// endOfStream is what Arrow readers stop at.
var endOfStream = []byte{0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0}

// template is a message with holes. Positions count from the message's first
// byte, the continuation.
type template struct {
	bytes []byte
	holes [][2]int // start and end, sorted by seal
	fixed [][2]int // what lies between
}

// seal sorts the holes and derives the fixed spans.
func (t *template) seal() {
	slices.SortFunc(t.holes, func(a, b [2]int) int { return a[0] - b[0] })
	at := 0
	for _, h := range t.holes {
		if h[0] > at {
			t.fixed = append(t.fixed, [2]int{at, h[0]})
		}
		at = h[1]
	}
	if at < len(t.bytes) {
		t.fixed = append(t.fixed, [2]int{at, len(t.bytes)})
	}
}

// match says whether msg is the template but for its holes. A msg that is too
// short is compared as far as it goes.
func (t *template) match(msg []byte) bool {
	for _, s := range t.fixed {
		if s[0] >= len(msg) {
			return true
		}
		end := min(s[1], len(msg))
		if !bytes.Equal(msg[s[0]:end], t.bytes[s[0]:end]) {
			return false
		}
	}
	return true
}

// fb is a flatbuffers builder that remembers where holes are. The builder
// works from the end of the buffer to its start, so until the buffer is
// finished a place is its distance from the end.
type fb struct {
	*flatbuffers.Builder
	holes []hole
}

type hole struct {
	fromEnd, size int
	at            *int // receives the position
}

func newFB() *fb { return &fb{Builder: flatbuffers.NewBuilder(8 << 10)} }

// mark makes a hole of what was written last, or of bytes within it.
func (b *fb) mark(at *int, skip, size int) {
	b.holes = append(b.holes, hole{int(b.Offset()) - skip, size, at})
}

// int64Hole adds a field of the table under construction.
func (b *fb) int64Hole(slot int, at *int) {
	b.PrependInt64Slot(slot, 1, 0) // not 0: a default would not be stored
	b.mark(at, 0, 8)
}

// text adds a string of n zeros as a hole.
func (b *fb) text(s string, at *int) flatbuffers.UOffsetT {
	off := b.CreateString(s)
	b.mark(at, 4, len(s)) // after the string's length
	return off
}

// pairs adds a vector of n structs of two int64, all holes. at receives the
// position of the first.
func (b *fb) pairs(n int, at *int) flatbuffers.UOffsetT {
	b.StartVector(16, n, 8)
	for range n {
		b.Prep(8, 16)
		b.PrependInt64(0)
		b.PrependInt64(0)
	}
	off := b.EndVector(n)
	b.mark(at, 4, 16*n)
	return off
}

func (b *fb) offsets(offs []flatbuffers.UOffsetT) flatbuffers.UOffsetT {
	b.StartVector(4, len(offs), 4)
	for i := len(offs) - 1; i >= 0; i-- {
		b.PrependUOffsetT(offs[i])
	}
	return b.EndVector(len(offs))
}

func (b *fb) keyValue(key string, value flatbuffers.UOffsetT) flatbuffers.UOffsetT {
	k := b.CreateString(key)
	b.StartObject(2)
	b.PrependUOffsetTSlot(0, k, 0)
	b.PrependUOffsetTSlot(1, value, 0)
	return b.EndObject()
}

// integer adds an Int type.
func (b *fb) integer(bits int32, signed bool) flatbuffers.UOffsetT {
	b.StartObject(2)
	b.PrependInt32Slot(0, bits, 0)
	b.PrependBoolSlot(1, signed, false)
	return b.EndObject()
}

// recordBatch adds a RecordBatch of n nodes and m buffers, compressed.
func (b *fb) recordBatch(n, m int, rows, nodes, buffers *int) flatbuffers.UOffsetT {
	nodesOff := b.pairs(n, nodes)
	buffersOff := b.pairs(m, buffers)
	b.StartObject(2) // BodyCompression: per buffer is the default method
	b.PrependByteSlot(0, arrowZstd, 0)
	compression := b.EndObject()
	b.StartObject(5)
	b.int64Hole(0, rows)
	b.PrependUOffsetTSlot(1, nodesOff, 0)
	b.PrependUOffsetTSlot(2, buffersOff, 0)
	b.PrependUOffsetTSlot(3, compression, 0)
	return b.EndObject()
}

// message wraps header into a Message, finishes the buffer and returns it as
// a template. body receives the position of bodyLength; nil for no body.
func (b *fb) message(kind byte, header, meta flatbuffers.UOffsetT, body *int) *template {
	b.StartObject(5)
	if body != nil {
		b.int64Hole(3, body)
	}
	b.PrependUOffsetTSlot(2, header, 0)
	b.PrependUOffsetTSlot(4, meta, 0)
	b.PrependInt16Slot(0, arrowV5, 0)
	b.PrependByteSlot(1, kind, 0)
	b.Finish(b.EndObject())

	table := b.FinishedBytes()
	padded := align8(len(table))
	t := &template{bytes: make([]byte, messagePrefix+padded)}
	binary.LittleEndian.PutUint32(t.bytes, continuation)
	binary.LittleEndian.PutUint32(t.bytes[4:], uint32(padded))
	copy(t.bytes[messagePrefix:], table)
	for _, h := range b.holes {
		*h.at = messagePrefix + len(table) - h.fromEnd
		t.holes = append(t.holes, [2]int{*h.at, *h.at + h.size})
	}
	t.seal()
	return t
}

func align8(n int) int { return (n + 7) &^ 7 }
