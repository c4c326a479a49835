package format

// Copier appends rows of batches to another one. It remembers where strings of
// the source went, so each is looked up once.
type Copier struct {
	from, to *Batch
	seq, era uint64
	refs     []uint32 // by reference of from; 0 is not known yet
}

// Append adds the rows of src to dst, in that order: rows are indices into src.
// A column that src does not have is zero. The columns of src may change
// between calls, its dictionary only together with its Seq.
func (c *Copier) Append(dst, src *Batch, rows []int) {
	if c.from != src || c.to != dst || c.seq != src.Seq || len(c.refs) < src.Dict.Len() || c.era != dst.Dict.era {
		c.from, c.to, c.seq, c.era = src, dst, src.Seq, dst.Dict.era
		c.refs = append(c.refs[:0], make([]uint32, src.Dict.Len())...)
	}
	at := dst.AppendRows(len(rows))
	for k := range Columns {
		switch Columns[k].Type {
		case U8:
			pick(dst.U8[k][at:], src.U8[k], rows)
		case U16:
			pick(dst.U16[k][at:], src.U16[k], rows)
		case U32:
			pick(dst.U32[k][at:], src.U32[k], rows)
		case U64:
			pick(dst.U64[k][at:], src.U64[k], rows)
		case I32:
			pick(dst.I32[k][at:], src.I32[k], rows)
		case I64:
			pick(dst.I64[k][at:], src.I64[k], rows)
		case Bytes:
			from := src.U32[k]
			if from == nil {
				continue
			}
			for i, row := range rows {
				ref := from[row]
				if ref != 0 && c.refs[ref] == 0 {
					c.refs[ref] = dst.Dict.Ref(src.Dict.Bytes(ref))
				}
				if ref != 0 {
					dst.U32[k][at+i] = c.refs[ref]
				}
			}
		}
	}
}

func pick[T integer](dst, src []T, rows []int) {
	if src == nil {
		return
	}
	for i, row := range rows {
		dst[i] = src[row]
	}
}
