package derive

import "github.com/tracerec/tracerec/format"

// repackRows are in one block: eight times what a recorder writes, which has
// to be on disk after a second. Reading one row costs more, all rows nothing.
const repackRows = format.MaxRows

// Repack writes the same rows in larger blocks, compressed harder.
func Repack(in *Input, o *Output) (rows uint64, err error) {
	if err := intact(in); err != nil {
		return 0, err
	}
	if err := o.check(in); err != nil {
		return 0, err
	}
	h, err := o.header("repack", nil, in)
	if err != nil {
		return 0, err
	}
	h.Segment = in.Header().Segment
	o.Level = format.LevelBetter
	w, err := o.create(h)
	if err != nil {
		return 0, err
	}
	w.rows, w.dict = repackRows, format.MaxDictBytes/2
	var index []int
	i := 0
	for b, err := range in.Blocks(format.ReadOptions{Verify: true}) {
		if err != nil {
			return 0, w.close(nil, err)
		}
		index = all(index, b.N)
		if err := w.add(b, index, in.BlockInfo(i).Clock); err != nil {
			return 0, w.close(nil, err)
		}
		i++
	}
	t := carried(in, true)
	if err := w.close(&t, nil); err != nil {
		return 0, err
	}
	return w.w.Rows(), nil
}
