package format

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/klauspost/compress/huff0"
	"github.com/klauspost/compress/zstd"
)

// Level is how hard a writer compresses.
type Level uint8

const (
	LevelDefault Level = iota
	LevelFast          // 6 % larger, for an overloaded recorder
	LevelBetter        // 9 % smaller at 0.6 of the speed, for rewriting offline
)

// encodeWindow is how far back a recorder's compression looks, in bytes: a column of a full
// block is an eighth of it. The library takes as much memory, once.
const encodeWindow = 2 << 20

func newEncoder(level Level) *zstd.Encoder {
	window := encodeWindow
	if level == LevelBetter {
		window = 8 << 20
	}
	speed := [...]zstd.EncoderLevel{zstd.SpeedDefault, zstd.SpeedFastest, zstd.SpeedBetterCompression}[level]
	e, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(speed), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false),
		zstd.WithLowerEncoderMem(true), zstd.WithSingleSegment(true), zstd.WithWindowSize(window))
	if err != nil {
		panic(err) // the options are constants
	}
	return e
}

// inflater decompresses buffers.
type inflater struct {
	frames  frameDecoder
	zstd    *zstd.Decoder // for frames that frames does not understand; nil until there is one
	scratch []byte
	zeros   zeroSpans // of the last view
}

// decoderSlack is room behind the output, with which the decoder copies
// matches in whole words instead of byte by byte: twice as fast, even with
// the copy out of the scratch memory that it takes.
const decoderSlack = zstdBlock + 64

func newZstd() *zstd.Decoder {
	d, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecodeAllCapLimit(true), // never more than the caller made room for
		zstd.WithDecoderMaxMemory(maxDictParts+decoderSlack), zstd.IgnoreChecksum(true))
	if err != nil {
		panic(err) // the options are constants
	}
	return d
}

// noCompression stands instead of the uncompressed length before a buffer
// that is stored as it is.
const noCompression = ^uint64(0)

// appendBuffer appends src as an Arrow compressed buffer: its length, then a
// zstd frame or, if that is not shorter, src itself. An empty buffer is empty.
// w is the width of an element in bytes; sparse is for reading sooner, 1 % larger.
func appendBuffer(dst, src []byte, w int, enc *zstd.Encoder, sparse bool) []byte {
	if len(src) == 0 {
		return dst
	}
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(src)))
	start := len(dst)
	// Columns that no row of the block uses are most of the schema, and others
	// are the same in all rows.
	if repeats(src, 1) && len(src) >= 16 {
		return appendRun(dst, src[0], len(src))
	}
	if w > 1 && repeats(src, w) && len(src) >= 2*minRepeat {
		return appendRepeat(dst, src[:w], len(src))
	}
	if sparse {
		dst = appendSparse(dst, src, enc)
	} else {
		dst = enc.EncodeAll(src, dst)
	}
	if len(dst)-start >= len(src) {
		binary.LittleEndian.PutUint64(dst[start-8:], noCompression)
		dst = append(dst[:start], src...)
	}
	return dst
}

// appendFrames appends parts that differ so much that each is compressed on its
// own: several zstd frames, one behind the other, which any decoder takes for
// one. Together they would get one table of codes that suits none. ends are
// where the parts end.
func appendFrames(dst, src []byte, ends []int, enc *zstd.Encoder) []byte {
	at := 0
	for _, end := range ends {
		part := src[at:end]
		at = end
		if len(part) >= 16 && repeats(part, 1) {
			dst = appendRun(dst, part[0], len(part))
		} else if len(part) > 0 {
			dst = enc.EncodeAll(part, dst)
		}
	}
	return dst
}

// appendLiterals appends a frame of bytes among which there is nothing to find but how often
// each occurs: Huffman codes only. Looking for matches takes time, and the chance ones
// that there are make reading slow.
func appendLiterals(dst, src []byte, huff *huff0.Scratch) []byte {
	dst = appendFrameHeader(dst, len(src))
	for len(src) > 0 {
		part := src[:min(len(src), zstdBlock)]
		src = src[len(part):]
		last := uint32(0)
		if len(src) == 0 {
			last = 1
		}
		block := func(kind, size int) { // 0 raw, 1 RLE, 2 compressed
			header := last | uint32(kind)<<1 | uint32(size)<<3
			dst = append(dst, byte(header), byte(header>>8), byte(header>>16))
		}
		if repeats(part, 1) {
			block(1, len(part))
			dst = append(dst, part[0])
			continue
		}
		out, _, err := huff0.Compress4X(part, huff)
		if err != nil || len(out)+6 >= len(part) {
			block(0, len(part))
			dst = append(dst, part...)
			continue
		}
		// Literals section in four streams: type 2, format of the sizes, both sizes.
		format, width, size := uint64(3), 18, 5
		if len(part) < 1<<10 {
			format, width, size = 1, 10, 3
		} else if len(part) < 1<<14 {
			format, width, size = 2, 14, 4
		}
		head := 2 | format<<2 | uint64(len(part))<<4 | uint64(len(out))<<(4+width)
		block(2, size+len(out)+1)
		for i := range size {
			dst = append(dst, byte(head>>(8*i)))
		}
		dst = append(dst, out...)
		dst = append(dst, 0) // no sequences
	}
	return dst
}

// appendRaw appends a frame of bytes that are noise.
func appendRaw(dst, src []byte) []byte {
	if len(src) == 0 {
		return dst
	}
	dst = appendFrameHeader(dst, len(src))
	for len(src) > 0 {
		size := min(len(src), zstdBlock)
		header := uint32(size) << 3 // raw
		if size == len(src) {
			header |= 1 // last
		}
		dst = append(dst, byte(header), byte(header>>8), byte(header>>16))
		dst = append(dst, src[:size]...)
		src = src[size:]
	}
	return dst
}

// repeats says whether all elements of w bytes are the same.
func repeats(src []byte, w int) bool { return bytes.Equal(src[w:], src[:len(src)-w]) }

// A run is a zstd frame of n times the same byte, in RLE blocks: written
// without an encoder, recognised and filled in without a decoder.
const zstdBlock = 128 << 10 // longest block of a zstd frame

// appendFrameHeader begins a frame of one segment, without checksum, with the
// content size in 1, 2 or 4 bytes.
func appendFrameHeader(dst []byte, n int) []byte {
	dst = append(dst, 0x28, 0xB5, 0x2F, 0xFD)
	switch {
	case n < 256:
		return append(dst, 0x20, byte(n))
	case n < 256+1<<16:
		return append(dst, 0x60, byte(n-256), byte((n-256)>>8))
	}
	return append(dst, 0xA0, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
}

func appendRun(dst []byte, v byte, n int) []byte {
	dst = appendFrameHeader(dst, n)
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

// appendRepeat appends a zstd frame of n/w times the w bytes at v; w is 2, 4
// or 8 and divides n. Each block is one sequence: v as literals, then a match
// at offset w for the rest. All columns that are constant within a block look
// like this; the encoder would find the same, but not bytes that the reader
// can recognise.
func appendRepeat(dst, v []byte, n int) []byte {
	dst = appendFrameHeader(dst, n)
	w := len(v)
	for n > 0 {
		size := min(n, zstdBlock)
		n -= size
		header := 0
		if n == 0 {
			header = 1 // last
		}
		if size < w+minRepeat { // raw
			header |= size << 3
			dst = append(dst, byte(header), byte(header>>8), byte(header>>16))
			for ; size > 0; size -= w {
				dst = append(dst, v...)
			}
			break
		}
		header |= 2 << 1 // compressed
		start := len(dst)
		dst = append(dst, 0, 0, 0)
		dst = append(dst, byte(w)<<3) // raw literals, w of them
		dst = append(dst, v...)
		mlCode, mlExtra, mlBits := matchLengthCode(size - w)
		ofCode := bits.Len(uint(w+3)) - 1
		// One sequence; every code table has one symbol only.
		dst = append(dst, 1, 0x54, byte(w), byte(ofCode), mlCode)
		// Extra bits are read from the end: offset, then match length.
		stream := uint64(mlExtra)
		stream |= uint64(w+3-1<<ofCode) << mlBits
		stream |= 1 << (mlBits + ofCode) // end mark
		for ; stream > 0; stream >>= 8 {
			dst = append(dst, byte(stream))
		}
		header |= (len(dst) - start - 3) << 3
		dst[start], dst[start+1], dst[start+2] = byte(header), byte(header>>8), byte(header>>16)
	}
	return dst
}

// minRepeat is the shortest match that is written as one.
const minRepeat = 259

// matchLengthCode is the zstd code of a match length from minRepeat to
// zstdBlock, with its extra bits.
func matchLengthCode(n int) (code byte, extra, extraBits int) {
	// From 131 on, each code covers twice the range of the one before.
	extraBits = bits.Len(uint(n-3)) - 1
	return byte(36 + extraBits), n - 3 - 1<<extraBits, extraBits
}

// longest frames of this kind: header and blocks.
const (
	maxRun    = 9 + 4*(MaxRows*8/zstdBlock)
	maxRepeat = 9 + 24*(MaxRows*8/zstdBlock)
)

// isRun says whether frame is what appendRun writes for n bytes, and of what.
func isRun(frame []byte, n int) (v byte, ok bool) {
	if len(frame) < 9 || len(frame) > maxRun {
		return 0, false
	}
	v = frame[len(frame)-1]
	var buf [maxRun]byte
	return v, bytes.Equal(frame, appendRun(buf[:0], v, n))
}

// isRepeat says whether frame is what appendRepeat writes for n bytes, and of
// which value.
func isRepeat(frame []byte, n int) (v []byte, ok bool) {
	var buf [maxRepeat]byte
	at := len(appendFrameHeader(buf[:0], n)) + 3 + 1 // of the literals
	if len(frame) < at+8 || len(frame) > maxRepeat {
		return nil, false
	}
	w := int(frame[at-1] >> 3)
	if w != 2 && w != 4 && w != 8 || n%w != 0 {
		return nil, false
	}
	v = frame[at : at+w]
	return v, bytes.Equal(frame, appendRepeat(buf[:0], v, n))
}

// storedLength is how long what a buffer holds says it is.
func storedLength(src []byte) (int, bool) {
	if len(src) < 8 {
		return 0, len(src) == 0
	}
	size := binary.LittleEndian.Uint64(src)
	if size == noCompression {
		return len(src) - 8, true
	}
	return int(size), size < 1<<40
}

// fill decodes the Arrow compressed buffer src into all of dst, and says
// what is wrong, if anything. It allocates nothing that src asks for.
func (f *inflater) fill(dst, src []byte) problem {
	if v, ok := constant(src, len(dst)); ok {
		fillRepeat(dst, binary.LittleEndian.AppendUint64(nil, v))
		return ""
	}
	out, what := f.view(len(dst), src)
	copy(dst, out)
	return what
}

// view decodes the Arrow compressed buffer src, which must hold n bytes, into
// memory that is valid until the next call, and aligned to 8.
func (f *inflater) view(n int, src []byte) ([]byte, problem) { return f.look(n, src, 0, nil) }

// sparse is view for values of width w, and does not write pieces that are zeros: f.zeros says where
// those are. Nor need it write any values of left.
func (f *inflater) sparse(n int, src []byte, w int, left zeroSpans) ([]byte, problem) {
	return f.look(n, src, w, left)
}

func (f *inflater) look(n int, src []byte, w int, left zeroSpans) ([]byte, problem) {
	f.zeros = f.zeros[:0]
	if n == 0 || len(src) < 8 {
		if n != len(src) {
			return nil, "a buffer is missing"
		}
		return nil, ""
	}
	size, data := binary.LittleEndian.Uint64(src), src[8:]
	if size == noCompression {
		if len(data) != n {
			return nil, "a buffer has the wrong length"
		}
		return data, ""
	}
	if size != uint64(n) {
		return nil, "a buffer has the wrong length"
	}
	f.frames.dense = denseFrame
	if cap(f.scratch) < n+decoderSlack {
		f.scratch = make([]byte, 0, n+decoderSlack)
	}
	out := f.scratch[: 0 : n+decoderSlack]
	for len(data) > 0 {
		frame, simple := firstFrame(data)
		if size := leave(frame, len(out), n, w, &left); size > 0 {
			out = out[:len(out)+size]
		} else if simple {
			var ok bool
			if size := zeroFrame(frame, n-len(out)); w > 0 && size > 0 && len(out)%w == 0 && size%w == 0 {
				f.zeros = append(f.zeros, zeroSpan{len(out) / w, (len(out) + size) / w})
				out = out[:len(out)+size]
			} else if out, ok = appendSimple(out, frame, n); !ok {
				return nil, "a buffer has the wrong length"
			}
		} else if got, ok := f.frames.appendFrame(out, frame, n); ok {
			out = got
		} else {
			if f.zstd == nil {
				f.zstd = newZstd()
			}
			var err error
			if out, err = f.zstd.DecodeAll(frame, out); err != nil {
				return nil, "a buffer does not decompress: " + err.Error()
			}
		}
		data = data[len(frame):]
	}
	if len(out) != n {
		return nil, "a buffer has the wrong length"
	}
	return out, ""
}

// constant says whether src is a buffer of n bytes, stored as a frame that repeats 8 bytes
// or fewer, and which.
func constant(src []byte, n int) (v uint64, ok bool) {
	if n == 0 || len(src) < 8 || binary.LittleEndian.Uint64(src) != uint64(n) {
		return 0, false
	}
	frame := src[8:]
	if b, ok := isRun(frame, n); ok {
		return uint64(b) * 0x0101010101010101, true
	}
	if part, ok := isRepeat(frame, n); ok {
		for i := range 8 {
			v |= uint64(part[i%len(part)]) << (8 * i)
		}
		return v, true
	}
	return 0, false
}

func fillRepeat(dst, v []byte) {
	for n := copy(dst, v); n < len(dst); n *= 2 {
		copy(dst[n:], dst[:n])
	}
}
