package format

import (
	"bytes"
	"encoding/binary"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Level is how hard a writer compresses.
type Level uint8

const (
	LevelDefault Level = iota
	LevelFast          // 6 % larger, for an overloaded recorder
	LevelBetter        // 9 % smaller at 0.6 of the speed, for rewriting offline
)

func newEncoder(level Level) *zstd.Encoder {
	speed := [...]zstd.EncoderLevel{zstd.SpeedDefault, zstd.SpeedFastest, zstd.SpeedBetterCompression}[level]
	e, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(speed), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false),
		zstd.WithLowerEncoderMem(true), zstd.WithSingleSegment(true))
	if err != nil {
		panic(err) // the options are constants
	}
	return e
}

// decoders are reused: making one costs more than a small block.
var decoders = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecodeAllCapLimit(true), // never more than the caller made room for
		zstd.WithDecoderMaxMemory(MaxDictBytes+1), zstd.IgnoreChecksum(true))
	if err != nil {
		panic(err)
	}
	return d
}}

// noCompression stands instead of the uncompressed length before a buffer
// that is stored as it is.
const noCompression = ^uint64(0)

// appendBuffer appends src as an Arrow compressed buffer: its length, then a
// zstd frame or, if that is not shorter, src itself. An empty buffer is empty.
func appendBuffer(dst, src []byte, enc *zstd.Encoder) []byte {
	if len(src) == 0 {
		return dst
	}
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(src)))
	start := len(dst)
	// Columns that no row of the block uses are most of the schema.
	if len(src) >= 16 && bytes.Equal(src[1:], src[:len(src)-1]) {
		return appendRun(dst, src[0], len(src))
	}
	dst = enc.EncodeAll(src, dst)
	if len(dst)-start >= len(src) {
		binary.LittleEndian.PutUint64(dst[start-8:], noCompression)
		dst = append(dst[:start], src...)
	}
	return dst
}

// A run is a zstd frame of n times the same byte, in RLE blocks: written
// without an encoder, recognised and filled in without a decoder.
const zstdBlock = 128 << 10 // longest block of a zstd frame

func appendRun(dst []byte, v byte, n int) []byte {
	dst = append(dst, 0x28, 0xB5, 0x2F, 0xFD)
	// Frame header: one segment, content size of 1, 2 or 4 bytes; no checksum.
	switch {
	case n < 256:
		dst = append(dst, 0x20, byte(n))
	case n < 256+1<<16:
		dst = append(dst, 0x60, byte(n-256), byte((n-256)>>8))
	default:
		dst = append(dst, 0xA0, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	}
	for n > 0 {
		size := min(n, zstdBlock)
		n -= size
		header := uint32(size)<<3 | 1<<1 // RLE
		if n == 0 {
			header |= 1 // last
		}
		dst = append(dst, byte(header), byte(header>>8), byte(header>>16), v)
	}
	return dst
}

// maxRun is longer than any run that is recognised.
const maxRun = 16 + 4*(MaxRows*8/zstdBlock)

// isRun says whether frame is what appendRun writes for n bytes, and of what.
func isRun(frame []byte, n int) (v byte, ok bool) {
	if len(frame) < 10 || len(frame) > maxRun {
		return 0, false
	}
	v = frame[len(frame)-1]
	var buf [maxRun]byte
	return v, bytes.Equal(frame, appendRun(buf[:0], v, n))
}

// fillBuffer decodes the Arrow compressed buffer src into all of dst, and says
// what is wrong, if anything. It allocates nothing that src asks for.
func fillBuffer(dst, src []byte, dec *zstd.Decoder) string {
	if len(dst) == 0 || len(src) < 8 {
		if len(dst) != len(src) {
			return "a buffer is missing"
		}
		return ""
	}
	size, data := binary.LittleEndian.Uint64(src), src[8:]
	if size == noCompression {
		if len(data) != len(dst) {
			return "a buffer has the wrong length"
		}
		copy(dst, data)
		return ""
	}
	if size != uint64(len(dst)) {
		return "a buffer has the wrong length"
	}
	if v, ok := isRun(data, len(dst)); ok {
		fill(dst, v)
		return ""
	}
	out, err := dec.DecodeAll(data, dst[:0:len(dst)])
	if err != nil {
		return "a buffer does not decompress: " + err.Error()
	}
	if len(out) != len(dst) {
		return "a buffer has the wrong length"
	}
	if &out[0] != &dst[0] { // the decoder took memory of its own
		copy(dst, out)
	}
	return ""
}

func fill(dst []byte, v byte) {
	if v == 0 {
		clear(dst)
		return
	}
	dst[0] = v
	for n := 1; n < len(dst); n *= 2 {
		copy(dst[n:], dst[:n])
	}
}
