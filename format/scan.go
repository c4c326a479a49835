package format

import (
	"bytes"
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
		next, err := s.next(at+1, false)
		if err != nil {
			return err
		}
		if next == s.size {
			if cut {
				s.cut(at, CutBlock)
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
	case lost == 1 && what == "":
		what = fmt.Sprintf("block %d is missing", next)
	case lost == 1:
		what = fmt.Sprintf("block %d: %s", next, what)
	case what == "":
		what = fmt.Sprintf("blocks %d to %d are missing", next, info.Number-1)
	default:
		what = fmt.Sprintf("blocks %d to %d: %s", next, info.Number-1, what)
	}
	s.hole(&CorruptError{s.path, at, size, what})
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
