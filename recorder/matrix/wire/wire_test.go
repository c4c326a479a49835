package wire

import (
	"bytes"
	"io"
	"testing"
	"time"
)

func TestFramesComeBack(t *testing.T) {
	var b []byte
	payloads := [][]byte{nil, []byte("x"), bytes.Repeat([]byte{0xf1, 'T', 'R', 'M'}, MaxPayload/4)}
	for i, p := range payloads {
		b = Append(b, Kind('a'+i), p)
	}
	r := bytes.NewReader(b)
	for i, want := range payloads {
		kind, got, err := Read(r)
		if err != nil || kind != Kind('a'+i) || !bytes.Equal(got, want) {
			t.Fatalf("frame %d: kind %c, %d bytes, %v", i, kind, len(got), err)
		}
	}
	if _, _, err := Read(r); err != io.EOF {
		t.Errorf("after the last frame: %v, want io.EOF", err)
	}
}

func TestDamagedFramesAreErrors(t *testing.T) {
	whole := Append(nil, Stdout, []byte("payload"))
	for n := 1; n < len(whole); n++ {
		if _, _, err := Read(bytes.NewReader(whole[:n])); err == nil || err == io.EOF {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	for bit := range len(whole) * 8 {
		b := bytes.Clone(whole)
		b[bit/8] ^= 1 << (bit % 8)
		if _, _, err := Read(bytes.NewReader(b)); err == nil {
			t.Errorf("bit %d flipped: no error", bit)
		}
	}
}

func TestEnd(t *testing.T) {
	code, d, err := ParseEnd(AppendEnd(nil, 137, 3*time.Second))
	if code != 137 || d != 3*time.Second || err != nil {
		t.Error(code, d, err)
	}
	if _, _, err := ParseEnd([]byte{1}); err == nil {
		t.Error("a short end was taken")
	}
}
