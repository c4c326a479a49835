package format

import (
	"bytes"
	"encoding/binary"
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
	enc, inflate := newEncoder(LevelDefault), newInflater()
	value := []byte{1, 0xFE, 0, 3, 4, 5, 6, 0x87}
	visited := 0
	for _, w := range []int{1, 2, 4, 8} {
		for _, rows := range []int{1, 2, 15, 16, 63, 64, 65, 130, 257, 300, 8191, 8192, 16384, 16385, 32767, 32768, 32769, 65536, 65537, MaxRows} {
			src := bytes.Repeat(value[:w], rows)
			buf := appendBuffer(nil, src, w, enc)
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
