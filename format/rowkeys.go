package format

import (
	"math/bits"
	"math/rand/v2"
)

// rowKeys says of each row of a block which row before it is its like.
type rowKeys struct {
	order []int32 // rows, group behind group
	call  []int32 // by place in order: the row before of the same thread and group, -1 for none

	runs   []threadRun
	thread []int32   // memory of threadsBefore
	place  []int32   // memory of places
	placed bool      // place is of this block
	tasks  int       // threads
	group  []int32   // by row
	starts []int32   // by group: the place of its first row
	skip   []bool    // by group: nobody asked for its rows; empty: for all
	left   zeroSpans // the places of those
	counts []int32   // by group: rows in the first half of the block, in the second
	next   []int32   // by group: the place of the row that comes next
	last   []int32   // by thread, or thread and group: last row, plus 1
	table  keyTable
}

// threadRun are rows of one thread, one behind the other, as many as there are; before is the
// row before of that thread, -1 for none. Threads are numbered by their first rows.
type threadRun struct{ from, to, before, task int32 }

// keyParts are those parts of rowKeys that a column needs.
type keyParts uint8

const (
	keyThread keyParts = 1 << iota
	keyGroup
	keyCall // needs the other two
)

// compute fills k for n rows. A nil slice stands for zeros.
func (k *rowKeys) compute(n int, tids []uint32, events []uint16, numbers []int32) {
	k.threads(n, tids)
	k.groups(n, events, numbers)
	k.calls(n)
}

// rows fills order, after groups.
func (k *rowKeys) rows(n int) {
	k.order = resize(k.order, n)
	// Both halves in turns, so that no place waits for the one before, which is mostly of the same group.
	k.next = resize(k.next, 2*len(k.starts))
	one, two := k.next[:len(k.starts)], k.next[len(k.starts):]
	for g, at := range k.starts {
		one[g], two[g] = at, at+k.counts[g]
	}
	half := n / 2
	first, second, order := k.group[:half], k.group[n-half:n], k.order
	if n > 2*half {
		g := k.group[half] // the row in the middle is counted with the second half
		order[two[g]] = int32(half)
		two[g]++
	}
	for i, g := range first {
		h := second[i]
		a, b := one[g], two[h]
		one[g], two[h] = a+1, b+1
		order[a], order[b] = int32(i), int32(n-half+i)
	}
}

// groups numbers the groups by their first rows and fills group, starts, and counts.
func (k *rowKeys) groups(n int, events []uint16, numbers []int32) {
	k.group = resize(k.group, n)
	if len(events) < n {
		events = make([]uint16, n)
	}
	if len(numbers) < n {
		numbers = make([]int32, n)
	}
	k.table.reset()
	// Most keys are among the last few hundred: looked up without the table.
	var recent [512]struct {
		key   uint64
		group int32 // plus 1
	}
	found := int32(0)
	group, numbers := k.group[:n], numbers[:n]
	for i, e := range events[:n] {
		key := uint64(e)<<32 | uint64(uint32(numbers[i]))
		r := &recent[(key^key>>32<<5)%uint64(len(recent))]
		if r.group == 0 || r.key != key {
			at := k.table.find(key)
			if *at == 0 {
				found++
				*at = found
			}
			r.key, r.group = key, *at
		}
		group[i] = r.group - 1
	}
	g := int(found)
	k.counts = resize(k.counts, 2*g)
	clear(k.counts)
	one, two := k.counts[:g], k.counts[g:]
	half := n / 2
	second := group[n-half:]
	for i, g := range group[:half] {
		one[g]++
		two[second[i]]++
	}
	if n > 2*half {
		two[group[half]]++
	}
	k.starts = resize(k.starts, g)
	var sum int32
	for g := range k.starts {
		k.starts[g] = sum
		sum += one[g] + two[g]
	}
}

// threads fills runs. A thread mostly has several rows in a row.
func (k *rowKeys) threads(n int, tids []uint32) {
	k.last, k.tasks, k.runs = k.last[:0], 0, k.runs[:0]
	k.table.reset()
	if len(tids) < n {
		tids = make([]uint32, n)
	}
	tids = tids[:n]
	for from := 0; from < n; {
		tid, to := tids[from], from+1
		for to < n && tids[to] == tid {
			to++
		}
		task := k.table.find(uint64(tid))
		if *task == 0 {
			k.last = append(k.last, 0)
			*task = int32(len(k.last))
		}
		last := &k.last[*task-1]
		k.runs = append(k.runs, threadRun{int32(from), int32(to), *last - 1, *task - 1})
		*last = int32(to) // its last row, plus 1
		from = to
	}
	k.tasks = len(k.last)
}

// calls fills call and order, after threads and groups.
func (k *rowKeys) calls(n int) {
	k.call, k.order, k.placed = resize(k.call, n), resize(k.order, n), false
	groups := len(k.starts)
	k.next = resize(k.next, groups)
	copy(k.next, k.starts)
	next, call, order := k.next, k.call, k.order
	if dense := k.tasks * groups; dense <= 4*n {
		k.last = resize(k.last, dense)
		clear(k.last)
		for _, r := range k.runs {
			last := k.last[int(r.task)*groups:][:len(next)]
			row := r.from
			for _, g := range k.group[r.from:r.to] {
				at := next[g]
				next[g] = at + 1
				order[at], call[at] = row, last[g]-1
				row++
				last[g] = row
			}
		}
		return
	}
	k.table.reset()
	for _, r := range k.runs {
		row := r.from
		for _, g := range k.group[r.from:r.to] {
			last := k.table.find(uint64(g)<<32 | uint64(r.task))
			at := next[g]
			next[g] = at + 1
			order[at], call[at] = row, *last-1
			row++
			*last = row
		}
	}
}

// only says which groups are wanted.
func (k *rowKeys) only(some func(rows []int32) bool) {
	k.skip, k.left = k.skip[:0], k.left[:0]
	k.eachGroup(func(from, to int) {
		skip := !some(k.order[from:to])
		k.skip = append(k.skip, skip)
		if !skip {
			return
		}
		if n := len(k.left); n > 0 && k.left[n-1].to == from {
			k.left[n-1].to = to
		} else {
			k.left = append(k.left, zeroSpan{from, to})
		}
	})
}

// places is, by row, its place in order.
func (k *rowKeys) places(n int) []int32 {
	if k.placed {
		return k.place
	}
	k.place, k.placed = resize(k.place, n), true
	for at, row := range k.order {
		k.place[row] = int32(at)
	}
	return k.place
}

// threadsBefore is, by row, the row before of the same thread, -1 for none.
func (k *rowKeys) threadsBefore(n int) []int32 {
	k.thread = resize(k.thread, n)
	before := k.thread
	for _, r := range k.runs {
		before[r.from] = r.before
		for i := r.from + 1; i < r.to; i++ {
			before[i] = i - 1
		}
	}
	return before
}

// keyTable is a hash table, cleared in one go, which begins small: there are few groups and
// threads. Its hash is different in each process, so that no file can make it slow.
type keyTable struct {
	keys   []uint64
	values []int32 // 0 where there is no key
	used   int
	shift  int
	spare  keyMemory
}

type keyMemory struct {
	keys   []uint64
	values []int32
}

var keySeed, keyFactor = rand.Uint64(), rand.Uint64() | 1

const smallTable = 1024

func (t *keyTable) reset() { t.resize(smallTable) }

func (t *keyTable) resize(size int) {
	t.keys, t.values, t.used = resize(t.keys, size), resize(t.values, size), 0
	t.shift = 64 - bits.TrailingZeros(uint(size))
	clear(t.values)
}

// grow makes room for more keys.
func (t *keyTable) grow() {
	old := keyMemory{t.keys, t.values}
	t.keys, t.values = t.spare.keys, t.spare.values
	t.resize(4 * len(old.keys))
	for i, v := range old.values {
		if v != 0 {
			*t.find(old.keys[i]) = v
		}
	}
	t.spare = old
}

// find gives the value of a key, 0 when it is new; the caller sets it to 1 or
// more then, before the next call.
func (t *keyTable) find(key uint64) *int32 {
	mask := uint64(len(t.keys) - 1)
	hash := (key ^ keySeed) * keyFactor
	hash ^= hash >> 32
	for at := (hash * keyFactor) >> t.shift; ; at++ {
		at &= mask
		if t.values[at] == 0 {
			if t.used++; 2*t.used > len(t.keys) {
				t.grow()
				return t.find(key)
			}
			t.keys[at] = key
			return &t.values[at]
		}
		if t.keys[at] == key {
			return &t.values[at]
		}
	}
}
