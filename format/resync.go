package format

import (
	"bytes"
	"cmp"
	"slices"
)

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
	for ; at < s.size; at += step { // any byte: what was cut out may have any length
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
			what, cut, err := s.peek(at+int64(from), anyID)
			if err != nil {
				return 0, err
			}
			if what == "" && !cut && s.order(&s.parts.info) == "" {
				return at + int64(from), nil
			}
			from++
		}
	}
	s.parts.info = BlockInfo{}
	return s.size, nil
}

// Survey finds every block of the file wherever it stands, in the order in
// which they stand, by its metadata alone. Where State is Sealed and nothing is
// damaged it is what BlockInfo tells.
func (r *Reader) Survey() ([]BlockInfo, error) {
	s := &scanner{Reader: &Reader{r: r.r, size: r.size, path: r.path, head: r.head}}
	var found []BlockInfo
	for at := int64(messagePrefix); at < r.size; at += s.parts.info.Size {
		var err error
		if at, err = s.next(at, false); err != nil {
			return nil, r.ioError(err)
		}
		if at < r.size {
			found = append(found, s.parts.info)
		}
	}
	return found, nil
}

// Salvage is a reader of all blocks that are in the file, in the order in which
// they were written, wherever they stand. Blocks that are missing are holes.
func (r *Reader) Salvage() (*Reader, error) {
	found, err := r.Survey()
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(found, func(a, b BlockInfo) int { return cmp.Compare(a.Number, b.Number) })
	s := &scanner{Reader: &Reader{r: r.r, size: r.size, path: r.path, head: r.head, totals: r.totals, hash: r.hash, sig: r.sig, state: r.state, detail: r.detail}}
	for i := range found {
		if s.order(&found[i]) == "" { // not the same number once more
			s.missing(&found[i], found[i].Offset, 0, "")
			s.blocks = append(s.blocks, found[i])
		}
	}
	return s.Reader, nil
}
