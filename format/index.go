package format

import (
	"bytes"
	"encoding/json"
)

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
	begin := make([]byte, 8+prologueSize)
	if err := readFull(s.r, begin, t.at-8); err != nil {
		return false, err
	}
	f, ok := parsePrologue(begin[8:])
	if !ok || !bytes.Equal(begin[:8], endOfStream) || f.size() != end-t.at {
		return false, nil
	}
	if least := int64(len(s.head.layout.dict.bytes) + len(s.head.layout.batch.bytes)); f.blocks > uint64((t.at-8)/least) {
		return false, nil // there is no room for as many: most of a sparse file may cost nothing on disk
	}
	foot := make([]byte, end-trailerSize-t.at) // 120 bytes for 4 KB of the file, and the totals
	if err := readFull(s.r, foot, t.at); err != nil {
		return false, err
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
	if want := appendTrailer(nil, t.at, &hash, &t.sig, foot); at != t.at-8 || !bytes.Equal(want, tail) {
		return false, nil
	}
	var totals Totals
	if err := json.Unmarshal(foot[len(foot)-int(f.totals):], &totals); err != nil || totals.Rows != seq {
		return false, nil
	}
	// What was found by walking is found again by reading; a damaged header
	// is not.
	s.blocks, s.totals, s.hash, s.sig, s.state, s.detail = blocks, &totals, hash, t.sig, Sealed, nil
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
