package format

// kept is what a batch's block was decoded by.
type kept struct {
	decoder
	reader *Reader
	block  int
}

// NewKept returns a batch for ReadBlock which keeps what its block was decoded by, 2 MB or more, for ReadMore.
func NewKept() *Batch { return &Batch{kept: &kept{}} }

// ReadMore is ReadBlock for a block of which some columns are in of: it reads cols into dst, which is another
// batch. Where of keeps what its block was decoded by, the block is neither read nor checked again, nor are its strings: references
// are into of.Dict, too.
//
// Unless some is nil, it is asked of each group of rows, which are those of one kind of call or event, whether they are
// wanted. What the values of other rows are is not specified.
func (r *Reader) ReadMore(i int, cols []ColumnID, some func(rows []int32) bool, of, dst *Batch) (*Batch, error) {
	k := of.kept
	if k == nil || k.reader != r || k.block != i {
		return r.ReadBlock(i, cols, dst)
	}
	if dst == nil {
		dst = &Batch{}
	}
	k.more, k.some = true, some
	defer func() { k.more, k.some = false, nil }()
	want, had := wanted(cols), k.strings
	if err := r.read(&k.decoder, i, &want, dst, false); err != nil {
		return nil, r.note(err)
	}
	if had {
		dst.Dict, dst.lent = of.Dict, true
	}
	return dst, nil
}
