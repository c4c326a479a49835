package format

// Most columns of integers are not stored as they are, but so that zstd finds
// more in them; the values come back exactly. What was measured is in
// FORMAT.md. Each coded column says so by its name in the Arrow schema, and each
// block says which of its columns are coded: one that is the same in all rows
// of a block, or missing in the batch, is stored plain.
//
// Two things are known of each row before any coded column is read, from plain
// ones: its thread (tid), and its group, which are the rows of the same event
// and syscall number.
type coding uint8

const (
	// codePlain stores values as they are.
	codePlain coding = iota
	// codeThread stores the difference from the row before of the same thread:
	// what describes a task is nearly always 0, its call counter 1.
	codeThread
	// codeGroup stores the rows group behind group, groups in the order of their
	// first rows: what belongs to a kind of call stands together.
	codeGroup
	// codeCall is codeGroup of the difference from the row before of the same
	// thread and group: arguments repeat.
	codeCall
	// codeTurn stores the difference from the row before of the same thread, group
	// behind group: how many calls in between were not recorded.
	codeTurn
	// codeTicks is for time and duration: see ticks.go.
	codeTicks
	// codeString is for strings: see strings.go.
	codeString
)

// CodedSuffix follows the name of a coded column in the Arrow schema, so that
// nobody takes what an Arrow reader shows there for the values.
const CodedSuffix = ".coded"

// columnCoding is how a column is stored where it is coded.
type columnCoding struct {
	how coding
	// planes: the first bytes of all values, then the second bytes, and so on.
	planes bool
}

// codings of all columns, by what they mean.
var codings = func() (t [NumColumns]columnCoding) {
	for c := range t {
		t[c] = codingOf(ColumnID(c))
	}
	return t
}()

func codingOf(c ColumnID) columnCoding {
	switch c {
	case ColTID, ColEvent, ColNR: // by which the others are coded
		return columnCoding{}
	case ColTime, ColDuration:
		return columnCoding{how: codeTicks}
	}
	if Columns[c].Type == Bytes {
		return columnCoding{how: codeString}
	}
	switch Columns[c].Kind {
	case KindTime, KindTID, KindTGID, KindUID, KindGID, KindPIDNS, KindMntNS, KindCgroup, KindCPU:
		return columnCoding{how: codeThread}
	case KindCallID:
		return columnCoding{how: codeTurn}
	case KindArg, KindPointer:
		return columnCoding{how: codeCall}
	case KindRet, KindInode:
		return columnCoding{how: codeGroup, planes: true}
	}
	return columnCoding{how: codeGroup}
}

// codingsOf a version's files.
func codingsOf(version int) *[NumColumns]columnCoding {
	if version == 1 {
		return &codings1
	}
	return &codings
}

// StoredName is a column's name in the Arrow schema of a file: its own, or with
// CodedSuffix.
func StoredName(c ColumnID) string { return storedName(c, Version) }

func storedName(c ColumnID, version int) string {
	if h := codingsOf(version)[c].how; h == codePlain || h == codeObject {
		return Columns[c].Name
	}
	return Columns[c].Name + CodedSuffix
}

// codedBits is how many columns a block line can name: a column's bit is set
// where it is coded.
const codedBits = 128

type codedSet [codedBits / 64]uint64

var _ [codedBits - int(NumColumns)]struct{} // as many columns fit

func (s *codedSet) add(c ColumnID)      { s[c/64] |= 1 << (c % 64) }
func (s *codedSet) has(c ColumnID) bool { return s[c/64]&(1<<(c%64)) != 0 }

// code puts src, coded, into dst.
func code[T integer](how coding, k *rowKeys, dst, src []T) {
	switch how {
	case codeThread:
		for _, r := range k.runs {
			var last T
			if r.before >= 0 {
				last = src[r.before]
			}
			to, from := dst[r.from:r.to], src[r.from:r.to]
			to = to[:len(from)]
			for i, v := range from {
				to[i] = v - last
				last = v
			}
		}
	case codeGroup:
		group(k, dst, src)
	case codeCall:
		dst, call := dst[:len(k.order)], k.call[:len(k.order)]
		last := int32(-1) // row before in the group, and its value
		var before T
		for at, row := range k.order {
			v := src[row]
			if p := call[at]; p < 0 {
				before = 0
			} else if p != last {
				before = src[p]
			}
			dst[at] = v - before
			last, before = row, v
		}
	case codeTurn:
		// As codeThread, but each difference goes to its row's place.
		place := k.places(len(src))
		for _, r := range k.runs {
			var last T
			if r.before >= 0 {
				last = src[r.before]
			}
			from, to := src[r.from:r.to], place[r.from:r.to]
			to = to[:len(from)]
			for i, v := range from {
				dst[to[i]] = v - last
				last = v
			}
		}
	}
}

// group puts src into dst, group behind group.
func group[T integer](k *rowKeys, dst, src []T) {
	const piece = 64
	src = src[:len(k.order)]
	used := 0 // pieces that are not zero
	for at := 0; at+piece <= len(src); at += piece {
		if !allZero(src[at : at+piece]) {
			used++
		}
	}
	dst = dst[:len(src)]
	if 8*used*piece >= len(src) {
		for at, row := range k.order {
			dst[at] = src[row]
		}
		return
	}
	clear(dst)
	place := k.places(len(src))
	for at := 0; at < len(src); at += piece {
		part := src[at:min(at+piece, len(src))]
		if allZero(part) {
			continue
		}
		for i, v := range part {
			dst[place[at+i]] = v
		}
	}
}

// toPlanes puts the bytes of src, values of width w, into dst, plane by plane.
func toPlanes(dst, src []byte, w int) {
	n, at := len(src)/w, 0
	if w == 8 { // eight values at a time
		var words [8]uint64
		for ; at+8 <= n; at += 8 {
			some := uint64(0)
			part := src[8*at : 8*at+64]
			for i := range words {
				words[i] = load64(part, 8*i)
				some |= words[i]
			}
			if some == 0 {
				for k := range words {
					store64(dst, k*n+at, 0)
				}
				continue
			}
			transpose(&words)
			for k, v := range words {
				store64(dst, k*n+at, v)
			}
		}
	}
	for k := range w {
		plane := dst[k*n : (k+1)*n]
		for i := at; i < n; i++ {
			plane[i] = src[i*w+k]
		}
	}
}

// fromPlanes undoes toPlanes.
func fromPlanes[T integer](dst []T, src []byte) {
	n := len(dst)
	clear(dst)
	for shift := 0; len(src) >= n && n > 0; shift += 8 {
		plane := src[:n]
		src = src[n:]
		if allZero(plane) {
			continue
		}
		for i, v := range plane {
			dst[i] |= T(v) << shift
		}
	}
}
