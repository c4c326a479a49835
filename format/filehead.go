package format

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
)

// appendHead appends the first message of a file: Arrow's schema with the
// header in its custom metadata.
func appendHead(dst []byte, l *layout, h *Header, id *[16]byte) ([]byte, error) {
	text, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	for (4+len(text)+1)%8 != 0 { // so that the message ends at a multiple of 8
		text = append(text, ' ')
	}
	if len(text) > MaxHeader {
		return nil, &LimitError{"bytes of header", len(text), MaxHeader}
	}
	start := len(dst)
	dst = append(dst, l.schema.bytes...)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(text)))
	dst = append(dst, text...)
	dst = append(dst, 0)
	head := dst[start:]
	binary.LittleEndian.PutUint32(head[4:], uint32(len(head)-messagePrefix))
	hex.Encode(head[l.schemaFile+fileIDAt:], id[:])
	putFileCRC(head[l.schemaFile:], crc32.Checksum(head, castagnoli))
	return dst, nil
}

func putFileCRC(file []byte, sum uint32) {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], sum)
	hex.Encode(file[fileCRCAt:], b[:])
}

// head is what a reader takes from the first message.
type head struct {
	layout *layout
	header Header
	id     [16]byte
	size   int64
	chain  [32]byte // what block 0 is chained to
}

// versionMark precedes the version in the header's JSON. A reader that does
// not know a file's layout looks for it in the first message.
var versionMark = []byte(`{"version":`)

// findVersion reads the version out of a schema message of any version.
func findVersion(msg []byte) int {
	at := bytes.Index(msg, versionMark)
	if at < 0 {
		return 0
	}
	version := 0
	for _, c := range msg[at+len(versionMark):] {
		if c < '0' || c > '9' || version > 1e6 {
			break
		}
		version = version*10 + int(c-'0')
	}
	return version
}

// parseHead reads a whole schema message.
func parseHead(msg []byte) (*head, problem) {
	version := findVersion(msg)
	if version < 1 || version > Version {
		return nil, "the first message is not a tracerec header"
	}
	l := layoutOf(version)
	if len(msg) < len(l.schema.bytes)+8 || !l.schema.match(msg) {
		return nil, "the schema is not that of format version " + fmt.Sprint(version)
	}
	text := msg[l.headerLen+4 : len(msg)-1]
	if binary.LittleEndian.Uint32(msg[l.headerLen:]) != uint32(len(text)) || msg[len(msg)-1] != 0 {
		return nil, "the header's length does not match"
	}
	file := msg[l.schemaFile : l.schemaFile+len(fileText)]
	h := &head{layout: l, size: int64(len(msg))}
	idText := file[fileIDAt : fileIDAt+32]
	if _, err := hex.Decode(h.id[:], idText); err != nil ||
		string(file) != fmt.Sprintf("id=%x crc=%s", h.id, file[fileCRCAt:]) {
		return nil, "the file's id is not hexadecimal"
	}
	zeroed := bytes.Clone(msg)
	putFileCRC(zeroed[l.schemaFile:], 0)
	sum := crc32.Checksum(zeroed, castagnoli)
	if fmt.Sprintf("%08x", sum) != string(file[fileCRCAt:]) {
		return nil, "checksum of the header does not match"
	}
	if err := json.Unmarshal(text, &h.header); err != nil {
		return nil, "the header: " + PlainJSON(err).Error()
	}
	if h.header.Version != version {
		return nil, "the header's version does not match its schema"
	}
	if slices.Contains(h.header.Hosts, nil) || len(h.header.Hosts) > maxHosts {
		return nil, "the header's hosts are not those of a merge"
	}
	h.chain = headChain(msg)
	return h, ""
}

// readHead reads the first message and returns where the blocks begin. When
// it is damaged but clearly was one of ours, the file is opened without it.
func (r *Reader) readHead() (int64, error) {
	l := layoutOf(Version)
	first := make([]byte, min(r.size, int64(len(l.schema.bytes))))
	if err := readFull(r.r, first, 0); err != nil {
		return 0, r.ioError(err)
	}
	var length int64
	if len(first) >= messagePrefix {
		length = messagePrefix + int64(binary.LittleEndian.Uint32(first[4:]))
	}
	what := "the first message is damaged"
	if len(first) >= messagePrefix && bytes.Equal(first[:4], endOfStream[:4]) &&
		length%8 == 0 && length <= min(MaxHeader+64<<10, r.size) {
		msg := make([]byte, length)
		if err := readFull(r.r, msg, 0); err != nil {
			return 0, r.ioError(err)
		}
		h, problem := parseHead(msg)
		if problem == "" {
			r.head = h
			return h.size, nil
		}
		what = problem
		if v := findVersion(msg); v > Version && !l.schema.match(msg) {
			return 0, &VersionError{r.path, v}
		}
	}
	// What looks like the beginning of a longer header may be cut off, or its
	// length damaged: the blocks behind it tell, and of which version it was.
	ours, cut := false, false
	for version := Version; version > 0; version-- {
		l := layoutOf(version)
		begins := l.schema.match(first) && (len(first) < len(l.schema.bytes) || length > r.size)
		if !begins && !l.schema.resembles(first) {
			continue
		}
		ours, cut = true, cut || begins
		r.head = &head{layout: l, header: Header{Version: version}}
		s := &scanner{Reader: r}
		at, err := s.next(8, true)
		if err != nil {
			return 0, r.ioError(err)
		}
		if at < r.size {
			info := &s.parts.info // so that times are still those of a calendar, and count from the first row
			r.head.header.Clock = Clock{Boottime: info.First, Realtime: info.Clock.Realtime - (info.Clock.Boottime - info.First)}
			s.hole(&CorruptError{Path: r.path, Offset: 0, Size: at, What: what})
			return at, nil
		}
	}
	switch {
	case !ours:
		return 0, fmt.Errorf("%snot a .trc file%s", pathPrefix(r.path), instead(first))
	case cut && r.size == 0:
		return 0, &CutError{r.path, 0, 0, "the file is empty: nothing was recorded"}
	case cut:
		return 0, &CutError{r.path, 0, r.size, "the header is not complete: nothing was recorded"}
	}
	return 0, &CorruptError{Path: r.path, Offset: 0, Size: r.size, What: what}
}

// resembles says whether most of msg is the template's: a flipped bit or a
// damaged sector, not another kind of file.
func (t *template) resembles(msg []byte) bool {
	if len(msg) < len(t.bytes) {
		return false
	}
	same := 0
	for i := range t.bytes {
		if msg[i] == t.bytes[i] {
			same++
		}
	}
	return same > len(t.bytes)*3/4
}

// instead says what a file is by its beginning, where one is given by mistake.
func instead(first []byte) string {
	for _, is := range []struct{ begins, what string }{
		{"tracerec text ", ", but a text of one: make a file of it by tracerec build"},
		{"\x1f\x8b", ": it is compressed by gzip, unpack it first"},
		{"\x28\xb5\x2f\xfd", ": it is compressed by zstd, unpack it first"},
		{"PK\x03\x04", ": it is a zip archive, unpack it first"},
		{"ARROW1", ", but an Arrow file"},
		{"PAR1", ", but Parquet"},
	} {
		if bytes.HasPrefix(first, []byte(is.begins)) {
			return is.what
		}
	}
	return ""
}
