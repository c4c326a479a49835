package format

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// frameSource makes bytes that look like columns: repetitions at every distance, noise of few and of
// many symbols, and what was there before.
func frameSource(rng *rand.Rand, parts int) (src []byte) {
	for range parts {
		n := 1 + rng.IntN(1<<rng.IntN(15))
		switch rng.IntN(5) {
		case 0:
			for range n {
				src = append(src, byte(rng.IntN(256)))
			}
		case 1:
			few := 2 + rng.IntN(20)
			for range n {
				src = append(src, byte(min(rng.ExpFloat64()*3, float64(few))))
			}
		case 2:
			value := make([]byte, 1+rng.IntN(20))
			for i := range value {
				value[i] = byte(rng.IntN(256))
			}
			src = append(src, bytes.Repeat(value, 1+n/len(value))...)
		case 3:
			if len(src) > 0 {
				from := rng.IntN(len(src))
				src = append(src, src[from:from+rng.IntN(min(n, len(src)-from))]...)
			}
		default:
			src = append(src, make([]byte, n)...)
		}
	}
	return src
}

// TestFrames: our decoder makes of frames of all levels what the library makes of them, and needs
// its help with none.
func TestFrames(t *testing.T) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	encoders := []*zstd.Encoder{newEncoder(LevelDefault), newEncoder(LevelFast), newEncoder(LevelBetter)}
	rng := rand.New(rand.NewPCG(3, 4))
	var d frameDecoder
	compressed, large := 0, 0
	for round := range 300 {
		src := frameSource(rng, 1+rng.IntN(1+round))
		if len(src) < 3 {
			continue
		}
		frame := encoders[round%3].EncodeAll(src, nil)
		before := bytes.Repeat([]byte{0x55}, rng.IntN(100)) // a frame must not reach into what is before it
		out := append(make([]byte, 0, len(before)+len(src)+frameSlack), before...)
		got, ok := d.appendFrame(out, frame, len(before)+len(src))
		if !ok || !bytes.Equal(got[len(before):], src) || !bytes.Equal(got[:len(before)], before) {
			t.Fatalf("round %d: %d bytes in a frame of %d: understood %v", round, len(src), len(frame), ok)
		}
		if _, ok := d.appendFrame(make([]byte, 0, len(src)-1+frameSlack), frame, len(src)-1); ok {
			t.Fatalf("round %d: more than there is room for", round)
		}
		if _, simple := firstFrame(frame); !simple {
			compressed++
		}
		if len(src) > zstdBlock {
			large++
		}
		// Damage: the library judges, and where it finds none both have the same.
		for range 30 {
			bad := bytes.Clone(frame)
			for range 1 + rng.IntN(3) {
				bad[rng.IntN(len(bad))] ^= 1 << rng.IntN(8)
			}
			if rng.IntN(4) == 0 {
				bad = bad[:rng.IntN(len(bad))]
			}
			sameAsLibrary(t, &d, dec, bad, len(src))
		}
	}
	if compressed < 200 || large < 40 {
		t.Errorf("%d frames were compressed, %d longer than a block", compressed, large)
	}
}

// sameAsLibrary fails where our decoder takes a frame of n bytes for another one than the library
// does, or writes where it must not. It says whether it took it at all.
func sameAsLibrary(t *testing.T, d *frameDecoder, dec *zstd.Decoder, frame []byte, n int) bool {
	t.Helper()
	memory := bytes.Repeat([]byte{0xEE}, n+frameSlack+64)
	got, ok := d.appendFrame(memory[:0:n+frameSlack], frame, n)
	for _, v := range memory[n+frameSlack:] {
		if v != 0xEE {
			t.Fatal("it wrote behind its memory")
		}
	}
	if !ok {
		return false
	}
	want, err := dec.DecodeAll(frame, nil)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("we read %d bytes of %x, the library %d: %v", len(got), frame, len(want), err)
	}
	return true
}

// FuzzFrame: whatever our decoder takes for a frame is one to the library, too, with the same content.
func FuzzFrame(f *testing.F) {
	rng := rand.New(rand.NewPCG(5, 6))
	enc := newEncoder(LevelDefault)
	for range 20 {
		f.Add(enc.EncodeAll(frameSource(rng, 2), nil))
	}
	f.Add(appendRun(nil, 7, 300))
	f.Add(appendRepeat(nil, []byte{1, 2, 3, 4}, 4000))
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<20))
	if err != nil {
		f.Fatal(err)
	}
	var d frameDecoder
	f.Fuzz(func(t *testing.T, frame []byte) {
		n := 1 << 16
		if at := frameHeader(frame); at > 0 {
			n = min(n, frameContent(frame, at))
		}
		sameAsLibrary(t, &d, dec, frame, n)
	})
}

// TestCopyRepeat: every distance and length, to the byte.
func TestCopyRepeat(t *testing.T) {
	for distance := 1; distance < 70; distance++ {
		for n := distance + 1; n < 700; n++ {
			w := bytes.Repeat([]byte{0xEE}, distance+n+frameSlack)
			for i := range distance {
				w[i] = byte(i + 1)
			}
			if n%5 == 0 {
				clear(w[:distance])
			}
			want := bytes.Repeat(w[:distance], n/distance+2)[:distance+n]
			copyRepeat(w, distance, n)
			if !bytes.Equal(w[:distance+n], want) {
				t.Fatalf("distance %d, %d bytes", distance, n)
			}
		}
	}
}

// BenchmarkFrame is a column that mostly repeats, by who decodes it.
func BenchmarkFrame(b *testing.B) {
	src := make([]byte, 0, 8*BlockRows)
	rng := rand.New(rand.NewPCG(7, 8))
	for v := uint64(1); len(src) < 8*BlockRows; v += uint64(rng.IntN(1000)) {
		for range rng.IntN(50) {
			src = binary.LittleEndian.AppendUint64(src, v)
		}
	}
	frame := newEncoder(LevelDefault).EncodeAll(src, nil)
	dec := newZstd()
	out := make([]byte, 0, len(src)+decoderSlack)
	var d frameDecoder
	for name, decode := range map[string]func() bool{
		"ours":    func() bool { _, ok := d.appendFrame(out, frame, len(src)); return ok },
		"library": func() bool { _, err := dec.DecodeAll(frame, out); return err == nil },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				if !decode() {
					b.Fatal("it does not decode")
				}
			}
		})
	}
}
