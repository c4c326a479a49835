package format

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// TestConstantFrames: any zstd decoder reads the frames that we make by hand,
// and we recognise them.
func TestConstantFrames(t *testing.T) {
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	enc, inflate := newEncoder(LevelDefault), inflater{}
	value := []byte{1, 0xFE, 0, 3, 4, 5, 6, 0x87}
	visited := 0
	for _, w := range []int{1, 2, 4, 8} {
		for _, rows := range []int{1, 2, 15, 16, 63, 64, 65, 130, 257, 300, 8191, 8192, 16384, 16385, 32767, 32768, 32769, 65536, 65537, MaxRows} {
			src := bytes.Repeat(value[:w], rows)
			buf := appendBuffer(nil, src, w, enc, true)
			if stored := binary.LittleEndian.Uint64(buf); stored != noCompression {
				got, err := dec.DecodeAll(buf[8:], nil)
				if err != nil || !bytes.Equal(got, src) {
					t.Fatalf("%d rows of %d bytes: %v", rows, w, err)
				}
				_, run := isRun(buf[8:], len(src))
				_, repeat := isRepeat(buf[8:], len(src))
				if len(src) >= 2*minRepeat && run == repeat {
					t.Errorf("%d rows of %d bytes: recognised as run %v, as repeat %v", rows, w, run, repeat)
				}
			}
			got := bytes.Repeat([]byte{0xAA}, len(src))
			if what := inflate.fill(got, buf); what != "" || !bytes.Equal(got, src) {
				t.Fatalf("%d rows of %d bytes: %s", rows, w, what)
			}
			visited++
		}
	}
	t.Logf("%d frames", visited)
}

// TestSparseBuffers: a buffer with long runs of zeros anywhere is as any decoder reads it, and as we do;
// of what is only runs and raw blocks we need no decoder, and the others we cut where they end.
func TestSparseBuffers(t *testing.T) {
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	enc, inflate := newEncoder(LevelDefault), inflater{}
	rng := rand.New(rand.NewPCG(1, 2))
	frames, simple := 0, 0
	for range 400 {
		var src []byte
		for range 1 + rng.IntN(6) {
			n := rng.IntN(3 * longRun)
			switch rng.IntN(4) {
			case 0, 1:
				src = append(src, make([]byte, n)...)
			case 2:
				for range n % 500 {
					src = append(src, byte(rng.IntN(256)))
				}
			default:
				src = append(src, bytes.Repeat([]byte{byte(n), 0, 0}, n/3)...)
			}
		}
		if len(src) == 0 {
			continue
		}
		buf := appendBuffer(nil, src, 1, enc, true)
		if binary.LittleEndian.Uint64(buf) != noCompression {
			got, err := dec.DecodeAll(buf[8:], nil)
			if err != nil || !bytes.Equal(got, src) {
				t.Fatalf("%d bytes: %v", len(src), err)
			}
			for rest := buf[8:]; len(rest) > 0; frames++ {
				frame, runs := firstFrame(rest)
				if _, err := dec.DecodeAll(frame, nil); err != nil {
					t.Fatalf("%d bytes of a frame: %v", len(frame), err)
				}
				if rest = rest[len(frame):]; runs {
					simple++
				}
			}
		}
		got := bytes.Repeat([]byte{0xAA}, len(src))
		if what := inflate.fill(got, buf); what != "" || !bytes.Equal(got, src) {
			t.Fatalf("%d bytes: %s", len(src), what)
		}
		for cut := range min(len(buf), 300) { // never more, never a panic
			inflate.view(len(src), buf[:cut])
		}
	}
	if frames < 500 || simple < 200 || simple > frames*9/10 {
		t.Errorf("%d frames, %d of them runs", frames, simple)
	}
}
