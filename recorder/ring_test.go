//go:build linux

package recorder

import (
	"bytes"
	"encoding/binary"
	"math/rand"
	"os"
	"testing"
)

// TestRingAroundItsEnd: records of any length come out as they were put in,
// also those that go on at the beginning of the memory.
func TestRingAroundItsEnd(t *testing.T) {
	size := os.Getpagesize()
	r := &ring{data: make([]byte, size), producer: make([]byte, 8), consumer: make([]byte, 8), mask: uint64(size - 1)}
	put := func(b []byte) { // as the kernel does
		at := binary.LittleEndian.Uint64(r.producer)
		var header [ringHeader]byte
		binary.LittleEndian.PutUint32(header[:], uint32(len(b)))
		for i, c := range append(header[:], b...) {
			r.data[(at+uint64(i))&r.mask] = c
		}
		binary.LittleEndian.PutUint64(r.producer, at+uint64(ringHeader+len(b)+7)&^7)
	}
	random := rand.New(rand.NewSource(1))
	split := 0
	for range 2000 {
		want := make([]byte, 8*(1+random.Intn(40)))
		random.Read(want)
		put(want)
		if r.pos&r.mask+ringHeader+uint64(len(want)) > uint64(size) {
			split++
		}
		got, next := r.peek(r.end())
		if !bytes.Equal(got, want) {
			t.Fatalf("at %d of %d: got %x, want %x", r.pos&r.mask, size, got, want)
		}
		r.pos = next
		r.release()
	}
	if rec, _ := r.peek(r.end()); rec != nil || split < 10 {
		t.Errorf("%d records were split, %x is left: want some, and nothing", split, rec)
	}
}
