//go:build linux

package recorder

import (
	"bytes"
	"encoding/binary"
	"math/rand"
	"os"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// putRecord writes a record as the kernel does, and returns where it stands.
func putRecord(r *ring, b []byte) (at uint64) {
	at = binary.LittleEndian.Uint64(r.producer)
	var header [ringHeader]byte
	binary.LittleEndian.PutUint32(header[:], uint32(len(b)))
	for i, c := range append(header[:], b...) {
		r.data[(at+uint64(i))&r.mask] = c
	}
	binary.LittleEndian.PutUint64(r.producer, at+uint64(ringHeader+len(b)+7)&^7)
	return at
}

// TestRingAroundItsEnd: records of any length come out as they were put in,
// also those that go on at the beginning of the memory.
func TestRingAroundItsEnd(t *testing.T) {
	size := os.Getpagesize()
	r := &ring{data: make([]byte, size), producer: make([]byte, 8), consumer: make([]byte, 8), mask: uint64(size - 1)}
	put := func(b []byte) { putRecord(r, b) }
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

// TestBusyRingStopsThePass: behind a record that is still being written may stand
// what a record of the other lane refers to, so that one waits too, and the next pass
// comes soon.
func TestBusyRingStopsThePass(t *testing.T) {
	size := os.Getpagesize()
	d := &drain{asm: newAssembler(nil), rows: 100}
	d.asm.batch = format.NewBatch(0)
	for range format.NumLanes {
		d.rings = append(d.rings, &ring{data: make([]byte, size), producer: make([]byte, 8), consumer: make([]byte, 8), mask: uint64(size - 1)})
	}
	witness, plain := d.rings[format.LaneWitness], d.rings[format.LanePlain]
	at := putRecord(witness, shortRecord(t, 9, fields{"time": 100, "tid": 5, "nr": 39, "abi": 1}))
	putRecord(witness, shortRecord(t, 1, fields{"time": 200, "tid": 7, "nr": 39, "abi": 1}))
	putRecord(plain, briefOf(7, 1, map[format.ColumnID]uint64{format.ColTime: 300, format.ColABI: 1}))
	length := witness.data[at&witness.mask:]
	word := binary.LittleEndian.Uint32(length)
	binary.LittleEndian.PutUint32(length, word|ringBusy)
	d.pass(false, func() {})
	if d.asm.batch.N != 0 || d.asm.corrupt != 0 || !d.stopped {
		t.Fatalf("while the first record is being written: %d rows, %d corrupt, stopped %v; want 0, 0 and true", d.asm.batch.N, d.asm.corrupt, d.stopped)
	}
	binary.LittleEndian.PutUint32(length, word)
	d.pass(false, func() {})
	if d.asm.batch.N != 3 || d.asm.corrupt != 0 || d.stopped {
		t.Errorf("when it is there: %d rows, %d corrupt, stopped %v; want 3, 0 and false", d.asm.batch.N, d.asm.corrupt, d.stopped)
	}
}
