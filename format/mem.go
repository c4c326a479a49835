package format

import (
	"encoding/binary"
	"fmt"
	"unsafe"
)

// The file is little-endian and columns are copied from and to memory as they
// are, so this package works on little-endian machines only.
var littleEndian = func() bool {
	x := uint16(1)
	return *(*byte)(unsafe.Pointer(&x)) == 1
}()

func checkEndian() error {
	if !littleEndian {
		return fmt.Errorf("this machine is big-endian: .trc files are read and written on little-endian machines only")
	}
	return nil
}

type integer interface {
	uint8 | uint16 | uint32 | uint64 | int32 | int64
}

// asBytes is the memory of s.
func asBytes[T integer](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(s[0])))
}

// ints is the memory of s, which is aligned, as integers.
func ints[T integer](s []byte) []T {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(s))), len(s)/int(unsafe.Sizeof(T(0))))
}

// resize returns a slice of n elements, s's memory when it has room. The
// elements are not cleared: the caller overwrites all of them.
func resize[T any](s []T, n int) []T {
	if cap(s) >= n && s != nil {
		return s[:n]
	}
	return make([]T, n)
}

// room is resize for a column.
func room[T integer](s []T, c ColumnID, n int) []T {
	if cap(s) >= n && s != nil {
		return s[:n]
	}
	return newColumn[T](int(c), n)[:n]
}

// size is the width of a column's element in bytes.
func (t Type) size() int {
	switch t {
	case U8:
		return 1
	case U16:
		return 2
	case U32, I32, Bytes:
		return 4
	default:
		return 8
	}
}

// memory returns the first n elements of column c as bytes, nil when the
// batch does not have the column, and whether it has as many as that.
func (b *Batch) memory(c ColumnID, n int) (mem []byte, ok bool) {
	switch Columns[c].Type {
	case U8:
		mem = b.U8[c]
	case U16:
		mem = asBytes(b.U16[c])
	case U32, Bytes:
		mem = asBytes(b.U32[c])
	case U64:
		mem = asBytes(b.U64[c])
	case I32:
		mem = asBytes(b.I32[c])
	case I64:
		mem = asBytes(b.I64[c])
	}
	if len(mem) == 0 {
		return nil, true
	}
	size := n * Columns[c].Type.size()
	if len(mem) < size {
		return nil, false
	}
	return mem[:size:size], true
}

// reserve gives column c exactly n elements, not cleared, and returns their
// memory.
func (b *Batch) reserve(c ColumnID, n int) []byte {
	b.filled[c] = 0
	return b.room(c, n)
}

// fill gives column c n elements whose memory repeats the 8 bytes of v.
func (b *Batch) fill(c ColumnID, n int, v uint64) {
	mem := b.room(c, n) // if it is other memory than before, n is more than were filled
	if b.filled[c] >= n && b.same[c] == v {
		return
	}
	b.filled[c], b.same[c] = n, v
	if v == 0 {
		clear(mem)
		return
	}
	fillRepeat(mem, binary.LittleEndian.AppendUint64(nil, v))
}

// room gives column c n elements.
func (b *Batch) room(c ColumnID, n int) []byte {
	switch Columns[c].Type {
	case U8:
		b.U8[c] = room(b.U8[c], c, n)
		return b.U8[c]
	case U16:
		b.U16[c] = room(b.U16[c], c, n)
		return asBytes(b.U16[c])
	case U32, Bytes:
		b.U32[c] = room(b.U32[c], c, n)
		return asBytes(b.U32[c])
	case U64:
		b.U64[c] = room(b.U64[c], c, n)
		return asBytes(b.U64[c])
	case I32:
		b.I32[c] = room(b.I32[c], c, n)
		return asBytes(b.I32[c])
	default:
		b.I64[c] = room(b.I64[c], c, n)
		return asBytes(b.I64[c])
	}
}

// drop removes column c.
func (b *Batch) drop(c ColumnID) {
	b.filled[c] = 0
	b.U8[c], b.U16[c], b.U32[c], b.U64[c], b.I32[c], b.I64[c] = nil, nil, nil, nil, nil, nil
}
