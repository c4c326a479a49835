package format

// maxJobs is how many blocks are decoded at a time where the caller does not say: each has
// some 10 MB of columns in memory.
const maxJobs = 4

// maxAhead is how many rows are in memory where the caller does not say how many jobs: it is
// less jobs for the large blocks of repack.
const maxAhead = 3 * MaxRows

// decoded is what came of one block.
type decoded struct {
	batch *Batch
	err   error
}

// jobs is how many of the chosen blocks are decoded at a time.
func (o *ReadOptions) jobs(r *Reader, chosen []int) int {
	jobs := o.Jobs
	if jobs <= 0 {
		rows, most := 0, 1
		for _, i := range chosen {
			rows += r.blocks[i].Rows
			most = max(most, r.blocks[i].Rows)
		}
		jobs = Jobs(most)
		if rows < BlockRows { // not worth a goroutine
			jobs = 1
		}
	}
	return max(1, min(jobs, len(chosen)))
}

// inTurn decodes the chosen blocks one after the other, each when it is asked for.
func (r *Reader) inTurn(opt *ReadOptions, chosen []int) (next func() decoded, stop func()) {
	d := decoderPool.Get().(*decoder)
	want := wanted(opt.Columns)
	var batch *Batch
	next = func() decoded {
		if batch == nil || opt.Fresh {
			batch = &Batch{}
		}
		i := chosen[0]
		chosen = chosen[1:]
		if err := r.read(d, i, &want, batch, opt.Verify); err != nil {
			return decoded{err: err}
		}
		return decoded{batch: batch}
	}
	return next, func() { decoderPool.Put(d) }
}

// ahead decodes the chosen blocks with jobs of them at a time, beside the caller, who gets
// them in order. A batch is used again once the next one was asked for: so at most
// jobs + 1 are in memory. stop waits until nobody reads the file any more.
func (r *Reader) ahead(opt *ReadOptions, chosen []int, jobs int) (next func() decoded, stop func()) {
	want := wanted(opt.Columns)
	slots := make([]chan decoded, jobs) // of the k-th chosen block: slots[k%jobs]
	free := make(chan *Batch, jobs+1)
	for i := range slots {
		slots[i] = make(chan decoded, 1)
	}
	for range jobs + 1 {
		free <- nil
	}
	asked, given := 0, 0
	// A slot is asked for its next block only after it gave its last one.
	ask := func() {
		if asked == len(chosen) {
			return
		}
		i, slot := chosen[asked], slots[asked%jobs]
		asked++
		go func() {
			batch := <-free
			if batch == nil || opt.Fresh {
				batch = &Batch{}
			}
			d := decoderPool.Get().(*decoder)
			err := r.read(d, i, &want, batch, opt.Verify)
			decoderPool.Put(d)
			if err != nil {
				free <- batch
				batch = nil
			}
			slot <- decoded{batch, err}
		}()
	}
	var lent *Batch
	next = func() decoded {
		if lent != nil {
			free <- lent
		}
		if asked == 0 {
			for range jobs {
				ask()
			}
		}
		got := <-slots[given%jobs]
		given++
		lent = got.batch
		ask()
		return got
	}
	return next, func() {
		if lent != nil {
			free <- lent
		}
		for ; given < asked; given++ {
			if got := <-slots[given%jobs]; got.batch != nil {
				free <- got.batch
			}
		}
	}
}
