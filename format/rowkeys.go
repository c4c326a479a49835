package format

import (
	"math/bits"
	"math/rand/v2"
)

// rowKeys says of each row of a block which row before it is its like.
type rowKeys struct {
	order  []int32 // rows, group behind group
	thread []int32 // by row: the row before of the same thread, -1 for none
	call   []int32 // by place in order: the row before of the same thread and group, -1 for none

	runs   []threadRun
	group  []int32 // by row
	task   []int32 // by row: number of the thread, by its first row
	tasks  int
	starts []int32 // by group: the place of its first row
	place  []int32
	last   []int32 // by thread, or thread and group: last row, plus 1
	table  keyTable
}

// threadRun are rows of one thread, one behind the other, as many as there are; before is the
// row before of that thread, -1 for none.
type threadRun struct{ from, to, before int32 }

// keyParts are those parts of rowKeys that a column needs.
type keyParts uint8

const (
	keyThread keyParts = 1 << iota
	keyGroup
	keyCall // needs the other two
)

// compute fills k for n rows, call only if calls is set. A nil slice stands for
// zeros.
func (k *rowKeys) compute(n int, tids []uint32, events []uint16, numbers []int32, calls bool) {
	k.groups(n, events, numbers)
	k.threads(n, tids)
	if calls {
		k.calls(n)
	}
}

// groups numbers the groups by their first rows and fills order.
func (k *rowKeys) groups(n int, events []uint16, numbers []int32) {
	k.order, k.group = resize(k.order, n), resize(k.group, n)
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
	// Rows are counted in turns, so that no count waits for the one before.
	g := int(found)
	k.place = resize(k.place, 2*g)
	clear(k.place)
	even, odd := k.place[:g], k.place[g:]
	rows := group
	for ; len(rows) >= 2; rows = rows[2:] {
		even[rows[0]]++
		odd[rows[1]]++
	}
	if len(rows) > 0 {
		even[rows[0]]++
	}
	k.starts = resize(k.starts, g)
	var sum int32
	for g := range k.starts {
		k.starts[g] = sum
		sum += even[g] + odd[g]
	}
	copy(even, k.starts)
	order := k.order[:n]
	for i, g := range group {
		at := even[g]
		even[g] = at + 1
		order[at] = int32(i)
	}
}

// threads fills thread and task. A thread mostly has several rows in a row.
func (k *rowKeys) threads(n int, tids []uint32) {
	k.thread, k.task, k.last, k.tasks = resize(k.thread, n), resize(k.task, n), k.last[:0], 0
	k.table.reset()
	k.runs = k.runs[:0]
	now := int32(-1)
	for i := range k.thread {
		if i > 0 && (i >= len(tids) || tids[i] == tids[i-1]) {
			k.thread[i], k.task[i] = int32(i-1), now
			continue
		}
		var tid uint64
		if i < len(tids) {
			tid = uint64(tids[i])
		}
		if now >= 0 {
			k.last[now] = int32(i) // the row before, plus 1
		}
		at := k.table.find(tid)
		if *at == 0 {
			k.last = append(k.last, 0)
			*at = int32(len(k.last))
		}
		now = *at - 1
		k.thread[i], k.task[i] = k.last[now]-1, now
		if r := len(k.runs); r > 0 {
			k.runs[r-1].to = int32(i)
		}
		k.runs = append(k.runs, threadRun{int32(i), int32(n), k.thread[i]})
	}
	k.tasks = len(k.last)
}

// calls fills call, after the other two.
func (k *rowKeys) calls(n int) {
	k.call = resize(k.call, n)
	if dense := k.tasks * len(k.starts); dense <= 4*n {
		k.last = resize(k.last, dense)
		clear(k.last)
		g, next := -1, int32(0)
		for at, row := range k.order {
			for g+1 < len(k.starts) && int32(at) == next {
				g++
				if next = int32(n); g+1 < len(k.starts) {
					next = k.starts[g+1]
				}
			}
			last := &k.last[g*k.tasks+int(k.task[row])]
			k.call[at], *last = *last-1, row+1
		}
		return
	}
	k.table.reset()
	for at, row := range k.order {
		last := k.table.find(uint64(k.group[row])<<32 | uint64(k.task[row]))
		k.call[at], *last = *last-1, row+1
	}
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
