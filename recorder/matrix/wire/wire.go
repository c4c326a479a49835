// Package wire is what the guest's init and the runner say to each other: the
// job, which travels in the initramfs, and the frames that come back over the
// second serial port.
package wire

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"time"
)

// Where the guest's init finds what the runner left for it. A command under
// SourceDir runs in its own directory, all others in /tmp.
const (
	JobPath   = "/matrix/job.json"
	ModuleDir = "/matrix/modules"
	SourceDir = "/src"
)

// Port is the guest's end of the second serial port, by architecture.
var Port = map[string]string{"amd64": "/dev/ttyS1", "arm64": "/dev/ttyS0"}

// Job is the guest's part of a job.
type Job struct {
	Cmd     [][]string
	Env     []string
	Out     []string
	Modules []string // file names in ModuleDir
}

// Kind is the kind of a frame.
type Kind uint8

const (
	Ready  Kind = 'r' // payload: uname -r
	Stdout Kind = 'o'
	Stderr Kind = 'e'
	End    Kind = 'x' // a command ended; payload: EndOf
	File   Kind = 'f' // payload: path; Data frames follow
	Data   Kind = 'd'
	Note   Kind = 'n' // init's own words
	Done   Kind = 'z' // payload: 4 bytes of exit code; nothing follows
)

// A frame is magic (4 bytes), kind (1), length (4) and payload, then CRC-32C
// (4) of kind, length and payload. The port is emulated and loses nothing, so
// a bad sum is an error, not a reason to ask again.
var magic = [4]byte{0xf1, 'T', 'R', 'M'}

// MaxPayload keeps one frame from holding up the others.
const MaxPayload = 16 << 10

const headLen = 9

var table = crc32.MakeTable(crc32.Castagnoli)

// Append appends a frame to b.
func Append(b []byte, kind Kind, payload []byte) []byte {
	start := len(b) + len(magic)
	b = append(b, magic[:]...)
	b = append(b, byte(kind))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	b = append(b, payload...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], table))
}

// Read reads one frame. io.EOF means that no further frame began.
func Read(r io.Reader) (Kind, []byte, error) {
	var head [headLen]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	if [4]byte(head[:4]) != magic {
		return 0, nil, fmt.Errorf("serial frame: %x where the magic should be", head[:4])
	}
	n := binary.LittleEndian.Uint32(head[5:])
	if n > MaxPayload {
		return 0, nil, fmt.Errorf("serial frame: %d bytes, more than %d", n, MaxPayload)
	}
	body := make([]byte, n+4)
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, nil, fmt.Errorf("serial frame cut off: %w", err)
	}
	sum := crc32.Update(crc32.Checksum(head[4:], table), table, body[:n])
	if want := binary.LittleEndian.Uint32(body[n:]); sum != want {
		return 0, nil, fmt.Errorf("serial frame: checksum %08x, want %08x", sum, want)
	}
	return Kind(head[4]), body[:n], nil
}

// AppendEnd and ParseEnd are the payload of an End frame.
func AppendEnd(b []byte, code int, d time.Duration) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(code))
	return binary.LittleEndian.AppendUint64(b, uint64(d))
}

// ParseEnd is the inverse of AppendEnd.
func ParseEnd(p []byte) (code int, d time.Duration, err error) {
	if len(p) != 12 {
		return 0, 0, fmt.Errorf("end frame: %d bytes, want 12", len(p))
	}
	return int(int32(binary.LittleEndian.Uint32(p))), time.Duration(binary.LittleEndian.Uint64(p[4:])), nil
}
