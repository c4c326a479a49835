package format

import "slices"

// Wire is the layout of an event's record in the ring buffer. The generated C
// header and the recorder's decoder are both made from it, so that the two
// cannot disagree.
//
// A record is the header (WireHeader), the fixed fields of its event from the
// widest to the narrowest, and a tail with the bytes fields one after the
// other, in table order. Every bytes field has a u16 length among the fixed
// fields; WireNull stands for null.
//
// The fields of slots and objects come behind all others, those of the third
// and fourth slot last. The header's form says where a record's fixed part
// ends: most syscalls have no slots, most others no more than two.
type Wire struct {
	Fields []WireField
	Ends   [NumForms]int // bytes before the tail, by form, a multiple of 8
	Size   int           // the same for a record with all fields
}

// WireForm is how much of its event's fields a record has.
type WireForm uint8

const (
	FormFull  WireForm = iota
	FormShort          // neither slots nor object, no tail
	FormTwo            // the first two slots, and the object
	NumForms

	// FormBrief is a call of a task of which an earlier record has said who it
	// is, and that is so still: it has the layout of WireBrief.
	FormBrief = NumForms
	// FormViews is such a call with one or two slots: it has the layout of WireViews.
	FormViews = NumForms + 1
)

// WireField is one field of a record.
type WireField struct {
	Name   string
	Col    ColumnID
	Offset int // bytes from the start of the record
	Size   int // 1, 2, 4, 8; 2 for the length of a bytes field
	Bytes  bool
}

// WireNull is the length of a bytes field that is null.
const WireNull = 0xffff

// Offsets of the parts of the ring record's header that are no columns.
const (
	WireSeq  = 0 // u64: per cpu and lane, counted from 1, over sent and lost
	WireLane = 8 // u8
	// WireRecClass is the class of loss accounting, u8.
	WireRecClass = 9
	WireRecForm  = 10 // u8: a WireForm
	// WireArgs is how many arguments follow a brief record, u8.
	WireArgs = 11
	// WireIdent is the number of what a record says of its task, u16: later
	// brief records of that task refer to it. 0: none do.
	WireIdent = 12
)

// WireBrief is the fixed part of a brief record, behind which its arguments
// stand, 8 bytes each. Its time is where that of all records is.
var WireBrief = Wire{
	Fields: []WireField{
		{Name: "abi", Col: ColABI, Offset: 14, Size: 1},
		{Name: "flags", Col: ColFlags, Offset: 16, Size: 2},
		{Name: "cpu", Col: ColCPU, Offset: 18, Size: 2},
		{Name: "tid", Col: ColTID, Offset: 20, Size: 4},
		{Name: "call", Col: ColCall, Offset: 24, Size: 8},
		{Name: "time", Col: ColTime, Offset: 32, Size: 8},
		{Name: "ret", Col: ColRet, Offset: 40, Size: 8},
		{Name: "duration", Col: ColDuration, Offset: 48, Size: 4}, // a longer one is not brief
		{Name: "nr", Col: ColNR, Offset: 52, Size: 4},
	},
	Size: 56,
}

// WireViews is the fixed part of a record of form FormViews: that of a brief one,
// and what a syscall's record of form FormTwo has between FormShort's end and its
// own. The arguments stand behind it, 8 bytes each, and then the tail.
var WireViews = func() Wire {
	w, call := WireBrief, WireOf(EventSyscall)
	w.Fields = slices.Clone(w.Fields)
	from, to := call.Ends[FormShort], call.Ends[FormTwo]
	for _, f := range call.Fields {
		if f.Offset >= from && f.Offset < to {
			f.Offset += w.Size - from
			w.Fields = append(w.Fields, f)
		}
	}
	w.Size += to - from
	return w
}()

// WireHeader is the start of every record. Its time is when the record was
// written: rows with a duration happened that much earlier.
var WireHeader = layoutHeader()

var wires = func() []Wire {
	w := make([]Wire, len(Events))
	for id := range Events {
		w[id] = layoutEvent(EventID(id))
	}
	return w
}()

// WireOf returns the layout of event id.
func WireOf(id EventID) Wire { return wires[id] }

func layoutHeader() Wire {
	w := Wire{Size: 16}
	fields := slices.Clone(CommonFields)
	slices.SortStableFunc(fields, func(a, b ColumnID) int { return wireSize(b) - wireSize(a) })
	for _, c := range fields {
		w.add(Columns[c].Name, c, wireSize(c), c == ColComm)
	}
	w.align()
	return w
}

func layoutEvent(id EventID) Wire {
	w := Wire{Size: WireHeader.Size}
	group := func(member func(ColumnID) bool) {
		for _, size := range []int{8, 4, 2, 1} {
			for _, f := range Events[id].Fields {
				isBytes := Columns[f.Col].Type == Bytes
				fixed := 2
				if !isBytes {
					fixed = wireSize(f.Col)
				}
				if fixed == size && member(f.Col) {
					w.add(f.Name, f.Col, fixed, isBytes)
				}
			}
		}
		w.align()
	}
	group(func(c ColumnID) bool { return c < ColAEnter })
	w.Ends[FormShort] = w.Size
	group(func(c ColumnID) bool { return c >= ColAEnter && c < ColCEnter })
	w.Ends[FormTwo] = w.Size
	group(func(c ColumnID) bool { return c >= ColCEnter })
	w.Ends[FormFull] = w.Size
	return w
}

func (w *Wire) add(name string, c ColumnID, size int, isBytes bool) {
	w.Fields = append(w.Fields, WireField{Name: name, Col: c, Offset: w.Size, Size: size, Bytes: isBytes})
	w.Size += size
}

func (w *Wire) align() { w.Size = (w.Size + 7) &^ 7 }

// wireSize is the width of a column in a record's header or fixed part. comm
// is the one string of fixed width.
func wireSize(c ColumnID) int {
	switch Columns[c].Type {
	case U8:
		return 1
	case U16:
		return 2
	case U32, I32:
		return 4
	case U64, I64:
		return 8
	}
	return CommMax
}
