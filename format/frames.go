package format

import (
	"encoding/binary"

	"github.com/klauspost/compress/zstd"
)

// Of the zstd frames of a buffer those that are runs or raw are written and read here: the
// decoder fills runs byte by byte.

// longRun is how many zeros are a frame of their own.
const longRun = 4096

// appendSparse appends frames of src: long runs of zeros, which most columns have, as runs,
// which are filled in. Within a frame decoders copy such a run byte by byte.
func appendSparse(dst, src []byte, enc *zstd.Encoder) []byte {
	from := 0 // of what is not a run
	for at := 0; at+longRun <= len(src); {
		// A run of longRun has a whole step of zeros in it, whose last word is looked at first.
		if binary.LittleEndian.Uint64(src[at+longRun/2-8:]) != 0 {
			at += longRun / 2
			continue
		}
		begin := at + longRun/2 - 8
		for begin >= from+8 && binary.LittleEndian.Uint64(src[begin-8:]) == 0 {
			begin -= 8
		}
		end := at + longRun/2
		for end+8 <= len(src) && binary.LittleEndian.Uint64(src[end:]) == 0 {
			end += 8
		}
		if end+8 > len(src) && zero(src[end:]) {
			end = len(src)
		}
		if end-begin >= longRun {
			if begin > from {
				dst = enc.EncodeAll(src[from:begin], dst)
			}
			dst = appendRun(dst, 0, end-begin)
			from = end
		}
		at = max(end&^7, at+longRun/2)
	}
	if from < len(src) {
		dst = enc.EncodeAll(src[from:], dst)
	}
	return dst
}

// frameHeader is the length of a frame's header: of one segment, without checksum
// and dictionary, as appendFrameHeader and the encoder write it; 0 if it is another one.
func frameHeader(data []byte) int {
	if len(data) < 9 || binary.LittleEndian.Uint32(data) != 0xFD2FB528 {
		return 0
	}
	switch data[4] {
	case 0x20:
		return 6
	case 0x60:
		return 7
	case 0xA0:
		return 9
	}
	return 0
}

// frameContent is how much a frame says that it holds, whose header is at bytes long.
func frameContent(frame []byte, at int) int {
	switch at {
	case 6:
		return int(frame[5])
	case 7:
		return int(binary.LittleEndian.Uint16(frame[5:])) + 256
	}
	return int(binary.LittleEndian.Uint32(frame[5:]))
}

// firstFrame is the first frame of data; simple says that all of its blocks are raw or runs.
// Where it cannot be told it is all of data, for the decoder to judge.
func firstFrame(data []byte) (frame []byte, simple bool) {
	at := frameHeader(data)
	if at == 0 {
		return data, false
	}
	for simple = true; ; {
		if at+3 > len(data) {
			return data, false
		}
		header := int(data[at]) | int(data[at+1])<<8 | int(data[at+2])<<16
		size := header >> 3
		switch header >> 1 & 3 {
		case 1:
			size = 1
		case 2:
			simple = false
		case 3:
			return data, false
		}
		if at += 3 + size; at > len(data) {
			return data, false
		}
		if header&1 != 0 {
			return data[:at], simple
		}
	}
}

// appendSimple appends what the raw blocks and runs of a frame hold, up to n bytes in all,
// and says whether it is as much as the frame says.
func appendSimple(out, frame []byte, n int) ([]byte, bool) {
	at, start := frameHeader(frame), len(out)
	content := frameContent(frame, at)
	for last := false; !last; {
		header := int(frame[at]) | int(frame[at+1])<<8 | int(frame[at+2])<<16
		last = header&1 != 0
		size := header >> 3
		at += 3
		if size > n-len(out) || size > zstdBlock {
			return out, false
		}
		end := len(out) + size
		part := out[len(out):end]
		if header>>1&3 == 0 {
			copy(part, frame[at:at+size])
			at += size
		} else {
			if v := frame[at]; v == 0 {
				clear(part)
			} else if size > 0 {
				part[0] = v
				fillRepeat(part, part[:1])
			}
			at++
		}
		out = out[:end]
	}
	return out, len(out)-start == content
}

// zeroFrame is how many zeros a frame of runs holds, if it is one of zeros and they are limit at most; else 0.
func zeroFrame(frame []byte, limit int) int {
	if len(frame) < 9 || frame[len(frame)-1] != 0 || len(frame) > maxRun {
		return 0
	}
	size := frameContent(frame, frameHeader(frame))
	if size > limit {
		return 0
	}
	if _, ok := isRun(frame, size); !ok {
		return 0
	}
	return size
}

// leave is how many bytes a frame says that it holds, if all of them, which stand at byte at of n of values of width w, are in
// left, and 0 if any is not. It drops what of left is before them.
func leave(frame []byte, at, n, w int, left *zeroSpans) int {
	if len(*left) == 0 {
		return 0
	}
	head := frameHeader(frame)
	if head == 0 {
		return 0
	}
	size := frameContent(frame, head)
	if size > n-at {
		return 0
	}
	for len(*left) > 0 && (*left)[0].to*w <= at {
		*left = (*left)[1:]
	}
	if len(*left) == 0 || (*left)[0].from*w > at || (*left)[0].to*w < at+size {
		return 0
	}
	return size
}
