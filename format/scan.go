package format

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

// newReader finds the blocks of a file: by its index when it is sealed and
// intact, by walking from block to block otherwise.
func newReader(r io.ReaderAt, size int64, path string) (*Reader, error) {
	if err := checkEndian(); err != nil {
		return nil, err
	}
	rd := &Reader{r: r, size: size, path: path}
	at, err := rd.readHead()
	if err != nil {
		return nil, err
	}
	s := &scanner{Reader: rd}
	if ok, err := s.index(size); err != nil {
		return nil, s.ioError(err)
	} else if ok {
		return rd, nil
	}
	if err := s.walk(at); err != nil {
		return nil, s.ioError(err)
	}
	return rd, nil
}

func (r *Reader) ioError(err error) error {
	return fmt.Errorf("%sread: %w", pathPrefix(r.path), err)
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
	// What looks like the beginning of a longer header may be cut off, or its
	// length damaged: the blocks behind it tell.
	cut := l.schema.match(first) && (len(first) < len(l.schema.bytes) || length > r.size)
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
	if !cut && !l.schema.resembles(first) {
		return 0, fmt.Errorf("%snot a .trc file", pathPrefix(r.path))
	}
	r.head = &head{layout: l, header: Header{Version: Version}}
	s := &scanner{Reader: r}
	at, err := s.next(8, true)
	switch {
	case err != nil:
		return 0, r.ioError(err)
	case at < r.size:
		s.hole(&CorruptError{Path: r.path, Offset: 0, Size: at, What: what})
		return at, nil
	case cut:
		return 0, &CutError{r.path, 0, r.size, "the header is not complete: nothing was recorded"}
	}
	return 0, &CorruptError{Path: r.path, Offset: 0, Size: at, What: what}
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

// scanner walks a file.
type scanner struct {
	*Reader
	dict, batch []byte
	parts       parts
	buf         []byte
}

// hole notes damage in front of the next block.
func (s *scanner) hole(e *CorruptError) {
	s.holes = append(s.holes, gap{len(s.blocks), e})
	if s.state != Corrupt {
		s.state, s.detail = Corrupt, e
	}
}

// index loads index and totals of a file that ends at end, and says whether
// they are there, intact, and describe all of the file.
func (s *scanner) index(end int64) (bool, error) {
	if end < s.head.size+int64(len(endOfStream))+prologueSize+trailerSize {
		return false, nil
	}
	tail := make([]byte, trailerSize)
	if err := readFull(s.r, tail, end-trailerSize); err != nil {
		return false, err
	}
	t, ok := parseTrailer(tail)
	if !ok || t.at < s.head.size+8 || t.at > end-trailerSize-prologueSize {
		return false, nil
	}
	all := make([]byte, 8+end-trailerSize-t.at) // at most the file's size
	if err := readFull(s.r, all, t.at-8); err != nil {
		return false, err
	}
	foot := all[8:]
	f, ok := parsePrologue(foot)
	if !ok || !bytes.Equal(all[:8], endOfStream) || f.size() != end-t.at {
		return false, nil
	}
	blocks := make([]BlockInfo, f.blocks)
	at, seq, last := s.head.size, uint64(0), s.head.chain
	if at == 0 && len(blocks) > 0 { // the header is damaged
		at = parseEntry(foot[prologueSize:], 0).Offset
	}
	if at < messagePrefix && len(blocks) > 0 {
		return false, nil
	}
	for i := range blocks {
		b := &blocks[i]
		*b = parseEntry(foot[prologueSize+i*entrySize:], uint64(i))
		if b.Offset != at || b.Size <= 0 || b.Size > t.at-8-at || b.Seq != seq || b.Rows < 1 || b.Rows > MaxRows {
			return false, nil
		}
		at, seq, last = at+b.Size, seq+uint64(b.Rows), b.Chain
	}
	hash := seal(&last, foot)
	if want := appendTrailer(nil, t.at, &hash, foot); at != t.at-8 || !bytes.Equal(want, tail) {
		return false, nil
	}
	var totals Totals
	if err := json.Unmarshal(foot[len(foot)-int(f.totals):], &totals); err != nil || totals.Rows != seq {
		return false, nil
	}
	// What was found by walking is found again by reading; a damaged header
	// is not.
	s.blocks, s.totals, s.state, s.detail = blocks, &totals, Sealed, nil
	holes := s.holes
	s.holes = nil
	for _, h := range holes {
		if h.err.Offset == 0 {
			s.hole(h.err)
		}
	}
	for i := range s.holes {
		s.holes[i].before = 0
	}
	return true, nil
}

// walk goes from block to block, without reading their bodies, and over
// damage to the next block that is whole.
func (s *scanner) walk(at int64) error {
	for {
		end, err := s.ending(at)
		if end || err != nil {
			return err
		}
		what, cut, err := s.peek(at, false)
		if err != nil {
			return err
		}
		info := &s.parts.info
		if what == "" && !cut {
			if what = s.order(info); what == "" {
				s.missing(info, at, 0, "")
				s.blocks = append(s.blocks, *info)
				at += info.Size
				continue
			}
		}
		next, err := s.next(at+8, false)
		if err != nil {
			return err
		}
		if next == s.size {
			if cut {
				s.cut(at, "the last block is not complete")
				return nil
			}
			zero, err := s.zeros(at)
			if zero && err == nil {
				s.cut(at, "the rest was never written to the disk")
			} else {
				s.hole(&CorruptError{s.path, at, s.size - at, what})
			}
			return err
		}
		if cut {
			what = "the block's length is wrong"
		}
		s.missing(&s.parts.info, at, next-at, what)
		at = next
	}
}

func (s *scanner) cut(at int64, what string) {
	if s.state == Corrupt {
		return // worse
	}
	s.state, s.detail = Unsealed, &CutError{s.path, at, s.size - at, what}
}

// order checks that a block can follow those before it.
func (s *scanner) order(info *BlockInfo) problem {
	if len(s.blocks) == 0 {
		if (info.Number == 0) != (info.Seq == 0) {
			return "its sequence number does not fit its block number"
		}
		return ""
	}
	last := &s.blocks[len(s.blocks)-1]
	seq := last.Seq + uint64(last.Rows)
	if info.Number <= last.Number || info.Seq < seq || info.Number == last.Number+1 && info.Seq != seq {
		return fmt.Sprintf("block %d cannot follow block %d", info.Number, last.Number)
	}
	return ""
}

// missing notes a hole of size bytes in front of a block, or none if nothing
// is missing.
func (s *scanner) missing(info *BlockInfo, at, size int64, what string) {
	var next uint64
	if n := len(s.blocks); n > 0 {
		next = s.blocks[n-1].Number + 1
	}
	lost := info.Number - next
	switch {
	case size == 0 && lost == 0:
		return
	case what == "" && lost > 0 && len(s.holes) > 0 && s.holes[len(s.holes)-1].before == len(s.blocks):
		return // that hole is why
	case lost == 0:
	case what == "":
		what = fmt.Sprintf("blocks %d to %d are missing", next, info.Number-1)
	default:
		what = fmt.Sprintf("blocks %d to %d: %s", next, info.Number-1, what)
	}
	s.hole(&CorruptError{s.path, at, size, what})
}

// peek reads the metadata of a block at at into s.parts. cut says that the
// file ends before the block does, as far as it can be seen. With anyID the
// block's own id becomes the file's.
func (s *scanner) peek(at int64, anyID bool) (what problem, cut bool, err error) {
	l := s.head.layout
	s.parts.info = BlockInfo{}
	s.dict = resize(s.dict, int(min(s.size-at, int64(len(l.dict.bytes)))))
	if err := readFull(s.r, s.dict, at); err != nil {
		return "", false, err
	}
	if !l.dict.match(s.dict) {
		return "no block begins here", false, nil
	}
	if len(s.dict) < len(l.dict.bytes) {
		return "", true, nil
	}
	n, what := l.dictLength(s.dict)
	if what != "" {
		return what, false, nil
	}
	if n > s.size-at {
		return "", true, nil
	}
	s.batch = resize(s.batch, int(min(s.size-at-n, int64(len(l.batch.bytes)))))
	if err := readFull(s.r, s.batch, at+n); err != nil {
		return "", false, err
	}
	if len(s.batch) < len(l.batch.bytes) {
		if !l.batch.match(s.batch) {
			return "no record batch message after the dictionary", false, nil
		}
		return "", true, nil
	}
	id := s.head.id
	if anyID && l.batch.match(s.batch) {
		r := lineReader{line: l.line(s.batch)}
		r.bytes(lineID, id[:])
	}
	s.parts.dict, s.parts.batch = s.dict, s.batch
	if what := l.metadata(&s.parts, &id); what != "" {
		return what, false, nil
	}
	s.parts.info.Offset = at
	if s.parts.info.Size > s.size-at {
		return "", true, nil
	}
	s.head.id = id
	return "", false, nil
}

// next finds the first whole block at or behind at, the size of the file if
// there is none. It stands in s.parts.
func (s *scanner) next(at int64, anyID bool) (int64, error) {
	const step = 1 << 20
	needle := s.head.layout.dict.bytes[:s.head.layout.dict.fixed[0][1]]
	s.buf = resize(s.buf, int(min(step, max(s.size-at, 0)))+len(needle))
	for at = (at + 7) &^ 7; at < s.size; at += step {
		part := s.buf[:min(int64(len(s.buf)), s.size-at)]
		if err := readFull(s.r, part, at); err != nil {
			return 0, err
		}
		for from := 0; ; {
			i := bytes.Index(part[from:], needle)
			if i < 0 {
				break
			}
			from += i
			if from >= step {
				break // the next step finds it
			}
			if from%8 == 0 {
				what, cut, err := s.peek(at+int64(from), anyID)
				if err != nil {
					return 0, err
				}
				if what == "" && !cut && s.order(&s.parts.info) == "" {
					return at + int64(from), nil
				}
			}
			from++
		}
	}
	s.parts.info = BlockInfo{}
	return s.size, nil
}

// zeros says whether the file holds only zeros from at on: what a file system
// leaves when the machine dies between growing a file and writing to it.
func (s *scanner) zeros(at int64) (bool, error) {
	buf := make([]byte, 64<<10)
	for ; at < s.size; at += int64(len(buf)) {
		part := buf[:min(int64(len(buf)), s.size-at)]
		if err := readFull(s.r, part, at); err != nil {
			return false, err
		}
		for _, c := range part {
			if c != 0 {
				return false, nil
			}
		}
	}
	return true, nil
}

// ending handles the end of the stream at at, if the file or the stream ends
// there.
func (s *scanner) ending(at int64) (bool, error) {
	var head [8 + prologueSize]byte
	part := head[:min(s.size-at, int64(len(head)))]
	if err := readFull(s.r, part, at); err != nil {
		return false, err
	}
	if !bytes.Equal(part[:min(8, len(part))], endOfStream[:min(8, len(part))]) {
		return false, nil
	}
	switch {
	case len(part) == 0:
		s.cut(at, "no index follows the last block")
		return true, nil
	case len(part) < len(head):
		want := append(bytes.Clone(endOfStream), prologueMagic...)
		if n := min(len(part), len(want)); bytes.Equal(part[:n], want[:n]) {
			s.cut(at, "the index is not complete")
			return true, nil
		}
	default:
		f, ok := parsePrologue(part[8:])
		if !ok {
			break
		}
		end := at + 8 + f.size()
		if end > s.size {
			s.cut(at, "the index is not complete")
			return true, nil
		}
		if ok, err := s.index(end); err != nil {
			return true, err
		} else if ok {
			s.hole(&CorruptError{s.path, end, s.size - end, "bytes follow the end of the trace"})
			return true, nil
		}
	}
	s.hole(&CorruptError{s.path, at, s.size - at, "index, totals or trailer is damaged"})
	return true, nil
}
